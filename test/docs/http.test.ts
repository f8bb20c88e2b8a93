/** docs/http.md lists exactly the operations and codes that the sidecar serves. */

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { clerkCodes } from '@rolesets/core'
import { openApi } from '../http/conforming.ts'
import { projectRoot } from './code-blocks.ts'

const page = await readFile(join(projectRoot, 'docs/http.md'), 'utf8')

test('the page lists every operation of the document, with its summary', async (t) => {
  const { call } = await openApi(t)
  const { body } = await call('GET', '/v1/openapi.json')
  const served = Object.entries(body.paths).flatMap(([path, methods]) =>
    Object.entries(methods as Record<string, { summary: string }>).map(
      ([method, { summary }]) => `| \`${method.toUpperCase()} ${path}\` | ${summary} |`,
    ),
  )
  const listed = page.split('\n').filter((line) => /^\| `[A-Z]+ \//.test(line))
  t.deepEqual([...listed].sort(), served.sort())
})

test('the page lists every code with its status', (t) => {
  const listed = [...page.matchAll(/^\| `([a-z_]+)` \| (\d{3}) \| .+ \|$/gm)].map(([, code, status]) => [
    code,
    Number(status),
  ])
  t.deepEqual(
    listed,
    Object.entries(clerkCodes).map(([code, { status }]) => [code, status]),
  )
})
