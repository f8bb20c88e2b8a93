/** What the naive model of places answers: which scopes there are, what may be granted in a place, and what a user holds there. */

import {
  isIn,
  isCurrent,
  keyOfPlace,
  kindOf,
  memberOf,
  once,
  placesOf,
  setOf,
  type NaivePlace,
  type World,
} from './world.ts'

export interface NaiveQuestion extends NaivePlace {
  readonly user: string
  readonly role: string
  readonly permission: string
  readonly reach: 'PLACE' | 'ORGANIZATION' | 'EITHER'
}

/** Rules 3 and 20: an unknown organization is treated as on the initial set, one that was deleted has none. */
function asRegistered(world: World, org: string): World {
  if (world.orgs[org] !== undefined || world.deleted.includes(org)) return world
  return { ...world, orgs: { ...world.orgs, [org]: { set: world.initial, quota: 0 } } }
}

const reasons: Readonly<Record<string, string>> = {
  organization_not_found: 'ORGANIZATION_UNKNOWN',
  scope_kind_not_found: 'SCOPE_KIND_UNKNOWN',
  scope_without_role_set: 'SCOPE_UNASSIGNED',
}

const system = ['manage', 'read'].map((verb) => `org:sys_memberships:${verb}`)
const permissions = [...system, 'org:a:read', 'org:a:write']

/** May the role be granted there? Rules 1, 3 and 14. */
export function checked(given: World, { org, scope, role, permission }: NaiveQuestion): readonly string[] {
  const world = asRegistered(given, org)
  const found = setOf(world, { org, scope })
  if ('without' in found) return [reasons[found.without] ?? '', '']
  const held = world.roles[role]
  const reason = () => {
    if (held === undefined) return 'ROLE_UNKNOWN'
    if (!world.sets[found.set]?.roles.includes(role)) return 'ROLE_NOT_IN_SET'
    if (permission === '' || held.includes(permission)) return 'ROLE_IN_SET'
    return permissions.includes(permission) ? 'PERMISSION_NOT_IN_ROLE' : 'PERMISSION_UNKNOWN'
  }
  return [reason(), found.set]
}

/** Does the user hold the role, or the permission if one is named? Rules 15, 17 and 22. */
export function memberChecked(given: World, question: NaiveQuestion) {
  const { org, scope, user, role, permission, reach } = question
  const world = asRegistered(given, org)
  const [whole, place] = ['', scope].map((each) => ({ org, scope: each })) as [NaivePlace, NaivePlace]
  const [ofWhole, ofPlace] = [setOf(world, whole), setOf(world, place)]
  const without = (why: string) => ({ reason: reasons[why] ?? '', roles: [] as string[] })
  if ('without' in ofWhole) return without(ofWhole.without)
  const isNone = 'without' in ofPlace
  if (isNone && (ofPlace.without !== 'scope_without_role_set' || reach === 'PLACE')) return without(ofPlace.without)
  const isWithin = (at: NaivePlace) => scope === '' || reach === 'EITHER' || (reach === 'PLACE') === (at === place)
  const places = (scope === '' ? [place] : [place, whole]).filter(isWithin)
  const offered = (at: NaivePlace) => {
    const found = setOf(world, at)
    return 'set' in found ? (world.sets[found.set]?.roles ?? []) : undefined
  }
  const sources = places.flatMap((at) => {
    const member = memberOf(world, at, user)
    const set = offered(at)
    if (member === undefined || set === undefined) return []
    return [{ at, roles: member.roles.filter((each) => set.includes(each)) }]
  })
  const roles = once(sources.flatMap((source) => source.roles))
  const byWhom = (counts: (role: string) => boolean) => {
    const source = sources.find((each) => each.roles.some(counts))
    if (source === undefined) return undefined
    return source.at === place ? 'MEMBER_HOLDS_ROLE' : 'MEMBER_HOLDS_ROLE_IN_ORGANIZATION'
  }
  const reason = () => {
    if (sources.length === 0) return 'NOT_A_MEMBER'
    if (permission !== '') {
      if (!permissions.includes(permission)) return 'PERMISSION_UNKNOWN'
      return byWhom((each) => world.roles[each]?.includes(permission) === true) ?? 'PERMISSION_NOT_HELD'
    }
    if (world.roles[role] === undefined) return 'ROLE_UNKNOWN'
    const isOffered = places.some((at) => offered(at)?.includes(role))
    return byWhom((each) => each === role) ?? (isOffered ? 'ROLE_NOT_HELD' : 'ROLE_NOT_IN_SET')
  }
  return { reason: reason(), roles }
}

/** The scopes of an organization with a name, a set of their own, or members, with their sets and why they have these. */
export function scopesListed(world: World, org: string): readonly string[] | undefined {
  if (world.orgs[org] === undefined) return undefined
  const membersIn = (place: NaivePlace) =>
    world.members.filter(isIn(place)).filter((each) => isCurrent(world, each)).length
  const origin = ({ scope }: NaivePlace, own: string) => {
    if (own !== '') return 'own'
    if (world.defaults[scope] !== undefined) return 'default'
    return world.kinds[kindOf(scope)] === 'organization' ? 'organization' : 'kind'
  }
  return placesOf(world)
    .filter((place) => place.org === org && place.scope !== '')
    .map((place) => ({
      place,
      members: membersIn(place),
      ...(world.scopes[keyOfPlace(place)] ?? { name: '', own: '' }),
    }))
    .filter(({ members, name, own }) => members > 0 || name !== '' || own !== '')
    .map(({ place, members, name, own }) => {
      const found = setOf(world, place)
      return [place.scope, name, members, ...('set' in found ? [found.set, origin(place, own)] : ['', ''])].join()
    })
    .sort()
}
