/**
 * The sources keep the rules of house-rules.ts: which room may import which, where each third-party package is imported,
 * names, and no cycles. Each rule is also tested on sources that break it.
 */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { violations } from './house-rules.ts'
import { importsOf } from './imports.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const sidecar = 'packages/sidecar/src'

function readSources(): Map<string, string> {
  const packages = ['proto', ...readdirSync(join(root, 'packages')).map((name) => `packages/${name}`)]
  const files = packages.flatMap((folder) =>
    readdirSync(join(root, folder, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.startsWith('generated'))
      .map((file) => `${folder}/src/${file}`),
  )
  return new Map(files.map((file) => [file, readFileSync(join(root, file), 'utf8')]))
}

/** The violations in a few sources. The sidecar has its `index.ts`, so that only the tested rule is broken. */
function broken(sources: Record<string, string>): readonly string[] {
  const all = new Map(Object.entries({ [`${sidecar}/index.ts`]: '', ...sources }))
  return violations(all)
}

test('the sources of all packages keep the rules', (t) => {
  const sources = readSources()
  t.true(sources.size > 20, 'the sources are found')
  t.deepEqual(violations(sources), [])
})

test('an import is found in every form that it can have', (t) => {
  const text = `
    import a from 'static'
    import type { B } from 'static-type'
    import 'side-effect'
    export * from 'exported'
    export type { C } from 'exported-type'
    const d = await import('dynamic')
    const e = await import(\`template\`)
    let f: import('in-a-type').F
    const g = require('required')
    const h = import.meta.resolve('resolved')
    const j = createRequire(import.meta.url).resolve('resolved-by-a-require')
    const i = await import(computed)
    // import 'a comment'
    const k = "import 'a string'"
  `
  t.deepEqual(
    importsOf('x.ts', text).map(({ specifier, typeOnly }) => [specifier, typeOnly]),
    [
      ['static', false],
      ['static-type', true],
      ['side-effect', false],
      ['exported', false],
      ['exported-type', true],
      ['dynamic', false],
      ['template', false],
      ['in-a-type', true],
      ['required', false],
      ['resolved', false],
      ['resolved-by-a-require', false],
      [undefined, false],
    ],
  )
})

for (const [form, text] of Object.entries({
  static: "import { open } from '../grpc/server.ts'",
  'side-effect': "import '../grpc/server.ts'",
  dynamic: "const { open } = await import('../grpc/server.ts')",
  type: "import type { Server } from '../grpc/server.ts'",
  'inline type': "export let server: import('../grpc/server.ts').Server",
  're-export': "export * from '../grpc/server.ts'",
})) {
  test(`http may not import grpc, not even by a ${form} import`, (t) => {
    const found = broken({ [`${sidecar}/http/health.ts`]: text, [`${sidecar}/grpc/server.ts`]: '' })
    t.deepEqual(found, [`${sidecar}/http/health.ts: http may not import grpc (../grpc/server.ts)`])
  })
}

test('the framework of the HTTP operations knows no resource', (t) => {
  const files = { [`${sidecar}/http/operation/route.ts`]: '', [`${sidecar}/http/clerk/roles.ts`]: '' }
  const upward = { [`${sidecar}/http/operation/route.ts`]: "import type { Role } from '../clerk/roles.ts'" }
  t.is(broken({ ...files, ...upward }).length, 1)
  t.deepEqual(broken({ ...files, [`${sidecar}/http/clerk/roles.ts`]: "import '../operation/route.ts'" }), [])
})

test('core imports nothing, and the domain only core', (t) => {
  const index = 'packages/core/src/index.ts'
  t.is(broken({ [index]: "import 'node:fs'; import '@rolesets/core'" }).length, 2)
  t.deepEqual(broken({ [`${sidecar}/domain/rules.ts`]: "import '@rolesets/core'" }), [])
  const found = broken({
    [`${sidecar}/domain/rules.ts`]: "import './words.ts'; import '../config.ts'; import 'node:fs'; import 'lru-cache'",
    [`${sidecar}/domain/words.ts`]: '',
    [`${sidecar}/config.ts`]: '',
  })
  t.is(found.length, 3)
})

test('the service imports the contract of the store, but no engine', (t) => {
  const files = { [`${sidecar}/storage/store.ts`]: '', [`${sidecar}/storage/sqlite/open.ts`]: "import '../store.ts'" }
  t.deepEqual(broken({ ...files, [`${sidecar}/service/a.ts`]: "import '../storage/store.ts'" }), [])
  t.is(broken({ ...files, [`${sidecar}/service/a.ts`]: "import '../storage/sqlite/open.ts'" }).length, 1)
})

test('what the engines share imports no engine', (t) => {
  const storage = `${sidecar}/storage`
  const files = { [`${storage}/store.ts`]: '', [`${storage}/sqlite/engine.ts`]: "import '../transactions/batch.ts'" }
  t.deepEqual(broken({ ...files, [`${storage}/transactions/batch.ts`]: "import '../store.ts'" }), [])
  t.is(broken({ ...files, [`${storage}/transactions/batch.ts`]: "import '../sqlite/engine.ts'" }).length, 2)
  t.is(broken({ ...files, [`${storage}/transactions/batch.ts`]: '', [`${storage}/open.ts`]: '' }).length, 0)
})

test('a third-party package is imported in its room only', (t) => {
  t.deepEqual(broken({ [`${sidecar}/storage/sqlite/open.ts`]: "import sqlite3 from 'sqlite3'" }), [])
  t.is(broken({ [`${sidecar}/service/a.ts`]: "import sqlite3 from 'sqlite3'" }).length, 1)
  t.is(broken({ [`${sidecar}/service/a.ts`]: "import type { Database } from 'sqlite3/x'" }).length, 1)
  t.is(broken({ [`${sidecar}/service/a.ts`]: "import type { CheckRequest } from '@rolesets/proto'" }).length, 1)
  t.is(broken({ [`${sidecar}/service/a.ts`]: "import 'left-pad'" }).length, 1, 'a new package needs a room first')
})

test('the middleware imports only types from express', (t) => {
  const index = 'packages/middleware-express/src/index.ts'
  t.deepEqual(broken({ [index]: "import type { Request } from 'express'" }), [])
  t.is(broken({ [index]: "import express from 'express'" }).length, 1)
})

test('a relative import stays in its package, and its file exists', (t) => {
  t.is(broken({ [`${sidecar}/cli/check.ts`]: "import '../../../client/src/client.ts'" }).length, 1)
  t.is(broken({ [`${sidecar}/cli/check.ts`]: "import './nothing.ts'" }).length, 1)
})

test('a cycle is found and shown with all its files', (t) => {
  const found = broken({
    [`${sidecar}/feed/a.ts`]: "import './b.ts'",
    [`${sidecar}/feed/b.ts`]: "import type { C } from './c.ts'",
    [`${sidecar}/feed/c.ts`]: "import './a.ts'",
  })
  t.deepEqual(found, [
    `a cycle: ${sidecar}/feed/a.ts → ${sidecar}/feed/b.ts → ${sidecar}/feed/c.ts → ${sidecar}/feed/a.ts`,
  ])
})

test('a name without meaning is rejected, and so is a second index.ts', (t) => {
  t.is(broken({ [`${sidecar}/service/utils.ts`]: '' }).length, 1)
  t.is(broken({ [`${sidecar}/helpers/text.ts`]: '' }).length, 1)
  t.is(broken({ [`${sidecar}/service/roleSets.ts`]: '' }).length, 1)
  t.is(broken({ [`${sidecar}/service/index.ts`]: '' }).length, 1)
  t.is(broken({ 'packages/client/src/client.ts': '' }).length, 1, 'a package without an index.ts')
})
