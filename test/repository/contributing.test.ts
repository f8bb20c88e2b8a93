/** CONTRIBUTING.md is true: its map has the rooms of the import rules, and the files and commands that it names exist. */

import test from 'ava'
import { mayImport } from './house-rules.ts'
import { foldersIn, isThere, read } from './sources.ts'

const page = read('CONTRIBUTING.md')

/** A path is written from the root, or below one of these. A room may be named without `.ts`. */
const places = ['', 'packages/sidecar/src/', 'packages/core/src/']

/** What stands in backticks, word by word: `npx ava test/domain/roles.test.ts` names one file. */
function pathsNamed(): string[] {
  const words = [...page.matchAll(/`([^`\n]+)`/g)].flatMap(([, code = '']) => code.split(/\s+/))
  return words.filter((word) => /^\w[\w./-]*$/.test(word) && /\/|\.(ts|md|yaml|json)$/.test(word))
}

/** The rows of the table of rooms: the room, and which others it may import. */
function roomRows(): [room: string, targets: string[]][] {
  const [, table = ''] = page.split('\n| room | what is in it | may import |\n')
  const rows = table.split('\n\n')[0]?.split('\n').slice(1) ?? []
  return rows.map((row) => {
    const [, room = '', , imports = ''] = row.split('|')
    const targets = [...imports.matchAll(/`([\w/-]+)`/g)].map(([, name = '']) => name)
    return [room.replace(/[`\s]/g, '').replace(/\/$|\.ts$/, ''), targets.sort()]
  })
}

test('each file and folder that CONTRIBUTING.md names exists', (t) => {
  const paths = pathsNamed()
  t.true(paths.length > 40, 'the paths are found')
  t.deepEqual(
    paths.filter((path) => !places.some((place) => isThere(place + path) || isThere(`${place}${path}.ts`))),
    [],
  )
})

test('the map of CONTRIBUTING.md has the rooms of the import rules, and what each may import', (t) => {
  const rules = Object.entries(mayImport).map(([room, targets]) => [room, [...targets].sort()] as const)
  const rows = roomRows()
  t.is(rows.length, rules.length, 'each room has one row')
  t.deepEqual(new Map(rows.sort()), new Map(rules.sort()))
})

test('every package is on the map of CONTRIBUTING.md', (t) => {
  const missing = foldersIn('packages').filter((name) => !page.includes(`| \`packages/${name}/src\` |`))
  t.deepEqual(missing, [])
})

test('each command that CONTRIBUTING.md names is a script of the workspace', (t) => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
  const named = [...page.matchAll(/`npm (?:run )?([\w:]+)/g)].map(([, name = '']) => name)
  t.true(named.length > 5, 'the commands are found')
  t.deepEqual(
    named.filter((name) => !(name in scripts)),
    [],
  )
})
