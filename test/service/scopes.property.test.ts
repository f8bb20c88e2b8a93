/**
 * Random writes about scopes against the rules in their simplest form: a dry run says what the write then does, every member has
 * roles of the set of the place afterwards (I1), nobody's roles change whom the impact doesn't count, and each write is one change set.
 */

import test from 'ava'
import fc from 'fast-check'
import { put, roleSetOfPlace, type Membership } from '@rolesets/core'
import { Refusal } from '../../packages/sidecar/src/domain/refusal.ts'
import type { Reader } from '../../packages/sidecar/src/storage/store.ts'
import { openStore } from '../../packages/sidecar/src/storage/open.ts'
import { addRoleSet, openServiceOver, writing, type OpenedService } from './open-service.ts'

const organizationIds = ['a', 'b', 'c']
const scopes = ['team:x', 'team:y', 'unit:x']
const setNames = ['default', 'one', 'two', 'three']
const roleNames = ['admin', 'member', 'one', 'two', 'three']

const organizationId = fc.constantFrom(...organizationIds)
const scope = fc.constantFrom(...scopes)
const roleSet = fc.constantFrom(...setNames).map((name) => `role_set:${name}`)
const role = fc.constantFrom(...roleNames).map((name) => `org:${name}`)
const mappings = fc.oneof(
  fc.constant({ 'org:one': 'org:member', 'org:two': 'org:member', 'org:three': 'org:member' }),
  fc.dictionary(role, role, { maxKeys: 3 }),
)
const kind = fc.constantFrom('team', 'unit')
const fallback = fc.constantFrom('organization', 'role_set', 'none')

type Call = (admin: OpenedService['admin'], how: ReturnType<typeof writing>) => Promise<{ readonly impact: Impact }>
type Impact = Awaited<ReturnType<OpenedService['admin']['assignRoleSet']>>['impact']

interface Step {
  readonly title: string
  readonly call: Call
}

function step<V>(title: string, values: fc.Arbitrary<V>, run: (value: V) => Call): fc.Arbitrary<Step> {
  return values.map((value) => ({ title: `${title} ${JSON.stringify(value)}`, call: run(value) }))
}

const steps = fc.oneof(
  step('kind', fc.record({ kind, fallback, roleSet, mappings }), (input) => (admin, how) => {
    const { roleSet: named, ...rest } = input
    return admin.setScopeKind({ ...rest, ...(input.fallback === 'role_set' && { roleSet: named }) }, how)
  }),
  step('no kind', kind, (each) => (admin, how) => admin.deleteScopeKind({ kind: each }, how)),
  step(
    'default',
    fc.record({ scope, roleSet, mappings }),
    (input) => (admin, how) => admin.setScopeDefault(input, how),
  ),
  step('no default', fc.record({ scope, mappings }), (input) => (admin, how) => admin.deleteScopeDefault(input, how)),
  step(
    'assign',
    fc.record({ organizationId, scope, roleSet, mappings }),
    (input) => (admin, how) => admin.assignRoleSet(input, how),
  ),
  step(
    'clear',
    fc.record({ organizationId, scope, mappings }),
    (input) => (admin, how) => admin.assignRoleSet({ ...input, clear: true }, how),
  ),
  step(
    'move',
    fc.record({ organizationId, roleSet, mappings }),
    (input) => (admin, how) => admin.assignRoleSet(input, how),
  ),
  step(
    'rename',
    fc.record({ organizationId, scope, newScope: scope, mappings }),
    (input) => (admin, how) => admin.renameScope(input, how),
  ),
  step(
    'replace role',
    fc.record({ roleSet, role, toRole: role }),
    (input) => (admin, how) => admin.replaceRole(input, how),
  ),
  step(
    'replace set',
    fc.record({ roleSet, toRoleSet: roleSet, mappings }),
    (input) => (admin, how) => admin.replaceRoleSet(input, how),
  ),
)

const joins = fc.array(
  fc.record({
    organizationId,
    scope: fc.oneof(fc.constant(''), scope),
    pick: fc.nat(9),
    userId: fc.constantFrom('u', 'v'),
  }),
  { maxLength: 12 },
)

async function open(): Promise<OpenedService> {
  const store = await openStore('sqlite::memory:')
  const service = await openServiceOver(store)
  const opened = { service, store, admin: service.administration }
  for (const name of setNames.slice(1)) await addRoleSet(opened, `role_set:${name}`, [`org:${name}`])
  for (const id of organizationIds) await opened.admin.createOrganization({ id }, writing())
  await opened.admin.updateSettings({ lastAdministrator: 'warn' }, writing())
  return opened
}

/** Everything that the oracle looks at. */
async function look(reader: Reader) {
  const catalogue = await reader.catalogue()
  const organizations = await reader.organizations({ size: 100 })
  const { items } = await reader.searchMemberships(
    { scope: '*' },
    { field: 'user_id', descending: false },
    { offset: 0, limit: 1000 },
  )
  const assignments = await reader.assignments({ size: 1000 })
  return { catalogue, organizations, memberships: items, assignments }
}

type Seen = Awaited<ReturnType<typeof look>>

function setOf({ catalogue, organizations, assignments }: Seen, place: Pick<Membership, 'organizationId' | 'scope'>) {
  const organizationRoleSetId = organizations.find(({ id }) => id === place.organizationId)?.roleSetId ?? ''
  const own = assignments.find((each) => each.organizationId === place.organizationId && each.scope === place.scope)
  return roleSetOfPlace(catalogue, { scope: place.scope, own: own?.roleSetId ?? null, organizationRoleSetId })
}

/** Members with roles that their places have, as their own operations let them in. */
async function fill(
  { store }: OpenedService,
  wanted: readonly (typeof joins extends fc.Arbitrary<infer V> ? V : never)[number][],
) {
  await store.write({ actor: 'tester', operation: 'Fill', at: 1 }, async (writer) => {
    const seen = await look(writer)
    const made = new Map<string, Membership>()
    for (const { pick, ...member } of wanted) {
      const found = setOf(seen, member)
      if ('reason' in found) continue
      const roleIds = seen.catalogue.roleSets.byId(found.roleSetId)?.roleIds ?? []
      const id = `orgmem_${member.organizationId}_${member.scope}_${member.userId}`
      const stamp = { createdAt: 1, updatedAt: 1, revision: writer.nextRevision }
      const more = { expiresAt: null, publicMetadata: {}, privateMetadata: {} }
      made.set(id, { id, ...member, roleIds: [roleIds[pick % roleIds.length] ?? ''], ...more, ...stamp })
    }
    await writer.record([...made.values()].map((membership) => put('membership', membership, null)))
  })
}

const outcomeOf = (work: Promise<{ readonly impact: Impact }>) =>
  work.then(
    ({ impact }) => ({ impact, code: impact.violations[0]?.code }),
    (error: unknown) => {
      if (!(error instanceof Refusal)) throw error
      return { impact: undefined, code: error.code }
    },
  )

test('a dry run about scopes says what the write does, and every member has roles of the set of the place afterwards', async (t) => {
  const done = new Set<string>()
  const runs = fc.asyncProperty(joins, fc.array(steps, { minLength: 4, maxLength: 14 }), async (members, sequence) => {
    const opened = await open()
    const { admin, store } = opened
    try {
      await admin.setScopeKind({ kind: 'team', fallback: 'organization' }, writing())
      await admin.setScopeKind({ kind: 'unit', fallback: 'role_set', roleSet: 'role_set:one' }, writing())
      await fill(opened, members)
      for (const { title, call } of sequence) {
        const before = (await store.read(look)).value
        const { head } = store
        const preview = await outcomeOf(call(admin, writing({ dryRun: true })))
        const real = await outcomeOf(call(admin, writing()))
        t.is(preview.code, real.code, title)
        const after = (await store.read(look)).value
        if (real.impact === undefined) {
          t.deepEqual(after, before, title)
          continue
        }
        t.deepEqual(preview.impact, real.impact, title)
        t.true(store.head - head <= 1, title)
        const former = new Map(before.memberships.map((each) => [each.id, each]))
        const changed = after.memberships.filter(({ id, roleIds }) => former.get(id)?.roleIds.join() !== roleIds.join())
        t.is(real.impact.members, changed.length, title)
        t.is(after.memberships.length, before.memberships.length, title)
        for (const each of after.memberships) {
          const found = setOf(after, each)
          const roleSetId = 'reason' in found ? '' : found.roleSetId
          const offered = after.catalogue.roleSets.byId(roleSetId)?.roleIds ?? []
          t.true(
            each.roleIds.every((id) => offered.includes(id)),
            `I1 after ${title}: ${JSON.stringify(each)}`,
          )
        }
        done.add(title.split(' ', 2)[0] ?? '')
      }
    } finally {
      opened.service.close()
      await store.close()
    }
  })
  await fc.assert(runs, { numRuns: Number(process.env['PROPERTY_RUNS'] ?? 40), includeErrorInReport: true })
  t.true(done.size >= 7, [...done].join())
})
