/** Reads see one committed state, whole. */

import { type Change, put, wholeOf } from '@rolesets/core'
import type { Reader, StoreError } from '../../packages/sidecar/src/storage/store.ts'
import { createGate, openFresh, openWatched, type Suite } from './suite.ts'
import {
  accessKey,
  at,
  invitation,
  membership,
  organization,
  organizationOf,
  permission,
  provenance,
  record,
  role,
  roleSet,
  withCatalogue,
} from './things.ts'

export function reading(suite: Suite): void {
  const { test, name } = suite

  const page = { size: 10 }
  const byTime = { field: 'created_at', descending: false } as const
  const span = { offset: 0, limit: 10 }
  const reads: Record<
    Exclude<keyof Reader, 'revision' | 'committedAt' | 'history' | 'changedNear' | 'historyAnchor'>,
    (reader: Reader) => Promise<unknown>
  > = {
    catalogue: async (reader) => (await reader.catalogue()).roles.size,
    organization: (reader) => reader.organization('new'),
    organizationsById: (reader) => reader.organizationsById(['new', 'never']),
    organizationBySlug: (reader) => reader.organizationBySlug('new'),
    assignments: (reader) => reader.assignments(page),
    assignment: (reader) => reader.assignment(team),
    roleSetIdsOf: (reader) => reader.roleSetIdsOf([team]),
    deletedOrganizations: async (reader) => [...(await reader.deletedOrganizations(['ended', 'new', 'never']))],
    deletedOrganizationsAfter: (reader) => reader.deletedOrganizationsAfter(page),
    organizations: (reader) => reader.organizations(page),
    organizationCount: (reader) => reader.organizationCount('free'),
    membership: (reader) => reader.membership('new', 'u'),
    membershipsByKeys: (reader) => reader.membershipsByKeys([{ ...team, userId: 'w' }]),
    memberships: (reader) => reader.memberships('new', page),
    membershipsOfPlaces: (reader) => reader.membershipsOfPlaces({ userId: 'u', scope: '*' }, page),
    memberCount: (reader) => reader.memberCount({ organizationId: 'new' }, at),
    memberCounts: (reader) => reader.memberCounts(['new'], at),
    pendingInvitationCounts: (reader) => reader.pendingInvitationCounts(['new'], at),
    invitation: (reader) => reader.invitation('orginv_new_x'),
    pendingInvitation: (reader) => reader.pendingInvitation({ organizationId: 'new' }, 'x', at),
    repeatedHolders: (reader) =>
      reader.repeatedHolders({ among: { organizationId: 'new' }, roleIds: ['member', 'new'], now: at, revision: 0 }),
    pendingInvitationCount: (reader) => reader.pendingInvitationCount({ organizationId: 'new' }, at),
    invitations: (reader) => reader.invitations('new', page, { now: at }),
    scopeUsage: (reader) => reader.scopeUsage(team, at),
    scopePlaces: (reader) => reader.scopePlaces(team, at),
    roleInScopes: (reader) => reader.roleInScopes({ roleId: 'member', roleSetId: 'free' }, at),
    scopesOf: (reader) => reader.scopesOf('new', { ...page, now: at }),
    scopeCount: (reader) => reader.scopeCount('new'),
    ownAssignmentCount: (reader) => reader.ownAssignmentCount('free'),
    scopesInUse: (reader) => reader.scopesInUse(team, at),
    usageIn: (reader) => reader.usageIn({ organizationId: 'new' }, at),
    formerRoles: (reader) =>
      reader.formerRoles({ among: { organizationId: 'new' }, roleIds: ['member', 'new'], now: at, limit: 10 }),
    usageOf: (reader) => reader.usageOf('member', undefined, at),
    withoutAdministrator: (reader) =>
      reader.withoutAdministrator(
        { leaving: { organizationIds: ['new'] }, remainingRoleIds: ['admin'] },
        { limit: 1, now: at },
      ),
    searchOrganizations: (reader) => reader.searchOrganizations({ now: at }, byTime, span),
    searchMemberships: (reader) => reader.searchMemberships({}, byTime, span),
    searchInvitations: (reader) => reader.searchInvitations({ now: at }, byTime, span),
    searchDomains: (reader) => reader.searchDomains({}, byTime, span),
    accessKeys: (reader) => reader.accessKeys(),
  }
  const team = { organizationId: 'new', scope: 'team:x' }
  const everyTeam = { kind: 'team', fallback: 'organization', roleSetId: null } as const
  const ended = (revision: number): Change => {
    const counts = { members: 0, invitations: 0 }
    return { verb: 'deleted', thing: 'organization', before: organizationOf('ended', revision), ...counts }
  }
  const mapping: Change = {
    ...({ verb: 'reassigned', thing: 'membership', among: { organizationId: 'new' } } as const),
    mappings: [{ fromRoleId: 'member', toRoleId: 'admin', members: 1, invitations: 1 }],
  }
  const domain = {
    ...({ id: 'x', name: 'x.example', enrollmentMode: 'manual_invitation', verified: true } as const),
    ...{ ownershipVerifiedAt: null, createdAt: at, updatedAt: at },
  }

  test(`${name}: each read of a work sees what the work has recorded`, async (t) => {
    const store = await withCatalogue(await openFresh(suite, t))
    for (const [method, read] of Object.entries(reads)) {
      const { value: before } = await store.read(read)
      const { value: after } = await store.write(provenance({ dryRun: true }), async (writer) => {
        const next = writer.nextRevision
        await writer.record([
          ...[
            role('new', next),
            organization('new', next, { slug: 'new', domains: [domain] }),
            membership('new', 'u', next),
            membership('new', 'v', next, { roleIds: ['member', 'new'] }),
            membership('new', 'w', next, { scope: 'team:x' }),
          ],
          ...[invitation('new', 'x', next), accessKey('new', next)],
          put('scope_kind', { ...everyTeam, updatedAt: at, revision: next }, null),
          put('assignment', { ...team, name: '', roleSetId: 'free', updatedAt: at, revision: next }, null),
        ])
        // A deletion has everything written, so only the read that is about it sees one.
        if (method.startsWith('deletedOrganizations')) await writer.record([organization('ended', next), ended(next)])
        if (method === 'formerRoles') await writer.record([mapping])
        return read(writer)
      })
      t.notDeepEqual(after, before, method)
      t.deepEqual((await store.read(read)).value, before, method)
    }
  })

  test(`${name}: a read sees one state from its start to its end, whatever is written meanwhile`, async (t) => {
    const store = await withCatalogue(await openFresh(suite, t))
    await record(store, (revision) => [organization('a', revision), membership('a', 'u', revision)])
    const see = async (reader: Reader) => [
      reader.revision,
      (await reader.organizations({ size: 10 })).map(({ id }) => id),
      await reader.organizationCount('free'),
      await reader.memberCount({ organizationId: 'a' }, at),
      await reader.usageOf('member', undefined, at),
      (await reader.catalogue()).roleSets.size,
    ]
    const { revision, value } = await store.read(async (reader) => {
      const before = await see(reader)
      await record(store, (next) => [
        organization('b', next),
        membership('a', 'v', next),
        roleSet('new', ['admin'], next),
      ])
      return { before, after: await see(reader) }
    })
    t.is(revision, 2)
    t.deepEqual(value.after, value.before)
    t.deepEqual((await store.read(see)).value.slice(0, 4), [3, ['a', 'b'], 2, 2])
  })

  test(`${name}: no reader ever sees half a write`, async (t) => {
    const store = await withCatalogue(await openFresh(suite, t))
    let isDone = false
    const watch = async () => {
      while (!isDone) {
        const { revision, value } = await store.read(async (reader) => ({
          organizations: await reader.organizationCount('free'),
          members: (await reader.usageOf('member', undefined, at)).members,
          inPro: (await reader.usageIn({ roleSetId: 'pro' }, at)).length,
        }))
        t.deepEqual(value, { organizations: revision - 1, members: revision - 1, inPro: 0 })
      }
    }
    const watching = [watch(), watch(), watch()]
    const put = (id: string) => record(store, (next) => [organization(id, next), membership(id, 'u', next)])
    for (let round = 0; round < 20; round++) await Promise.all(['x', 'y', 'z'].map((id) => put(`${id}${round}`)))
    isDone = true
    await Promise.all(watching)
  })

  test(`${name}: a caller that was answered by the writer reads its write`, async (t) => {
    const store = await withCatalogue(await openFresh(suite, t))
    for (let n = 0; n < 50; n++) {
      const written = await record(store, (revision) => [organization(`o${n}`, revision)])
      const { revision, value } = await store.read((reader) => reader.organization(`o${n}`))
      t.true(revision >= written && value !== undefined)
    }
  })

  test(`${name}: the catalogue is the same object for all readers, until it changes`, async (t) => {
    const store = await withCatalogue(await openFresh(suite, t))
    const catalogue = async () => (await store.read((reader) => reader.catalogue())).value
    const first = await catalogue()
    await record(store, (revision) => [organization('a', revision)])
    t.is(await catalogue(), first)
    t.is((await store.write(provenance(), (writer) => writer.catalogue())).value, first)
    await record(store, (revision) => [permission('more', revision)])
    t.not(await catalogue(), first)
    t.is((await catalogue()).permissions.size, 3)
    t.is(first.permissions.size, 2)
  })

  test(`${name}: a reader of an older state gets the catalogue of that state`, async (t) => {
    const store = await withCatalogue(await openFresh(suite, t))
    const { value } = await store.read(async (reader) => {
      for (let n = 0; n < 40; n++) await record(store, (revision) => [permission(`p${n}`, revision)])
      const { permissions, roles, roleSets } = await reader.catalogue()
      return [permissions.size, roles.byKey('org:admin')?.permissionIds, roleSets.byId('pro')?.roleIds]
    })
    t.deepEqual(value, [2, ['read', 'manage'], ['admin', 'member', 'analyst']])
  })

  test(`${name}: a reader is of no use once its work has settled`, async (t) => {
    const store = await withCatalogue(await openFresh(suite, t))
    let kept: Reader | undefined
    await store.read(async (reader) => void (kept = reader))
    await t.throwsAsync(async () => kept?.organization('a'), { message: /has settled/ })
    await t.throwsAsync(async () => kept?.catalogue(), { message: /has settled/ })
  })

  test(`${name}: a read that throws is answered with what it threw, and doesn't affect others`, async (t) => {
    const store = await withCatalogue(await openFresh(suite, t))
    const refusal = new Error('no')
    for (let n = 0; n < 10; n++) {
      const read = store.read(async (reader) => {
        await reader.organizationCount('free')
        throw refusal
      })
      t.is(await t.throwsAsync(read), refusal)
    }
    t.is(await record(store, (revision) => [organization('a', revision)]), 2)
    t.is((await store.read((reader) => reader.organizationCount('free'))).revision, 2)
  })

  test(`${name}: reads don't wait for the writer`, async (t) => {
    const { store } = await openWatched(suite, t)
    await withCatalogue(store)
    const gate = createGate()
    const begun = createGate()
    const writing = store.write(provenance(), async (writer) => {
      await writer.record([organization('a', writer.nextRevision)])
      await writer.organizationCount('free')
      begun.open()
      await gate.passed
    })
    await begun.passed
    t.deepEqual(await store.read((reader) => reader.organizationCount('free')), { revision: 1, value: 0 })
    gate.open()
    await writing
    t.deepEqual(await store.read((reader) => reader.organizationCount('free')), { revision: 2, value: 1 })
  })

  test(`${name}: what is asked beyond the limits is refused`, async (t) => {
    const store = await withCatalogue(await openFresh(suite, t))
    const tooMany = Array.from({ length: 10_001 }, (_, n) => `o${n}`)
    await t.throwsAsync(
      store.read((reader) => reader.organizations({ size: 1_001 })),
      { instanceOf: RangeError },
    )
    await t.throwsAsync(
      store.read((reader) => reader.memberships('a', { size: 1_001 })),
      { instanceOf: RangeError },
    )
    await t.throwsAsync(
      store.read((reader) => reader.roleSetIdsOf(tooMany.map(wholeOf))),
      { instanceOf: RangeError },
    )
    // A work that asks for too much is at fault alone; its transaction is not.
    const asking = store.write(provenance(), (writer) => writer.organizations({ size: 1_001 }))
    const [refused, recorded] = await Promise.allSettled([asking, record(store, (next) => [organization('a', next)])])
    t.is(refused.status, 'rejected')
    t.not((refused as PromiseRejectedResult).reason.code, 'failed' satisfies StoreError['code'])
    t.like(recorded, { status: 'fulfilled', value: 2 })
  })
}
