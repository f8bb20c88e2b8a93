/** The packages in projects outside of the repository, installed from a registry: what a new user meets. */

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { startSidecar } from '../test/processes/sidecar-process.ts'
import { openLocalRegistry, writeFiles, type LocalRegistry, type Project } from './local-registry.ts'
import { published, root, tarballs } from './published.mjs'

let registry: LocalRegistry
/** An application without a framework for tests of its own: client, middleware, and what tries them. */
let application: Project

const versions = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
  readonly devDependencies: Record<string, string>
  readonly packageManager: string
}

test.before(async () => {
  registry = await openLocalRegistry()
  const of = (name: string) => versions.devDependencies[name]
  application = await registry.project({
    'package.json': JSON.stringify({
      dependencies: {
        '@rolesets/client': '*',
        '@rolesets/express': '*',
        express: of('express'),
        typescript: of('typescript'),
        '@types/express': of('@types/express'),
        '@types/node': of('@types/node'),
        esbuild: '0.28.2',
        jest: '30.5.2',
        vite: '8.4.0',
        vitest: '4.1.12',
      },
    }),
  })
})

test.after.always(() => registry?.close())

const usesClient = `
const roleSets = createRoleSetsClient({ target: process.env.ROLESETS_TARGET, deadlineMs: 20_000 })
roleSets
  .ready({ timeoutMs: 60_000 })
  .then(() => roleSets.check('org_acme', 'org:admin'))
  .then(({ allowed, reason }) => console.log(JSON.stringify({ allowed, reason, guard: typeof guardRoleGrant({ roleSets }) })))
  .finally(() => roleSets.close())
`
const imports = `
import { createRoleSetsClient } from '@rolesets/client'
import { guardRoleGrant } from '@rolesets/express'
`
const requires = `
const { createRoleSetsClient } = require('@rolesets/client')
const { guardRoleGrant } = require('@rolesets/express')
`
const answer = { allowed: true, reason: 'ROLE_IN_SET', guard: 'function' }

test('client and middleware work as ES modules and with require', async (t) => {
  const sidecar = await startSidecar(t, { env: { ROLESETS_DATABASE: 'sqlite::memory:' } })
  await writeFiles(application.folder, { 'esm.mjs': imports + usesClient, 'commonjs.cjs': requires + usesClient })
  for (const file of ['esm.mjs', 'commonjs.cjs']) {
    const { stdout, stderr } = await application.run('node', [file], { ROLESETS_TARGET: sidecar.target })
    t.deepEqual(stderr === '' ? JSON.parse(stdout) : stderr, answer, file)
  }
})

test('client and middleware work in a bundle of esbuild and of vite, as ES module and as CommonJS', async (t) => {
  const sidecar = await startSidecar(t, { env: { ROLESETS_DATABASE: 'sqlite::memory:' } })
  await writeFiles(application.folder, { 'bundled.js': imports + usesClient })
  for (const [format, extension] of [
    ['esm', 'mjs'],
    ['cjs', 'cjs'],
  ] as const) {
    const output = `bundle/${format}.${extension}`
    // Libraries in CommonJS call \`require\` for the modules of Node, which an ES module doesn't have.
    const banner = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);"
    const options = format === 'esm' ? [`--banner:js=${banner}`] : []
    const built = await application.run('npx', [
      ...['esbuild', 'bundled.js', '--bundle', '--platform=node', `--format=${format}`, `--outfile=${output}`],
      ...['--log-level=warning', ...options],
    ])
    t.is(built.stderr, '', 'esbuild has no warnings')
    await writeFiles(application.folder, { [`vite.${format}.mjs`]: viteConfiguration(format, extension) })
    const vite = await application.run('npx', ['vite', 'build', '--logLevel=error', `--config=vite.${format}.mjs`])
    t.is(vite.code, 0, vite.stderr)
    // Outside of the project, where no package can be found: a bundle needs none.
    const lonely = await registry.project({ 'package.json': '{}' })
    for (const file of [output, `vite/${format}.${extension}`]) {
      const text = await readFile(join(application.folder, file), 'utf8')
      await writeFiles(lonely.folder, { [file]: text })
      const { stdout, stderr } = await lonely.run('node', [file], { ROLESETS_TARGET: sidecar.target })
      t.deepEqual(stderr === '' ? JSON.parse(stdout) : stderr, answer, file)
    }
  }
})

function viteConfiguration(format: 'esm' | 'cjs', extension: string): string {
  return `
export default {
  ssr: { noExternal: true, target: 'node' },
  build: {
    ssr: 'bundled.js', outDir: 'vite', emptyOutDir: false, minify: false,
    rolldownOptions: { output: { format: '${format}', entryFileNames: '${format}.${extension}', codeSplitting: false } },
  },
}
`
}

const usesFake = `
test('a role outside of the set is refused', async () => {
  const sidecar = createFakeSidecar({ roleSets: { 'role_set:free': ['org:admin', 'org:member'] } })
  const roleSets = createRoleSetsClient({ transport: sidecar.transport })
  await roleSets.ready()
  expect((await roleSets.check('org_acme', 'org:member')).allowed).toBe(true)
  expect((await roleSets.check('org_acme', 'org:analyst')).allowed).toBe(false)
  expect(typeof guardRoleGrant({ roleSets })).toBe('function')
  await roleSets.close()
})
`

test('tests of an application run with jest as it is, and with vitest', async (t) => {
  await writeFiles(application.folder, {
    'jest/roles.test.js': `${requires}const { createFakeSidecar } = require('@rolesets/client/testing')\n${usesFake}`,
    'vitest/roles.test.js': `import { expect, test } from 'vitest'\n${imports}import { createFakeSidecar } from '@rolesets/client/testing'\n${usesFake}`,
  })
  const jest = await application.run('npx', ['jest', 'jest/'])
  t.is(jest.code, 0, jest.stderr)
  const vitest = await application.run('npx', ['vitest', 'run', '--root=vitest'])
  t.is(vitest.code, 0, vitest.stdout + vitest.stderr)
})

test('the tests that docs/testing.md shows pass with vitest and with jest', async (t) => {
  const page = await readFile(join(root, 'docs/testing.md'), 'utf8')
  const shown: Record<string, string> = {}
  for (const [, name = '', code = ''] of page.matchAll(/^```js (\S+)\n(.*?)^```$/gms)) shown[name] = code
  t.deepEqual(Object.keys(shown), ['app.js', 'roles.test.js', 'roles.jest.js'])
  await writeFiles(application.folder, {
    'shown/package.json': '{ "type": "module" }',
    'shown/app.js': shown['app.js'] ?? '',
    'shown/roles.test.js': shown['roles.test.js'] ?? '',
    'shown-jest/roles.test.js': shown['roles.jest.js'] ?? '',
  })
  const vitest = await application.run('npx', ['vitest', 'run', '--root=shown'])
  t.is(vitest.code, 0, vitest.stdout + vitest.stderr)
  t.regex(vitest.stdout, /2 passed/)
  const jest = await application.run('npx', ['jest', 'shown-jest/'])
  t.is(jest.code, 0, jest.stderr)
})

/** Compiler settings of applications, as different as they are in use. */
const compilers = {
  'ES modules, nodenext': { type: 'module', options: { module: 'nodenext' } },
  'CommonJS, nodenext': { type: 'commonjs', options: { module: 'nodenext' } },
  'CommonJS, node16': { type: 'commonjs', options: { module: 'node16' } },
  bundler: { type: 'module', options: { module: 'esnext', moduleResolution: 'bundler' } },
  'node10, as older projects have it': {
    type: 'commonjs',
    options: { module: 'commonjs', moduleResolution: 'node10', ignoreDeprecations: '6.0' },
  },
}

for (const [name, { type, options }] of Object.entries(compilers)) {
  test(`strict TypeScript finds the types: ${name}`, async (t) => {
    const folder = `types-${name.replace(/[^a-z0-9]+/gi, '-')}`
    await writeFiles(application.folder, {
      [`${folder}/package.json`]: JSON.stringify({ type }),
      [`${folder}/app.ts`]: `${imports}import { createFakeSidecar } from '@rolesets/client/testing'
const roleSets = createRoleSetsClient({ transport: createFakeSidecar().transport })
export const guard = guardRoleGrant({ roleSets })
export const allowed: Promise<boolean> = roleSets.check('org_acme', 'org:admin').then((decision) => decision.allowed)
// @ts-expect-error: the type of a decision is known, and has no such field
export const wrong = roleSets.check('org_acme', 'org:admin').then((decision) => decision.nonsense)
`,
      [`${folder}/tsconfig.json`]: JSON.stringify({
        compilerOptions: {
          strict: true,
          noEmit: true,
          target: 'es2022',
          types: ['node'],
          skipLibCheck: false,
          ...options,
        },
        files: ['app.ts'],
      }),
    })
    const { code, stdout } = await application.run('npx', ['tsc', '--project', folder])
    t.is(code, 0, stdout)
  })
}

test('errors are recognized across copies of a package', async (t) => {
  await writeFiles(application.folder, {
    'copies.mjs': `
import { createRequire } from 'node:module'
import * as client from '@rolesets/client'
import * as express from '@rolesets/express'
const require = createRequire(import.meta.url)
const otherClient = require('@rolesets/client')
const otherExpress = require('@rolesets/express')
const error = new client.RoleSetsError('closed', 'The client is closed.')
const refusal = new express.RoleSetsExpressError('role_missing', 'No role.', { status: 400 })
let status
const res = { headersSent: false, setHeader() {}, end() {}, set statusCode(value) { status = value } }
otherExpress.problems()(refusal, {}, res, () => (status = 'passed on'))
console.log(JSON.stringify({
  copies: client.RoleSetsError !== otherClient.RoleSetsError && express.RoleSetsExpressError !== otherExpress.RoleSetsExpressError,
  client: error instanceof otherClient.RoleSetsError,
  function: otherClient.isRoleSetsError(error),
  express: refusal instanceof otherExpress.RoleSetsExpressError,
  foreign: new Error('x') instanceof otherClient.RoleSetsError || new Error('x') instanceof otherExpress.RoleSetsExpressError,
  status,
}))
`,
  })
  const { stdout, stderr } = await application.run('node', ['copies.mjs'])
  const expected = { copies: true, client: true, function: true, express: true, foreign: false, status: 400 }
  t.deepEqual(stderr === '' ? JSON.parse(stdout) : stderr, expected)
})

test('the tarballs that the README names together install without a registry that knows them', async (t) => {
  const line = (await readFile(join(root, 'README.md'), 'utf8'))
    .split('\n')
    .find((each) => each.includes('# client and middleware'))
  const named = /rolesets-\{([a-z,]+)\}-([\d.]+)\.tgz/.exec(line ?? '')
  const [, parts = '', version] = named ?? []
  t.is(version, published[0]?.version)
  const files = parts.split(',').map((part) => join(tarballs, `rolesets-${part}-${version}.tgz`))
  const project = await registry.project({ 'package.json': '{}' }, ['npm', 'install', ...files])
  await writeFiles(project.folder, {
    'app.mjs': `${imports}console.log(typeof createRoleSetsClient, typeof guardRoleGrant)`,
  })
  t.is((await project.run('node', ['app.mjs'])).stdout, 'function function\n')
})

test('the sidecar runs from each of its packages, and brings the command', async (t) => {
  // pnpm keeps what sqlite3 compiles where no prebuilt binary can be downloaded, so only the first install is slow.
  const pnpm = ['npx', '--loglevel=error', '--yes', versions.packageManager, 'install', '--prefer-offline']
  for (const name of ['rolesets', '@rolesets/sidecar']) {
    const project = await registry.project(
      {
        'package.json': JSON.stringify({ dependencies: { [name]: '*' } }),
        'pnpm-workspace.yaml':
          'allowBuilds: { sqlite3: true, protobufjs: false }\npmOnFail: ignore\nmanagePackageManagerVersions: false\n',
      },
      pnpm,
    )
    const version = await project.run('npx', ['--no-install', 'rolesets', '--version'])
    t.regex(version.stdout, /^\d+\.\d+\.\d+\s*$/, version.stderr)
    const sidecar = await startSidecar(t, {
      command: join(project.folder, 'node_modules', '.bin', 'rolesets'),
      env: { ROLESETS_DATABASE: `sqlite:${join(project.folder, 'rolesets.db')}` },
    })
    const target = { ROLESETS_TARGET: sidecar.target }
    const check = await project.run(
      'npx',
      ['--no-install', 'rolesets', 'check', 'org_acme', 'org:admin', '--json'],
      target,
    )
    t.like(JSON.parse(check.stdout), { allowed: true }, check.stderr)
    t.is(await sidecar.stop(), 0)
  }
})
