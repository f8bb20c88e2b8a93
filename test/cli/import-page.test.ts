/** docs/import.md lists the options that rolesets import has beside those of every verb, with the same variables. */

import { readFile } from 'node:fs/promises'
import test from 'ava'
import { projectRoot } from '../docs/code-blocks.ts'
import { type } from './command-line.ts'

const page = await readFile(`${projectRoot}docs/import.md`, 'utf8')

test('the page of import lists its options and their variables', async (t) => {
  const { stdout } = await type(['import', 'clerk', '--help'])
  const [own = '', ofSidecar = ''] = stdout.split('The sidecar:')
  const flagsIn = (text: string) => [...text.matchAll(/^ +(?:-\w, )?(--[a-z-]+)/gm)].map(([, flag = '']) => flag)
  const keys = flagsIn(ofSidecar).filter((flag) => flag.includes('key') && !flag.includes('tls'))
  const expected = [...flagsIn(own).filter((flag) => !['--json', '--help'].includes(flag)), ...keys]
  const rows = [...page.matchAll(/^\| `(--[a-z-]+)` \| (?:`(\w+)`)?/gm)]
  t.deepEqual(rows.map(([, flag = '']) => flag).sort(), expected.sort())
  t.true(rows.length > 6)
  for (const [, , variable] of rows) if (variable !== undefined) t.true(stdout.includes(variable), variable)
})
