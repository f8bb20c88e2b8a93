/** Rule 13: limits exist for everything, and the error that hits one reports it. */

import test from 'ava'
import { applyToCatalogue, type Catalogue, emptyCatalogue, Index, type LimitName, limits } from '@rolesets/core'
import { parseMappings, parseRefs } from '../../packages/sidecar/src/domain/fields.ts'
import { parseManifest } from '../../packages/sidecar/src/domain/apply/parse-manifest.ts'
import { parseMetadata } from '../../packages/sidecar/src/domain/metadata.ts'
import { createPermission } from '../../packages/sidecar/src/domain/permissions.ts'
import { parseQuestions } from '../../packages/sidecar/src/domain/questions.ts'
import { addRoles, createRoleSet } from '../../packages/sidecar/src/domain/role-sets.ts'
import { createRole } from '../../packages/sidecar/src/domain/roles.ts'
import { refused } from './refused.ts'
import { State } from './state.ts'

// OpenFGA: a limit of `512 * 1_204` bytes went unnoticed, because nothing pinned it.
test('every limit has the value that is documented', (t) => {
  t.deepEqual(limits as Record<LimitName, number>, {
    keyCharactersMax: 128,
    nameCharactersMax: 256,
    descriptionCharactersMax: 1024,
    idCharactersMax: 255,
    slugCharactersMax: 64,
    actorCharactersMax: 255,
    metadataBytesMax: 8192,
    metadataDepthMax: 20,
    permissionsMax: 10000,
    retiredPermissionKeysMax: 10000,
    rolesMax: 10000,
    roleSetsMax: 10000,
    permissionsPerRoleMax: 1000,
    rolesPerRoleSetMax: 1000,
    rolesPerMemberMax: 10,
    scopeKindsMax: 1000,
    scopeDefaultsMax: 10000,
    scopesPerOrganizationMax: 10000,
    scopeCharactersMax: 255,
    scopeKindCharactersMax: 64,
    scopeNameCharactersMax: 190,
    mappingsMax: 1000,
    manifestOrganizationsMax: 10000,
    manifestScopesMax: 10000,
    batchQuestionsMax: 10000,
    invitationsPerCallMax: 1000,
    endsPerCallMax: 10000,
    restoredPerCallMax: 10000,
    movesForReadKeyMax: 100000,
    organizationsInImpactMax: 100,
    emailAddressesPerUserMax: 10,
    emailAddressCharactersMax: 254,
    urlCharactersMax: 2048,
    invitationDaysMax: 365,
    invitationDaysDefault: 30,
    membershipEndMax: 253_402_300_799_999,
    membershipsPerOrganizationMax: 1000000000,
    enrollmentModesMax: 10,
    domainsPerOrganizationMax: 100,
    domainNameCharactersMax: 253,
    accessKeysMax: 1000,
    accessKeyNameCharactersMax: 64,
    filterValuesMax: 100,
    offsetMax: 10000000,
    pageSizeMax: 500,
    pageSizeDefault: 50,
  })
})

const state = new State()

/** Texts of a field that are just within the limit, and the field that is at fault one character further. */
const texts: readonly [LimitName, string, (text: string) => unknown][] = [
  [
    'keyCharactersMax',
    'key',
    (text) => state.run({ operation: 'createRole', input: { key: `org:${text}`.slice(0, text.length) } }),
  ],
  ['nameCharactersMax', 'name', (name) => state.run({ operation: 'createRole', input: { key: 'org:a', name } })],
  [
    'descriptionCharactersMax',
    'description',
    (description) => state.run({ operation: 'createRole', input: { key: 'org:b', description } }),
  ],
  ['idCharactersMax', 'id', (id) => state.run({ operation: 'createOrganization', input: { id } })],
  ['slugCharactersMax', 'slug', (slug) => state.run({ operation: 'createOrganization', input: { id: 'a', slug } })],
  ['nameCharactersMax', 'name', (name) => state.run({ operation: 'createOrganization', input: { id: 'b', name } })],
  ['keyCharactersMax', 'role', (role) => parseQuestions([{ organizationId: 'a', role }])],
]

for (const [limit, field, use] of texts)
  test(`${limit} holds for ${field}, ${texts.findIndex(([, , it]) => it === use)}`, (t) => {
    t.notThrows(() => use('x'.repeat(limits[limit])))
    const path = field === 'role' ? 'checks[0].role' : field
    const { facts, message } = refused(t, 'limit_exceeded', path, () => use('x'.repeat(limits[limit] + 1)))
    t.deepEqual(facts, { limit, max: String(limits[limit]), given: String(limits[limit] + 1) })
    for (const part of Object.values(facts)) t.true(message.includes(part))
  })

test('metadata is measured in bytes of its JSON', (t) => {
  const within = 'ä'.repeat((limits.metadataBytesMax - '{"a":""}'.length) / 2)
  t.notThrows(() => parseMetadata({ a: within }, 'public_metadata'))
  const { facts } = refused(t, 'limit_exceeded', 'public_metadata', () =>
    parseMetadata({ a: `${within}x` }, 'public_metadata'),
  )
  t.deepEqual(facts, { limit: 'metadataBytesMax', max: '8192', given: '8193' })
})

test('metadata is nested to a depth that the wire can carry', (t) => {
  const nest = (levels: number): unknown => (levels === 0 ? 1 : { a: nest(levels - 1) })
  t.notThrows(() => parseMetadata(nest(limits.metadataDepthMax), 'public_metadata'))
  const deeper = nest(limits.metadataDepthMax + 1)
  t.is(
    refused(t, 'limit_exceeded', 'public_metadata', () => parseMetadata(deeper, 'public_metadata')).facts['limit'],
    'metadataDepthMax',
  )
})

test('lists and maps of a request have limits', (t) => {
  const many = (count: number) => Array.from({ length: count }, (_, place) => `org:r${place}`)
  const cases: readonly [LimitName, string, (count: number) => unknown][] = [
    ['rolesPerRoleSetMax', 'roles', (count) => parseRefs(many(count), 'roles', 'rolesPerRoleSetMax')],
    ['permissionsPerRoleMax', 'permissions', (count) => parseRefs(many(count), 'permissions', 'permissionsPerRoleMax')],
    [
      'mappingsMax',
      'mappings',
      (count) => parseMappings(Object.fromEntries(many(count).map((key) => [key, key])), 'mappings'),
    ],
    [
      'batchQuestionsMax',
      'checks',
      (count) => parseQuestions(many(count).map((role) => ({ organizationId: 'a', role }))),
    ],
    ['rolesMax', 'roles', (count) => parseManifest({ roles: many(count).map((key) => ({ key })) })],
    [
      'manifestOrganizationsMax',
      'organizations',
      (count) => parseManifest({ organizations: many(count).map((id) => ({ id })) }),
    ],
  ]
  for (const [limit, field, use] of cases) {
    t.notThrows(() => use(limits[limit]))
    t.is(refused(t, 'limit_exceeded', field, () => use(limits[limit] + 1)).facts['limit'], limit)
  }
})

test('the store holds so many permissions, roles and role sets, and no more', (t) => {
  const { catalogue, context } = { catalogue: state.catalogue, context: state.context() }
  const full = <T extends { readonly id: string; readonly key: string }>(
    thing: T | undefined,
    count: number,
  ): Index<T> =>
    new Index(
      Array.from({ length: count }, (_, place) => ({ ...(thing as T), id: `id_${place}`, key: `key:${place}` })),
    )
  const [permission] = catalogue.permissions.values()
  const [role] = catalogue.roles.values()
  const with_ = (part: Partial<Catalogue>): Catalogue => ({ ...catalogue, ...part })
  const tryPermission = (count: number) => () =>
    createPermission(with_({ permissions: full(permission, count) }), { key: 'org:a:b' }, context)
  const tryRole = (count: number) => () =>
    createRole(with_({ roles: full(role, count) }), { key: 'org:z' }, { organizations: 0 }, context)
  const places = { roles: ['org:admin'], defaultRole: 'org:admin', creatorRole: 'org:admin' }
  const [roleSet] = catalogue.roleSets.values()
  const tryRoleSet = (count: number) => () =>
    createRoleSet(with_({ roleSets: full(roleSet, count) }), { key: 'role_set:z', ...places }, context)
  const cases = { permissionsMax: tryPermission, rolesMax: tryRole, roleSetsMax: tryRoleSet } as const
  for (const [limit, create] of Object.entries(cases) as [keyof typeof cases, typeof tryRole][]) {
    t.notThrows(create(limits[limit] - 1))
    t.is(refused(t, 'limit_exceeded', 'key', create(limits[limit])).facts['limit'], limit)
  }
})

test('a set holds so many roles, and no more, also when they come one after another', (t) => {
  const few = new State()
  const context = few.context()
  const keys = Array.from({ length: limits.rolesPerRoleSetMax }, (_, place) => `org:r${place}`)
  const created = keys.flatMap((key) => createRole(few.catalogue, { key }, { organizations: 0 }, context).changes)
  const catalogue = applyToCatalogue(few.catalogue, created)
  const add = (roles: string[]) => () =>
    addRoles(catalogue, { roleSet: 'role_set:default', roles }, { organizations: 0 }, context)
  t.notThrows(add(keys.slice(2)))
  t.is(refused(t, 'limit_exceeded', 'roles', add(keys.slice(1))).facts['limit'], 'rolesPerRoleSetMax')
  const full = applyToCatalogue(catalogue, add(keys.slice(2))().changes)
  const another = { key: 'org:another', includeInInitialRoleSet: true }
  const field = 'include_in_initial_role_set'
  refused(t, 'limit_exceeded', field, () => createRole(full, another, { organizations: 0 }, context))
})

test('a change of many things copies the catalogue once', (t) => {
  const context = state.context()
  const { changes } = createPermission(emptyCatalogue, { key: 'org:a:b' }, context)
  const many = Array.from({ length: 20_000 }, (_, place) => {
    const [change] = changes
    if (change?.verb !== 'put' || change.thing !== 'permission') throw new Error('No permission was made.')
    return { ...change, after: { ...change.after, id: `perm_${place}`, key: `org:a:${place}` } }
  })
  t.is(applyToCatalogue(emptyCatalogue, many).permissions.size, 20_000)
})
