/** One writer: revisions, batches, works that throw, dry runs. */

import { deleted } from '@rolesets/core'
import type { ExecutionContext } from 'ava'
import type { Store, StoreError, Writer } from '../../packages/sidecar/src/storage/store.ts'
import { createGate, openFresh, openWatched, type Suite } from './suite.ts'
import {
  at,
  membership,
  membershipOf,
  organization,
  provenance,
  record,
  recording,
  roleSet,
  withCatalogue,
} from './things.ts'

const ids = async (store: Store): Promise<readonly string[]> => {
  const { value } = await store.read((reader) => reader.organizations({ size: 100 }))
  return value.map(({ id }) => id)
}

async function failing(t: ExecutionContext, writing: Promise<unknown>): Promise<void> {
  const error = await t.throwsAsync<StoreError>(writing, { name: 'StoreError' })
  t.is(error?.code, 'failed')
}

export function writing(suite: Suite): void {
  const { test, name } = suite

  test(`${name}: a fresh store is empty, at revision 0, in an epoch of its own`, async (t) => {
    const [store, other] = [await openFresh(suite, t), await openFresh(suite, t)]
    t.is(store.head, 0)
    t.regex(store.epoch, /^[a-z0-9]{10,}$/)
    t.not(store.epoch, other.epoch)
    const { revision, value } = await store.read((reader) => reader.catalogue())
    t.is(revision, 0)
    t.deepEqual([value.permissions.size, value.roles.size, value.roleSets.size], [0, 0, 0])
    t.deepEqual(await store.changesAfter(0, 10), [])
  })

  test(`${name}: revisions grow by one with each write that records changes`, async (t) => {
    const store = await withCatalogue(await openFresh(suite, t))
    t.is(store.head, 1)
    t.is(await record(store, (revision) => [organization('a', revision)]), 2)
    const nothing = await store.write(provenance(), async (writer) => writer.nextRevision)
    t.deepEqual(nothing, { revision: 2, value: 3 })
    t.deepEqual(await store.write(provenance(), (writer) => writer.record([])), { revision: 2, value: undefined })
    t.is(await record(store, (revision) => [organization('b', revision)]), 3)
    t.is(store.head, 3)
  })

  test(`${name}: what a work records in several calls is one change set, at the revision that it was given`, async (t) => {
    const store = await withCatalogue(await openFresh(suite, t))
    const given = await store.write(
      provenance({ actor: 'ann', operation: 'Twice', at: 1_700_000_000_042 }),
      async (writer) => {
        const first = writer.nextRevision
        await writer.record([organization('a', first)])
        await writer.organizationCount('free')
        await writer.record([organization('b', writer.nextRevision)])
        return [first, writer.nextRevision, writer.revision]
      },
    )
    t.deepEqual(given, { revision: 2, value: [2, 2, 1] })
    const changes = [organization('a', 2), organization('b', 2)]
    const changeSet = { revision: 2, committedAt: 1_700_000_000_042, actor: 'ann', operation: 'Twice', changes }
    const [kept, ...others] = await store.changesAfter(1, 10)
    t.like(kept, { ...changeSet, record: JSON.stringify(changes) })
    t.deepEqual(others, [])
  })

  test(`${name}: what works foresee changes no answer, also after others of the batch have recorded it`, async (t) => {
    const store = await withCatalogue(await openFresh(suite, t))
    await record(store, (revision) => [
      organization('old', revision, { name: 'before' }),
      membership('old', 'u', revision),
    ])
    const all = ['old', 'new', 'none']
    const foreseen = {
      organizationIds: all,
      memberships: all.map((organizationId) => ({ organizationId, userId: 'u' })),
    }
    const look = async (writer: Writer) => {
      const organizations = await Promise.all(all.map((id) => writer.organization(id)))
      const members = await Promise.all(all.map((id) => writer.membership(id, 'u')))
      return [organizations.map((each) => each?.name), members.map((each) => each?.organizationId)]
    }
    const change = (writer: Writer) =>
      writer.record([
        organization('old', writer.nextRevision, { name: 'after' }),
        organization('new', writer.nextRevision, { name: 'added' }),
        membership('new', 'u', writer.nextRevision),
        deleted('membership', membershipOf('old', 'u', 2)),
      ])
    const unchanged = [
      ['before', undefined, undefined],
      ['old', undefined, undefined],
    ]
    const changed = [
      ['after', 'added', undefined],
      [undefined, 'new', undefined],
    ]
    const seen = await Promise.all([
      store.write(provenance({ foreseen }), look),
      store.write(provenance({ foreseen, dryRun: true }), async (writer) => (await change(writer), look(writer))),
      store.write(provenance({ foreseen }), look),
      store.write(provenance({ foreseen }), async (writer) => (await change(writer), look(writer))),
      store.write(provenance({ foreseen }), look),
      // A question that has the rows written before it is answered.
      store.write(provenance({ foreseen }), async (writer) => (await writer.organizationCount('free'), look(writer))),
    ])
    const values = seen.map(({ value }) => value)
    t.deepEqual(values, [unchanged, changed, unchanged, changed, changed, changed])
  })

  test(`${name}: works that wait share one commit, and each sees what the ones before it recorded`, async (t) => {
    const { store, events } = await openWatched(suite, t)
    await withCatalogue(store)
    events.length = 0
    const works = Array.from({ length: 100 }, (_, index) => async (writer: Writer) => {
      const count = await (index % 2 === 0
        ? writer.organizationCount('free')
        : writer.usageIn({ roleSetId: 'free' }, at))
      const before = await writer.organization(`org_${index - 1}`)
      const changes = [
        organization(`org_${index}`, writer.nextRevision),
        membership(`org_${index}`, 'u', writer.nextRevision),
      ]
      await writer.record(changes)
      const seen = [before?.id, typeof count === 'number' ? count : (count[0]?.members ?? 0)]
      return [writer.nextRevision, ...seen, (await writer.membership(`org_${index}`, 'u'))?.userId]
    })
    const answers = await Promise.all(works.map((work) => store.write(provenance(), work)))
    answers.forEach(({ revision, value }, index) => {
      t.is(revision, index + 2)
      t.deepEqual(value, [index + 2, index === 0 ? undefined : `org_${index - 1}`, index, 'u'])
    })
    t.like(events, [{ kind: 'committed', works: 100, changeSets: 100 }])
    t.is(events.length, 1)
    t.is(store.head, 101)
  })

  test(`${name}: a slug that one work gives up is free for the next, and is found where it went`, async (t) => {
    const store = await withCatalogue(await openFresh(suite, t))
    await record(store, (next) => [organization('a', next, { slug: 'x' }), organization('b', next)])
    const owners = async (writer: Writer) =>
      Promise.all(['x', 'y'].map(async (slug) => (await writer.organizationBySlug(slug))?.id))
    const give = (id: string, slug: string | null) =>
      store.write(provenance(), async (writer) => {
        const before = await owners(writer)
        await writer.record([organization(id, writer.nextRevision, { slug })])
        return [before, await owners(writer)]
      })
    const writes = [give('a', 'y'), give('b', 'x'), give('b', null), give('a', 'x')]
    const answers = await Promise.all(writes)
    t.deepEqual(
      answers.map(({ value }) => value),
      [
        [
          ['a', undefined],
          [undefined, 'a'],
        ],
        [
          [undefined, 'a'],
          ['b', 'a'],
        ],
        [
          ['b', 'a'],
          [undefined, 'a'],
        ],
        [
          [undefined, 'a'],
          ['a', undefined],
        ],
      ],
    )
    t.deepEqual((await store.read((reader) => reader.organizationBySlug('x'))).value?.id, 'a')
  })

  test(`${name}: works that come while a commit is on its way share the next one`, async (t) => {
    const { store, count } = await openWatched(suite, t)
    await withCatalogue(store)
    const before = count('committed')
    const gate = createGate()
    const first = store.write(provenance(), async (writer) => {
      await gate.passed
      await writer.record([organization('first', writer.nextRevision)])
    })
    await new Promise((resolve) => setImmediate(resolve))
    const others = ['b', 'c', 'd'].map((id) => record(store, (revision) => [organization(id, revision)]))
    gate.open()
    await Promise.all([first, ...others])
    t.is(count('committed') - before, 2)
  })

  test(`${name}: a batch takes no more than its limit`, async (t) => {
    const { store, events } = await openWatched(suite, t, { batchMax: 4 })
    await withCatalogue(store)
    events.length = 0
    await Promise.all(
      Array.from({ length: 10 }, (_, n) => record(store, (revision) => [organization(`o${n}`, revision)])),
    )
    t.deepEqual(
      events.map((event) => event.kind === 'committed' && event.works),
      [4, 4, 2],
    )
  })

  test(`${name}: a work that throws leaves no trace, and the others of its batch are not disturbed`, async (t) => {
    const { store, count } = await openWatched(suite, t)
    await withCatalogue(store)
    const refusal = new Error('no')
    const throwing = (look: boolean) =>
      store.write(provenance(), async (writer) => {
        await writer.record([organization('gone', writer.nextRevision), membership('gone', 'u', writer.nextRevision)])
        await writer.record([roleSet('gone', ['admin'], writer.nextRevision)])
        // What asks for more than one thing makes the changes go into the file before the work throws.
        if (look) t.is(await writer.organizationCount('free'), 2)
        t.is((await writer.catalogue()).roleSets.size, 3)
        throw refusal
      })
    const kept = (id: string) =>
      store.write(
        provenance(),
        recording((revision) => [organization(id, revision)]),
      )
    const outcomes = await Promise.allSettled([kept('a'), throwing(false), throwing(true), kept('b')])
    t.deepEqual(outcomes, [
      { status: 'fulfilled', value: { revision: 2, value: 2 } },
      { status: 'rejected', reason: refusal },
      { status: 'rejected', reason: refusal },
      { status: 'fulfilled', value: { revision: 3, value: 3 } },
    ])
    t.is(count('rolled_back'), 0)
    t.deepEqual(await ids(store), ['a', 'b'])
    const { value } = await store.read(async (reader) => [
      (await reader.catalogue()).roleSets.size,
      await reader.memberCount({ organizationId: 'gone' }, at),
      await reader.organizationCount('free'),
    ])
    t.deepEqual(value, [2, 0, 2])
    t.deepEqual(
      (await store.changesAfter(1, 10)).map(({ changes }) => changes),
      [[organization('a', 2)], [organization('b', 3)]],
    )
  })

  test(`${name}: when a transaction fails it is rolled back whole, and each of its works is run again alone`, async (t) => {
    const { store, events, count } = await openWatched(suite, t)
    await withCatalogue(store)
    let runs = 0
    const kept = (id: string) =>
      store.write(provenance(), async (writer) => {
        runs++
        await writer.record([organization(id, writer.nextRevision)])
        return writer.nextRevision
      })
    events.length = 0
    const homeless = record(store, (revision) => [membership('nowhere', 'u', revision)])
    const [a, , b] = [kept('a'), failing(t, homeless), kept('b')]
    t.deepEqual(await Promise.all([a, b]), [
      { revision: 2, value: 2 },
      { revision: 3, value: 3 },
    ])
    t.is(runs, 4)
    t.deepEqual([count('rolled_back'), count('committed')], [2, 2])
    t.deepEqual(await ids(store), ['a', 'b'])
    t.is((await store.changesAfter(1, 10)).length, 2)
  })

  test(`${name}: a work can't hide that its transaction has failed`, async (t) => {
    const store = await withCatalogue(await openFresh(suite, t))
    await record(store, (revision) => [organization('a', revision, { slug: 'taken' })])
    const hiding = store.write(provenance(), async (writer) => {
      await writer.record([organization('b', writer.nextRevision, { slug: 'taken' })])
      await writer.organizationCount('free').catch(() => undefined)
      return 'all is well'
    })
    await failing(t, hiding)
    t.deepEqual(await ids(store), ['a'])
  })

  test(`${name}: a dry run answers as the real call would, and leaves no trace`, async (t) => {
    const { store, count } = await openWatched(suite, t)
    await withCatalogue(store)
    await record(store, (revision) => [organization('a', revision), membership('a', 'u', revision)])
    const heard: number[] = []
    store.subscribe(({ revision }) => heard.push(revision))
    const work = async (writer: Writer) => {
      const move = {
        verb: 'moved',
        thing: 'assignment',
        fromRoleSetId: 'free',
        toRoleSetId: 'pro',
        organizations: 1,
      } as const
      await writer.record([
        organization('b', writer.nextRevision),
        roleSet('new', ['admin'], writer.nextRevision),
        move,
      ])
      const pro = await writer.organizations({ size: 10 }, { roleSetId: 'pro' })
      const usage = await writer.usageIn({ roleSetId: 'pro' }, at)
      return [writer.nextRevision, pro, usage, (await writer.catalogue()).roleSets.size]
    }
    const commits = count('committed')
    const dry = await store.write(provenance({ dryRun: true }), work)
    const nearby = await Promise.all([
      record(store, (revision) => [organization('before', revision, { roleSetId: 'pro' })]),
      store.write(provenance({ dryRun: true }), work).then(({ revision }) => revision),
      record(store, (revision) => [organization('after', revision, { roleSetId: 'pro' })]),
    ])
    t.deepEqual(nearby, [3, 3, 4])
    t.is(dry.revision, 2)
    t.is(count('committed'), commits + 1)
    t.deepEqual(heard, [3, 4])
    t.deepEqual(await ids(store), ['a', 'after', 'before'])
    await record(store, () => ['before', 'after'].map((id) => deletion(id)))
    const real = await store.write(provenance(), work)
    t.is(real.revision, 6)
    const told = (value: readonly unknown[]) => JSON.stringify(value.slice(1)).replace(/"revision":\d+/g, '')
    t.is(told(dry.value), told(real.value))
  })

  test(`${name}: a writer is of no use once its work has settled`, async (t) => {
    const store = await withCatalogue(await openFresh(suite, t))
    let kept: Writer | undefined
    await store.write(provenance(), async (writer) => void (kept = writer))
    await t.throwsAsync(async () => kept?.record([organization('late', 2)]), { message: /has settled/ })
    await t.throwsAsync(async () => kept?.organization('late'), { message: /has settled/ })
    await t.throwsAsync(async () => kept?.catalogue(), { message: /has settled/ })
    t.is(store.head, 1)
  })

  test(`${name}: a work that doesn't wait for what it records has it recorded all the same`, async (t) => {
    const store = await withCatalogue(await openFresh(suite, t))
    await store.write(provenance(), async (writer) => {
      void writer.record([organization('a', writer.nextRevision)])
      void writer.organizationCount('free')
      void writer.record([organization('b', writer.nextRevision)])
    })
    t.deepEqual(await ids(store), ['a', 'b'])
    t.is((await store.changesAfter(1, 1))[0]?.committedAt, at)
  })

  test(`${name}: one write can have two hundred thousand changes`, async (t) => {
    const store = await withCatalogue(await openFresh(suite, t))
    const changes = (next: number) => Array.from({ length: 200_000 }, () => organization('a', next))
    t.is(await record(store, changes), 2)
    t.is((await store.read((reader) => reader.organizationCount('free'))).value, 1)
    t.is((await store.changesAfter(1, 1))[0]?.changes.length, 200_000)
  })

  test(`${name}: a change set without an actor is refused`, async (t) => {
    const store = await withCatalogue(await openFresh(suite, t))
    const anonymous = provenance({ actor: '' })
    await failing(
      t,
      store.write(
        anonymous,
        recording((revision) => [organization('a', revision)]),
      ),
    )
    t.is(store.head, 1)
  })
}

function deletion(id: string) {
  const before = organization(id, 1)
  if (before.verb !== 'put' || before.thing !== 'organization') throw new Error('An organization is put.')
  return { verb: 'deleted', thing: 'organization', before: before.after, members: 0, invitations: 0 } as const
}
