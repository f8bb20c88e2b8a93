/**
 * Random states with members in scopes, and random descriptions of their kinds, defaults, scopes and organizations. Without
 * mappings, a description is refused exactly where someone's role isn't in the set that their scope has in the end: no step
 * may lead through another set. What is applied is as described, and applying it again does nothing.
 */

import assert from 'node:assert/strict'
import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import {
  deleted,
  kindOfScope,
  put,
  roleSetOfPlace,
  type Catalogue,
  type Change,
  type Manifest,
  type Membership,
  type ScopeFallback,
} from '@rolesets/core'
import { openStore } from '../../packages/sidecar/src/storage/open.ts'
import type { Reader } from '../../packages/sidecar/src/storage/store.ts'
import { Refusal } from '../../packages/sidecar/src/domain/refusal.ts'
import { addRoleSet, openServiceOver, writing, type OpenedService } from './open-service.ts'

const roles = ['a', 'b', 'c']
/** Each lacks one of the roles. */
const sets: Readonly<Record<string, readonly string[]>> = {
  'role_set:ab': ['org:a', 'org:b'],
  'role_set:bc': ['org:b', 'org:c'],
  'role_set:ac': ['org:a', 'org:c'],
}
const organizations = ['o1', 'o2']
const scopes = ['k1:x', 'k1:y', 'k2:x', 'k2:y']

const roleSet = fc.constantFrom(...Object.keys(sets))
const kinds = fc.uniqueArray(
  fc.record({
    kind: fc.constantFrom('k1', 'k2'),
    fallback: fc.constantFrom<ScopeFallback>('organization', 'role_set', 'role_set', 'none'),
    roleSet,
  }),
  { selector: ({ kind }) => kind, maxLength: 2 },
)
const defaults = fc.uniqueArray(fc.record({ scope: fc.constantFrom(...scopes), roleSet }), {
  selector: ({ scope }) => scope,
  maxLength: 3,
})
const parts = fc.uniqueArray(
  fc.record({
    key: fc.constantFrom(...scopes),
    name: fc.constantFrom(undefined, '', 'X'),
    roleSet: fc.oneof(roleSet, fc.constantFrom(undefined, '', '')),
  }),
  { selector: ({ key }) => key, maxLength: 4 },
)
const manifest: fc.Arbitrary<Manifest> = fc
  .record({
    kinds,
    defaults,
    organizations: fc.uniqueArray(
      fc.record({
        id: fc.constantFrom(...organizations),
        roleSet: fc.option(roleSet, { nil: undefined }),
        scopes: fc.option(parts, { nil: undefined }),
      }),
      { selector: ({ id }) => id, maxLength: 2 },
    ),
  })
  .map(({ kinds: scopeKinds, defaults: scopeDefaults, ...others }) => ({
    ...others,
    scopeKinds: scopeKinds.map(({ roleSet: named, ...kind }) =>
      kind.fallback === 'role_set' ? { ...kind, roleSet: named } : kind,
    ),
    scopeDefaults,
    roleSets: Object.entries(sets).map(([key, listed]) => {
      return { key, roles: ['org:admin', 'org:member', ...listed], defaultRole: 'org:member', creatorRole: 'org:admin' }
    }),
    roles: roles.map((name) => ({ key: `org:${name}` })),
  }))
const members = fc.array(
  fc.record({
    organizationId: fc.constantFrom(...organizations),
    scope: fc.constantFrom(...scopes),
    role: fc.constantFrom(...roles.map((name) => `org:${name}`)),
  }),
  { maxLength: 5 },
)

async function openEmpty(t: ExecutionContext): Promise<OpenedService> {
  const store = await openStore('sqlite::memory:')
  t.teardown(() => store.close())
  const service = await openServiceOver(store)
  t.teardown(() => service.close())
  const opened = { service, store, admin: service.administration }
  for (const [key, listed] of Object.entries(sets)) await addRoleSet(opened, key, listed)
  return opened
}

const first: Manifest = {
  scopeKinds: [
    { kind: 'k1', fallback: 'none' },
    { kind: 'k2', fallback: 'organization' },
  ],
  organizations: organizations.map((id) => ({ id, roleSet: 'role_set:ab' })),
}

/** Only those whose role is in the set of their scope, in place of those of the run before. */
async function join(
  { store }: OpenedService,
  wanted: readonly { organizationId: string; scope: string; role: string }[],
) {
  await store.write({ actor: 'tester', operation: 'Join', at: 1 }, async (writer) => {
    const catalogue = await writer.catalogue()
    const found: Change[] = []
    for (const organizationId of organizations)
      for (const scope of scopes)
        for (const each of await writer.memberships(organizationId, { size: 100 }, { scope }))
          found.push(deleted('membership', each))
    for (const [number, { organizationId, scope, role }] of wanted.entries()) {
      const set = await setOf(writer, { organizationId, scope })
      const roleId = catalogue.roles.byKey(role)?.id ?? ''
      if (set === undefined || !catalogue.roleSets.byId(set)?.roleIds.includes(roleId)) continue
      const membership: Membership = {
        ...{ id: `orgmem_${writer.nextRevision}_${number}`, organizationId, scope, userId: `u${number}` },
        ...{ roleIds: [roleId], expiresAt: null, publicMetadata: {}, privateMetadata: {} },
        ...{ createdAt: 1, updatedAt: 1, revision: writer.nextRevision },
      }
      found.push(put('membership', membership, null))
    }
    if (found.length > 0) await writer.record(found)
  })
}

async function setOf(reader: Reader, place: { organizationId: string; scope: string }): Promise<string | undefined> {
  const catalogue = await reader.catalogue()
  const organization = await reader.organization(place.organizationId)
  const own = (await reader.assignment(place))?.roleSetId ?? null
  const facts = { scope: place.scope, own, organizationRoleSetId: organization?.roleSetId ?? '' }
  const set = roleSetOfPlace(catalogue, facts)
  return 'reason' in set ? undefined : set.roleSetId
}

interface Holder {
  readonly organizationId: string
  readonly scope: string
  readonly role: string
}

/** Members of scopes, and the set that each scope has, by keys. */
async function holdersIn({
  store,
}: OpenedService): Promise<readonly (Holder & { readonly set: string | undefined })[]> {
  const { value } = await store.read(async (reader) => {
    const catalogue = await reader.catalogue()
    const found = []
    for (const organizationId of organizations)
      for (const scope of scopes)
        for (const { roleIds } of await reader.memberships(organizationId, { size: 100 }, { scope })) {
          const set = catalogue.roleSets.byId((await setOf(reader, { organizationId, scope })) ?? '')?.key
          found.push({ organizationId, scope, set, role: catalogue.roles.byId(roleIds[0] ?? '')?.key ?? '' })
        }
    return found
  })
  return value
}

/** Whether everybody's role is in the set that their scope has in the end, worked out from the description alone. */
async function isFeasible(opened: OpenedService, described: Manifest, prune: boolean): Promise<boolean> {
  const { value: catalogue } = await opened.store.read((reader) => reader.catalogue())
  for (const { organizationId, scope, role } of await holdersIn(opened)) {
    const set = await finalSet(opened, { catalogue, described, prune, organizationId, scope })
    if (set === undefined || !sets[set]?.includes(role)) return false
  }
  return true
}

interface Asked {
  readonly catalogue: Catalogue
  readonly described: Manifest
  readonly prune: boolean
  readonly organizationId: string
  readonly scope: string
}

async function finalSet({ store }: OpenedService, asked: Asked): Promise<string | undefined> {
  const { catalogue, described, prune, organizationId, scope } = asked
  const keyOf = (id: string | null | undefined) => catalogue.roleSets.byId(id ?? '')?.key
  const { value: present } = await store.read(async (reader) => ({
    own: keyOf((await reader.assignment({ organizationId, scope }))?.roleSetId),
    organization: keyOf((await reader.organization(organizationId))?.roleSetId),
  }))
  const organization = described.organizations?.find(({ id }) => id === organizationId)
  const item = organization?.scopes?.find(({ key }) => key === scope)
  const isPruned = prune && organization?.scopes !== undefined && item === undefined
  const own = isPruned ? undefined : (item?.roleSet ?? present.own)
  if (own) return own
  const byDefault = described.scopeDefaults?.find((each) => each.scope === scope)?.roleSet
  if (byDefault) return byDefault
  const known = catalogue.scopeDefaults.get(scope)
  if (known && !prune) return keyOf(known.roleSetId)
  const before = catalogue.scopeKinds.get(kindOfScope(scope))
  const kind = described.scopeKinds?.find((each) => each.kind === kindOfScope(scope))
  const fallback = kind?.fallback ?? before?.fallback
  if (fallback === 'role_set') return kind?.roleSet ?? keyOf(before?.roleSetId)
  return fallback === 'organization' ? (organization?.roleSet ?? present.organization) : undefined
}

test('a description is refused only for what is in the end, and what is applied is as described', async (t) => {
  const opened = await openEmpty(t)
  const { admin, store } = opened
  const seen = { applied: 0, refused: 0, moved: 0, steps: 0 }
  const apply = (wanted: Manifest, prune: boolean) => admin.apply({ manifest: wanted, prune }, writing())
  await apply(first, false)
  const property = fc.asyncProperty(members, manifest, fc.boolean(), async (joining, described, prune) => {
    await join(opened, joining)
    const before = await holdersIn(opened)
    const feasible = await isFeasible(opened, described, prune)
    const { head } = store
    try {
      const { value } = await apply(described, prune)
      seen.applied++
      seen.steps += value?.steps.length ?? 0
      assert.ok(feasible, 'applied, though someone has no role in the end')
    } catch (error) {
      assert.ok(error instanceof Refusal, String(error))
      // A kind that isn't described, but has members, can't be pruned.
      const isKindInUse = error.code === 'in_use' && error.field === 'kind'
      assert.ok(!feasible || isKindInUse || error.code === 'scope_kind_not_found', `${error.code}: ${error.message}`)
      assert.equal(store.head, head)
      seen.refused++
      return
    }
    const after = await holdersIn(opened)
    seen.moved += after.filter(({ set }, place) => set !== before[place]?.set).length
    for (const { set, role } of after) assert.ok(sets[set ?? '']?.includes(role), `${role} in ${set}`)
    assert.deepEqual((await apply(described, prune)).value?.steps, [])
  })
  const seed = Number(process.env['TEST_SEED'] ?? 20261)
  await fc.assert(property, { numRuns: 300, seed, endOnFailure: true })
  t.log(JSON.stringify(seen))
  t.true(seen.applied > 50 && seen.refused > 50 && seen.moved > 20, JSON.stringify(seen))
})
