/** What is kept: every thing as it was given, set-wide changes, counts, pages, and what can't be kept. */

import { type Change, put, deleted, type Things, editOf, wholeOf } from '@rolesets/core'
import type { Reader, Store, StoreError } from '../../packages/sidecar/src/storage/store.ts'
import { openFresh, openWatched, type Suite } from './suite.ts'
import {
  at,
  catalogueChanges,
  membership,
  membershipOf,
  organization,
  organizationOf,
  permission,
  provenance,
  record,
  role,
  roleSet,
  withCatalogue,
} from './things.ts'

const laterAt = at + 5

/** Records at another time, which shows in the stamps. */
function recordLater(store: Store, changes: readonly Change[]) {
  return store.write(provenance({ at: laterAt }), (writer) => writer.record(changes))
}

async function seen<T>(store: Store, work: (reader: Reader) => Promise<T>): Promise<T> {
  return (await store.read(work)).value
}

const reassignment = (
  scope: { readonly roleSetId: string } | { readonly organizationId: string },
  ...pairs: readonly (readonly [string, string])[]
): Change => ({
  verb: 'reassigned',
  thing: 'membership',
  among: scope,
  mappings: pairs.map(([fromRoleId, toRoleId]) => ({ fromRoleId, toRoleId, members: 0, invitations: 0 })),
})

export function keeping(suite: Suite): void {
  const { test, name } = suite

  test(`${name}: things come back as they were given`, async (t) => {
    const store = await withCatalogue(await openFresh(suite, t))
    const metadata = {
      '': null,
      'é"\\\n\u0000': ['🦊', { deep: [1.5, -0.1, 1e21, true] }],
      __proto: 'x',
      "'; DROP TABLE": {},
    }
    const acme = organizationOf('org_🦊', 2, { name: 'Ácme "&" Söhne', slug: 'acme', publicMetadata: metadata })
    const bob = membershipOf('org_🦊', "bob'; --", 2, { privateMetadata: metadata, roleIds: ['admin'] })
    await record(store, () => [put('organization', acme, null), put('membership', bob, null)])
    t.deepEqual(await seen(store, (reader) => reader.organization('org_🦊')), acme)
    t.deepEqual(await seen(store, (reader) => reader.organizationBySlug('acme')), acme)
    t.deepEqual(await seen(store, (reader) => reader.membership('org_🦊', "bob'; --")), bob)
    t.is(await seen(store, (reader) => reader.organization('org')), undefined)
    t.is(await seen(store, (reader) => reader.organizationBySlug('other')), undefined)
    t.is(await seen(store, (reader) => reader.membership('org_🦊', 'bob')), undefined)
    const [kept] = await store.changesAfter(1, 1)
    t.deepEqual(kept?.changes, [put('organization', acme, null), put('membership', bob, null)])
  })

  test(`${name}: it says what its files take, and what their disk has free`, async (t) => {
    const store = await openFresh(suite, t)
    const before = await store.diskUsage()
    t.true(before.database + before.log > 0)
    t.true(before.free > 0)
    await withCatalogue(store)
    const after = await store.diskUsage()
    t.true(after.database + after.log > before.database + before.log)
  })

  test(`${name}: a thing that is put again is replaced whole`, async (t) => {
    const store = await withCatalogue(await openFresh(suite, t))
    await record(store, (next) => [
      organization('a', next, { slug: 'x', publicMetadata: { a: 1 } }),
      membership('a', 'u', next),
    ])
    const acme = organizationOf('a', 3, { name: 'A', slug: null, roleSetId: 'pro', updatedAt: laterAt })
    const user = membershipOf('a', 'u', 3, { id: 'orgmem_2', roleIds: ['analyst'], updatedAt: laterAt })
    await record(store, () => [put('organization', acme, null), put('membership', user, null)])
    t.deepEqual(await seen(store, (reader) => reader.organization('a')), acme)
    t.deepEqual(await seen(store, (reader) => reader.membership('a', 'u')), user)
    t.is(await seen(store, (reader) => reader.organizationBySlug('x')), undefined)
    t.deepEqual(
      await seen(store, async (reader) => [
        await reader.organizationCount('free'),
        await reader.organizationCount('pro'),
      ]),
      [0, 1],
    )
  })

  test(`${name}: an organization that goes takes its memberships with it`, async (t) => {
    const store = await withCatalogue(await openFresh(suite, t))
    await record(store, (next) => [
      ...['a', 'b'].map((id) => organization(id, next)),
      ...['u', 'v'].flatMap((user) => [membership('a', user, next), membership('b', user, next)]),
    ])
    await recordLater(store, [
      { verb: 'deleted', thing: 'organization', before: organizationOf('a', 2), members: 2, invitations: 0 },
    ])
    t.is(await seen(store, (reader) => reader.organization('a')), undefined)
    t.is(await seen(store, (reader) => reader.membership('a', 'u')), undefined)
    t.deepEqual(
      await seen(store, async (reader) => [
        await reader.memberCount({ organizationId: 'a' }, at),
        await reader.memberCount({ organizationId: 'b' }, at),
      ]),
      [0, 2],
    )
    t.is(await seen(store, (reader) => reader.organizationCount('free')), 1)
  })

  test(`${name}: all organizations of a set move at once, and are stamped with the write`, async (t) => {
    const store = await withCatalogue(await openFresh(suite, t))
    await record(store, (next) => [
      ...['a', 'b', 'c'].map((id) => organization(id, next)),
      organization('d', next, { roleSetId: 'pro' }),
    ])
    await recordLater(store, [
      { verb: 'moved', thing: 'assignment', fromRoleSetId: 'free', toRoleSetId: 'pro', organizations: 3 },
    ])
    const moved = { roleSetId: 'pro', updatedAt: laterAt, revision: 3 }
    const expected = [
      ...['a', 'b', 'c'].map((id) => organizationOf(id, 2, moved)),
      organizationOf('d', 2, { roleSetId: 'pro' }),
    ]
    t.deepEqual(await seen(store, (reader) => reader.organizations({ size: 10 })), expected)
    t.deepEqual(await seen(store, (reader) => reader.organizations({ size: 10 }, { roleSetId: 'free' })), [])
    t.deepEqual(
      await seen(store, async (reader) => [
        await reader.organizationCount('free'),
        await reader.organizationCount('pro'),
      ]),
      [0, 4],
    )
  })

  test(`${name}: members with a role get another one where the change says, and nowhere else`, async (t) => {
    const store = await withCatalogue(await openFresh(suite, t))
    // Fewer holders than organizations on `free`, more on `pro`: they are found from either side.
    await record(store, (next) => [
      ...['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((id) => organization(id, next)),
      organization('p', next, { roleSetId: 'pro' }),
      membership('a', 'u', next),
      membership('b', 'v', next, { roleIds: ['admin'] }),
      ...['u', 'v', 'w', 'x', 'y'].map((user) => membership('p', user, next)),
    ])
    const rolesIn = (id: string) =>
      seen(store, async (reader) =>
        (await reader.memberships(id, { size: 10 })).map(({ roleIds, revision }) => [roleIds[0], revision]),
      )
    await recordLater(store, [reassignment({ roleSetId: 'free' }, ['member', 'analyst'])])
    t.deepEqual([await rolesIn('a'), await rolesIn('b')], [[['analyst', 3]], [['admin', 2]]])
    t.deepEqual(await rolesIn('p'), Array(5).fill(['member', 2]))
    await recordLater(store, [reassignment({ roleSetId: 'pro' }, ['member', 'admin'])])
    t.deepEqual(await rolesIn('p'), Array(5).fill(['admin', 4]))
    t.deepEqual(await rolesIn('b'), [['admin', 2]])
    await recordLater(store, [reassignment({ organizationId: 'p' }, ['admin', 'member'])])
    t.deepEqual([await rolesIn('p'), await rolesIn('b')], [Array(5).fill(['member', 5]), [['admin', 2]]])
    t.is((await seen(store, (reader) => reader.membership('p', 'u')))?.updatedAt, laterAt)
  })

  test(`${name}: several reassignments of one change happen at the same time`, async (t) => {
    const store = await withCatalogue(await openFresh(suite, t))
    await record(store, (next) => [
      organization('a', next),
      membership('a', 'u', next, { roleIds: ['admin'] }),
      membership('a', 'v', next, { roleIds: ['member'] }),
      membership('a', 'w', next, { roleIds: ['analyst'] }),
    ])
    const roles = () =>
      seen(store, async (reader) => (await reader.memberships('a', { size: 10 })).map(({ roleIds }) => roleIds[0]))
    const turn = [
      ['admin', 'member'],
      ['member', 'analyst'],
      ['analyst', 'admin'],
    ] as const
    for (const scope of [{ roleSetId: 'free' }, { organizationId: 'a' }])
      await recordLater(store, [reassignment(scope, ...turn)])
    t.deepEqual(await roles(), ['analyst', 'admin', 'member'])
  })

  test(`${name}: the usage of roles is counted, in an organization, in a set and everywhere`, async (t) => {
    const store = await withCatalogue(await openFresh(suite, t))
    await record(store, (next) => [
      ...['a', 'b', 'empty'].map((id) => organization(id, next)),
      organization('p', next, { roleSetId: 'pro' }),
      ...['u', 'v'].flatMap((user) => ['a', 'b', 'p'].map((id) => membership(id, user, next))),
      membership('p', 'w', next, { roleIds: ['analyst'] }),
      membership('a', 'x', next, { roleIds: ['admin'] }),
    ])
    const usage = (roleId: string, members: number, organizations: number) => ({
      roleId,
      members,
      invitations: 0,
      organizations,
    })
    const check = async (reader: Reader) => {
      t.deepEqual(await reader.usageIn({ organizationId: 'a' }, at), [usage('admin', 1, 1), usage('member', 2, 1)])
      t.deepEqual(await reader.usageIn({ organizationId: 'empty' }, at), [])
      t.deepEqual(await reader.usageIn({ roleSetId: 'free' }, at), [usage('admin', 1, 1), usage('member', 4, 2)])
      t.deepEqual(await reader.usageIn({ roleSetId: 'pro' }, at), [usage('analyst', 1, 1), usage('member', 2, 1)])
      t.deepEqual(await reader.usageIn({ roleSetId: 'none' }, at), [])
      t.deepEqual(await reader.usageOf('member', undefined, at), usage('member', 6, 3))
      t.deepEqual(await reader.usageOf('member', { roleSetId: 'free' }, at), usage('member', 4, 2))
      t.deepEqual(await reader.usageOf('admin', { roleSetId: 'free' }, at), usage('admin', 1, 1))
      t.deepEqual(await reader.usageOf('analyst', { roleSetId: 'free' }, at), usage('analyst', 0, 0))
      t.deepEqual(await reader.usageOf('none', undefined, at), usage('none', 0, 0))
    }
    await store.read(check)
    await store.write(provenance(), check)
  })

  test(`${name}: pages are ordered by the bytes of the ids, and go on after one`, async (t) => {
    const store = await withCatalogue(await openFresh(suite, t))
    // In UTF-16 the fox would come before the last one.
    const ordered = ['A', 'B', 'a', 'aa', 'ä', '\uffee', '🦊']
    await record(store, (next) => [
      ...[...ordered].reverse().map((id) => organization(id, next, { roleSetId: id === 'B' ? 'pro' : 'free' })),
      ...ordered.map((user) => membership('a', user, next, { roleIds: [user === 'aa' ? 'admin' : 'member'] })),
    ])
    const organizations = (...args: Parameters<Reader['organizations']>) =>
      seen(store, async (reader) => (await reader.organizations(...args)).map(({ id }) => id))
    const members = (...args: Parameters<Reader['memberships']>) =>
      seen(store, async (reader) => (await reader.memberships(...args)).map(({ userId }) => userId))
    t.deepEqual(await organizations({ size: 1_000 }), ordered)
    t.deepEqual(await organizations({ size: 2, after: 'aa' }), ['ä', '\uffee'])
    t.deepEqual(await organizations({ size: 3, after: 'A' }, { roleSetId: 'free' }), ['a', 'aa', 'ä'])
    t.deepEqual(await organizations({ size: 3, after: '🦊' }), [])
    t.deepEqual(await members('a', { size: 1_000 }), ordered)
    t.deepEqual(await members('a', { size: 2, after: 'a' }, { roleId: 'member' }), ['ä', '\uffee'])
    t.deepEqual(await members('B', { size: 2 }), [])
  })

  test(`${name}: the sets of ten thousand organizations are answered at once`, async (t) => {
    const store = await withCatalogue(await openFresh(suite, t))
    const known = Array.from({ length: 2_000 }, (_, n) => `o${n}`)
    await record(store, (next) => known.map((id, n) => organization(id, next, { roleSetId: n % 2 ? 'pro' : 'free' })))
    const asked = Array.from({ length: 10_000 }, (_, n) => `o${n}`)
    const sets = await seen(store, (reader) => reader.roleSetIdsOf(asked.map(wholeOf)))
    t.is(sets.size, 2_000)
    t.deepEqual([sets.get('o0'), sets.get('o1'), sets.get('o2000')], ['free', 'pro', undefined])
    t.is((await seen(store, (reader) => reader.roleSetIdsOf([]))).size, 0)
  })

  test(`${name}: scopes of an organization have role sets of their own, which move and go with what they belong to`, async (t) => {
    const store = await withCatalogue(await openFresh(suite, t))
    const place = { organizationId: 'a', scope: 'team:x' }
    const assignment = { ...place, name: 'X', roleSetId: 'free', updatedAt: at, revision: 2 }
    await record(store, (next) => [
      organization('a', next),
      organization('b', next, { roleSetId: 'pro' }),
      put('assignment', assignment, null),
    ])
    const other = { ...place, scope: 'team:y' }
    const seenNow = () =>
      seen(store, async (reader) => {
        const places = [place, other, wholeOf('a'), wholeOf('b'), wholeOf('none')]
        return [await reader.assignment(place), Object.fromEntries(await reader.roleSetIdsOf(places))]
      })
    t.deepEqual(await seenNow(), [assignment, { 'a\nteam:x': 'free', a: 'free', b: 'pro' }])
    const whole = { ...wholeOf('a'), name: '', roleSetId: 'free', updatedAt: at, revision: 2 }
    t.deepEqual(await seen(store, (reader) => reader.assignment(wholeOf('a'))), whole)
    t.is(await seen(store, (reader) => reader.organizationCount('free')), 1)
    await recordLater(store, [
      { verb: 'moved', thing: 'assignment', fromRoleSetId: 'free', toRoleSetId: 'pro', organizations: 1 },
    ])
    const moved = { ...assignment, roleSetId: 'pro', updatedAt: laterAt, revision: 3 }
    t.deepEqual(await seenNow(), [moved, { 'a\nteam:x': 'pro', a: 'pro', b: 'pro' }])
    const second = { ...moved, ...other, revision: 4 }
    await record(store, () => [put('assignment', second, null), deleted('assignment', moved)])
    t.deepEqual(await seenNow(), [undefined, { 'a\nteam:y': 'pro', a: 'pro', b: 'pro' }])
    await recordLater(store, [
      { verb: 'deleted', thing: 'organization', before: organizationOf('a', 2), members: 0, invitations: 0 },
    ])
    t.deepEqual(await seenNow(), [undefined, { b: 'pro' }])
  })

  // Each of these would be a mistake of the rules; the storage doesn't let it in.
  const refused: Readonly<Record<string, (revision: number) => readonly Change[]>> = {
    'a second initial set': (next) => [roleSet('second', ['admin'], next, { type: 'initial' })],
    'a key that is taken': (next) => [role('other', next, { key: 'org:admin' })],
    'a slug that is taken': (next) => [organization('b', next, { slug: 'taken' })],
    'a set whose default role is not in it': (next) => [roleSet('odd', ['admin'], next, { defaultRoleId: 'member' })],
    'a set whose creator role is not in it': (next) => [roleSet('odd', ['admin'], next, { creatorRoleId: 'member' })],
    'a set without roles': (next) => [roleSet('odd', [], next)],
    'an organization on no set': (next) => [organization('b', next, { roleSetId: 'none' })],
    'a scope of no organization': (next) => [put('assignment', assignmentOf('none', 'free', next), null)],
    'a kind on no set': (next) => [
      put('scope_kind', { kind: 'team', fallback: 'role_set', roleSetId: 'none', updatedAt: at, revision: next }, null),
    ],
    'a default on no set': (next) => [
      put('scope_default', { scope: 'team:x', roleSetId: 'none', updatedAt: at, revision: next }, null),
    ],
    'an initial set without a creator role': (next) => [
      roleSet('free', ['admin', 'member'], next, { creatorRoleId: null, type: 'initial' }),
    ],
    'a scope on no set': (next) => [put('assignment', assignmentOf('a', 'none', next), null)],
    'the end of a set with a scope': (next) => [
      put('assignment', assignmentOf('a', 'pro', next), null),
      deleted('role_set', thingOf('role_set', 'pro')),
    ],
    'a member of no organization': (next) => [membership('none', 'u', next)],
    'a member with no role': (next) => [membership('a', 'u', next, { roleIds: ['none'] })],
    'a role with a permission that is not there': (next) => [role('odd', next, { permissionIds: ['none'] })],
    'the end of a set with organizations': () => [deleted('role_set', thingOf('role_set', 'free'))],
    'the end of a role that a member has': () => [deleted('role', thingOf('role', 'analyst'))],
  }

  for (const [what, changesOf] of Object.entries(refused)) {
    test(`${name}: ${what} is not let in`, async (t) => {
      const { store, count } = await openWatched(suite, t)
      await withCatalogue(store)
      await record(store, (next) => [
        organization('a', next, { slug: 'taken' }),
        membership('a', 'x', next, { roleIds: ['analyst'] }),
      ])
      const error = await t.throwsAsync<StoreError>(record(store, changesOf), { name: 'StoreError' })
      t.is(error?.code, 'failed')
      t.notRegex(error?.message ?? '', /SQL|INSERT|constraint|taken'/)
      t.true(error?.cause instanceof Error)
      t.is(store.head, 2)
      t.is(count('writes_stopped'), 0)
    })
  }

  test(`${name}: within a write the order doesn't matter: what is referred to may come later`, async (t) => {
    const store = await openFresh(suite, t)
    const changes = (next: number) => [...catalogueChanges(next)].reverse()
    await record(store, (next) => [membership('a', 'u', next), organization('a', next), ...changes(next)])
    t.is((await seen(store, (reader) => reader.usageOf('member', undefined, at))).members, 1)
    await record(store, (next) => [
      permission('new', next),
      deleted('permission', thingOf('permission', 'manage')),
      role('admin', next, { permissionIds: ['read', 'new'] }),
    ])
    const { roles, permissions } = await seen(store, (reader) => reader.catalogue())
    t.deepEqual([roles.byId('admin')?.permissionIds, permissions.size], [['read', 'new'], 2])
  })
}

function assignmentOf(organizationId: string, roleSetId: string, revision: number) {
  return { organizationId, scope: 'team:x', name: '', roleSetId, updatedAt: at, revision }
}

/** A thing of the changes that the catalogue begins with. */
function thingOf<Name extends 'permission' | 'role' | 'role_set'>(name: Name, id: string): Things[Name] {
  const things = catalogueChanges(1).flatMap((change) => editOf(change, name)?.after ?? [])
  const found = things.find((thing) => thing.id === id)
  if (found === undefined) throw new Error(`The catalogue has no ${name} ${id}.`)
  return found
}
