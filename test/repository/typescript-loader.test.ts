/** The loader with which the tests import TypeScript runs the sources as they are now, at their own positions. */

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'

const root = fileURLToPath(new URL('../../', import.meta.url))
const register = new URL('../../scripts/typescript/register.mjs', import.meta.url).href
const cache = join(root, 'node_modules', '.cache', 'rolesets-typescript')

function fileBelow(t: ExecutionContext, parent: string): { file: string; write: (source: string) => void } {
  const folder = join(parent, `loader-test-${process.pid}`)
  mkdirSync(folder, { recursive: true })
  t.teardown(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'source.ts')
  return { file, write: (source) => writeFileSync(file, source) }
}

function run(file: string): { stdout: string; stderr: string } {
  return spawnSync(process.execPath, [`--import=${register}`, file], { encoding: 'utf8' })
}

test('a source is run as it is now: first, again, edited, and when it is gone', (t) => {
  const { file, write } = fileBelow(t, join(root, 'node_modules', '.cache'))
  const kept = join(cache, `${file.slice(root.length)}.js`)
  t.teardown(() => rmSync(join(kept, '..'), { recursive: true }))
  write("const word: string = 'first'\nconsole.log(word)\n")
  t.is(run(file).stdout, 'first\n')
  t.true(existsSync(kept), 'the result is kept')
  t.is(run(file).stdout, 'first\n')
  write("const word: string = 'edited'\nconsole.log(word)\n")
  t.is(run(file).stdout, 'edited\n')
  rmSync(file)
  t.regex(run(file).stderr, /ERR_MODULE_NOT_FOUND/)
})

test('an error has its position in the source, also when the result was kept', (t) => {
  const { file, write } = fileBelow(t, join(root, 'node_modules', '.cache', 'positions'))
  t.teardown(() => rmSync(join(cache, 'node_modules', '.cache', 'positions'), { recursive: true }))
  write('interface Word {\n  readonly text: string\n}\nconst word = undefined as unknown as Word\nword.text.length\n')
  for (let round = 0; round < 2; round++) t.true(run(file).stderr.includes(`${file}:5`), `round ${round}`)
})

test('nothing is kept of a source outside of the repository', (t) => {
  const { file, write } = fileBelow(t, tmpdir())
  write("const word: string = 'outside'\nconsole.log(word)\n")
  t.is(run(file).stdout, 'outside\n')
  t.false(existsSync(join(cache, `${file}.js`)))
})
