/**
 * The same random question has the same whole answer on every path: core's `decide`, gRPC (single and in a batch), the
 * client's cache, and the fake sidecar. The stores are random, too, with scopes that get their role sets in each way; questions
 * use keys, ids and unknown names.
 */

import { createRoleSetsClient, type Decision, type Question, type RoleSetsClient } from '@rolesets/client'
import { createFakeSidecar } from '@rolesets/client/testing'
import { decide, Index, initialSettings, keyOfPlace, kindOfScope, RetiredKeys, type Catalogue } from '@rolesets/core'
import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { connect, openTestSidecar, secretKey, type Answer } from '../grpc/open-sidecar.ts'
import { seed } from '../seed.ts'

const customPermissions = ['org:posts:read', 'org:posts:write', 'org:reports:read']
const customRoles = ['org:analyst', 'org:guest', 'org:moderator']
const customSets = ['role_set:free', 'role_set:pro']
const systemRoles = ['org:admin', 'org:member']
const organizations = ['org_acme', 'org_globex', 'tenant/7 Süd']
const scopes = ['team:x', 'team:y', 'unit:x', 'product:Zürich 7']
const kinds = ['team', 'unit', 'product']

interface Description {
  /** The permissions of each custom role. The role org:all has all of them. */
  readonly roles: Readonly<Record<string, readonly string[]>>
  /** The custom roles of each role set, besides the system roles. */
  readonly roleSets: Readonly<Record<string, readonly string[]>>
  readonly initial: string
  readonly organizations: Readonly<Record<string, string>>
  /** `organization`, `none`, or the key of a role set. A kind can be missing. */
  readonly kinds: Readonly<Record<string, string>>
  readonly defaults: Readonly<Record<string, string>>
  /** The role sets that scopes have of their own, by organization and scope. */
  readonly own: Readonly<Record<string, Readonly<Record<string, string>>>>
}

/** A role or a permission in a question: a literal name, or the id of the thing with this key. */
type Name = { readonly name: string } | { readonly idOf: string }

interface SymbolicQuestion {
  readonly organizationId: string
  /** Empty: it is about the organization as a whole. */
  readonly scope: string
  readonly role: Name
  readonly permission: Name | undefined
}

const mapOf = <T>(keys: readonly string[], value: fc.Arbitrary<T>) =>
  fc.tuple(...keys.map(() => value)).map((values) => Object.fromEntries(keys.map((key, at) => [key, values[at] as T])))

const roleSet = fc.constantFrom(...customSets)
const ofSome = <T>(some: readonly string[], value: fc.Arbitrary<T>) =>
  fc.subarray([...some]).chain((chosen) => mapOf(chosen, value))

/** Scopes with a default or a set of their own need a kind. */
const description: fc.Arbitrary<Description> = fc
  .record({
    ...{ kinds: ofSome(kinds, fc.oneof(roleSet, fc.constantFrom('organization', 'none'))) },
    ...{ defaults: ofSome(scopes, roleSet), own: mapOf(organizations, ofSome(scopes, roleSet)) },
    roles: mapOf(customRoles, fc.subarray(customPermissions)).map((roles) => ({
      ...roles,
      'org:all': customPermissions,
    })),
    roleSets: mapOf(customSets, fc.subarray([...customRoles, 'org:all'])),
    initial: fc.constantFrom(...customSets),
    organizations: mapOf(organizations, roleSet),
  })
  .map((made) => {
    const ofKinds = (values: Readonly<Record<string, string>>) =>
      Object.fromEntries(Object.entries(values).filter(([scope]) => Object.hasOwn(made.kinds, kindOfScope(scope))))
    const own = Object.fromEntries(Object.entries(made.own).map(([id, values]) => [id, ofKinds(values)]))
    return { ...made, defaults: ofKinds(made.defaults), own }
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
  scope: fc.oneof(fc.constant(''), fc.constantFrom(...scopes, 'typo:x', 'team:z')),
  role: name,
  permission: fc.option(name, { nil: undefined }),
})

const storesMax = 4
const questionsMax = 100

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
    const { scope } = symbolic
    const own = real.own.get(keyOfPlace({ organizationId: asked.organizationId, scope })) ?? null
    const decided = decide(real.catalogue, asked, { roleSetId, unknownOrganizations: setting, scope, own })
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
    const facts = { inScope: true, organizationRoleSetId: roleSetId ?? '', ownRoleSetId: own ?? '' }
    const ofScope = scope === '' ? { inScope: false, organizationRoleSetId: '', ownRoleSetId: '' } : facts
    const { revision: _, ...answer } = await real.call('Check', { ...asked })
    t.deepEqual(answer, { ...onWire, ...ofScope }, `gRPC: ${title}`)
    const batch = (await real.call('BatchCheck', { checks: [asked, asked] }))['results'] as Answer[]
    const inBatch = { ...onWire, ...ofScope }
    t.deepEqual(batch, [inBatch, inBatch], `gRPC batch: ${title}`)

    const { role, organizationId, ...options } = asked
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
    const cached = real.roleSets.checkCached(organizationId, role, options)
    t.deepEqual(cached, whole('cache', real.roleSets) as Decision, `cache: ${title}`)

    const ofFake = resolve(symbolic, fake.ids)
    const ofFakes = (id: string | null | undefined) =>
      fake.ids.get(real.catalogue.roleSets.byId(id ?? '')?.key ?? '') ?? ''
    const fakeFacts = { inScope: true, organizationRoleSetId: ofFakes(roleSetId), ownRoleSetId: ofFakes(own) }
    const fakeOnWire = { ...onWire, roleSetId: ofFakes(onWire.roleSetId), ...(scope !== '' && fakeFacts) }
    t.like(await fake.check(ofFake), fakeOnWire, `fake sidecar: ${title}`)
    const { role: fakeRole, organizationId: _id, ...fakeOptions } = ofFake
    await fake.roleSets.check(organizationId, fakeRole, fakeOptions)
    const fakeCached = fake.roleSets.checkCached(organizationId, fakeRole, fakeOptions)
    t.deepEqual(fakeCached, whole('cache', fake.roleSets) as Decision, `cache over the fake sidecar: ${title}`)
  }
}

function resolve(symbolic: SymbolicQuestion, ids: ReadonlyMap<string, string>) {
  const { organizationId, scope, role, permission } = symbolic
  const text = (each: Name) => ('name' in each ? each.name : (ids.get(each.idOf) ?? ''))
  return {
    ...{ organizationId, role: text(role) },
    ...(scope !== '' && { scope }),
    ...(permission !== undefined && { permission: text(permission) }),
  }
}

function isWord(fallback: string): fallback is 'organization' | 'none' {
  return fallback === 'organization' || fallback === 'none'
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
    scopeKinds: Object.entries(store.kinds).map(([kind, fallback]) => {
      if (!isWord(fallback)) return { kind, fallback: 'ROLE_SET' as const, roleSet: fallback }
      return { kind, fallback: fallback === 'none' ? ('NONE' as const) : ('ORGANIZATION' as const) }
    }),
    scopeDefaults: Object.entries(store.defaults).map(([scope, key]) => ({ scope, roleSet: key })),
    organizations: Object.entries(store.organizations).map(([id, key]) => {
      const own = Object.entries(store.own[id] ?? {}).map(([scope, ownKey]) => ({ key: scope, roleSet: ownKey }))
      return { id, roleSet: key, scopes: own }
    }),
  })
  const [{ permissions }, { roles }, { roleSets: sets }] = await Promise.all([
    roleSets.admin.listPermissions({}),
    roleSets.admin.listRoles({}),
    roleSets.admin.listRoleSets({}),
  ])
  const stamps = { createdAt: 0, updatedAt: 0, revision: 0 }
  const roleSetIdOf = (key: string) => sets.find((each) => each.key === key)?.id ?? ''
  const catalogue: Catalogue = {
    retiredPermissions: new RetiredKeys([gone]),
    permissions: new Index(permissions.map((each) => ({ ...each, ...stamps, type: 'custom' as const }))),
    roles: new Index(roles.map((each) => ({ ...each, ...stamps }))),
    roleSets: new Index(
      sets.map((each) => ({ ...each, ...stamps, type: each.type === 'INITIAL_SET' ? 'initial' : 'custom' }) as const),
    ),
    scopeKinds: new Map(
      Object.entries(store.kinds).map(([kind, fallback]) => {
        const named = isWord(fallback)
          ? { fallback, roleSetId: null }
          : { fallback: 'role_set' as const, roleSetId: roleSetIdOf(fallback) }
        return [kind, { kind, ...named, updatedAt: 0, revision: 0 }]
      }),
    ),
    scopeDefaults: new Map(
      Object.entries(store.defaults).map(([scope, key]) => {
        return [scope, { scope, roleSetId: roleSetIdOf(key), updatedAt: 0, revision: 0 }]
      }),
    ),
    settings: initialSettings,
  }
  const ids = new Map([...permissions, ...roles].map(({ key, id }) => [key, id]))
  const registered = new Map(
    Object.entries(store.organizations).map(([id, key]) => [id, catalogue.roleSets.byKey(key)?.id]),
  )
  const own = new Map(
    Object.entries(store.own).flatMap(([organizationId, ofScopes]) =>
      Object.entries(ofScopes).map(
        ([scope, key]) => [keyOfPlace({ organizationId, scope }), roleSetIdOf(key)] as const,
      ),
    ),
  )
  return { roleSets, call: connect(t, target).call, catalogue, ids, registered, own, roles }
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
    ...{ scopeKinds: store.kinds, scopeDefaults: store.defaults, unknownOrganizations },
  })
  for (const [id, ofScopes] of Object.entries(store.own))
    for (const [scope, key] of Object.entries(ofScopes)) sidecar.assign(id, key, scope)
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
