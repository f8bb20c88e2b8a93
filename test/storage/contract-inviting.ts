/** Invitations, settings and access keys: what is kept of them, and that time alone ends an invitation. */

import { type Change, initialSettings, put } from '@rolesets/core'
import type { Reader, Store, StoreError } from '../../packages/sidecar/src/storage/store.ts'
import { openFresh, type Suite } from './suite.ts'
import {
  accessKey,
  accessKeyOf,
  at,
  dayMs,
  invitation,
  invitationOf,
  membership,
  organization,
  organizationOf,
  provenance,
  record,
  settings,
  settingsOf,
  withCatalogue,
} from './things.ts'

async function seen<T>(store: Store, work: (reader: Reader) => Promise<T>): Promise<T> {
  return (await store.read(work)).value
}

const reassignment = (scope: { readonly roleSetId: string } | { readonly organizationId: string }): Change => ({
  verb: 'reassigned',
  thing: 'membership',
  among: scope,
  mappings: [{ fromRoleId: 'member', toRoleId: 'analyst', members: 0, invitations: 0 }],
})

export function inviting(suite: Suite): void {
  const { test, name } = suite

  test(`${name}: an invitation comes back as it was given, and is replaced whole`, async (t) => {
    const store = await withCatalogue(await openFresh(suite, t))
    const given = invitationOf('a', "Ann+'1'@Exämple.com", 2, {
      roleIds: ['admin'],
      inviterUserId: 'boss',
      redirectUrl: 'https://example.com/?a=%27',
      publicMetadata: { '': [null, 1.5] },
      privateMetadata: { deep: { er: true } },
    })
    await record(store, (next) => [organization('a', next), put('invitation', given, null)])
    t.deepEqual(await seen(store, (reader) => reader.invitation(given.id)), given)
    t.is(await seen(store, (reader) => reader.invitation('other')), undefined)
    // A role that is gone: one that is over may outlive it.
    const over = { ...given, status: 'accepted', acceptedByUserId: 'ann', roleIds: ['gone'], revision: 3 } as const
    await record(store, () => [put('invitation', over, given)])
    t.deepEqual(await seen(store, (reader) => reader.invitation(given.id)), over)
    t.deepEqual(await seen(store, (reader) => reader.invitations('a', { size: 10 }, { now: at })), [over])
  })

  test(`${name}: an invitation is pending until its time, compared with the time that the caller gives`, async (t) => {
    const store = await withCatalogue(await openFresh(suite, t))
    await record(store, (next) => [
      organization('a', next),
      invitation('a', 'short@x.y', next, { expiresAt: at + 10 }),
      invitation('a', 'long@x.y', next),
      invitation('a', 'gone@x.y', next, { status: 'revoked' }),
      invitation('a', 'in@x.y', next, { status: 'accepted', expiresAt: at }),
    ])
    const facts = (now: number) =>
      seen(store, async (reader) => ({
        short: (await reader.pendingInvitation({ organizationId: 'a' }, 'SHORT@x.y', now))?.emailAddress,
        gone: await reader.pendingInvitation({ organizationId: 'a' }, 'gone@x.y', now),
        count: await reader.pendingInvitationCount({ organizationId: 'a' }, now),
        held: (await reader.usageIn({ organizationId: 'a' }, now)).map(({ invitations }) => invitations),
      }))
    t.deepEqual(await facts(at + 9), { short: 'short@x.y', gone: undefined, count: 2, held: [2] })
    t.deepEqual(await facts(at + 10), { short: undefined, gone: undefined, count: 1, held: [1] })
    t.deepEqual(await facts(at + dayMs), { short: undefined, gone: undefined, count: 0, held: [] })
    const listed = (statuses?: readonly ('pending' | 'accepted' | 'revoked' | 'expired')[]) =>
      seen(store, async (reader) =>
        (await reader.invitations('a', { size: 10 }, { statuses, now: at + 10 })).map((each) => each.emailAddress),
      )
    t.deepEqual(await listed(), ['gone@x.y', 'in@x.y', 'long@x.y', 'short@x.y'])
    t.deepEqual(await listed(['pending']), ['long@x.y'])
    t.deepEqual(await listed(['expired', 'revoked']), ['gone@x.y', 'short@x.y'])
    t.deepEqual(await listed(['accepted']), ['in@x.y'])
    t.deepEqual(await listed([]), [])
  })

  test(`${name}: a pending invitation is found by its address, whatever the case of its letters, in its organization`, async (t) => {
    const store = await withCatalogue(await openFresh(suite, t))
    await record(store, (next) => [
      ...['a', 'b'].map((id) => organization(id, next)),
      invitation('a', 'Ann@Example.com', next),
      invitation('a', 'ÄNN@example.com', next),
    ])
    const find = (id: string, address: string) =>
      seen(store, async (reader) => (await reader.pendingInvitation({ organizationId: id }, address, at))?.emailAddress)
    t.is(await find('a', 'aNN@eXAMPLE.COM'), 'Ann@Example.com')
    t.is(await find('a', 'Änn@EXAMPLE.com'), 'ÄNN@example.com')
    t.is(await find('a', 'änn@example.com'), undefined, 'only the letters of ASCII have a case')
    t.is(await find('b', 'ann@example.com'), undefined)
  })

  test(`${name}: works of a batch see each other's invitations and keys`, async (t) => {
    const store = await withCatalogue(await openFresh(suite, t))
    await record(store, (next) => [organization('a', next)])
    const invite = () =>
      store.write(provenance(), async (writer) => {
        const before = await writer.pendingInvitation({ organizationId: 'a' }, 'ANN@x.y', at)
        const known = await writer.accessKeys()
        const changes = [invitation('a', 'ann@x.y', writer.nextRevision), accessKey('k', writer.nextRevision)]
        if (before === undefined) await writer.record(changes)
        return [before?.id, (await writer.invitation('orginv_a_ann@x.y'))?.revision, known.map(({ id }) => id)]
      })
    const answers = await Promise.all([invite(), invite()])
    t.deepEqual(
      answers.map(({ value }) => value),
      [
        [undefined, 3, []],
        ['orginv_a_ann@x.y', 3, ['k']],
      ],
    )
  })

  for (const scope of [{ roleSetId: 'free' }, { organizationId: 'a' }]) {
    const where = 'roleSetId' in scope ? 'a set' : 'an organization'
    test(`${name}: invitations that are pending at the time of the write move with the members of ${where}`, async (t) => {
      const store = await withCatalogue(await openFresh(suite, t))
      await record(store, (next) => [
        organization('a', next),
        organization('p', next, { roleSetId: 'pro' }),
        invitation('a', 'pending', next, { expiresAt: at + 6 }),
        invitation('a', 'expired', next, { expiresAt: at + 5 }),
        invitation('a', 'revoked', next, { status: 'revoked' }),
        invitation('a', 'admin', next, { roleIds: ['admin'] }),
        invitation('p', 'elsewhere', next),
        membership('a', 'u', next),
      ])
      await store.write(provenance({ at: at + 5 }), (writer) => writer.record([reassignment(scope)]))
      const invited = await seen(store, async (reader) => [
        ...(await reader.invitations('a', { size: 10 }, { now: at })),
        ...(await reader.invitations('p', { size: 10 }, { now: at })),
      ])
      const stamps = invited.map((each) => [each.emailAddress, each.roleIds[0], each.revision, each.updatedAt - at])
      t.deepEqual(stamps, [
        ['admin', 'admin', 2, 0],
        ['expired', 'member', 2, 0],
        ['pending', 'analyst', 3, 5],
        ['revoked', 'member', 2, 0],
        ['elsewhere', 'member', 2, 0],
      ])
      t.is((await seen(store, (reader) => reader.membership('a', 'u')))?.roleIds[0], 'analyst')
    })
  }

  test(`${name}: the usage of a role counts members and invitations, and each organization once`, async (t) => {
    const store = await withCatalogue(await openFresh(suite, t))
    const many = ['a', 'b', 'c', 'd', 'e']
    await record(store, (next) => [
      ...many.map((id) => organization(id, next)),
      organization('p', next, { roleSetId: 'pro' }),
      membership('a', 'u', next),
      ...['x', 'y'].map((each) => invitation('a', each, next)),
      invitation('b', 'x', next),
      ...many.map((id) => invitation(id, 'late', next, { expiresAt: at, roleIds: ['analyst'] })),
      ...['x', 'y', 'z'].map((each) => invitation('p', each, next, { roleIds: ['admin'] })),
    ])
    const usage = (roleId: string, members: number, invitations: number, organizations: number) => ({
      roleId,
      members,
      invitations,
      organizations,
    })
    const check = async (reader: Reader) => {
      t.deepEqual(await reader.usageIn({ roleSetId: 'free' }, at), [usage('member', 1, 3, 2)])
      t.deepEqual(await reader.usageIn({ organizationId: 'a' }, at), [usage('member', 1, 2, 1)])
      t.deepEqual(await reader.usageIn({ roleSetId: 'pro' }, at), [usage('admin', 0, 3, 1)])
      t.deepEqual(await reader.usageOf('member', undefined, at), usage('member', 1, 3, 2))
      t.deepEqual(await reader.usageOf('admin', { roleSetId: 'pro' }, at), usage('admin', 0, 3, 1))
      t.deepEqual(await reader.usageOf('admin', { roleSetId: 'free' }, at), usage('admin', 0, 0, 0))
      t.deepEqual(await reader.usageOf('analyst', undefined, at), usage('analyst', 0, 0, 0))
      t.deepEqual(await reader.usageOf('analyst', { roleSetId: 'free' }, at - 1), usage('analyst', 0, 5, 5))
    }
    await store.read(check)
    await store.write(provenance(), check)
  })

  test(`${name}: an organization that goes takes its invitations with it`, async (t) => {
    const store = await withCatalogue(await openFresh(suite, t))
    await record(store, (next) => [
      ...['a', 'b'].flatMap((id) => [organization(id, next), invitation(id, 'x', next)]),
      invitation('a', 'y', next, { status: 'accepted' }),
    ])
    const gone = { before: organizationOf('a', 2), members: 0, invitations: 1 }
    await record(store, () => [{ verb: 'deleted', thing: 'organization', ...gone }])
    const left = await seen(store, (reader) => reader.searchInvitations({ now: at }, byTime, { offset: 0, limit: 10 }))
    t.deepEqual(left, { items: [invitationOf('b', 'x', 2)], total: 1 })
  })

  test(`${name}: an invitation into no organization is not let in`, async (t) => {
    const store = await withCatalogue(await openFresh(suite, t))
    const lost = record(store, (next) => [invitation('nowhere', 'x', next)])
    t.is((await t.throwsAsync<StoreError>(lost, { name: 'StoreError' }))?.code, 'failed')
  })

  test(`${name}: settings are as every store begins until they are put, and then as they were given`, async (t) => {
    const place = await suite.createPlace(t)
    const store = await place.open()
    const settingsIn = (opened: Store) => seen(opened, async (reader) => (await reader.catalogue()).settings)
    t.deepEqual(await settingsIn(store), initialSettings)
    const flags = { enabled: false, adminDeleteEnabled: false, slugDisabled: true, domainsEnabled: true }
    const more = { ...flags, maxAllowedMemberships: 7, domainsEnrollmentModes: ['automatic_invitation'] }
    await record(store, (next) => [settings(next, { slugDisabled: true }), settings(next, more)])
    t.deepEqual(await settingsIn(store), settingsOf(1, more))
    await store.close()
    const again = await place.open()
    t.teardown(() => again.close())
    t.deepEqual(await settingsIn(again), settingsOf(1, more))
  })

  test(`${name}: access keys come in the order in which they were made, with those that were revoked`, async (t) => {
    const store = await openFresh(suite, t)
    await record(store, (next) => [accessKey('z', next, { access: 'secret' }), accessKey('a', next)])
    await record(store, (next) => [accessKey('z', next, { access: 'secret', revokedAt: at + 1 })])
    const expected = [accessKeyOf('z', 2, { access: 'secret', revokedAt: at + 1 }), accessKeyOf('a', 1)]
    t.deepEqual(await seen(store, (reader) => reader.accessKeys()), expected)
    const twice = record(store, (next) => [accessKey('b', next, { name: 'a' })])
    t.is((await t.throwsAsync<StoreError>(twice, { name: 'StoreError' }))?.code, 'failed')
  })
}

const byTime = { field: 'created_at', descending: false } as const
