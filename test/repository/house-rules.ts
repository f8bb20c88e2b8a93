/**
 * The rules of the sources as data, and the check that finds violations. A room is a folder or a file below the `src` of a
 * package; the most specific name counts.
 */

import { posix } from 'node:path'
import { importsOf, type Import } from './imports.ts'

const sidecar = 'packages/sidecar/src/'
const core = 'packages/core/src/'
const client = 'packages/client/src/'
const express = 'packages/middleware-express/src/'

/** The rooms of the sidecar, and which other rooms each may import. */
const mayImport: Record<string, readonly string[]> = {
  main: ['sidecar', 'config', 'cli', 'logging', 'redaction'],
  index: ['sidecar', 'config'],
  sidecar: [
    'config',
    'redaction',
    'keys',
    'certificates',
    'logging',
    'readiness',
    'declared',
    'replica',
    'reporting',
    'service',
    'domain',
    'storage',
    'feed',
    'grpc',
    'http',
  ],
  config: ['settings', 'listening', 'redaction', 'upstream-config'],
  'upstream-config': ['settings', 'listening', 'redaction'],
  listening: [],
  settings: [],
  keys: ['config'],
  certificates: ['config'],
  logging: ['redaction'],
  readiness: [],
  reporting: [
    'config',
    'certificates',
    'declared',
    'logging',
    'readiness',
    'replica',
    'service',
    'storage',
    'grpc',
    'http',
  ],
  redaction: [],
  'bounded-file': [],
  manifest: [],
  declared: ['manifest', 'bounded-file', 'readiness', 'service', 'domain', 'storage/store'],
  replica: ['service', 'storage/store'],
  doctor: ['domain', 'storage'],
  backup: ['doctor', 'storage'],
  cli: ['cli/verbs', 'cli/run', 'redaction'],
  'cli/verbs': [
    'cli/run',
    'cli/output',
    'cli/import',
    'cli/manifest',
    'manifest',
    'config',
    'domain',
    'doctor',
    'backup',
    'redaction',
  ],
  'cli/import': ['cli/run', 'cli/output'],
  'cli/manifest': ['cli/run', 'manifest', 'bounded-file'],
  'cli/run': ['cli/output', 'manifest', 'bounded-file', 'domain', 'redaction'],
  'cli/output': [],
  grpc: ['service', 'domain', 'listening'],
  http: ['service', 'domain', 'listening', 'readiness'],
  'http/operation': ['service', 'domain'],
  'http/clerk': ['service', 'domain', 'http/operation'],
  service: ['domain', 'storage/store', 'storage/backup', 'feed'],
  feed: ['domain', 'storage/store'],
  'storage/store': ['domain', 'storage/backup', 'storage/queries', 'storage/failures', 'storage/record'],
  'storage/record': [],
  'storage/queries': [],
  'storage/failures': [],
  'storage/backup': [],
  'storage/options': ['storage/store'],
  'storage/inspection': ['domain'],
  'storage/transactions': [
    'domain',
    'storage/store',
    'storage/backup',
    'storage/options',
    'storage/inspection',
    'storage/record',
  ],
  'storage/sqlite': [
    'domain',
    'storage/store',
    'storage/backup',
    'storage/options',
    'storage/inspection',
    'storage/record',
    'storage/transactions',
  ],
  storage: ['domain', 'storage/store'],
  domain: [],
}

/** Where each third-party package may be imported, so that replacing it changes one room. */
const mayBeImportedBy: Record<string, readonly string[]> = {
  '@grpc/grpc-js': [
    'proto/src/contract.ts',
    'proto/src/health.ts',
    `${sidecar}grpc/`,
    `${sidecar}replica/dial.ts`,
    `${client}wire/`,
  ],
  '@grpc/proto-loader': [`${sidecar}grpc/`],
  protobufjs: ['proto/src/'],
  '@grpc/reflection': [`${sidecar}grpc/`],
  'grpc-health-check': [`${sidecar}grpc/`],
  'nice-grpc-error-details': [`${sidecar}grpc/`, `${client}wire/`],
  '@rolesets/proto': [`${sidecar}grpc/`, `${client}wire/`],
  '@rolesets/client': [`${sidecar}cli/`, `${sidecar}replica/`, express],
  sqlite3: [`${sidecar}storage/sqlite/`],
  jose: [express, `${sidecar}grpc/authenticate.ts`],
  'lru-cache': [`${sidecar}service/`, `${client}cache/`, express],
  pino: [`${sidecar}logging.ts`],
  'prom-client': [`${sidecar}http/metrics`],
  express: [`${sidecar}http/`, express],
  commander: [`${sidecar}main.ts`, `${sidecar}cli/`],
  yaml: [`${sidecar}manifest/`],
  zod: [`${sidecar}cli/import/`, `${sidecar}http/operation/`, `${sidecar}http/clerk/`],
  'zod-openapi': [`${sidecar}http/operation/document.ts`],
  leven: [`${sidecar}manifest/`],
  ky: [`${sidecar}cli/import/source.ts`],
  'p-map': [`${sidecar}cli/import/`],
  ksuid: [`${sidecar}service/`],
  // Its arguments, environment and signals; the umask for the file of a socket; and the id by which a lock is known.
  'node:process': [`${sidecar}main.ts`, `${sidecar}grpc/listen.ts`, `${sidecar}storage/sqlite/file/lock.ts`],
}

// For the tests of the pages that show these rules.
export { mayBeImportedBy, mayImport }

const forbiddenNames = ['common', 'helper', 'helpers', 'impl', 'manager', 'types', 'util', 'utils']

/** One sentence for each import and each name that breaks a rule; `sources` has the text of each file by its path. */
export function violations(sources: ReadonlyMap<string, string>): readonly string[] {
  const imports = [...sources].flatMap(([file, text]) => importsOf(file, text))
  return [
    ...[...sources.keys()].flatMap(nameViolations),
    ...imports.flatMap((each) => importViolations(each, sources)),
    ...indexViolations([...sources.keys()]),
    ...cycles(imports, sources),
  ]
}

function nameViolations(file: string): readonly string[] {
  const names = file
    .replace(/^packages\/[^/]+\/src\//, '')
    .split('/')
    .map((name) => name.replace(/\.ts$/, ''))
  return names.flatMap((name) => {
    if (forbiddenNames.includes(name)) return [`${file}: the name "${name}" does not say what the file contains`]
    return /^[a-z0-9]+(-[a-z0-9]+)*$/.test(name) ? [] : [`${file}: a name must be in kebab-case`]
  })
}

function indexViolations(files: readonly string[]): readonly string[] {
  const packages = [...new Set(files.map(packageOf))]
  return packages.flatMap((folder) => {
    const found = files.filter((file) => packageOf(file) === folder && posix.basename(file) === 'index.ts')
    const right = found.length === 1 && found[0] === `${folder}src/index.ts`
    return right ? [] : [`${folder}: there must be one index.ts, in src/, but found: ${found.join(', ') || 'none'}`]
  })
}

function importViolations(each: Import, sources: ReadonlyMap<string, string>): readonly string[] {
  const { file, specifier } = each
  if (specifier === undefined) return [`${file}: a computed import cannot be checked`]
  if (!specifier.startsWith('.')) return packageViolations(each, specifier)
  const target = resolve(file, specifier)
  if (packageOf(target) !== packageOf(file)) return [`${file}: ${specifier} leaves the package; import it by its name`]
  if (!sources.has(target) && !target.includes('/generated/')) return [`${file}: ${specifier} does not exist`]
  if (!file.startsWith(sidecar)) return []
  const [from, to] = [roomOf(file), roomOf(target)]
  if (from === to || within(from, to) || mayReach(from, to)) return []
  return [`${file}: ${from} may not import ${to} (${specifier})`]
}

function packageViolations({ file, typeOnly }: Import, specifier: string): readonly string[] {
  if (file.startsWith(core)) return [`${file}: core may import nothing (${specifier})`]
  if (specifier === '@rolesets/core')
    return file.startsWith('proto/') ? [`${file}: proto may import no other package of ours`] : []
  if (file.startsWith(`${sidecar}domain/`)) return [`${file}: domain may import only core (${specifier})`]
  const name = specifier.startsWith('@') ? specifier.split('/').slice(0, 2).join('/') : (specifier.split('/')[0] ?? '')
  if (name === 'express' && file.startsWith(express) && !typeOnly)
    return [`${file}: the user provides express: import only its types`]
  const places = mayBeImportedBy[name]
  if (places?.some((place) => file.startsWith(place))) return []
  if (places) return [`${file}: ${name} may be imported only in ${places.join(', ')}`]
  if (name.startsWith('node:') || file.startsWith('proto/')) return []
  return [`${file}: ${name} has no room; add one in house-rules.ts`]
}

/** Each cycle of imports once, from its first file. */
function cycles(imports: readonly Import[], sources: ReadonlyMap<string, string>): readonly string[] {
  const next = new Map<string, string[]>()
  for (const { file, specifier } of imports) {
    if (!specifier?.startsWith('.')) continue
    next.set(file, [...(next.get(file) ?? []), resolve(file, specifier)])
  }
  const found: string[] = []
  const done = new Set<string>()
  const walk = (file: string, path: readonly string[]): void => {
    const start = path.indexOf(file)
    if (start >= 0) found.push(`a cycle: ${[...path.slice(start), file].join(' → ')}`)
    if (start >= 0 || done.has(file)) return
    for (const target of next.get(file) ?? []) walk(target, [...path, file])
    done.add(file)
  }
  for (const file of sources.keys()) walk(file, [])
  return found
}

function resolve(file: string, specifier: string): string {
  return posix.join(posix.dirname(file), specifier)
}

function packageOf(file: string): string {
  return file.slice(0, file.indexOf('/src/') + 1)
}

function roomOf(file: string): string {
  const path = file.slice(sidecar.length).replace(/\.ts$/, '')
  const rooms = Object.keys(mayImport).filter((room) => room === path || within(room, path))
  return rooms.sort((a, b) => b.length - a.length)[0] ?? path.split('/')[0] ?? ''
}

/** Whether `to` is a part of the room `from`. */
function within(from: string, to: string): boolean {
  return to.startsWith(`${from}/`)
}

function mayReach(from: string, to: string): boolean {
  return (mayImport[from] ?? []).some((room) => room === to || within(room, to))
}
