/**
 * Random histories on a store and on the naive one: rounds of works that run at the same time, that read while they write,
 * that throw, that are dry runs, that the storage refuses. Both must give the same answers and end in the same state.
 */

import fc from 'fast-check'
import type { Change } from '../../packages/sidecar/src/domain/change.ts'
import {
  StoreError,
  type At,
  type Provenance,
  type Reader,
  type Writer,
} from '../../packages/sidecar/src/storage/store.ts'
import { NaiveStore } from './naive-store.ts'
import { openFresh, type Suite } from './suite.ts'
import {
  at,
  catalogueChanges,
  membership,
  membershipOf,
  organization,
  organizationOf,
  provenance,
  role,
  roleSet,
} from './things.ts'

/** A step of a work: it reads what it needs, records, and says what it saw. */
type Step = (writer: Writer) => Promise<unknown>

interface Work {
  /** For the report of a failure. */
  readonly told: readonly string[]
  readonly steps: readonly Step[]
  readonly dryRun: boolean
}

interface Writable {
  write<T>(provenance: Provenance, work: (writer: Writer) => Promise<T>): Promise<At<T>>
}

const id = fc.constantFrom('a', 'b', 'c', 'd')
const user = fc.constantFrom('u', 'v')
const set = fc.constantFrom('free', 'pro', 'new')
const roleId = fc.constantFrom('admin', 'member', 'analyst', 'extra')
const slug = fc.constantFrom(null, 'x', 'y')
const page = fc.record({ size: fc.integer({ min: 0, max: 3 }), after: fc.option(id, { nil: undefined }) })
const scope = fc.oneof(fc.record({ roleSetId: set }), fc.record({ organizationId: id }))

interface Named {
  readonly told: string
  readonly step: Step
}

/** A step with its values, told by them. */
function step<V>(
  name: string,
  values: fc.Arbitrary<V>,
  run: (values: V, writer: Writer) => Promise<unknown>,
): fc.Arbitrary<Named> {
  return values.map((value) => ({ told: `${name} ${JSON.stringify(value)}`, step: (writer) => run(value, writer) }))
}

const records = (writer: Writer, change: Change) => writer.record([change])

const hasRole = async (w: Writer, each: string) => (await w.catalogue()).roles.byId(each) !== undefined
const hasSet = async (w: Writer, each: string) => (await w.catalogue()).roleSets.byId(each) !== undefined

const writes = [
  step('put', fc.tuple(id, set, slug), async ([a, roleSetId, s], w) => {
    if (!(await hasSet(w, roleSetId))) return
    const owner = s === null ? undefined : await w.organizationBySlug(s)
    const free = owner === undefined || owner.id === a ? s : null
    await records(w, organization(a, w.nextRevision, { roleSetId, slug: free }))
  }),
  step('delete', id, async (a, w) => {
    const members = await w.memberCount(a)
    await records(w, { kind: 'organization_deleted', before: organizationOf(a, 0), members })
  }),
  step('grant', fc.tuple(id, user, roleId), async ([a, u, r], w) => {
    if ((await w.organization(a)) && (await hasRole(w, r)))
      await records(w, membership(a, u, w.nextRevision, { roleId: r }))
    return w.membership(a, u)
  }),
  step('withdraw', fc.tuple(id, user), ([a, u], w) =>
    records(w, { kind: 'membership_deleted', before: membershipOf(a, u, 0) }),
  ),
  step('move', fc.tuple(set, set), async ([fromRoleSetId, toRoleSetId], w) => {
    if (!(await hasSet(w, toRoleSetId))) return
    await records(w, { kind: 'organizations_moved', fromRoleSetId, toRoleSetId, organizations: 0 })
  }),
  step('reassign', fc.tuple(scope, fc.uniqueArray(roleId, { minLength: 2, maxLength: 4 })), async ([where, all], w) => {
    const ids = all.filter((each) => each !== 'extra')
    const mappings = ids.map((fromRoleId, n) => ({ fromRoleId, toRoleId: ids[(n + 1) % ids.length] ?? '', members: 0 }))
    await records(w, { kind: 'members_reassigned', scope: where, mappings })
  }),
  step('put role', fc.constant('extra'), (r, w) => records(w, role(r, w.nextRevision, { permissionIds: ['read'] }))),
  step('delete role', fc.constant('extra'), async (r, w) => {
    const { roles, roleSets } = await w.catalogue()
    const before = roles.byId(r)
    const isInSet = [...roleSets.values()].some(({ roleIds }) => roleIds.includes(r))
    if (before && !isInSet && (await w.usageOf(r)).members === 0) await records(w, { kind: 'role_deleted', before })
  }),
  step('put set', fc.uniqueArray(roleId, { minLength: 1 }), async (all, w) => {
    const ids = (await hasRole(w, 'extra')) ? all : all.filter((each) => each !== 'extra')
    if (ids.length > 0) await records(w, roleSet('new', ids, w.nextRevision))
  }),
  step('delete set', fc.constant('new'), async (s, w) => {
    const before = (await w.catalogue()).roleSets.byId(s)
    if (before && (await w.organizationCount(s)) === 0) await records(w, { kind: 'role_set_deleted', before })
  }),
  step('make initial', set, async (s, w) => {
    const { roleSets } = await w.catalogue()
    const stamp = { revision: w.nextRevision, updatedAt: at }
    const initial = [...roleSets.values()].find(({ type }) => type === 'initial')
    const next = roleSets.byId(s)
    if (!initial || !next || initial.id === s) return
    await records(w, { kind: 'role_set_put', roleSet: { ...initial, ...stamp, type: 'custom' }, before: initial })
    await records(w, { kind: 'role_set_put', roleSet: { ...next, ...stamp, type: 'initial' }, before: next })
  }),
]

/** What rules never ask for: the storage finds it at the commit, and it spoils the transaction. */
const spoils = step('spoil', fc.constantFrom('organization', 'member'), (what, w) => {
  if (what === 'member') return records(w, membership('nowhere', 'u', w.nextRevision))
  return records(w, organization('lost', w.nextRevision, { roleSetId: 'none' }))
})

const reads = [
  step('organization', id, (a, w) => w.organization(a)),
  step('by slug', fc.constantFrom('x', 'y'), (s, w) => w.organizationBySlug(s)),
  step('sets of', fc.array(id), async (ids, w) => [...(await w.roleSetIdsOf(ids))].sort()),
  step('page', fc.tuple(page, fc.option(set, { nil: undefined })), ([p, roleSetId], w) =>
    w.organizations(p, { roleSetId }),
  ),
  step('count', set, (s, w) => w.organizationCount(s)),
  step('membership', fc.tuple(id, user), ([a, u], w) => w.membership(a, u)),
  step('members', fc.tuple(id, page, fc.option(roleId, { nil: undefined })), ([a, p, r], w) =>
    w.memberships(a, p, { roleId: r }),
  ),
  step('member count', id, (a, w) => w.memberCount(a)),
  step('usage in', scope, (where, w) => w.usageIn(where)),
  step('usage of', fc.tuple(roleId, fc.option(fc.record({ roleSetId: set }), { nil: undefined })), ([r, s], w) =>
    w.usageOf(r, s),
  ),
  step('catalogue', fc.constant(''), async (_, w) => told(w)),
]

const throws = step('throw', fc.constant(''), () => Promise.reject(new Error('refused by its own rule')))

const work: fc.Arbitrary<Work> = fc
  .record({
    named: fc.array(
      fc.oneof(
        { weight: 14, arbitrary: fc.oneof(...writes) },
        { weight: 8, arbitrary: fc.oneof(...reads) },
        { weight: 1, arbitrary: throws },
        { weight: 1, arbitrary: spoils },
      ),
      { minLength: 1, maxLength: 5 },
    ),
    dryRun: fc.integer({ min: 0, max: 4 }).map((n) => n === 0),
  })
  .map(({ named, dryRun }) => ({ told: named.map((each) => each.told), steps: named.map((each) => each.step), dryRun }))

const rounds = fc.array(fc.array(work, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 8 })

/** What a caller gets: the answer, or the error that he sees. */
async function run(store: Writable, { steps, dryRun }: Work, index: number): Promise<unknown> {
  const answer = store.write(provenance({ dryRun, at: at + index }), async (writer) => {
    const seen: unknown[] = [writer.revision, writer.nextRevision]
    for (const each of steps) seen.push(await each(writer))
    return seen
  })
  return answer.catch((error: unknown) => (error instanceof StoreError ? error.code : String(error)))
}

async function told(reader: Reader): Promise<unknown> {
  const catalogue = await reader.catalogue()
  const byId = <T extends { readonly id: string }>(things: Iterable<T>) =>
    [...things].sort((a, b) => (a.id < b.id ? -1 : 1))
  return [catalogue.permissions, catalogue.roles, catalogue.roleSets].map((index) =>
    byId<{ id: string }>(index.values()),
  )
}

async function dump(reader: Reader): Promise<unknown> {
  const organizations = await reader.organizations({ size: 100 })
  const members = organizations.map((each) => reader.memberships(each.id, { size: 100 }))
  const counts = ['free', 'pro', 'new'].map((each) => reader.organizationCount(each))
  return [reader.revision, organizations, await Promise.all(members), await Promise.all(counts), await told(reader)]
}

export function histories(suite: Suite): void {
  const { test, name } = suite

  test(`${name}: random histories give the same answers as a naive store, and the same state`, async (t) => {
    const runs = fc.asyncProperty(rounds, fc.integer({ min: 1, max: 7 }), async (history, batchMax) => {
      const undo: (() => unknown)[] = []
      const store = await openFresh(suite, { teardown: (step) => undo.unshift(step) }, { batchMax })
      const naive = new NaiveStore()
      const heard: unknown[] = []
      store.subscribe((changeSet) => heard.push(changeSet))
      try {
        for (const each of [store, naive])
          await each.write(provenance(), (writer) => writer.record(catalogueChanges(writer.nextRevision)))
        for (const [index, works] of history.entries()) {
          const answers = Promise.all(works.map((each) => run(store, each, index)))
          const expected: unknown[] = []
          for (const each of works) expected.push(await run(naive, each, index))
          t.deepEqual(await answers, expected, works.map((each) => each.told.join('; ')).join('\n'))
          t.deepEqual((await store.read(dump)).value, (await naive.read(dump)).value)
        }
        t.is(store.head, naive.head)
        t.deepEqual(heard, naive.changeSets)
        t.deepEqual(await store.changesAfter(0, 1_000), naive.changeSets)
      } finally {
        for (const step of undo) await step()
      }
    })
    await fc.assert(runs, { numRuns: 60 })
  })
}
