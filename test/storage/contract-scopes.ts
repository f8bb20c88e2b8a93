/** Which scopes a change concerns: every way in which a scope can come by its role set, against the rule of core. */

import { put, type Change, type Reassigned } from '@rolesets/core'
import { Replay } from './replay.ts'
import { openFresh, type Suite } from './suite.ts'
import {
  at,
  catalogueChanges,
  invitation,
  membership,
  organization,
  provenance,
  record,
  withCatalogue,
} from './things.ts'

/** Each kind falls back to something else; `odd` isn't registered. */
const kinds = { none: null, organization: null, free: 'free', pro: 'pro' } as const
const kindNames = [...Object.keys(kinds), 'odd']
const organizations = { a: 'free', b: 'pro' } as const
/** A scope of each kind has nothing, a default, a name, or a role set of its own. */
const names = ['nothing', 'default_free', 'default_pro', 'named', 'own_free', 'own_pro', 'own_and_default']
const keys = kindNames.flatMap((kind) => names.map((name) => `${kind}:${name}`))

export function scoping({ test, name, ...suite }: Suite): void {
  test(`${name}: a change concerns the scopes that the rule of core gives it, by every way to a role set`, async (t) => {
    const store = await withCatalogue(await openFresh({ test, name, ...suite }, t))
    await record(store, changesOf)
    const replay = new Replay()
    for (const change of [...catalogueChanges(1), ...changesOf(2)]) replay.apply(change, { revision: 2, at })
    for (const among of amongs()) {
      const title = JSON.stringify(among)
      const meant = [...replay.memberships.values()].filter((each) => each.scope !== '' && replay.isAmong(among, each))
      const { value: found } = await store.read(async (reader) => [
        await reader.scopePlaces(among, at),
        (await reader.scopeUsage(among, at)).map(({ members, invitations }) => [members, invitations]),
      ])
      const places = meant.map(({ organizationId, scope }) => ({ organizationId, scope }))
      const byKey = [...places].sort((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1))
      const counts = Object.keys(organizations).flatMap((id) => {
        const here = meant.filter(({ organizationId }) => organizationId === id).length
        return here === 0 ? [] : [[here, here]]
      })
      t.deepEqual(found, [{ places: meant.length, firstPlaces: byKey }, counts], title)
      if ('roleSetId' in among) {
        const held = { roleId: 'member', roleSetId: among.roleSetId }
        // The organization on the set has holders as a whole, too, and is counted there.
        const beside = Object.values(organizations).filter((roleSetId) => roleSetId !== among.roleSetId).length
        const total = { members: meant.length, invitations: meant.length }
        t.deepEqual((await store.read((reader) => reader.roleInScopes(held, at))).value, {
          usage: { roleId: 'member', ...total, organizations: counts.length === 0 ? 0 : beside },
          ...{ places: meant.length, firstPlaces: byKey },
        })
      }

      const mappings = [{ fromRoleId: 'member', toRoleId: 'admin', members: 0, invitations: 0 }]
      const { value: changed } = await store.write(provenance({ dryRun: true }), async (writer) => {
        await writer.record([{ verb: 'reassigned', thing: 'membership', among, mappings }])
        const span = { offset: 0, limit: 1000 }
        const asked = { scope: '*', roleIds: ['admin'] }
        return (await writer.searchMemberships(asked, { field: 'user_id', descending: false }, span)).items
      })
      const all = [...replay.memberships.values()].filter((each) => replay.isAmong(among, each))
      t.deepEqual(changed.map(keyOf).sort(), all.map(keyOf).sort(), title)
    }
  })
}

/** In each scope, and in the organizations as a whole, is a member and an invitation, with the same role. */
function changesOf(revision: number): readonly Change[] {
  const stamp = { updatedAt: at, revision }
  const ids = Object.keys(organizations) as readonly (keyof typeof organizations)[]
  return [
    ...ids.map((id) => organization(id, revision, { roleSetId: organizations[id] })),
    ...Object.entries(kinds).map(([kind, roleSetId]): Change => {
      const fallback = roleSetId === null ? (kind as 'none' | 'organization') : 'role_set'
      return put('scope_kind', { kind, fallback, roleSetId, ...stamp }, null)
    }),
    ...keys.flatMap((scope): readonly Change[] => {
      const found = /default/.test(scope) ? (scope.endsWith('free') ? 'free' : 'pro') : undefined
      return found === undefined ? [] : [put('scope_default', { scope, roleSetId: found, ...stamp }, null)]
    }),
    ...ids.flatMap((organizationId) =>
      keys.flatMap((scope): readonly Change[] => {
        const own = /own/.test(scope) ? (scope.endsWith('pro') ? 'pro' : 'free') : null
        if (own === null && !scope.endsWith('named')) return []
        return [put('assignment', { organizationId, scope, name: 'N', roleSetId: own, ...stamp }, null)]
      }),
    ),
    ...ids.flatMap((id) =>
      ['', ...keys].flatMap((scope, place) => [
        membership(id, `u${place}`, revision, { scope }),
        invitation(id, `u${place}@x.y`, revision, { scope }),
      ]),
    ),
  ]
}

function amongs(): readonly Reassigned['among'][] {
  return [
    ...['free', 'pro'].map((roleSetId) => ({ roleSetId })),
    ...['a', 'b'].map((organizationId) => ({ organizationId })),
    ...kindNames.map((kind) => ({ kind })),
    ...keys.map((scope) => ({ scope })),
    ...keys.map((scope) => ({ organizationId: 'a', scope })),
  ]
}

function keyOf({ organizationId, scope }: { readonly organizationId: string; readonly scope: string }): string {
  return `${organizationId} ${scope}`
}
