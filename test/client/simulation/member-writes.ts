/** Random writes about members of organizations and of their scopes. */

import type { Change } from '@rolesets/client'
import { heldAt, memberKey, placeOfMember, setOfPlace, type Member, type State } from './naive-store.ts'
import { assignmentOf, crowded, pick, roleCount, scopeKeys, times, userIds, type Planned } from './plans.ts'

/** Most are in organizations as a whole: without these, nobody is a member of a scope. */
const places = ['', '', '', 'team:a', 'team:a', 'team:b', 'unit:a']

export const memberPlans = {
  member(state, a, b, { nowMs }) {
    const [organizationId, userId, scope] = [pick(crowded, a), pick(userIds, b), pick(places, a + b)]
    const roleIds = [...state.roles.keys()].filter((_, n) => n === a % roleCount || (b >> n) % 4 === 3)
    const member = { roleIds, untilMs: a % 3 === 0 ? nowMs + 5 * b : Infinity }
    const members = new Map(state.members)
    const put = (place: string, held: Member): Change => {
      members.set(memberKey(organizationId, userId, place), held)
      return { membershipPut: { ...membershipOf({ organizationId, userId, scope: place }), ...heldOf(state, held) } }
    }
    // Who is a member of a scope is one of its organization: mostly since before, now and then by the same write.
    const isInside = scope === '' || heldAt(state, { organizationId, userId, scope: '' }, nowMs).whole !== undefined
    const whole = isInside ? [] : [put('', { roleIds: roleIds.slice(0, 1), untilMs: Infinity })]
    const changes = [...whole, put(scope, member)]
    return { state: { ...state, members }, changes: () => changes }
  },

  /** With the membership of an organization as a whole those in its scopes end, in the same write. */
  unmember(state, a, b) {
    const [organizationId, userId, scope] = [pick(crowded, a), pick(userIds, b), pick(places, a)]
    const ending = [...state.members.keys()].filter((key) => {
      const each = placeOfMember(key)
      const isThere = each.organizationId === organizationId && each.userId === userId
      return isThere && (scope === '' || each.scope === scope)
    })
    if (ending.length === 0) return undefined
    const members = new Map([...state.members].filter(([key]) => !ending.includes(key)))
    const deletions = ending.map((key) => {
      const { id, ...place } = membershipOf(placeOfMember(key))
      return {
        membershipDeleted: {
          ...{ id, organizationId: place.organizationId, userId: place.userId, scope: place.scope },
        },
      }
    })
    return { state: { ...state, members }, changes: () => deletions }
  },

  reassign(state, a, b) {
    const [from, to] = [pick([...state.roles.keys()], a), pick([...state.roles.keys()], b)]
    if (from === to) return undefined
    const among = pick(amongs(state, a, b), a + b)
    const members = [...state.members].map(([key, { roleIds, untilMs }]) => {
      const moved = [...new Set(roleIds.map((id) => (id === from ? to : id)))]
      return [key, { roleIds: among.has(placeOfMember(key)) ? moved : roleIds, untilMs }] as const
    })
    const mappings = [{ fromRoleId: from, toRoleId: to, members: 1, invitations: 0 }]
    return {
      state: { ...state, members: new Map(members) },
      changes: () => [{ membersReassigned: { ...among.fields, mappings } }],
    }
  },

  /** Its members, its name and its own role set go along. */
  renameScope(state, a, b) {
    const organizationId = pick(crowded, a)
    const isUsed = (scope: string) =>
      state.scopes.has(`${organizationId}\n${scope}`) ||
      [...state.members.keys()].map(placeOfMember).some((each) => isIn(organizationId, scope)(each))
    const [used, free] = [scopeKeys.filter(isUsed), scopeKeys.slice(0, 3).filter((scope) => !isUsed(scope))]
    if (used.length === 0 || free.length === 0) return undefined
    const [fromScope, toScope] = [pick(used, a), pick(free, b)]
    const members = [...state.members].map(([key, member]) => {
      const each = placeOfMember(key)
      return [
        isIn(organizationId, fromScope)(each) ? memberKey(organizationId, each.userId, toScope) : key,
        member,
      ] as const
    })
    const scopes = new Map(state.scopes)
    const own = scopes.get(`${organizationId}\n${fromScope}`)
    scopes.delete(`${organizationId}\n${fromScope}`)
    if (own !== undefined) scopes.set(`${organizationId}\n${toScope}`, own)
    const renamed = { scopeRenamed: { organizationId, fromScope, toScope, members: 0, invitations: 0 } }
    const assignments = (next: State): Change[] => [
      { assignmentDeleted: { organizationId, scope: fromScope } },
      { assignmentPut: assignmentOf(next, organizationId, toScope) },
    ]
    return {
      state: { ...state, members: new Map(members), scopes },
      changes: (next) => [renamed, ...(own === undefined ? [] : assignments(next))],
    }
  },
} satisfies Record<string, Planned>

interface Place {
  readonly organizationId: string
  readonly scope: string
}

/** In which places a reassignment counts: what the wire says, and what it means. */
function amongs(state: State, a: number, b: number) {
  const [organizationId, scope] = [pick(crowded, b), pick(scopeKeys.slice(0, 3), a)]
  const roleSetId = pick([...state.roleSets.keys()], a)
  const kind = scope.split(':')[0] ?? ''
  const hasOwn = (place: Place) => state.scopes.has(`${place.organizationId}\n${place.scope}`)
  const isGiven = (place: Place) => hasOwn(place) || state.defaults.has(place.scope)
  const kindOf = (place: Place) => place.scope.split(':')[0] ?? ''
  const follows = (place: Place) => !isGiven(place) && state.kinds.get(kindOf(place)) === 'organization'
  return [
    { fields: { roleSetId }, has: (place: Place) => setOfPlace(state, place) === roleSetId },
    {
      fields: { organizationId },
      has: (place: Place) => place.organizationId === organizationId && (place.scope === '' || follows(place)),
    },
    { fields: { organizationId, scopeKey: scope }, has: isIn(organizationId, scope) },
    { fields: { scopeKind: kind }, has: (place: Place) => kindOf(place) === kind && !isGiven(place) },
    { fields: { scopeDefault: scope }, has: (place: Place) => place.scope === scope && !hasOwn(place) },
  ]
}

function isIn(organizationId: string, scope: string): (place: Place) => boolean {
  return (place) => place.organizationId === organizationId && place.scope === scope
}

function membershipOf({ organizationId, userId, scope }: Place & { readonly userId: string }) {
  const metadata = { publicMetadata: {}, privateMetadata: {} }
  return { id: `orgmem_${organizationId}_${userId}_${scope}`, organizationId, userId, scope, ...metadata, ...times }
}

function heldOf(state: State, { roleIds, untilMs }: Member) {
  const roles = roleIds.map((id) => state.roles.get(id)?.key ?? id)
  const expiresAtMs = untilMs === Infinity ? 0 : untilMs
  return { role: roles[0] ?? '', roleId: roleIds[0] ?? '', roles, roleIds, expiresAtMs }
}
