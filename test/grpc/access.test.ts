/** Which callers are admitted, for each kind of listener, each kind of call and each key, as one table. */

import grpc from '@grpc/grpc-js'
import test, { type ExecutionContext } from 'ava'
import { healthDefinition } from '../../packages/sidecar/src/grpc/health.ts'
import { connect, endOf, exposed, nextMessage, openTestSidecar, readKey, refusalOf, secretKey } from './open-sidecar.ts'

type Outcome = 'ok' | 'KEY_REQUIRED' | 'WRITE_KEY_REQUIRED'

const keys = { none: undefined, read: readKey, secret: secretKey, wrong: 'an-unknown-key-of-24-chars' } as const
type KeyName = keyof typeof keys

const listeners = {
  'a Unix socket': { env: {}, change: undefined },
  loopback: { env: { ROLESETS_GRPC_LISTEN: '127.0.0.1:0' }, change: undefined },
  'any other address': { env: { ROLESETS_GRPC_LISTEN: '127.0.0.1:0' }, change: exposed },
} as const

const kinds = {
  decisions: { method: 'Check', request: { organizationId: 'org_1', role: 'org:admin' } },
  'administration, reading': { method: 'ListRoles', request: {} },
  'where organizations stand': { method: 'GetOrganization', request: { organizationId: 'org_1' } },
  'the scopes of an organization': { method: 'ListScopes', request: { organizationId: 'org_1' } },
  memberships: { method: 'ListMemberships', request: { organizationId: 'org_1' } },
  invitations: { method: 'ListInvitations', request: { organizationId: 'org_1' } },
  'the past': { method: 'Explain', request: { organizationId: 'org_1', role: 'org:admin' } },
  'administration, confidential': { method: 'ListAccessKeys', request: {} },
  'administration, writing': { method: 'CreatePermission', request: { key: 'org:a:b', dryRun: true } },
  'what applying would do': { method: 'Apply', request: { roles: [{ key: 'org:b' }], dryRun: true } },
  applying: { method: 'Apply', request: { roles: [] } },
} as const

const feeds = { feed: {}, 'feed with records': { includeRecord: true } } as const

const reading = { none: 'ok', read: 'ok', secret: 'ok', wrong: 'KEY_REQUIRED' } as const
const readingElsewhere = { ...reading, none: 'KEY_REQUIRED' } as const
const confidential = { none: 'KEY_REQUIRED', read: 'WRITE_KEY_REQUIRED', secret: 'ok', wrong: 'KEY_REQUIRED' } as const
const writing = { none: 'KEY_REQUIRED', read: 'WRITE_KEY_REQUIRED', secret: 'ok', wrong: 'KEY_REQUIRED' } as const

const local = {
  decisions: reading,
  feed: reading,
  'feed with records': readingElsewhere,
  'administration, reading': reading,
  'where organizations stand': reading,
  'the scopes of an organization': reading,
  memberships: readingElsewhere,
  invitations: readingElsewhere,
  'the past': readingElsewhere,
  'administration, confidential': confidential,
  'administration, writing': writing,
  'what applying would do': readingElsewhere,
  applying: writing,
}
const expected: Record<
  keyof typeof listeners,
  Record<keyof typeof kinds | keyof typeof feeds, Record<KeyName, Outcome>>
> = {
  'a Unix socket': local,
  loopback: local,
  'any other address': {
    decisions: readingElsewhere,
    feed: readingElsewhere,
    'feed with records': readingElsewhere,
    'administration, reading': readingElsewhere,
    'where organizations stand': readingElsewhere,
    'the scopes of an organization': readingElsewhere,
    memberships: readingElsewhere,
    invitations: readingElsewhere,
    'the past': readingElsewhere,
    'administration, confidential': confidential,
    'administration, writing': writing,
    'what applying would do': readingElsewhere,
    applying: writing,
  },
}

const statuses = { KEY_REQUIRED: 'UNAUTHENTICATED', WRITE_KEY_REQUIRED: 'PERMISSION_DENIED' } as const

for (const [listener, { env, change }] of Object.entries(listeners) as [
  keyof typeof listeners,
  (typeof listeners)[keyof typeof listeners],
][])
  test(`on ${listener}, each key opens what the table says`, async (t) => {
    const opened = await openTestSidecar(t, env, change)
    const client = connect(t, opened.target)
    await client.write('CreateOrganization', { id: 'org_1' })
    for (const name of Object.keys(keys) as KeyName[]) {
      for (const [kind, { method, request }] of Object.entries(kinds) as [
        keyof typeof kinds,
        (typeof kinds)[keyof typeof kinds],
      ][])
        await check(t, { what: `${kind}, key: ${name}`, outcome: expected[listener][kind][name] }, () =>
          client.call(method, request, { key: keys[name] }),
        )
      for (const [feed, request] of Object.entries(feeds) as [keyof typeof feeds, Readonly<Record<string, unknown>>][])
        await check(t, { what: `${feed}, key: ${name}`, outcome: expected[listener][feed][name] }, async () => {
          const stream = client.watch(request, { key: keys[name] })
          await nextMessage(stream)
          stream.on('error', () => undefined)
          stream.cancel()
        })
    }
  })

async function check(
  t: ExecutionContext,
  { what, outcome }: { what: string; outcome: Outcome },
  call: () => Promise<unknown>,
): Promise<void> {
  if (outcome === 'ok') await t.notThrowsAsync(call, what)
  else t.like(await refusalOf(call()), { reason: outcome, status: statuses[outcome], domain: 'rolesets' }, what)
}

test('health needs no key anywhere, reflection follows the rule for reading', async (t) => {
  const { target } = await openTestSidecar(t, { ROLESETS_GRPC_LISTEN: '127.0.0.1:0' }, exposed)
  const Health = grpc.makeGenericClientConstructor(healthDefinition, 'Health')
  const health = new Health(target, grpc.credentials.createInsecure()) as unknown as grpc.Client &
    Record<'Check', (...input: unknown[]) => unknown>
  t.teardown(() => health.close())
  const answer = await new Promise((resolve) =>
    health['Check']({ service: '' }, (_error: unknown, is: unknown) => resolve(is)),
  )
  t.like(answer, { status: 'SERVING' })
  const path = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo'
  const same = (bytes: Buffer) => bytes
  const stream = health.makeBidiStreamRequest(path, same, same)
  t.is((await endOf(stream)).reason, 'KEY_REQUIRED')
})

for (const [what, authorization] of [
  ['another scheme', `Basic ${secretKey}`],
  ['no scheme', secretKey],
  ['a scheme without a key', 'Bearer'],
  ['a key with something behind it', `Bearer ${secretKey} x`],
  ['the key in capitals', `Bearer ${secretKey.toUpperCase()}`],
  ['a part of the key', `Bearer ${secretKey.slice(0, -1)}`],
] as const)
  test(`${what} is rejected, also where no key is needed`, async (t) => {
    const client = connect(t, (await openTestSidecar(t)).target)
    const call = client.call('ListRoles', {}, { metadata: { authorization } })
    t.like(await refusalOf(call), { status: 'UNAUTHENTICATED', reason: 'KEY_REQUIRED' })
  })

test('the actor in the history is the name that the caller gives, or that of its key: admin, for the key of the settings', async (t) => {
  const client = connect(t, (await openTestSidecar(t)).target)
  const stream = client.watch({}, { key: readKey })
  stream.on('error', () => undefined)
  t.teardown(() => stream.cancel())
  await nextMessage(stream, ({ heartbeat }) => Boolean(heartbeat))
  const next = nextMessage(stream, ({ changeSet }) => Boolean(changeSet))
  await client.write('CreatePermission', { key: 'org:a:b' }, { metadata: { 'x-rolesets-actor': 'Ada Lovelace' } })
  t.like((await next)['changeSet'], { actor: 'Ada Lovelace', operation: 'CreatePermission' })
  const another = nextMessage(stream, ({ changeSet }) => Boolean(changeSet))
  await client.write('CreatePermission', { key: 'org:c:d' })
  t.like((await another)['changeSet'], { actor: 'admin' })
})

test('a name that is none is refused, and nothing is written', async (t) => {
  const client = connect(t, (await openTestSidecar(t)).target)
  for (const name of ['', 'x'.repeat(256)]) {
    const call = client.write('CreatePermission', { key: 'org:a:b' }, { metadata: { 'x-rolesets-actor': name } })
    const refused = await refusalOf(call)
    t.like(refused, { status: 'INVALID_ARGUMENT', reason: 'INVALID_FIELD' })
    t.is(refused.fields[0]?.field, 'x-rolesets-actor')
  }
  t.is((await refusalOf(client.call('GetPermission', { permission: 'org:a:b' }))).reason, 'PERMISSION_NOT_FOUND')
})

test('refused calls are logged without the key, and not one by one', async (t) => {
  const { target, log } = await openTestSidecar(t)
  const client = connect(t, target)
  for (let time = 0; time < 20; time++) await refusalOf(client.call('ListRoles', {}, { key: keys.wrong }))
  const refusals = log.filter(({ message }) => String(message).startsWith('A call was rejected'))
  t.like(refusals[0], { level: 'warn', code: 'key_required', method: '/rolesets.v1.Administration/ListRoles' })
  t.true(refusals.length < 20)
  t.false(JSON.stringify(log).includes(keys.wrong))
  t.false(JSON.stringify(log).includes(secretKey))
})
