/** A read-only sidecar, seen from each border: what it refuses, what it says, and what goes on. */

import { existsSync, readFileSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { Command } from 'commander'
import { addVerbs } from '../../packages/sidecar/src/cli/verbs.ts'
import { Redaction } from '../../packages/sidecar/src/redaction.ts'
import { type } from '../cli/command-line.ts'
import { openSourceServer, sourceKey } from '../cli/import-source-server.ts'
import {
  connect,
  contract,
  openTestSidecar,
  readKey,
  refusalOf,
  secretKey,
  type Request,
  type TestClient,
} from '../grpc/open-sidecar.ts'
import { temporaryFolder } from '../processes/temporary-folder.ts'
import { describedOperations } from '../http/operation/described.ts'
import { openApi } from '../http/conforming.ts'

const readOnly = { ROLESETS_READ_ONLY: 'true' }
const isRead = (name: string) => /^(Get|List|Explain$|Backup$)/.test(name)
const administration = Object.keys(contract.rolesets.v1.Administration.service)

/** Undefined: it was answered. */
async function reasonOf(call: Promise<unknown>): Promise<string | undefined> {
  const refused = await refusalOf(call.then(() => Promise.reject(new Error('answered')))).catch(() => undefined)
  return refused?.reason
}

test('every write over gRPC is refused, also one that is malformed or expects another revision', async (t) => {
  const { target } = await openTestSidecar(t, readOnly)
  const { write } = connect(t, target)
  const writes = administration.filter((name) => !isRead(name))
  t.true(writes.length > 25)
  const before = await write('ListChanges')
  for (const name of writes)
    for (const request of [{}, { expectedRevision: 'of-another-store:7' }]) {
      const refused = await refusalOf(write(name, request))
      t.like(refused, { status: 'FAILED_PRECONDITION', reason: 'READ_ONLY' }, name)
      t.regex(refused.message, /read-only: ROLESETS_READ_ONLY is set\. Nothing was written\./)
    }
  t.deepEqual(await write('ListChanges'), before)
})

test('dry runs over gRPC go on, and so do reads, decisions and the feed', async (t) => {
  const { target } = await openTestSidecar(t, readOnly)
  const client = connect(t, target)
  for (const name of administration) {
    const reason = await reasonOf(client.write(name, isRead(name) ? {} : { dryRun: true }))
    t.not(reason, 'READ_ONLY', name)
  }
  t.like(await client.write('CreateRole', { key: 'org:new', dryRun: true }), { role: { key: 'org:new' } })
  t.is(await reasonOf(client.write('GetRole', { role: 'org:new' })), 'ROLE_NOT_FOUND')
  t.like(await client.read('Check', { organizationId: 'org_x', role: 'org:member' }), { allowed: true })
  const stream = client.watch({}, { key: readKey })
  await new Promise((resolve) => stream.once('data', resolve))
  stream.on('error', () => undefined).cancel()
})

test('a caller without the key for writing is told so first', async (t) => {
  const { target } = await openTestSidecar(t, readOnly)
  const { call, read } = connect(t, target)
  for (const name of administration.filter((each) => !isRead(each))) {
    t.is((await refusalOf(call(name))).reason, 'KEY_REQUIRED', name)
    t.is((await refusalOf(call(name, {}, { key: 'unknown-key-of-nothing' }))).reason, 'KEY_REQUIRED', name)
    t.is((await refusalOf(read(name))).reason, 'WRITE_KEY_REQUIRED', name)
  }
})

test('every write over HTTP is refused before its body is looked at, and a dry run is not', async (t) => {
  const api = await openApi(t, readOnly)
  const writes = (await describedOperations(api)).filter(({ method }) => method !== 'GET')
  t.true(writes.length > 25)
  t.true(writes.every((each) => each.writes))
  for (const { method, path } of writes) {
    const at = path.replace(/\{\w+\}/g, 'x_1')
    for (const headers of [{}, { 'if-match': 'W/"weak"' }]) {
      const { status, body } = await api.call(method, `/v1${at}`, { body: { nonsense: 1 }, headers })
      t.is(status, 403, `${method} ${path}`)
      t.like(body.errors[0], { code: 'read_only', message: 'Read only' })
      t.regex(body.errors[0].long_message, /ROLESETS_READ_ONLY is set/)
    }
    const dry = await api.call(method, `/v1${at}?dry_run=true`, { body: {} })
    t.not(dry.body.errors?.[0].code, 'read_only', `${method} ${path}`)
    const keyless = await api.call(method, `/v1${at}`, { body: {}, headers: { authorization: '' } })
    t.is(keyless.status, 401)
    const reading = await api.call(method, `/v1${at}`, { body: {}, headers: { authorization: `Bearer ${readKey}` } })
    t.is(reading.body.errors[0].code, 'authorization_invalid')
  }
  t.is((await api.call('GET', '/v1/role_sets')).status, 200)
})

/** What is typed for each verb that writes, with what it needs to come as far as the sidecar. */
const writingVerbs: Readonly<Record<string, readonly string[]>> = {
  apply: ['-f', '-'],
  assign: ['org_acme', 'role_set:default', '--create'],
  'scopes kind': ['department', '--fallback', 'none'],
  'scopes default': ['department:pharmacy', '--role-set', 'role_set:default'],
  'scopes rename': ['org_acme', 'department:pharmacy', 'department:drugs'],
  'replace-role': ['role_set:default', 'org:member', 'org:admin'],
  'replace-set': ['role_set:default', 'role_set:other'],
  'invitations create': ['org_acme', 'org:member', 'ann@example.com'],
  'invitations revoke': ['org_acme', 'orginv_1'],
  'invitations accept': ['org_acme', 'orginv_1', 'user_ann'],
  'members add': ['org_acme', 'user_ann', '--role', 'org:member'],
  'members update': ['org_acme', 'user_ann', '--role', 'org:admin'],
  'members remove': ['org_acme', 'user_ann'],
  'users remove': ['user_ann'],
  'settings set': ['--last-administrator', 'warn'],
  'keys create': ['billing'],
  'keys revoke': ['billing'],
  'import clerk': [],
}

const otherVerbs = [
  ...[
    'plan',
    'export',
    'check',
    'roles',
    'log',
    'explain',
    'watch',
    'doctor',
    'backup',
    'restore',
    'schema',
    'completion',
    'version',
    'health',
  ],
  ...['organizations', 'role-sets', 'roles', 'permissions', 'members', 'invitations'].map((noun) => `get ${noun}`),
  ...['scopes', 'scope-kinds', 'scope-defaults'].map((noun) => `get ${noun}`),
  ...['invitations list', 'invitations get', 'keys list', 'settings get'],
]

function verbsOf(command: Command, path: readonly string[] = []): readonly string[] {
  if (command.commands.length === 0) return [path.join(' ')]
  return command.commands.flatMap((each) => verbsOf(each, [...path, each.name()]))
}

test('each verb of the command line is known to write or not to write', (t) => {
  const program = new Command('rolesets')
  const nothing = () => undefined
  const io = {
    args: [],
    stdout: async () => undefined,
    bytes: async () => undefined,
    stderr: nothing,
    stdin: async function* () {},
    env: {},
  }
  const rest = { signal: new AbortController().signal, isTerminal: false, setExitCode: nothing }
  addVerbs(program, { ...io, ...rest, clock: { nowMs: () => 0, setTimer: () => nothing } }, new Redaction())
  t.deepEqual(verbsOf(program).toSorted(), [...Object.keys(writingVerbs), ...otherVerbs].toSorted())
})

test('every verb that writes ends with exit code 2, and a dry run does not', async (t) => {
  const filled = await openTestSidecar(t)
  await connect(t, filled.target).write('CreateOrganization', { id: 'org_acme', name: 'Acme' })
  await filled.close()
  const { target } = await openTestSidecar(t, { ...readOnly, ROLESETS_DATABASE: `sqlite:${filled.folder}/r.db` })
  const source = await openSourceServer(t)
  const env = { ROLESETS_TARGET: target, ROLESETS_KEY: secretKey, ROLESETS_IMPORT_KEY: sourceKey }
  const stdin = ['roles: [{ key: org:analyst }]']
  for (const [verb, args] of Object.entries(writingVerbs)) {
    const words = [...verb.split(' '), ...args, ...(verb === 'import clerk' ? ['--url', source.url] : [])]
    const refused = await type(words, { env, stdin })
    t.is(refused.exitCode, 2, `${verb}: ${refused.stderr}`)
    t.is(
      refused.stderr,
      'rolesets: This sidecar is read-only: ROLESETS_READ_ONLY is set. Nothing was written. Write to another sidecar, or start this one without this setting.\n',
      verb,
    )
    const asJson = await type([...words, '--json'], { env, stdin })
    t.like(JSON.parse(asJson.stderr), { error: { code: 'read_only' } }, verb)
    t.notRegex((await type([...words, '--dry-run'], { env, stdin })).stderr, /read-only/, verb)
  }
})

const serve = (database: string) => ({ ...readOnly, ROLESETS_DATABASE: `sqlite:${database}`, ROLESETS_SECRET_KEY: '' })

test('a file that was written before is served read-only, with the key that is kept beside it', async (t) => {
  const first = await openTestSidecar(t)
  const database = join(first.folder, 'kept.db')
  const writable = await openTestSidecar(t, { ROLESETS_DATABASE: `sqlite:${database}`, ROLESETS_SECRET_KEY: '' })
  const key = readFileSync(`${database}.key`, 'utf8').trim()
  await connect(t, writable.target).call('CreateRole', { key: 'org:analyst' }, { key })
  await writable.close()
  const { target, close } = await openTestSidecar(t, serve(database))
  const client = connect(t, target)
  t.like(await client.read('GetRole', { role: 'org:analyst' }), { role: { key: 'org:analyst' } })
  t.is((await refusalOf(client.call('DeleteRole', { role: 'org:analyst' }, { key }))).reason, 'READ_ONLY')
  t.true(((await client.call('ListChanges', {}, { key })) as { changeSets: unknown[] }).changeSets.length > 1)
  await close()

  await rm(`${database}.key`)
  const keyless = await openTestSidecar(t, serve(database))
  t.false(existsSync(`${database}.key`), 'there is nothing to write, so no key is generated')
  await isAnswered(t, connect(t, keyless.target))
})

test('a store in memory is read-only, too, and says nothing of a missing key', async (t) => {
  const { target, log } = await openTestSidecar(t, serve(':memory:'))
  t.deepEqual(
    log.filter(({ level }) => level === 'warn'),
    [],
  )
  t.true(log.some((line) => line['message'] === 'The sidecar is ready.' && line['read_only'] === true))
  await isAnswered(t, connect(t, target))
})

async function isAnswered(t: ExecutionContext, { call }: TestClient): Promise<void> {
  const request: Request = { organizationId: 'org_x', role: 'org:member' }
  t.like(await call('Check', request), { allowed: true })
  // No key could write here, so none is asked for.
  t.is((await refusalOf(call('CreateRole', { key: 'org:x' }))).reason, 'READ_ONLY')
}

/** As the component for Kubernetes sets it: declared, in memory, without any key. */
async function openDeclared(t: ExecutionContext, env: Record<string, string> = {}) {
  const manifest = join(await temporaryFolder(t), 'rolesets.yaml')
  await writeFile(manifest, 'roles: [{ key: org:analyst }]\norganizations: [{ id: org_acme }]\n')
  const none = { ROLESETS_READ_KEY: '', ROLESETS_MANIFEST: manifest }
  const opened = await openTestSidecar(t, { ...serve(':memory:'), ...none, ...env })
  await opened.sidecar.whenReady()
  return { manifest, ...opened }
}

test('without any key, a write says that the sidecar is read-only, and a plan is answered', async (t) => {
  const { target, manifest } = await openDeclared(t)
  const { call } = connect(t, target)
  for (const name of administration.filter((each) => !isRead(each))) {
    const refused = await refusalOf(call(name))
    t.is(refused.reason, 'READ_ONLY', name)
    t.true(refused.message.includes(manifest), name)
    if (name === 'Apply') continue
    t.is((await refusalOf(call(name, { dryRun: true }))).reason, 'KEY_REQUIRED', name)
    t.is((await refusalOf(call(name, {}, { key: 'unknown-key-of-nothing' }))).reason, 'KEY_REQUIRED', name)
  }
  const planned = await call('Apply', { roles: [{ key: 'org:analyst' }, { key: 'org:auditor' }], dryRun: true })
  t.like(planned, { steps: [{ action: 'CREATE', key: 'org:auditor' }] })
})

test('a plan without a key is refused where a read key exists, and with a file, which can have members', async (t) => {
  const file = join(await temporaryFolder(t), 'r.db')
  for (const env of [{ ROLESETS_READ_KEY: readKey }, { ROLESETS_DATABASE: `sqlite:${file}` }]) {
    const { call } = connect(t, (await openDeclared(t, env)).target)
    t.is((await refusalOf(call('Apply', { dryRun: true }))).reason, 'KEY_REQUIRED')
  }
})

test('on the command line, a person without a key hears of it, too, and can plan', async (t) => {
  const { target, manifest } = await openDeclared(t)
  const env = { ROLESETS_TARGET: target }
  const planned = await type(['plan', '-f', manifest], { env })
  t.is(planned.exitCode, 0, planned.stderr)
  const stdin = ['roles: [{ key: org:auditor }]']
  for (const [verb, args] of Object.entries(writingVerbs)) {
    // It reads the other server first, with the key of that one.
    if (verb === 'import clerk') continue
    const { exitCode, stderr } = await type([...verb.split(' '), ...args, '--json'], { env, stdin })
    t.is(exitCode, 2, stderr)
    t.like(JSON.parse(stderr), { error: { code: 'read_only' } }, verb)
  }
  const listed = await type(['keys', 'list', '--json'], { env })
  t.like(JSON.parse(listed.stderr), { error: { code: 'key_required' } }, 'what a key is needed for is still refused')
  const away = await type(['assign', 'org_acme', 'role_set:default', '--json', '--target', '127.0.0.1:1'])
  t.is(away.exitCode, 2)
  t.like(JSON.parse(away.stderr), { error: { code: 'key_required' } })
})

test('a read-only sidecar is ready, and says that it is read-only', async (t) => {
  const api = await openApi(t, readOnly)
  const { status, body } = await api.call('GET', '/readyz')
  t.is(status, 200)
  t.deepEqual(body, { started: true, ready: true, fresh: true, read_only: true })
  t.is((await api.call('GET', '/livez')).status, 200)
  const metrics = await fetch(`${api.base}/metrics`)
  t.is(metrics.status, 200)
})
