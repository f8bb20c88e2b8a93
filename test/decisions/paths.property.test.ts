/**
 * The same random question has the same whole answer on every path: core's `decide`, gRPC (single and in a batch), the
 * client's cache, and the fake sidecar. The stores are random, too, and questions use keys, ids and unknown names.
 */

import { createRoleSetsClient, type Decision, type Question, type RoleSetsClient } from '@rolesets/client'
import { createFakeSidecar } from '@rolesets/client/testing'
import { decide, Index, initialSettings, RetiredKeys, type Catalogue } from '@rolesets/core'
import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { connect, openTestSidecar, secretKey, type Answer } from '../grpc/open-sidecar.ts'
import { seed } from '../seed.ts'

const customPermissions = ['org:posts:read', 'org:posts:write', 'org:reports:read']
const customRoles = ['org:analyst', 'org:guest', 'org:moderator']
const customSets = ['role_set:free', 'role_set:pro']
const systemRoles = ['org:admin', 'org:member']
const organizations = ['org_acme', 'org_globex', 'tenant/7 Süd']

interface Description {
  /** The permissions of each custom role. The role org:all has all of them. */
  readonly roles: Readonly<Record<string, readonly string[]>>
  /** The custom roles of each role set, besides the system roles. */
  readonly roleSets: Readonly<Record<string, readonly string[]>>
  readonly initial: string
  readonly organizations: Readonly<Record<string, string>>
}

/** A role or a permission in a question: a literal name, or the id of the thing with this key. */
type Name = { readonly name: string } | { readonly idOf: string }

interface SymbolicQuestion {
  readonly organizationId: string
  readonly role: Name
  readonly permission: Name | undefined
}

const mapOf = <T>(keys: readonly string[], value: fc.Arbitrary<T>) =>
  fc.tuple(...keys.map(() => value)).map((values) => Object.fromEntries(keys.map((key, at) => [key, values[at] as T])))

const description: fc.Arbitrary<Description> = fc.record({
  roles: mapOf(customRoles, fc.subarray(customPermissions)).map((roles) => ({
    ...roles,
    'org:all': customPermissions,
  })),
  roleSets: mapOf(customSets, fc.subarray([...customRoles, 'org:all'])),
  initial: fc.constantFrom(...customSets),
  organizations: mapOf(organizations, fc.constantFrom(...customSets)),
})

const keys = [...customPermissions, ...customRoles, ...systemRoles, 'org:all', 'org:sys_memberships:manage']
/** The key of a permission, and the id of an organization, that were deleted before the questions. */
const gone = 'org:gone:read'
const ended = 'org_ended'
const unknown = [
  gone,
  'org:owner',
  'org:no:such',
  'ORG:ADMIN',
  'admin',
  'role_000000',
  'perm_000000',
  '__proto__',
  ...customSets,
]
const name: fc.Arbitrary<Name> = fc.oneof(
  fc.constantFrom(...keys, ...unknown).map((text) => ({ name: text })),
  fc.constantFrom(...keys).map((key) => ({ idOf: key })),
)
const question: fc.Arbitrary<SymbolicQuestion> = fc.record({
  organizationId: fc.constantFrom(...organizations, ended, 'org_unheard_of', '__proto__'),
  role: name,
  permission: fc.option(name, { nil: undefined }),
})

const storesMax = 4
const questionsMax = 80

for (const unknownOrganizations of ['initial', 'deny'] as const) {
  test(`with unknown organizations set to ${unknownOrganizations}, every path gives the same whole answer`, async (t) => {
    const stores = fc.sample(description, { numRuns: storesMax, seed })
    const questions = fc.sample(question, { numRuns: questionsMax, seed })
    for (const store of stores) await compareAll(t, { store, questions, unknownOrganizations })
  })
}

interface Comparison {
  readonly store: Description
  readonly questions: readonly SymbolicQuestion[]
  readonly unknownOrganizations: 'initial' | 'deny'
}

async function compareAll(t: ExecutionContext, { store, questions, unknownOrganizations }: Comparison) {
  const real = await openReal(t, store, unknownOrganizations)
  const fake = await openFake(t, real, store, unknownOrganizations)
  for (const symbolic of questions) {
    const asked = resolve(symbolic, real.ids)
    const roleSetId = real.registered.get(asked.organizationId)
    const organizationDeleted = asked.organizationId === ended
    const setting = organizationDeleted ? 'deny' : unknownOrganizations
    const decided = decide(real.catalogue, asked, { roleSetId, unknownOrganizations: setting })
    const expected = { allowed: decided.allowed, reason: decided.reason, roleSet: decided.roleSet?.key ?? '' }
    const title = `${JSON.stringify(symbolic)} in ${JSON.stringify(store)}`

    const { permissionRetired } = decided
    const onWire = {
      ...expected,
      permissionRetired,
      organizationDeleted,
      roleSetId: decided.roleSet?.id ?? '',
      organizationRegistered: roleSetId !== undefined,
    }
    const noScope = { inScope: false, organizationRoleSetId: '', ownRoleSetId: '' }
    const { revision: _, ...answer } = await real.call('Check', { ...asked })
    t.deepEqual(answer, { ...onWire, ...noScope }, `gRPC: ${title}`)
    const batch = (await real.call('BatchCheck', { checks: [asked, asked] }))['results'] as Answer[]
    const inBatch = { ...onWire, ...noScope }
    t.deepEqual(batch, [inBatch, inBatch], `gRPC batch: ${title}`)

    const { role, organizationId, permission } = asked
    const options = permission === undefined ? {} : { permission }
    const whole = (source: Decision['source'], client: RoleSetsClient) => ({
      ...expected,
      ...(permissionRetired ? { permissionRetired } : {}),
      ...(organizationDeleted ? { organizationDeleted } : {}),
      ...(roleSetId === undefined ? { organizationRegistered: false } : {}),
      source,
      revision: client.status().revision,
    })
    // The first answer puts the organization into the cache; the second one comes from it.
    await real.roleSets.check(organizationId, role, options)
    const cached = real.roleSets.checkCached(organizationId, role, permission)
    t.deepEqual(cached, whole('cache', real.roleSets) as Decision, `cache: ${title}`)

    const ofFake = resolve(symbolic, fake.ids)
    const fakeOnWire = { ...onWire, roleSetId: fake.ids.get(expected.roleSet) ?? '' }
    t.like(await fake.check(ofFake), fakeOnWire, `fake sidecar: ${title}`)
    const fakeOptions = ofFake.permission === undefined ? {} : { permission: ofFake.permission }
    await fake.roleSets.check(organizationId, ofFake.role, fakeOptions)
    const fakeCached = fake.roleSets.checkCached(organizationId, ofFake.role, ofFake.permission)
    t.deepEqual(fakeCached, whole('cache', fake.roleSets) as Decision, `cache over the fake sidecar: ${title}`)
  }
}

function resolve({ organizationId, role, permission }: SymbolicQuestion, ids: ReadonlyMap<string, string>): Question {
  const text = (each: Name) => ('name' in each ? each.name : (ids.get(each.idOf) ?? ''))
  return { organizationId, role: text(role), ...(permission === undefined ? {} : { permission: text(permission) }) }
}

async function openReal(t: ExecutionContext, store: Description, unknownOrganizations: 'initial' | 'deny') {
  const { target, close } = await openTestSidecar(t, {
    ROLESETS_DATABASE: 'sqlite::memory:',
    ROLESETS_UNKNOWN_ORGANIZATIONS: unknownOrganizations,
  })
  const roleSets = createRoleSetsClient({ target, key: secretKey, deadlineMs: 20_000, maxStalenessMs: 60_000 })
  t.teardown(() => roleSets.close().then(close))
  await roleSets.ready()
  await roleSets.admin.createPermission({ key: gone })
  await roleSets.admin.deletePermission({ permission: gone })
  await roleSets.admin.createOrganization({ id: ended })
  await roleSets.admin.deleteOrganization({ organizationId: ended })
  await roleSets.admin.apply({
    permissions: customPermissions.map((key) => ({ key })),
    roles: Object.entries(store.roles).map(([key, permissions]) => ({ key, permissions })),
    roleSets: Object.entries(store.roleSets).map(([key, roles]) => {
      const special = { defaultRole: 'org:member', creatorRole: 'org:admin' }
      return { key, roles: [...systemRoles, ...roles], ...special, initial: key === store.initial }
    }),
    organizations: Object.entries(store.organizations).map(([id, roleSet]) => ({ id, roleSet })),
  })
  const [{ permissions }, { roles }, { roleSets: sets }] = await Promise.all([
    roleSets.admin.listPermissions({}),
    roleSets.admin.listRoles({}),
    roleSets.admin.listRoleSets({}),
  ])
  const stamps = { createdAt: 0, updatedAt: 0, revision: 0 }
  const catalogue: Catalogue = {
    retiredPermissions: new RetiredKeys([gone]),
    permissions: new Index(permissions.map((each) => ({ ...each, ...stamps, type: 'custom' as const }))),
    roles: new Index(roles.map((each) => ({ ...each, ...stamps }))),
    roleSets: new Index(
      sets.map((each) => ({ ...each, ...stamps, type: each.type === 'INITIAL_SET' ? 'initial' : 'custom' }) as const),
    ),
    scopeKinds: new Map(),
    scopeDefaults: new Map(),
    settings: initialSettings,
  }
  const ids = new Map([...permissions, ...roles].map(({ key, id }) => [key, id]))
  const registered = new Map(
    Object.entries(store.organizations).map(([id, key]) => [id, catalogue.roleSets.byKey(key)?.id]),
  )
  return { roleSets, call: connect(t, target).call, catalogue, ids, registered, roles }
}

/** The same store in the fake sidecar, with the same permissions of the system roles. */
async function openFake(
  t: ExecutionContext,
  { roles }: { readonly roles: readonly { readonly key: string; readonly permissions: readonly string[] }[] },
  store: Description,
  unknownOrganizations: 'initial' | 'deny',
) {
  const sidecar = createFakeSidecar({
    roles: Object.fromEntries(roles.map(({ key, permissions }) => [key, permissions])),
    roleSets: Object.fromEntries(
      Object.entries(store.roleSets).map(([key, more]) => {
        const special = { defaultRole: 'org:member', creatorRole: 'org:admin' }
        return [key, { roles: [...systemRoles, ...more], ...special, initial: key === store.initial }]
      }),
    ),
    organizations: store.organizations,
    unknownOrganizations,
  })
  sidecar.setRole('org:temporary', [gone])
  sidecar.removePermission(gone)
  sidecar.removeRole('org:temporary')
  sidecar.assign(ended, Object.keys(store.roleSets)[0] ?? '')
  sidecar.removeOrganization(ended)
  const roleSets = createRoleSetsClient({ transport: sidecar.transport, deadlineMs: 20_000, maxStalenessMs: 60_000 })
  t.teardown(() => roleSets.close())
  await roleSets.ready()
  const ids = new Map<string, string>()
  for (const { key } of roles) {
    const { role } = await roleSets.admin.updateRole({ role: key, dryRun: true })
    ids.set(key, role?.id ?? '')
    role?.permissions.forEach((permission, at) => ids.set(permission, role.permissionIds[at] ?? ''))
  }
  for (const key of Object.keys(store.roleSets)) {
    const { roleSet } = await roleSets.admin.addRoles({ roleSet: key, roles: ['org:admin'], dryRun: true })
    ids.set(key, roleSet?.id ?? '')
  }
  const check = (asked: Question) => {
    const request = { ...asked, permission: asked.permission ?? '', atLeastRevision: '' }
    return sidecar.transport.unary('Decisions/Check', request, {
      signal: new AbortController().signal,
      deadlineMs: 20_000,
    })
  }
  return { roleSets, ids, check: async (asked: Question) => (await check(asked)) as Record<string, unknown> }
}
