/** A store that follows another one: it takes change sets and snapshots that it did not make, and keeps bookmarks. */

import { adoptable, type Content } from './adoptable.ts'
import { type ChangeSet, deleted, put } from '@rolesets/core'
import type {
  AppendError,
  KeptChangeSet,
  StoreSnapshot,
  Store,
  StoreError,
} from '../../packages/sidecar/src/storage/store.ts'
import { openFresh, openWatched, type Suite } from './suite.ts'
import {
  accessKey,
  at,
  invitation,
  membership,
  membershipOf,
  organization,
  organizationOf,
  permission,
  provenance,
  record,
  recording,
  settings,
  withCatalogue,
} from './things.ts'

const team = { organizationId: 'a', scope: 'team:x' }

/** A store with a few things of every kind. */
async function fill(store: Store): Promise<void> {
  await withCatalogue(store)
  await record(store, (next) => [
    settings(next, { maxAllowedMemberships: 7 }),
    permission('former', next),
    permission('former', next, { key: 'org:x:present' }),
    accessKey('key', next),
    organization('a', next, { slug: 'x', publicMetadata: { deep: { list: [1, null, 'ü'] } } }),
    organization('b', next, { roleSetId: 'pro' }),
    organization('c', next),
    { verb: 'deleted', thing: 'organization', before: organizationOf('c', next), members: 0, invitations: 0 },
    membership('a', 'u', next),
    membership('b', 'v', next, { roleIds: ['analyst'] }),
    invitation('a', 'ann@x.y', next),
    put('scope_kind', { kind: 'team', fallback: 'role_set', roleSetId: 'pro', updatedAt: at, revision: next }, null),
    put('scope_default', { scope: 'team:y', roleSetId: 'free', updatedAt: at, revision: next }, null),
    put('assignment', { ...team, name: 'X', roleSetId: 'pro', updatedAt: at, revision: next }, null),
  ])
}

/** Every set-wide change, and the end of things. */
async function change(store: Store): Promise<void> {
  const mappings = [{ fromRoleId: 'member', toRoleId: 'analyst', members: 1, invitations: 1 }]
  await record(store, () => [
    { verb: 'reassigned', thing: 'membership', among: { roleSetId: 'free' }, mappings },
    { verb: 'moved', thing: 'assignment', fromRoleSetId: 'free', toRoleSetId: 'pro', organizations: 1 },
  ])
  await record(store, (next) => [
    { verb: 'deleted', thing: 'organization', before: organizationOf('b', 2), members: 1, invitations: 0 },
    deleted('membership', membershipOf('a', 'u', 3)),
    permission('new', next),
    permission('former', next, { key: 'org:x:next' }),
  ])
}

async function sealed(store: Store, after = 0): Promise<readonly KeptChangeSet[]> {
  const { value } = await store.read((reader) => reader.history({}, { size: 1_000, after, oldestFirst: true }))
  return value
}

/** Everything that a reader can see, but the history. */
async function contentOf(store: Store): Promise<unknown> {
  const { value } = await store.read(async (reader) => {
    const { permissions, retiredPermissions, roles, roleSets, settings } = await reader.catalogue()
    const organizations = await reader.organizations({ size: 1_000 })
    const byTime = { field: 'created_at', descending: false } as const
    const span = { offset: 0, limit: 1_000 }
    return {
      revision: reader.revision,
      catalogue: [permissions, roles, roleSets].map((index) => [...index.values()]),
      settings,
      deleted: await reader.deletedOrganizations(['b', 'c']),
      retired: [...retiredPermissions.keys],
      organizations,
      assignment: await reader.assignment(team),
      counts: [await reader.organizationCount('free'), await reader.organizationCount('pro')],
      ownAssignments: [await reader.ownAssignmentCount('free'), await reader.ownAssignmentCount('pro')],
      memberships: (await reader.searchMemberships({}, byTime, span)).items,
      invitations: (await reader.searchInvitations({ now: at }, byTime, span)).items,
      accessKeys: await reader.accessKeys(),
    }
  })
  return value
}

async function snapshotOf(store: Store): Promise<StoreSnapshot> {
  return adoptable(await wholeOf(store))
}

async function wholeOf(store: Store): Promise<Content> {
  const [last] = (await sealed(store)).slice(-1)
  const { value } = await store.read(async (reader) => ({
    revision: reader.revision,
    seal: last?.seal ?? '',
    catalogue: await reader.catalogue(),
    accessKeys: await reader.accessKeys(),
    organizations: await reader.organizations({ size: 1_000 }),
    deletedOrganizations: [...(await reader.deletedOrganizations(['b', 'c']))].map((id) => ({ id, revision: 1 })),
    assignments: [await reader.assignment(team)].filter((each) => each !== undefined),
    ...(await searched(store)),
  }))
  return value
}

async function searched(store: Store) {
  const byTime = { field: 'created_at', descending: false } as const
  const span = { offset: 0, limit: 1_000 }
  const { value } = await store.read(async (reader) => ({
    memberships: (await reader.searchMemberships({}, byTime, span)).items,
    invitations: (await reader.searchInvitations({ now: at }, byTime, span)).items,
  }))
  return value
}

const putOne = (store: Store, id: string) => record(store, (revision) => [organization(id, revision)])

export function following(suite: Suite): void {
  const { test, name } = suite

  async function openFollower(t: Parameters<typeof openFresh>[1]) {
    const [source, follower] = [await openFresh(suite, t), await openFresh(suite, t)]
    await fill(source)
    await follower.adopt(await snapshotOf(source), source.epoch)
    return { source, follower }
  }

  test(`${name}: an adopted snapshot replaces the whole content and the epoch, and history begins after it`, async (t) => {
    const [source, follower] = [await openFresh(suite, t), await openFresh(suite, t)]
    await fill(source)
    await withCatalogue(follower)
    await record(follower, (next) => [
      organization('gone', next),
      membership('gone', 'u', next),
      put(
        'assignment',
        { organizationId: 'gone', scope: 'team:z', name: '', roleSetId: 'free', updatedAt: at, revision: next },
        null,
      ),
      accessKey('old', next),
    ])
    const { epoch } = follower
    let adopted = 0
    follower.subscribe(
      () => t.fail('An adoption makes no change set.'),
      () => adopted++,
    )
    await follower.adopt(await snapshotOf(source), source.epoch)
    t.deepEqual([follower.head, follower.epoch, adopted], [2, source.epoch, 1])
    t.not(follower.epoch, epoch)
    t.deepEqual(await contentOf(follower), await contentOf(source))
    t.deepEqual(await follower.changesAfter(2, 10), [])
    const compacted = await t.throwsAsync<StoreError>(follower.changesAfter(1, 10), { name: 'StoreError' })
    t.is(compacted?.code, 'compacted')
    const { value } = await follower.read((reader) => reader.historyAnchor())
    t.deepEqual(value, { revision: 2, seal: (await sealed(source)).at(-1)?.seal })
  })

  test(`${name}: appended change sets lead to the content, the history and the seals of the store that made them`, async (t) => {
    const { source, follower } = await openFollower(t)
    const heard: ChangeSet[] = []
    follower.subscribe((changeSet) => heard.push(changeSet))
    await change(source)
    await putOne(source, 'c')
    const made = await sealed(source, 2)
    await Promise.all(made.map((changeSet) => follower.append(changeSet)))
    t.is(follower.head, source.head)
    t.deepEqual(await contentOf(follower), await contentOf(source))
    t.deepEqual(await sealed(follower), made)
    t.deepEqual(heard, await source.changesAfter(2, 10))
    const { value } = await follower.read((reader) => reader.history({ subject: 'c' }, { size: 10 }))
    t.is(value.length, 1)
  })

  test(`${name}: a fresh store of the same epoch can be built from the whole history alone`, async (t) => {
    const [source, follower] = [await openFresh(suite, t), await openFresh(suite, t)]
    const { value: start } = await source.read((reader) => reader.historyAnchor())
    await fill(source)
    await change(source)
    await follower.adopt(adoptable(start), source.epoch)
    for (const changeSet of await sealed(source)) await follower.append(changeSet)
    t.deepEqual(await contentOf(follower), await contentOf(source))
    t.deepEqual(await sealed(follower), await sealed(source))
  })

  test(`${name}: a change set that doesn't follow the head is refused with nothing done, and others of its batch are kept`, async (t) => {
    const { source, follower } = await openFollower(t)
    await putOne(source, 'c')
    await putOne(source, 'd')
    const [third, fourth] = await sealed(source, 2)
    if (third === undefined || fourth === undefined) return t.fail('Two change sets were made.')
    const altered = { ...third, record: JSON.stringify([organization('evil', 3)]) }
    const outcomes = await Promise.allSettled([
      follower.append(fourth),
      follower.append(altered),
      follower.append(third),
      follower.append(third),
      follower.append(fourth),
    ])
    const codes = outcomes.map((each) => (each.status === 'rejected' ? (each.reason as AppendError).code : 'done'))
    t.deepEqual(codes, ['not_next', 'not_sealed', 'done', 'not_next', 'done'])
    t.deepEqual(await contentOf(follower), await contentOf(source))
  })

  test(`${name}: after a write of its own a store takes no more change sets of the other one`, async (t) => {
    const { source, follower } = await openFollower(t)
    await putOne(source, 'c')
    await putOne(source, 'd')
    await putOne(follower, 'own')
    const [, fourth] = await sealed(source, 2)
    const refused = await t.throwsAsync<AppendError>(follower.append(fourth as KeptChangeSet), {
      name: 'AppendError',
    })
    t.is(refused?.code, 'not_sealed')
    t.is(follower.head, 3)
  })

  test(`${name}: an adoption whose snapshot breaks off leaves the store as it was, and writes go on`, async (t) => {
    const { source, follower } = await openFollower(t)
    const before = await contentOf(follower)
    const snapshot = await snapshotOf(source)
    const parts = (async function* () {
      yield* snapshot.parts
      throw new Error('The connection is lost.')
    })()
    const broken = { ...snapshot, parts }
    const [adoption, write] = await Promise.allSettled([follower.adopt(broken, 'another'), putOne(follower, 'after')])
    t.is(adoption.status, 'rejected')
    t.deepEqual(write, { status: 'fulfilled', value: 3 })
    t.is(follower.epoch, source.epoch)
    t.deepEqual(await sealed(follower).then((sets) => sets.map(({ revision }) => revision)), [3])
    t.notDeepEqual(await contentOf(follower), before)
  })

  test(`${name}: what waits before an adoption belongs to the old content, and what waits behind it to the new one`, async (t) => {
    const source = await openFresh(suite, t)
    await fill(source)
    const { store, events } = await openWatched(suite, t)
    await withCatalogue(store)
    events.length = 0
    const heard: unknown[] = []
    store.subscribe(
      ({ revision }) => heard.push(revision),
      () => heard.push('adopted'),
    )
    const snapshot = await snapshotOf(source)
    await Promise.all([
      putOne(store, 'lost'),
      putOne(store, 'too'),
      store.adopt(snapshot, source.epoch),
      putOne(store, 'kept'),
    ])
    t.deepEqual(heard, [2, 3, 'adopted', 3])
    const { value } = await store.read((reader) => reader.organizations({ size: 10 }))
    t.deepEqual(
      value.map(({ id }) => id),
      ['a', 'b', 'kept'],
    )
    const unchanged = events.filter(({ kind }) => kind !== 'committed')
    t.deepEqual(unchanged, [])
  })

  test(`${name}: a read that began before an adoption keeps seeing the old content`, async (t) => {
    const { source, follower } = await openFollower(t)
    const { value } = await follower.read(async (reader) => {
      await reader.organization('a')
      const { revision, seal, catalogue } = await wholeOf(source)
      await follower.adopt(adoptable({ revision, seal, ...(catalogue && { catalogue }) }), 'new')
      return [(await reader.organizations({ size: 10 })).length, (await reader.catalogue()).permissions.size]
    })
    t.deepEqual(value, [2, 3])
    t.is((await follower.read((reader) => reader.organizations({ size: 10 }))).value.length, 0)
  })

  test(`${name}: an adopted store is as it was after it was opened again`, async (t) => {
    const source = await openFresh(suite, t)
    await fill(source)
    const place = await suite.createPlace(t)
    const first = await place.open()
    await first.adopt(await snapshotOf(source), source.epoch)
    await first.close()
    const second = await place.open()
    t.teardown(() => second.close())
    t.deepEqual([second.epoch, second.head], [source.epoch, 2])
    await putOne(source, 'c')
    for (const changeSet of await sealed(source, 2)) await second.append(changeSet)
    t.deepEqual(await contentOf(second), await contentOf(source))
  })

  test(`${name}: a bookmark is kept with what its work recorded, or without anything, and can be removed`, async (t) => {
    const store = await withCatalogue(await openFresh(suite, t))
    const { epoch } = store
    t.is(await store.bookmark('hook'), undefined)
    const mark = (revision: number | null) =>
      store.write(provenance(), async (writer) =>
        writer.setBookmark('hook', revision === null ? null : { epoch, revision }),
      )
    t.is((await mark(1)).revision, 1)
    t.deepEqual(await store.bookmark('hook'), { epoch, revision: 1 })
    t.is(store.head, 1)
    await store.write(provenance(), async (writer) => {
      await writer.record([organization('a', writer.nextRevision)])
      writer.setBookmark('hook', { epoch, revision: writer.nextRevision })
      writer.setBookmark('other', { epoch: 'another', revision: 9 })
    })
    const both = async () => [await store.bookmark('hook'), await store.bookmark('other')]
    const expected = [
      { epoch, revision: 2 },
      { epoch: 'another', revision: 9 },
    ]
    t.deepEqual(await both(), expected)
    await store.compact({ newerThan: at + 1, count: 1 })
    t.deepEqual(await both(), expected)
    await Promise.all([mark(5), mark(null)])
    t.deepEqual(await both(), [undefined, { epoch: 'another', revision: 9 }])
  })

  test(`${name}: a work that throws, is a dry run or fails with its transaction sets no bookmark`, async (t) => {
    const store = await withCatalogue(await openFresh(suite, t))
    const bookmark = { epoch: store.epoch, revision: 1 }
    const throwing = store.write(provenance(), async (writer) => {
      writer.setBookmark('thrown', bookmark)
      throw new Error('no')
    })
    const dry = store.write(provenance({ dryRun: true }), async (writer) => writer.setBookmark('dry', bookmark))
    const spoiled = store.write(provenance(), async (writer) => {
      writer.setBookmark('spoiled', bookmark)
      await writer.record([membership('nowhere', 'u', writer.nextRevision)])
    })
    const kept = store.write(provenance(), async (writer) => {
      writer.setBookmark('kept', bookmark)
      await recording((revision) => [organization('a', revision)])(writer)
    })
    await Promise.allSettled([throwing, dry, spoiled, kept])
    const names = ['thrown', 'dry', 'spoiled', 'kept']
    t.deepEqual(await Promise.all(names.map((each) => store.bookmark(each))), [
      undefined,
      undefined,
      undefined,
      bookmark,
    ])
  })

  test(`${name}: bookmarks outlive an adoption, with the epoch that they were set in`, async (t) => {
    const { source, follower } = await openFollower(t)
    const bookmark = { epoch: follower.epoch, revision: 2 }
    await follower.write(provenance(), async (writer) => writer.setBookmark('hook', bookmark))
    await follower.adopt(await snapshotOf(source), 'next')
    t.deepEqual(await follower.bookmark('hook'), bookmark)
    t.is(follower.epoch, 'next')
  })
}
