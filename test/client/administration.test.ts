/** `admin`: what goes out, what comes back, and that what was written is seen. */

import test from 'ava'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Administration, AdminOptions, Organization } from '@rolesets/client'
import { openBesideFake, openScriptedFresh } from './open-client.ts'
import { unavailable } from './scripted-transport.ts'
import { changeSet, checkReply, free, heartbeat, organization, pro, snapshot } from './wire-messages.ts'

type AnyCall = (request: unknown, options?: AdminOptions) => Promise<unknown>

/** A call by its name, without its types. */
function call(admin: Administration, name: string): AnyCall {
  return admin[name as keyof Administration] as AnyCall
}

const proto = readFileSync(
  fileURLToPath(import.meta.resolve('@rolesets/proto/rolesets/v1/administration.proto')),
  'utf8',
)
const rpcs = [...proto.matchAll(/rpc (\w+)\((\w+)\) returns \((stream )?/g)].map(
  ([, rpc = '', message = '', stream]) => ({ rpc, message, isStream: stream !== undefined }),
)

/** Names of a message's fields, in camelCase. */
function fieldsOf(message: string): readonly string[] {
  const [, body = ''] = new RegExp(`message ${message} \\{([^}]*)\\}`).exec(proto) ?? []
  const names = [...body.matchAll(/^ {2}(?:optional |repeated )?[\w.]+(?:<[^>]*>)? (\w+) = \d+;/gm)].map(
    ([, name = '']) => name,
  )
  return names.map((name) => name.replace(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase())).sort()
}

/** A value of each kind that a field can have. */
const samples: { readonly [field: string]: unknown } = {
  ...{
    permissions: ['a'],
    roles: ['a'],
    roleSets: [],
    organizations: [],
    scopeKinds: [],
    scopeDefaults: [],
    mappings: { a: 'b' },
    pageSize: 1,
  },
  ...{ dryRun: false, prune: true, includeInInitialRoleSet: true, type: 'INITIAL_SET' },
  ...{ adminDeleteEnabled: false, mergeMetadata: true, enabled: false, slugDisabled: true, domainsEnabled: true },
  ...{ allowNoAdministrator: true, revokeSentInvitations: true, lastAdministrator: 'WARN', emailAddresses: ['a@b.c'] },
  ...{ grantPolicy: 'ANY', fallback: 'NONE', clear: false },
  restoreFormerRoles: true,
  ...{ oldestFirst: true, domainsEnrollmentModes: [], access: 'READ', statuses: ['PENDING'], invitations: [] },
  maxRolesPerMember: 2,
  expiresAtMs: 1.7e12,
  ...{ maxAllowedMemberships: 0, createdAtMs: 1.7e12, fromMs: 1.7e12, toMs: 1.7e12, atMs: 1.7e12, expiresInDays: 7 },
  ...{ publicMetadata: { a: [1, null, { b: true }] }, privateMetadata: {} },
}

test('there is a call for every RPC of Administration, and no other', async (t) => {
  const { client } = await openBesideFake(t)
  const expected = rpcs.map(({ rpc }) => rpc.charAt(0).toLowerCase() + rpc.slice(1))
  t.deepEqual(Object.keys(client.admin).sort(), expected.sort())
})

test('every field of every request reaches the sidecar, and nothing else does', async (t) => {
  const { client, transport, clock } = await openScriptedFresh(t)
  for (const { rpc, message } of rpcs.filter(({ isStream }) => !isStream)) {
    const fields = fieldsOf(message)
    const name = rpc.charAt(0).toLowerCase() + rpc.slice(1)
    const request = Object.fromEntries(fields.map((field) => [field, samples[field] ?? 'text']))
    if (name === 'apply') Object.assign(request, { permissions: [], roles: [] })
    const asked = call(client.admin, name)(request)
    await clock.settle()
    t.is(transport.call.method, `Administration/${rpc}`)
    t.deepEqual(Object.keys(transport.call.request).sort(), fields, name)
    transport.call.reply({ revision: 'e:10' })
    await asked
    const error = await t.throwsAsync(call(client.admin, name)({ ...request, dryrun: true }))
    t.like(error, { code: 'invalid_argument', fields: [{ field: 'dryrun' }] })
  }
})

test('a list of keys in an update is another thing than none', async (t) => {
  const { client, transport, clock } = await openScriptedFresh(t)
  for (const [permissions, expected] of [
    [[], { keys: [] }],
    [['org:a:b'], { keys: ['org:a:b'] }],
  ] as const) {
    void client.admin.updateRole({ role: 'org:analyst', permissions }).catch(() => {})
    await clock.settle()
    t.deepEqual(transport.call.request['permissions'], expected)
  }
  void client.admin.updateRole({ role: 'org:analyst', name: 'Analyst' }).catch(() => {})
  await clock.settle()
  t.deepEqual(transport.call.request, { role: 'org:analyst', name: 'Analyst' })
})

test('the manifests of an apply are checked one by one', async (t) => {
  const { client, transport, clock } = await openScriptedFresh(t)
  const roleSet = { key: 'role_set:a', roles: ['org:a'], defaultRole: 'org:a', creatorRole: 'org:a' }
  void client.admin
    .apply({
      roles: [{ key: 'org:a', permissions: [] }],
      roleSets: [{ ...roleSet, initial: true, replace: { x: 'y' } }],
    })
    .catch(() => {})
  await clock.settle()
  t.deepEqual(transport.call.request, {
    roles: [{ key: 'org:a', permissions: { keys: [] } }],
    roleSets: [{ ...roleSet, initial: true, replace: { x: 'y' } }],
  })
  const scopes = [{ key: 'team:x', name: '', roleSet: '' }]
  void client.admin
    .apply({ organizations: [{ id: 'acme', scopes }, { id: 'b', scopes: [] }, { id: 'c' }] })
    .catch(() => {})
  await clock.settle()
  t.deepEqual(
    transport.call.request,
    { organizations: [{ id: 'acme', scopes: { scopes } }, { id: 'b', scopes: { scopes: [] } }, { id: 'c' }] },
    'no list is another thing than an empty one',
  )
  const wrong: readonly [object, string][] = [
    [{ organizations: [{ id: 'acme', scopes: [{ key: 'team:x' }, { name: 'X' }] }] }, 'organizations[0].scopes[1].key'],
    [{ scopeKinds: [{ kind: 'team', fallback: 'organization' }] }, 'scopeKinds[0].fallback'],
    [{ roles: [{ key: 'org:a' }, {}] }, 'roles[1].key'],
    [{ roleSets: [{ ...roleSet, defaultrole: 'org:a' }] }, 'roleSets[0].defaultrole'],
    [{ organizations: [{ id: 'acme', mappings: { a: 1 } }] }, 'organizations[0].mappings'],
    [{ permissions: {} }, 'permissions'],
  ]
  for (const [request, field] of wrong) {
    t.like(await t.throwsAsync(client.admin.apply(request)), { code: 'invalid_argument', fields: [{ field }] })
  }
})

test('what is of the wrong kind is refused with the name of the field', async (t) => {
  const { client, transport } = await openScriptedFresh(t)
  const wrong: readonly [string, unknown, string][] = [
    ['createRole', 'org:a', 'request'],
    ['createRole', {}, 'key'],
    ['createRole', { key: '' }, 'key'],
    ['createRole', { key: 'org:a', permissions: 'org:a:b' }, 'permissions'],
    ['createRole', { key: 'org:a', dryRun: 'false' }, 'dryRun'],
    ['createRole', { key: 'org:a', name: 5 }, 'name'],
    ['createRoleSet', { roles: ['a'], defaultRole: 'a', creatorRole: 'a', type: 'OTHER' }, 'type'],
    ['listRoles', { pageSize: 1.5 }, 'pageSize'],
    ['assignRoleSet', { organizationId: 'acme', roleSet: 'a', mappings: ['a'] }, 'mappings'],
    ['createOrganization', { publicMetadata: { when: new Date(Number.NaN).getTime() } }, 'publicMetadata.when'],
    ['createOrganization', { publicMetadata: { f: () => 1 } }, 'publicMetadata.f'],
    ['createOrganization', { publicMetadata: [] }, 'publicMetadata'],
    ['createOrganization', { createdAtMs: -1 }, 'createdAtMs'],
    ['createOrganization', { createdAtMs: 2 ** 53 }, 'createdAtMs'],
    ['createInvitation', { organizationId: 'acme', role: 'org:a' }, 'emailAddress'],
    ['createInvitations', { organizationId: 'acme', invitations: [{ emailAddress: 'a@b.c' }] }, 'invitations[0].role'],
    ['listInvitations', { organizationId: 'acme', statuses: ['pending'] }, 'statuses'],
    ['createAccessKey', { name: 'ci', access: 'WRITE' }, 'access'],
    ['getSettings', { settings: 'all' }, 'settings'],
  ]
  for (const [name, request, field] of wrong) {
    const error = await t.throwsAsync(call(client.admin, name)(request), undefined, name)
    t.like(error, { code: 'invalid_argument', fields: [{ field }] })
  }
  const endless: { self?: unknown } = {}
  endless.self = endless
  await t.throwsAsync(call(client.admin, 'createOrganization')({ publicMetadata: endless }), {
    code: 'invalid_argument',
  })
  for (const options of [{ deadlineMs: 0 }, { signal: 5 }, { actor: '' }, { actor: 'a\nb' }]) {
    await t.throwsAsync(call(client.admin, 'listRoles')({}, options as AdminOptions), { code: 'invalid_argument' })
  }
  t.is(transport.calls.length, 0)
})

test('the actor travels with the call', async (t) => {
  const { client, sidecar } = await openBesideFake(t)
  await client.admin.createRole({ key: 'org:owner' }, { actor: 'user_7' })
  t.is(sidecar.calls.at(-1)?.actor, 'user_7')
})

test('what this client has written, its next answers have seen', async (t) => {
  const { client, transport, clock } = await openScriptedFresh(t)
  const first = client.check('acme', 'org:analyst')
  await clock.settle()
  transport.call.reply(checkReply('e:10', free, { allowed: false, reason: 'ROLE_NOT_IN_SET' }))
  await first
  t.truthy(client.checkCached('acme', 'org:analyst'))
  const written = client.admin.assignRoleSet({ organizationId: 'acme', roleSet: 'role_set:pro' })
  await clock.settle()
  t.truthy(client.checkCached('acme', 'org:analyst'), 'not written yet')
  transport.call.reply({ organization: organization('acme', pro), revision: 'e:12' })
  await written
  t.is(client.checkCached('acme', 'org:analyst'), undefined)
  t.is(client.checkManyCached([{ organizationId: 'acme', role: 'org:analyst' }]), undefined)
  const asked = client.check('acme', 'org:analyst')
  await clock.settle()
  t.is(transport.call.request['atLeastRevision'], 'e:12')
  transport.call.reply(checkReply('e:12', pro))
  t.true((await asked).allowed)
  transport.stream.send(changeSet('e:11'), changeSet('e:12', [{ organizationPut: organization('acme', pro) }]))
  await clock.settle()
  t.like(client.checkCached('acme', 'org:analyst'), { allowed: true, revision: 'e:12' })
})

test('a dry run raises nothing', async (t) => {
  const { client, transport, clock } = await openScriptedFresh(t)
  const written = client.admin.assignRoleSet({ organizationId: 'acme', roleSet: 'role_set:pro', dryRun: true })
  await clock.settle()
  transport.call.reply({ revision: 'e:12' })
  await written
  void client.check('acme', 'org:analyst').catch(() => {})
  await clock.settle()
  t.is(transport.call.request['atLeastRevision'], 'e:10')
})

test('a dry run that would be refused is answered without the thing, and the compiler knows', async (t) => {
  const { client, transport, clock } = await openScriptedFresh(t)
  const request = { organizationId: 'acme', roleSet: 'role_set:pro' }
  const asked = client.admin.assignRoleSet({ ...request, dryRun: true })
  await clock.settle()
  const violation = {
    reason: 'MAPPING_MISSING',
    message: 'Map it.',
    field: 'mappings',
    facts: { roles: 'org:analyst' },
  }
  const requiredMapping = { role: 'org:analyst', members: 3, invitations: 1, organizations: 1 }
  const impact = { organizations: 1, members: 0, invitations: 0, roles: [], requiredMappings: [requiredMapping] }
  transport.call.reply({ impact: { ...impact, violations: [violation] }, revision: 'e:10' })
  const preview = await asked
  const previewed: Organization | undefined = preview.organization
  t.is(previewed, undefined)
  t.deepEqual(preview.impact.violations[0], violation)
  t.deepEqual(preview.impact.requiredMappings[0], requiredMapping)
  const done = client.admin.assignRoleSet({ ...request, dryRun: false })
  await clock.settle()
  transport.call.reply({ organization: organization('acme', pro), impact, revision: 'e:11' })
  const written: Organization = (await done).organization
  t.is(written.id, 'acme')
})

test('a write to a store that was restored makes the cache start over', async (t) => {
  const { client, transport, clock } = await openScriptedFresh(t)
  const written = client.admin.createRole({ key: 'org:owner' })
  await clock.settle()
  transport.call.reply({ revision: 'f:3' })
  await written
  t.is(client.status().state, 'stale')
  await clock.advance(100)
  t.is(transport.stream.after, '')
  transport.stream.send(snapshot('f:2'), heartbeat('f:2'))
  await clock.settle()
  void client.check('acme', 'org:analyst').catch(() => {})
  await clock.settle()
  t.is(transport.call.request['atLeastRevision'], 'f:3', 'what was written there counts')
})

test('a write whose answer comes from an epoch that has ended holds back no answer', async (t) => {
  const { client, transport, clock } = await openScriptedFresh(t)
  const written = client.admin.createRole({ key: 'org:owner' })
  await clock.settle()
  const { call: pending } = transport
  transport.stream.send(changeSet('f:3'))
  await clock.settle()
  transport.stream.send(snapshot('f:3'), heartbeat('f:3'))
  await clock.settle()
  pending.reply({ revision: 'e:11' })
  await written
  t.is(client.status().state, 'fresh')
  void client.check('acme', 'org:analyst').catch(() => {})
  await clock.settle()
  t.is(transport.call.request['atLeastRevision'], 'f:3')
})

test('a write is sent once, also when it fails', async (t) => {
  const { client, transport, clock } = await openScriptedFresh(t)
  const written = client.admin.createRole({ key: 'org:owner' })
  await clock.settle()
  transport.call.fail(unavailable())
  await t.throwsAsync(written, { code: 'unavailable' })
  const late = client.admin.createRole({ key: 'org:owner' }, { deadlineMs: 50 })
  await clock.advance(50)
  await t.throwsAsync(late, { code: 'deadline_exceeded' })
  t.is(transport.calls.length, 2)
})

test('a read of Administration is tried once more', async (t) => {
  const { client, transport, clock } = await openScriptedFresh(t)
  const read = client.admin.listRoles({})
  await clock.settle()
  transport.call.fail(unavailable())
  await clock.settle()
  transport.call.reply({ roles: [], nextPageToken: '', revision: 'e:10' })
  t.like(await read, { nextPageToken: '' })
})

test('an answer without a revision is malformed', async (t) => {
  const { client, transport, clock } = await openScriptedFresh(t)
  for (const reply of [undefined, 'done', {}, { revision: 'x' }]) {
    const written = client.admin.createRole({ key: 'org:owner' })
    await clock.settle()
    transport.call.reply(reply)
    await t.throwsAsync(written, { code: 'unavailable' })
  }
})

test('a write may take longer than a question', async (t) => {
  const { client, transport, clock } = await openScriptedFresh(t)
  const written = client.admin.createRole({ key: 'org:owner' })
  await clock.advance(2900)
  transport.call.reply({ revision: 'e:11' })
  await written
  t.is(transport.call.deadlineMs, 10_000)
})

test('an acting user that is named is a user: an undefined or empty id is refused before anything is sent', async (t) => {
  const { client, transport, clock } = await openScriptedFresh(t)
  const member = { organizationId: 'org_1', userId: 'ben', role: 'org:member' }
  for (const actingUserId of [undefined, '', 5, null]) {
    const error = await t.throwsAsync(call(client.admin, 'createMembership')({ ...member, actingUserId }))
    t.like(error, { code: 'invalid_argument', fields: [{ field: 'actingUserId' }] })
  }
  void client.admin.createMembership({ ...member, actingUserId: 'ann', grantPolicy: 'ANY' }).catch(() => {})
  await clock.settle()
  t.deepEqual(transport.call.request, { ...member, actingUserId: 'ann', grantPolicy: 'ANY' })
})
