/**
 * The pages of docs/design agree with the code: what the code cites is defined there, what they name exists, and their
 * pictures have the arrows of the import rules.
 */

import { posix } from 'node:path'
import test from 'ava'
import { codeBlocksOf } from '../docs/code-blocks.ts'
import { mayBeImportedBy, mayImport } from './house-rules.ts'
import { filesBelow, foldersIn, isNamedRightly, isThere, linksOf, pathsNamedIn, read } from './sources.ts'

const folder = 'docs/design'
const pages = filesBelow(folder).filter((file) => file.endsWith('.md'))
const packages = foldersIn('packages').map((name) => `packages/${name}`)

interface Citation {
  readonly file: string
  /** `rule 7` or `I3`. */
  readonly name: string
}

/** `rule 7`, `rules 1, 6 and 7`, `rules 14 to 18`; a list may go on in the next line of a comment. */
function citationsIn(file: string): Citation[] {
  const text = read(file).replace(/\n\s*(?:\*|\/\/|#)?\s*/g, ' ')
  const lists = [...text.matchAll(/\brules? (\d+(?:(?:, | and |, and | or | to )\d+)*)/gi)].map(([, list = '']) => list)
  const rules = lists.flatMap(numbersOf).map((number) => `rule ${number}`)
  const invariants = [...text.matchAll(/\bI\d+\b/g)].map(([name]) => name)
  return [...rules, ...invariants].map((name) => ({ file, name }))
}

function numbersOf(list: string): number[] {
  return list.split(/, and |, | and | or /).flatMap((part) => {
    const [first = 0, last = first] = part.split(' to ').map(Number)
    return Array.from({ length: last - first + 1 }, (_, index) => first + index)
  })
}

/** In the order of model.md. */
function definedNames(): string[] {
  const model = read(`${folder}/model.md`)
  const rules = [...model.matchAll(/^(\d+)\. \*\*/gm)].map(([, number]) => `rule ${number}`)
  const invariants = [...model.matchAll(/^\| (I\d+) \|/gm)].map(([, name = '']) => name)
  return [...rules, ...invariants]
}

const sources = ['packages', 'proto', 'test'].flatMap(filesBelow).filter((file) => /\.(ts|proto|yaml)$/.test(file))

test('citations of rules are read in each form that comments use', (t) => {
  t.deepEqual(numbersOf('7'), [7])
  t.deepEqual(numbersOf('1, 6, 7 and 8'), [1, 6, 7, 8])
  t.deepEqual(numbersOf('14 to 16, and 18'), [14, 15, 16, 18])
})

test('rules and invariants are numbered from 1 without gaps', (t) => {
  const names = definedNames()
  const rules = names.filter((name) => name.startsWith('rule'))
  const invariants = names.filter((name) => name.startsWith('I'))
  t.deepEqual(
    rules,
    rules.map((_, index) => `rule ${index + 1}`),
  )
  t.deepEqual(
    invariants,
    invariants.map((_, index) => `I${index + 1}`),
  )
  t.is(rules.length, 22)
  t.is(invariants.length, 13)
})

test('each rule and invariant that code, tests and pages cite is defined in model.md', (t) => {
  const defined = new Set(definedNames())
  const docs = filesBelow('docs').filter((file) => file.endsWith('.md'))
  const cited = [...sources, ...docs, 'CONTRIBUTING.md', 'README.md'].flatMap(citationsIn)
  t.true(cited.length > 60, 'the citations are found')
  t.deepEqual(
    cited.filter(({ name }) => !defined.has(name)),
    [],
  )
})

test('each page that code and tests cite exists', (t) => {
  const places = ['', 'docs/', `${folder}/`]
  const cited = sources.flatMap((file) =>
    [...read(file).matchAll(/(?<![\w/.*}-])(?:\.\.?\/)*([\w/-]+\.md)\b/g)].map(([, page = '']) => ({ file, page })),
  )
  t.true(cited.length > 20, 'the citations are found')
  const missing = cited.filter(({ page }) => !places.some((place) => isThere(place + page)))
  t.deepEqual(missing, [])
})

test('the index lists every page, and links lead to files of the project', (t) => {
  for (const page of pages) {
    const missing = linksOf(page).filter((target) => !isThere(posix.join(posix.dirname(page), target)))
    t.deepEqual(missing, [], page)
  }
  const others = pages.filter((page) => page !== `${folder}/README.md`)
  const listed = [...read(`${folder}/README.md`).matchAll(/^\| \[([\w.-]+)\]/gm)].map(([, name]) => `${folder}/${name}`)
  t.deepEqual([...listed].sort(), [...others].sort())
})

test('each file and folder that the pages name exists', (t) => {
  for (const page of pages.filter((name) => name !== `${folder}/feed.md`)) {
    const missing = pathsNamedIn(page).filter((path) => !isNamedRightly(path))
    t.deepEqual(missing, [], page)
  }
})

test('the import rules name only rooms and places that exist', (t) => {
  const named = Object.entries(mayImport).flatMap(([room, targets]) => [room, ...targets])
  t.deepEqual(
    [...new Set(named)].filter((room) => !isNamedRightly(room)),
    [],
  )
  const places = Object.values(mayBeImportedBy).flat()
  t.deepEqual(
    [...new Set(places)].filter((place) => !isThere(place) && !isThere(`${place}.ts`)),
    [],
  )
})

interface MapLine {
  readonly path: string
  readonly isPlanned: boolean
}

async function readMap(): Promise<MapLine[]> {
  const blocks = await codeBlocksOf(`${folder}/architecture.md`)
  const map = blocks.find(({ heading }) => heading === 'The map')
  const lines = (map?.code ?? '').split('\n').filter((line) => line !== '')
  return lines.map((line) => {
    const [path = '', text = ''] = line.split(/ {2,}/)
    return { path, isPlanned: text.startsWith('planned: ') }
  })
}

test('what the map names exists, unless it is marked as planned, and what is planned does not exist yet', async (t) => {
  const map = await readMap()
  t.true(map.length > 30, 'the map is found')
  t.deepEqual(
    map.filter(({ path, isPlanned }) => isThere(path) === isPlanned),
    [],
  )
})

test('every room of the sidecar and every folder of the packages is on the map', async (t) => {
  const map = await readMap()
  const isOnMap = (path: string) => map.some((line) => line.path === path || line.path.startsWith(`${path}/`))
  const folders = packages.flatMap((name) => foldersIn(`${name}/src`).map((part) => `${name}/src/${part}`))
  const inside = ['storage/sqlite', 'cli', 'http', 'domain'].flatMap((room) =>
    foldersIn(`packages/sidecar/src/${room}`).map((part) => `packages/sidecar/src/${room}/${part}`),
  )
  t.deepEqual(
    [...folders, ...inside].filter((path) => !isOnMap(path)),
    [],
  )
})

interface Picture {
  /** What is drawn: the labels of the nodes. */
  readonly nodes: ReadonlySet<string>
  /** `a --> b`, by labels. */
  readonly arrows: readonly string[]
}

async function readPicture(heading: string): Promise<Picture> {
  const blocks = await codeBlocksOf(`${folder}/architecture.md`)
  const code = blocks.find((block) => block.heading === heading && block.language === 'mermaid')?.code ?? ''
  const labels = new Map([...code.matchAll(/(\w+)\["([^"]+)"\]/g)].map(([, id = '', label = '']) => [id, label]))
  const labelOf = (id: string) => labels.get(id) ?? id
  const ends = [...code.matchAll(/^ {2}(\w+)(?:\["[^"]+"\])? --> (\w+)/gm)].map(([, from = '', to = '']) => [
    labelOf(from),
    labelOf(to),
  ])
  return { nodes: new Set(ends.flat()), arrows: ends.map((pair) => pair.join(' --> ')).sort() }
}

test('the picture of the packages has the dependencies of their manifests', async (t) => {
  const { arrows } = await readPicture('Packages')
  const places = ['proto', ...packages]
  const manifests = places.map((place) => ({
    place,
    ...(JSON.parse(read(`${place}/package.json`)) as { name: string; dependencies?: Record<string, string> }),
  }))
  const expected = manifests.flatMap(({ place, dependencies = {} }) =>
    manifests.filter(({ name }) => name in dependencies).map((other) => `${place} --> ${other.place}`),
  )
  t.deepEqual(arrows, expected.sort())
})

/** What a room is drawn as: itself, or the room that it is a part of. */
function drawnAs(room: string, nodes: ReadonlySet<string>): string | undefined {
  if (nodes.has(room)) return room
  const parent = posix.dirname(room)
  return parent === '.' ? undefined : drawnAs(parent, nodes)
}

test('the picture of the rooms has the arrows of the import rules', async (t) => {
  const { nodes, arrows } = await readPicture('Rooms of the sidecar')
  const expected = new Set<string>()
  for (const [room, targets] of Object.entries(mayImport)) {
    const from = drawnAs(room, nodes)
    for (const target of targets) {
      const to = drawnAs(target, nodes)
      if (from !== undefined && to !== undefined && from !== to) expected.add(`${from} --> ${to}`)
    }
  }
  t.deepEqual(arrows, [...expected].sort())
})

test('each room of the import rules is drawn, or named as not drawn, and no other', async (t) => {
  const { nodes } = await readPicture('Rooms of the sidecar')
  const [, sentence = ''] = /^Not drawn: ([\s\S]*?)\n\n/m.exec(read(`${folder}/architecture.md`)) ?? []
  const named = [...sentence.matchAll(/`([\w/-]+)`/g)].map(([, name = '']) => name).filter((name) => name !== 'core')
  const rooms = Object.keys(mayImport)
  const missing = rooms.filter((room) => drawnAs(room, nodes) === undefined && !named.includes(room))
  t.deepEqual(missing, [])
  const unknown = [...nodes, ...named].filter((room) => !rooms.includes(room))
  t.deepEqual(unknown, [])
})
