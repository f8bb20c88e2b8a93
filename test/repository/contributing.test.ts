/** CONTRIBUTING.md is true: its map has the rooms of the import rules, and the files and commands that it names exist. */

import test from 'ava'
import { mayImport } from './house-rules.ts'
import { foldersIn, isNamedRightly, pathsNamedIn, read } from './sources.ts'

const page = read('CONTRIBUTING.md')

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
  const paths = pathsNamedIn('CONTRIBUTING.md')
  t.true(paths.length > 40, 'the paths are found')
  const missing = paths.filter((path) => !isNamedRightly(path))
  t.deepEqual(missing, [])
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
