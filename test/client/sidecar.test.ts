/** The client beside the real sidecar. */

import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import {
  compareRevisions,
  createRoleSetsClient,
  type RoleSetsClient,
  type RoleSetsClientOptions,
} from '@rolesets/client'
import { openTestSidecar, readKey, secretKey } from '../grpc/open-sidecar.ts'
import { temporaryFolder } from '../processes/temporary-folder.ts'

function open(t: ExecutionContext, target: string, options: Partial<RoleSetsClientOptions> = {}): RoleSetsClient {
  const client = createRoleSetsClient({
    key: secretKey,
    deadlineMs: 10_000,
    ...options,
    target,
  } as RoleSetsClientOptions)
  t.teardown(() => client.close())
  return client
}

/** Roles, and the sets free (initial) and pro. */
async function makeTiers({ admin }: RoleSetsClient): Promise<void> {
  const tier = { creatorRole: 'org:admin', defaultRole: 'org:member' }
  await admin.apply({
    permissions: [{ key: 'org:reports:read' }, { key: 'org:reports:write' }],
    roles: [
      { key: 'org:analyst', permissions: ['org:reports:read'] },
      { key: 'org:editor', permissions: ['org:reports:write'] },
    ],
    roleSets: [
      { key: 'role_set:free', roles: ['org:admin', 'org:member'], ...tier, initial: true },
      { key: 'role_set:pro', roles: ['org:admin', 'org:member', 'org:analyst'], ...tier },
    ],
    organizations: [{ id: 'acme', roleSet: 'role_set:free' }],
  })
}

async function delivered(client: RoleSetsClient, revision: string): Promise<void> {
  for (;;) {
    const order = compareRevisions(client.status().revision ?? '', revision)
    if (order !== undefined && order >= 0) return
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

test('refused, upgraded, accepted: what is written counts at once', async (t) => {
  const { target } = await openTestSidecar(t)
  const client = open(t, target)
  await client.ready()
  await makeTiers(client)
  t.like(await client.check('acme', 'org:analyst'), {
    allowed: false,
    reason: 'ROLE_NOT_IN_SET',
    roleSet: 'role_set:free',
  })
  const { revision } = await client.admin.assignRoleSet({ organizationId: 'acme', roleSet: 'role_set:pro' })
  const decision = await client.check('acme', 'org:analyst', { permission: 'org:reports:read' })
  t.like(decision, { allowed: true, roleSet: 'role_set:pro' })
  t.true((compareRevisions(decision.revision, revision) ?? -1) >= 0)
  await delivered(client, revision)
  t.like(client.checkCached('acme', 'org:analyst'), { allowed: true, source: 'cache', revision })
  await client.admin.replaceRole({ roleSet: 'role_set:pro', role: 'org:analyst' })
  t.false((await client.check('acme', 'org:analyst')).allowed)
})

test('of several changes to one organization in one write, the last one counts', async (t) => {
  const { target } = await openTestSidecar(t)
  const client = open(t, target)
  await client.ready()
  await makeTiers(client)
  await client.admin.assignRoleSet({ organizationId: 'acme', roleSet: 'role_set:pro' })
  t.true((await client.check('acme', 'org:analyst')).allowed)
  // Two changes: the name, and then the set. A cache that takes the first one only goes on allowing what was taken away.
  const organizations = [{ id: 'acme', name: 'Acme', roleSet: 'role_set:free' }]
  const { revision } = await client.admin.apply({ organizations })
  await delivered(client, revision)
  t.like(client.checkCached('acme', 'org:analyst'), { allowed: false, reason: 'ROLE_NOT_IN_SET', revision })
})

test('another client hears of it through the feed', async (t) => {
  const { target } = await openTestSidecar(t)
  const [writer, reader] = [open(t, target), open(t, target)]
  await makeTiers(writer)
  await reader.ready()
  await reader.check('acme', 'org:analyst')
  const seen = reader.watch()[Symbol.asyncIterator]()
  const next = seen.next()
  await writer.ready()
  // The loop has begun when its first change is there; until then something has to change.
  let revision = ''
  let first: Awaited<typeof next> | undefined
  void next.then((result) => (first = result))
  while (first === undefined) {
    revision = (
      await writer.admin.assignRoleSet({ organizationId: 'acme', roleSet: revision ? 'role_set:pro' : 'role_set:free' })
    ).revision
    revision = (await writer.admin.updateOrganization({ organizationId: 'acme', publicMetadata: { at: revision } }))
      .revision
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  await seen.return?.()
  await writer.admin.assignRoleSet({ organizationId: 'acme', roleSet: 'role_set:pro' })
  ;({ revision } = await writer.admin.updateRole({ role: 'org:analyst', name: 'Analyst' }))
  await delivered(reader, revision)
  t.like(reader.checkCached('acme', 'org:analyst'), { allowed: true, revision })
})

/** Every kind of write, in an order in which each is accepted. */
const writes: readonly ((client: RoleSetsClient) => Promise<{ readonly revision: string }>)[] = [
  ({ admin }) => admin.assignRoleSet({ organizationId: 'acme', roleSet: 'role_set:pro' }),
  ({ admin }) => admin.assignRoleSet({ organizationId: 'hooli', roleSet: 'role_set:pro' }),
  ({ admin }) => admin.addRoles({ roleSet: 'role_set:free', roles: ['org:editor'] }),
  ({ admin }) =>
    admin.updateRole({ role: 'org:editor', key: 'org:author', permissions: ['org:reports:read', 'org:reports:write'] }),
  ({ admin }) => admin.updateRoleSet({ roleSet: 'role_set:pro', key: 'role_set:business', name: 'Business' }),
  ({ admin }) => admin.updatePermission({ permission: 'org:reports:read', key: 'org:reports:view' }),
  ({ admin }) => admin.createMembership({ organizationId: 'acme', userId: 'user_1', role: 'org:analyst' }),
  ({ admin }) => admin.replaceRole({ roleSet: 'role_set:business', role: 'org:analyst', toRole: 'org:member' }),
  ({ admin }) => admin.deleteMembership({ organizationId: 'acme', userId: 'user_1' }),
  ({ admin }) => admin.deletePermission({ permission: 'org:reports:write' }),
  ({ admin }) =>
    admin.createRoleSet({
      key: 'role_set:next',
      roles: ['org:admin', 'org:analyst'],
      defaultRole: 'org:analyst',
      creatorRole: 'org:admin',
    }),
  ({ admin }) => admin.replaceRoleSet({ roleSet: 'role_set:business', toRoleSet: 'role_set:next' }),
  ({ admin }) => admin.updateRoleSet({ roleSet: 'role_set:next', type: 'INITIAL_SET' }),
  ({ admin }) => admin.replaceRoleSet({ roleSet: 'role_set:free', toRoleSet: 'role_set:next' }),
  ({ admin }) => admin.deleteRole({ role: 'org:author' }),
  ({ admin }) => admin.deleteOrganization({ organizationId: 'hooli' }),
  ({ admin }) => admin.createOrganization({ id: 'umbrella', name: 'Umbrella', roleSet: 'role_set:default' }),
  ({ admin }) => admin.removePermission({ role: 'org:member', permission: 'org:sys_memberships:read' }),
  ({ admin }) => admin.addPermission({ role: 'org:member', permission: 'org:sys_memberships:read' }),
  ({ admin }) =>
    admin.createInvitation({ organizationId: 'umbrella', emailAddress: 'eve@example.com', role: 'org:member' }),
  ({ admin }) => admin.updateSettings({ maxAllowedMemberships: 7 }),
  ({ admin }) => admin.createAccessKey({ name: 'ci', access: 'READ' }),
]

test('after every kind of write the cache says what the sidecar says', async (t) => {
  const { target } = await openTestSidecar(t)
  const client = open(t, target)
  await client.ready()
  await makeTiers(client)
  const roles = ['org:admin', 'org:member', 'org:analyst', 'org:editor', 'org:author', 'org:nobody']
  const permissions = [
    undefined,
    'org:reports:read',
    'org:reports:view',
    'org:reports:write',
    'org:sys_memberships:read',
  ]
  const questions = ['acme', 'hooli', 'umbrella', 'unheard-of'].flatMap((organizationId) =>
    roles.flatMap((role) => permissions.map((permission) => ({ organizationId, role, permission }))),
  )
  await client.checkMany(questions)
  const asker = open(t, target)
  for (const [at, write] of writes.entries()) {
    const { revision } = await write(client)
    await delivered(client, revision)
    const cached = client.checkManyCached(questions)
    const { misses } = asker.status()
    // This one asks for something that its cache can't have yet, so it asks the sidecar.
    const other = open(t, target, { organizationsMax: 1 })
    const asked = await other.checkMany(questions, { atLeastRevision: revision })
    await other.close()
    t.deepEqual(
      cached,
      asked.map((decision) => ({ ...decision, source: 'cache' as const })),
      `write ${at}`,
    )
    t.is(asker.status().misses, misses)
    const organization = at % 2 === 0 ? 'acme' : 'unheard-of'
    const fromSidecar = await open(t, target).availableRoles(organization, { atLeastRevision: revision })
    const fromCache = await client.availableRoles(organization)
    t.deepEqual(fromCache, { ...fromSidecar, source: 'cache' }, `roles after write ${at}`)
  }
})

test('a restart is survived from the cursor, with the setting for unknown organizations as it is then', async (t) => {
  const folder = await temporaryFolder(t)
  const env = {
    ROLESETS_DATABASE: `sqlite:${join(folder, 'kept.db')}`,
    ROLESETS_GRPC_LISTEN: `unix:${join(folder, 's')}`,
  }
  const first = await openTestSidecar(t, env)
  const events: string[] = []
  const client = open(t, first.target, { onEvent: ({ type }) => void events.push(type) })
  await client.ready()
  await makeTiers(client)
  t.true((await client.check('unheard-of', 'org:member')).allowed)
  const before = client.status().revision
  await first.close()
  await openTestSidecar(t, { ...env, ROLESETS_UNKNOWN_ORGANIZATIONS: 'deny' })
  while (client.checkCached('unheard-of', 'org:member')?.reason !== 'ORGANIZATION_UNKNOWN') {
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  t.is(client.status().revision, before)
  t.is(events.filter((type) => type === 'snapshot').length, 1, 'it was resumed')
})

test('writes without a pause do not make the cache stale', async (t) => {
  const { target } = await openTestSidecar(t)
  const client = open(t, target, { maxStalenessMs: 60_000 })
  await client.ready()
  await client.admin.createOrganization({ id: 'acme' })
  let ageMs = 0
  // Each time that the age falls, a heartbeat came between the writes.
  for (let [write, heartbeats] = [0, 0]; heartbeats < 3; write++) {
    await client.admin.updateOrganization({ organizationId: 'acme', publicMetadata: { write } })
    const status = client.status()
    if (status.state !== 'fresh') return t.fail(`the cache is ${status.state}`)
    if ((status.ageMs ?? 0) < ageMs) heartbeats++
    ageMs = status.ageMs ?? 0
  }
  t.pass()
})

test('refusals of the rules and of access have their codes', async (t) => {
  const { target } = await openTestSidecar(t)
  const client = open(t, target)
  await makeTiers(client)
  const { admin } = client
  const membership = { organizationId: 'acme', userId: 'user_1', role: 'org:analyst' }
  await t.throwsAsync(admin.createMembership(membership), { code: 'role_not_in_role_set' })
  await t.throwsAsync(admin.getRole({ role: 'org:nobody' }), { code: 'role_not_found' })
  await t.throwsAsync(admin.createRole({ key: 'org:analyst' }), { code: 'key_taken' })
  const error = await t.throwsAsync(admin.createRole({ key: 'Not A Key' }))
  t.like(error, { code: 'invalid_field', fields: [{ field: 'key' }] })
  await t.throwsAsync(open(t, target, { key: readKey }).admin.createRole({ key: 'org:x' }), {
    code: 'write_key_required',
  })
  const { revision } = await admin.createOrganization({ id: 'hooli' })
  await admin.updateOrganization({ organizationId: 'hooli', name: 'Hooli' })
  const late = { organizationId: 'hooli', name: 'H', expectedRevision: revision }
  await t.throwsAsync(admin.updateOrganization(late), { code: 'revision_conflict' })
})

test('all of a large list can be paged through', async (t) => {
  const { target } = await openTestSidecar(t)
  const { admin } = open(t, target)
  for (let at = 0; at < 7; at++) await admin.createOrganization({ id: `org_${at}`, publicMetadata: { at } })
  const ids: string[] = []
  let pageToken = ''
  do {
    const page = await admin.listOrganizations({ pageSize: 3, pageToken })
    ids.push(...page.organizations.map(({ id }) => id))
    pageToken = page.nextPageToken
  } while (pageToken !== '')
  t.deepEqual(
    ids,
    Array.from({ length: 7 }, (_, at) => `org_${at}`),
  )
})
