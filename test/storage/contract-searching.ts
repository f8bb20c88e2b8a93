/** Lists by number: what they find, in which order, and how much there is of it. */

import type { Departure } from '../../packages/sidecar/src/domain/decided.ts'
import type { Reader, Store } from '../../packages/sidecar/src/storage/store.ts'
import { openFresh, type Suite } from './suite.ts'
import { at, invitation, membership, organization, provenance, record, withCatalogue } from './things.ts'

async function seen<T>(store: Store, work: (reader: Reader) => Promise<T>): Promise<T> {
  return (await store.read(work)).value
}

const byTime = { field: 'created_at', descending: false } as const
const all = { offset: 0, limit: 1_000 }

export function searching(suite: Suite): void {
  const { test, name } = suite

  test(`${name}: organizations are found that have no other member with a remaining role, once some members leave`, async (t) => {
    const store = await withCatalogue(await openFresh(suite, t))
    const held = (id: string, userId: string, roleId: string, next: number) =>
      membership(id, userId, next, { roleIds: [roleId] })
    await record(store, (next) => [
      ...['a', 'b', 'c', 'd'].map((id) => organization(id, next, { roleSetId: id === 'd' ? 'pro' : 'free' })),
      ...[held('a', 'u', 'admin', next), held('a', 'v', 'member', next)],
      ...[held('b', 'u', 'admin', next), held('b', 'v', 'admin', next)],
      ...[held('c', 'u', 'member', next), held('d', 'u', 'admin', next), held('d', 'v', 'analyst', next)],
    ])
    const ask = async (leaving: Departure['leaving'], remainingRoleIds = ['admin'], limit = 10) => {
      const { organizations, organizationIds } = await seen(store, (reader) =>
        reader.withoutAdministrator({ leaving, remainingRoleIds }, { limit, now: at }),
      )
      return [organizations, organizationIds.join('')]
    }
    const leave = (...pairs: readonly string[]) => ({
      members: pairs.map(([organizationId = '', userId = '']) => ({ organizationId, userId, expiresAt: null })),
    })
    const lose = (roleIds: readonly string[], among?: { organizationId: string } | { roleSetId: string }) => ({
      roleIds,
      among,
    })
    t.deepEqual(await ask(leave('au')), [1, 'a'], 'the role of the one who leaves does not count')
    t.deepEqual(await ask(leave('au', 'bu', 'du')), [2, 'ad'])
    t.deepEqual(await ask(leave('bu', 'bv')), [1, 'b'], 'two who leave do not count for each other')
    t.deepEqual(await ask(leave('au'), ['admin', 'member']), [0, ''])
    t.deepEqual(await ask(leave('au', 'bu', 'bv', 'du'), ['admin'], 2), [3, 'ab'], 'all are counted')
    t.deepEqual(await ask(lose(['admin']), ['member']), [2, 'bd'])
    t.deepEqual(await ask(lose(['admin'], { organizationId: 'a' }), []), [1, 'a'])
    t.deepEqual(await ask(lose(['admin'], { organizationId: 'a' }), ['member']), [0, ''])
    t.deepEqual(await ask(lose(['admin', 'analyst'], { roleSetId: 'free' }), []), [2, 'ab'])
    t.deepEqual(await ask(lose(['admin'], { roleSetId: 'pro' }), ['member']), [1, 'd'])
    t.deepEqual(await ask(lose(['admin'], { roleSetId: 'pro' }), ['analyst']), [0, ''])
    t.deepEqual(await ask({ organizationIds: ['a', 'c', 'none'] }), [1, 'c'])
  })

  test(`${name}: invitations are found by inviter, and by all addresses of a user`, async (t) => {
    const store = await withCatalogue(await openFresh(suite, t))
    await record(store, (next) => [
      ...['a', 'b'].map((id) => organization(id, next)),
      invitation('b', 'Hal@x.io', next, { status: 'accepted', acceptedByUserId: 'hal' }),
      ...[invitation('a', 'hal@X.io', next), invitation('a', 'hal', next, { inviterUserId: 'ann' })],
      ...[invitation('a', 'hal@work.io', next), invitation('b', 'ivy@x.io', next, { inviterUserId: 'ann' })],
    ])
    const find = (query: Partial<Parameters<Reader['searchInvitations']>[0]>) =>
      seen(store, async (reader) => {
        const pending = { statuses: ['pending'], now: at } as const
        const { items } = await reader.searchInvitations({ ...pending, ...query }, byTime, all)
        return items.map(({ organizationId, emailAddress }) => `${organizationId} ${emailAddress}`).sort()
      })
    const hal = { userId: 'hal', emailAddresses: [] }
    t.deepEqual(await find({ invitee: hal }), ['a hal', 'a hal@X.io'])
    t.deepEqual(await find({ invitee: hal, organizationId: 'b' }), [])
    t.deepEqual(await find({ invitee: { userId: 'x', emailAddresses: ['HAL@work.io'] } }), ['a hal@work.io'])
    t.deepEqual(await find({ invitee: { userId: '', emailAddresses: [] } }), [], 'an empty user id stands for no user')
    t.deepEqual(await find({ inviterUserId: 'ann' }), ['a hal', 'b ivy@x.io'])
    t.deepEqual(await find({ inviterUserId: 'ann', organizationId: 'b' }), ['b ivy@x.io'])
    t.deepEqual(await find({ inviterUserId: '' }), [], 'an empty inviter stands for no user')
  })

  test(`${name}: organizations are found by text, by id and by their members`, async (t) => {
    const store = await withCatalogue(await openFresh(suite, t))
    await record(store, (next) => [
      organization('a', next, { name: '100% Pure_Söhne', slug: 'pure' }),
      organization('b', next, { name: '100 percent', slug: 'B-side' }),
      organization('c', next, { name: "O'Neil\\ c" }),
      membership('a', 'u', next),
      membership('b', 'u', next),
      membership('b', 'v', next),
    ])
    const find = async (query: Omit<Parameters<Reader['searchOrganizations']>[0], 'now'>) => {
      const { items } = await seen(store, (reader) => reader.searchOrganizations({ ...query, now: at }, byTime, all))
      return items.map(({ id }) => id)
    }
    t.deepEqual(await find({}), ['a', 'b', 'c'])
    t.deepEqual(await find({ text: '100' }), ['a', 'b'])
    t.deepEqual(await find({ text: '0% ' }), ['a'], 'signs have no meaning of their own')
    t.deepEqual(await find({ text: 'e_s' }), ['a'])
    t.deepEqual(await find({ text: "o'neil\\" }), ['c'])
    t.deepEqual(await find({ text: 'SöHNE' }), ['a'])
    t.deepEqual(await find({ text: 'SÖHNE' }), [], 'only the letters of ASCII have a case')
    t.deepEqual(await find({ text: 'SIDE' }), ['b'])
    t.deepEqual(await find({ text: 'c' }), ['b', 'c'], 'the whole id, or a part of the name')
    t.deepEqual(await find({ ids: { include: ['a', 'c', 'none'] } }), ['a', 'c'])
    t.deepEqual(await find({ ids: { include: ['a', 'c'], exclude: ['c'] } }), ['a'])
    t.deepEqual(await find({ ids: { include: [] } }), [])
    t.deepEqual(await find({ userIds: { include: ['u', 'v'] } }), ['a', 'b'])
    t.deepEqual(await find({ userIds: { include: ['u'], exclude: ['v'] } }), ['a'])
    t.deepEqual(await find({ userIds: { exclude: ['u'] } }), ['c'])
    t.deepEqual(await find({ text: '100', ids: { exclude: ['a'] }, userIds: { include: ['v'] } }), ['b'])
  })

  test(`${name}: organizations are ordered by time, name or members, and by id where those are the same`, async (t) => {
    const store = await withCatalogue(await openFresh(suite, t))
    await record(store, (next) => [
      organization('a', next, { name: 'z', createdAt: at + 1 }),
      organization('b', next, { name: 'y' }),
      organization('c', next, { name: 'y' }),
      membership('b', 'u', next),
      membership('b', 'v', next),
    ])
    const find = (...[field, descending]: ['created_at' | 'name' | 'members_count', boolean]) =>
      seen(store, async (reader) => {
        const { items } = await reader.searchOrganizations({ now: at }, { field, descending }, all)
        return items.map(({ id }) => id).join('')
      })
    t.deepEqual([await find('created_at', false), await find('created_at', true)], ['bca', 'acb'])
    t.deepEqual([await find('name', false), await find('name', true)], ['bca', 'acb'])
    t.deepEqual([await find('members_count', false), await find('members_count', true)], ['acb', 'bca'])
  })

  test(`${name}: members are found by organization, user, role, text and time`, async (t) => {
    const store = await withCatalogue(await openFresh(suite, t))
    await record(store, (next) => [
      ...['a', 'b'].map((id) => organization(id, next)),
      membership('a', 'user_1', next, { createdAt: at + 3 }),
      membership('a', 'user_2', next, { createdAt: at + 2, roleIds: ['admin'] }),
      membership('b', 'user_1', next, { createdAt: at + 1, roleIds: ['analyst'] }),
    ])
    const find = (query: Parameters<Reader['searchMemberships']>[0]) =>
      seen(store, async (reader) => {
        const { items } = await reader.searchMemberships(query, byTime, all)
        return items.map(({ organizationId, userId }) => organizationId + userId.slice(-1)).join(' ')
      })
    t.is(await find({}), 'b1 a2 a1')
    t.is(await find({ organizationId: 'a' }), 'a2 a1')
    t.is(await find({ userIds: { include: ['user_1'] } }), 'b1 a1')
    t.is(await find({ userIds: { exclude: ['user_1'] } }), 'a2')
    t.is(await find({ roleIds: ['admin', 'analyst'] }), 'b1 a2')
    t.is(await find({ roleIds: [] }), '')
    t.is(await find({ text: 'R_2' }), 'a2')
    t.is(await find({ createdFrom: at + 2 }), 'a2 a1')
    t.is(await find({ createdFrom: at + 2, createdTo: at + 2 }), 'a2')
    const byUser = { field: 'user_id', descending: true } as const
    const { items } = await seen(store, (reader) => reader.searchMemberships({ organizationId: 'a' }, byUser, all))
    t.deepEqual(
      items.map(({ userId }) => userId),
      ['user_2', 'user_1'],
    )
  })

  test(`${name}: invitations are found by organization, status, address, text and user`, async (t) => {
    const store = await withCatalogue(await openFresh(suite, t))
    await record(store, (next) => [
      ...['a', 'b'].map((id) => organization(id, next)),
      invitation('a', 'Ann@x.y', next, { createdAt: at + 3 }),
      invitation('a', 'bob@x.y', next, { createdAt: at + 2, status: 'accepted', acceptedByUserId: 'user_1' }),
      invitation('b', 'ann@x.y', next, { createdAt: at + 1, expiresAt: at + 9 }),
    ])
    const find = (query: Omit<Parameters<Reader['searchInvitations']>[0], 'now'>, now = at) =>
      seen(store, async (reader) => {
        const { items } = await reader.searchInvitations({ ...query, now }, byTime, all)
        return items.map(({ organizationId, emailAddress }) => organizationId + emailAddress.slice(0, 3)).join(' ')
      })
    t.is(await find({}), 'bann abob aAnn')
    t.is(await find({ organizationId: 'a' }), 'abob aAnn')
    t.is(await find({ statuses: ['pending'] }), 'bann aAnn')
    t.is(await find({ statuses: ['pending'] }, at + 9), 'aAnn')
    t.is(await find({ statuses: ['expired', 'accepted'] }, at + 9), 'bann abob')
    t.is(await find({ emailAddress: 'ANN@X.Y' }), 'bann aAnn')
    t.is(await find({ text: 'B@X' }), 'abob')
    t.is(await find({ text: 'orginv_a_Ann@x.y' }), 'aAnn')
    t.is(await find({ userId: 'user_1' }), 'abob')
    t.is(await find({ userId: 'ANN@x.y' }), 'bann aAnn')
    t.is(await find({ userId: '' }), '', 'an empty user id finds no invitation')
    const byAddress = { field: 'email_address', descending: false } as const
    const { items } = await seen(store, (reader) => reader.searchInvitations({ now: at }, byAddress, all))
    t.deepEqual(
      items.map(({ id }) => id),
      ['orginv_a_Ann@x.y', 'orginv_b_ann@x.y', 'orginv_a_bob@x.y'],
    )
  })

  test(`${name}: the pages of a list neither repeat nor skip a thing, and say how many there are`, async (t) => {
    const store = await withCatalogue(await openFresh(suite, t))
    const ids = Array.from({ length: 25 }, (_, n) => `o${String(n).padStart(2, '0')}`)
    await record(store, (next) => ids.map((id) => organization(id, next)))
    const page = (offset: number, limit: number) =>
      seen(store, (reader) =>
        reader.searchOrganizations({ now: at }, { field: 'name', descending: true }, { offset, limit }),
      )
    const pages = [await page(0, 10), await page(10, 10), await page(20, 10), await page(30, 10), await page(0, 0)]
    t.deepEqual(
      pages.flatMap(({ items }) => items.map(({ id }) => id)),
      [...ids].reverse(),
    )
    t.deepEqual(
      pages.map(({ total }) => total),
      Array(5).fill(25),
    )
    await t.throwsAsync(page(0, 1_001), { instanceOf: RangeError })
    await t.throwsAsync(page(-1, 10), { instanceOf: RangeError })
  })

  test(`${name}: members are counted for many organizations at once`, async (t) => {
    const store = await withCatalogue(await openFresh(suite, t))
    await record(store, (next) => [
      ...['a', 'b', 'empty'].map((id) => organization(id, next)),
      ...['u', 'v'].map((user) => membership('a', user, next)),
      membership('b', 'u', next),
    ])
    const counts = async (reader: Reader) => [...(await reader.memberCounts(['b', 'a', 'empty', 'none'], at))].sort()
    const expected = [
      ['a', 2],
      ['b', 1],
    ]
    t.deepEqual(await seen(store, counts), expected)
    const tooMany = Array.from({ length: 1_001 }, (_, n) => `o${n}`)
    await t.throwsAsync(
      seen(store, (reader) => reader.memberCounts(tooMany, at)),
      { instanceOf: RangeError },
    )
    const { value } = await store.write(provenance(), async (writer) => {
      await writer.record([membership('a', 'w', writer.nextRevision)])
      return counts(writer)
    })
    t.deepEqual(value, [['a', 3], expected[1]])
  })
}
