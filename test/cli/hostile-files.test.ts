/** A file that was made to do harm is refused before it costs more than a second, and reading can always be interrupted. */

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import test from 'ava'
import { manifestBytesMax, parseManifestFile } from '../../packages/sidecar/src/manifest/parse.ts'
import { cleanEnvironment, rolesetsCommand } from '../processes/sidecar-process.ts'
import { temporaryFolder } from '../processes/temporary-folder.ts'

const cpuMsMax = 2_000

/** As often as the size of a file allows. */
const filledWith = (text: string): string => text.repeat(Math.floor(manifestBytesMax / Buffer.byteLength(text)))
const numbered = (count: number, textOf: (place: number) => string): string =>
  Array.from({ length: count }, (_, place) => textOf(place)).join('')

const hostile: Readonly<Record<string, string>> = {
  'opened lists': filledWith('['),
  'opened maps': filledWith('{"a":'),
  'closed lists': filledWith(']'),
  'empty lists': filledWith('[]'),
  'lists on one line': filledWith('- '),
  'keys on one line': filledWith('? '),
  'deep indentation': numbered(2_800, (depth) => `${' '.repeat(depth)}a:\n`),
  'comment lines': '#\n'.repeat(2_000_000),
  'empty lines': filledWith('\n'),
  'comments after values': filledWith('a # b\n'),
  '150 000 roles': `roles:\n${numbered(150_000, (place) => `  - key: org:r${place}\n`)}`,
  '150 000 roles at the margin': `roles:\n${numbered(150_000, (place) => `- key: org:r${place}\n`)}`,
  '150 000 roles in brackets': `roles: [${numbered(150_000, (place) => `{key: org:r${place}},`)}]`,
  '100 000 roles as JSON': JSON.stringify({
    roles: Array.from({ length: 100_000 }, (_, place) => ({ key: `r${place}` })),
  }),
  'a map with many entries': numbered(190_000, (place) => `r${place}: 1\n`),
  'a map in braces with many entries': `{${numbered(180_000, (place) => `r${place}: 1,`)}}`,
  'one key again and again': 'a: 1\n'.repeat(190_000),
  documents: filledWith('---\n'),
  directives: filledWith('%a\n'),
  'anchors and aliases': `a: &a x\nb:\n${' - *a\n'.repeat(400_000)}`,
  'a billion laughs': `a: &a [x]\n${numbered(20, (place) => `a${place}: &a${place} [${'*a,'.repeat(9)}]\n`)}`,
  tags: filledWith('!a '),
  'malformed escapes': `"${filledWith('\\q')}`,
  quotes: filledWith('"'),
  tabs: filledWith('\t'),
  'marks of byte order': filledWith('\ufeff'),
  'a number': filledWith('9'),
  'a string': `"${filledWith('a')}"`,
  'a word': filledWith('a'),
  bars: filledWith('|'),
  'the size of an indentation': `a: >${'9'.repeat(4_000_000)}`,
  'a tag without an end': `!<${'a'.repeat(4_000_000)}`,
  'a long key': `"${'a'.repeat(4_000_000)}": 1`,
  'a long key of JSON': `{"roles": [{"key": "org:a", "${'a'.repeat(4_000_000)}": 1}]}`,
  'a long text for a list': `roles: "${'a'.repeat(4_000_000)}"`,
  'long texts for things': `roles: ["${'a'.repeat(2_000_000)}", "${'b'.repeat(2_000_000)}"]`,
}

for (const [name, text] of Object.entries(hostile))
  test(`${name}: refused at once, with a place`, (t) => {
    const before = process.cpuUsage()
    const { manifest, faults } = parseManifestFile(text)
    const { user, system } = process.cpuUsage(before)
    t.is(manifest, undefined)
    t.true(faults.length > 0 && faults.every(({ line, column }) => line > 0 && column > 0))
    const longest = Math.max(...faults.map(({ message, path }) => message.length + path.length))
    t.true(longest < 2_000, `${longest} characters`)
    const cpuMs = (user + system) / 1_000
    t.true(cpuMs < cpuMsMax, `${cpuMs} ms`)
  })

test('10 000 organizations are read, in each style', (t) => {
  const organizations = Array.from({ length: 10_000 }, (_, place) => ({
    id: `org_${place}`,
    name: `Organization "${place}" [of many`.slice(0, place < 10 ? undefined : 18),
    slug: `slug-${place}`,
    role_set: 'role_set:free',
    mappings: { 'org:analyst': 'org:member' },
  }))
  const block = organizations.map(({ id, name, slug }) => {
    return `  - id: ${id}\n    name: '${name}'\n    slug: ${slug}\n    role_set: role_set:free\n    mappings:\n      org:analyst: org:member\n`
  })
  for (const text of [`organizations:\n${block.join('')}`, JSON.stringify({ organizations }, null, 2)]) {
    const { manifest, faults } = parseManifestFile(text)
    t.deepEqual(faults, [])
    t.is(manifest?.organizations.length, 10_000)
  }
})

test('Ctrl-C ends apply while it reads a pipe that never ends, and one that nothing is written into', async (t) => {
  const pipe = join(await temporaryFolder(t), 'pipe')
  t.is(spawnSync('mkfifo', [pipe]).status, 0)
  const env = { ...cleanEnvironment(), ROLESETS_KEY: 'a-key-of-this-test', ROLESETS_TARGET: '127.0.0.1:1' }
  for (const args of [
    ['apply', '-f', '-'],
    ['apply', '-f', pipe],
    ['keys', 'list', '--key-file', pipe],
  ]) {
    const child = spawn(process.execPath, ['--import', watchReads, rolesetsCommand, ...args], { env })
    t.teardown(() => child.kill('SIGKILL'))
    const told: Buffer[] = []
    child.stderr.on('data', (chunk: Buffer) => told.push(chunk))
    child.stdin.write('roles:\n')
    await once(child.stdout, 'data')
    child.kill('SIGINT')
    const [exitCode] = (await once(child, 'close')) as [number | null]
    t.is(exitCode, 3, args.join(' '))
    t.is(Buffer.concat(told).toString(), 'rolesets: Interrupted.\n')
  }
})

/** Says on standard output that the process hears signals, which is when it may be interrupted. */
const watchReads = `data:text/javascript,${encodeURIComponent(
  "process.on('newListener', (name) => name === 'SIGINT' && setImmediate(() => console.log('hears')))",
)}`
