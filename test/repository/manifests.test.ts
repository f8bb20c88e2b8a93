/** The manifests of the packages, the settings of the compiler and the lock file agree. */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { parse } from 'yaml'

/** ES modules only, or an ES module and a CommonJS form. */
type Entry = { readonly '@rolesets/source': string } & (Form | { readonly import: Form; readonly require: Form })

interface Form {
  readonly types: string
  readonly default: string
}

interface Manifest {
  readonly name: string
  readonly version: string
  readonly private?: boolean
  readonly type: string
  readonly license: string
  readonly engines: Record<string, string>
  readonly exports?: Record<string, string | Entry>
  readonly dependencies?: Record<string, string>
  readonly devDependencies?: Record<string, string>
}

const root = fileURLToPath(new URL('../../', import.meta.url))
const below = (folder: string) => readdirSync(join(root, folder)).map((name) => `${folder}/${name}`)
const folders = ['proto', ...below('packages'), ...below('examples')].filter((each) =>
  existsSync(join(root, each, 'package.json')),
)
/** `packages/rolesets` is a file of one line. */
const compiled = folders.filter((folder) => existsSync(join(root, folder, 'tsconfig.json')))
const workspace = readManifest('.')
const manifests = folders.map((folder) => ({ folder, manifest: readManifest(folder) }))
const published = manifests.filter(({ manifest }) => manifest.private !== true)

function read(file: string): string {
  return readFileSync(join(root, file), 'utf8')
}

function readManifest(folder: string): Manifest {
  return JSON.parse(read(`${folder}/package.json`)) as Manifest
}

test('all packages have the license, the module type and the Node version of the workspace', (t) => {
  t.true(manifests.length >= 4)
  for (const { folder, manifest } of manifests) {
    t.is(manifest.license, workspace.license, folder)
    t.is(manifest.type, 'module', folder)
    t.deepEqual(manifest.engines, workspace.engines, folder)
  }
})

test('the published packages carry one version', (t) => {
  t.is(new Set(published.map(({ manifest }) => manifest.version)).size, 1)
})

test('every package is built: tsconfig.json refers to it', (t) => {
  const { references } = JSON.parse(read('tsconfig.json')) as { references: { path: string }[] }
  t.deepEqual(references.map(({ path }) => path).sort(), [...compiled].sort())
})

test('a package refers to exactly those packages of the workspace whose types it needs', (t) => {
  const folderOf = new Map(manifests.map(({ folder, manifest }) => [manifest.name, folder]))
  for (const { folder, manifest } of manifests.filter(({ folder }) => compiled.includes(folder))) {
    const { references = [] } = JSON.parse(read(`${folder}/tsconfig.json`)) as { references?: { path: string }[] }
    // Packages depend on the sidecar for its command, not for its types.
    const depended = Object.keys(manifest.dependencies ?? {}).filter(
      (name) => folderOf.has(name) && name !== '@rolesets/sidecar',
    )
    const expected = depended.map((name) => folderOf.get(name)).sort()
    t.deepEqual(references.map(({ path }) => join(folder, path)).sort(), expected, folder)
  }
})

test('an export lists its source, then its types and its code in each form, all of the same file', (t) => {
  for (const { folder, manifest } of published) {
    for (const entry of Object.values(manifest.exports ?? {})) {
      if (typeof entry === 'string') continue
      const source = entry['@rolesets/source']
      t.true(existsSync(join(root, folder, source)), `${folder}: ${source}`)
      const formIn = (output: string): Form => ({
        types: source.replace('./src/', output).replace(/\.ts$/, '.d.ts'),
        default: source.replace('./src/', output).replace(/\.ts$/, '.js'),
      })
      const expected =
        'require' in entry ? { import: formIn('./dist/'), require: formIn('./dist/cjs/') } : formIn('./dist/')
      t.deepEqual(JSON.stringify(entry), JSON.stringify({ '@rolesets/source': source, ...expected }), folder)
    }
  }
})

test('the root depends on every published package, so that tests and npx find them by name', (t) => {
  // A second command of the same name would hide the first.
  for (const { manifest } of published.filter(({ manifest }) => manifest.name !== 'rolesets')) {
    t.is(workspace.devDependencies?.[manifest.name], 'workspace:*', manifest.name)
  }
})

test('the lock file names no registry, and lists every package of the workspace', (t) => {
  const text = read('pnpm-lock.yaml')
  t.notRegex(text, /https?:\/\//)
  const { importers } = parse(text) as { importers: Record<string, unknown> }
  t.deepEqual(Object.keys(importers).sort(), ['.', 'bench', 'packaging', ...folders].sort())
})

test('the license exists', (t) => {
  t.regex(read('LICENSE'), /Apache License\s+Version 2\.0/)
})
