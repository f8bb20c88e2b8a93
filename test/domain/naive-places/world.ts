/**
 * What the naive model of places remembers, by keys: organizations and their scopes, members and invitations with several
 * roles, the kinds and defaults of scopes. It is written from the text of `docs/design/model.md`, as plainly as possible, and
 * shares no code with the rules that it is compared with.
 */

export interface NaiveSet {
  roles: string[]
  defaultRole: string
  /** Empty: the set is for scopes only. */
  creatorRole: string
}

export interface NaivePlace {
  readonly org: string
  /** Empty: the organization as a whole. */
  readonly scope: string
}

/** What members and invitations have in common. */
export interface NaiveHolder extends NaivePlace {
  scope: string
  roles: string[]
  /** What mappings of moves took, the oldest first; forgotten when something else changes the roles. */
  former: string[][]
}

export interface NaiveMember extends NaiveHolder {
  readonly user: string
  /** Infinity: without an end. */
  until: number
}

export interface NaiveInvitation extends NaiveHolder {
  readonly address: string
  readonly inviter: string
  readonly until: number
  status: 'pending' | 'accepted' | 'revoked'
  acceptedBy: string
}

export interface World {
  /** The permissions of each role. */
  roles: Record<string, string[]>
  sets: Record<string, NaiveSet>
  initial: string
  /** `organization`, `none`, or the key of a set. */
  kinds: Record<string, string>
  defaults: Record<string, string>
  orgs: Record<string, { set: string; quota: number }>
  deleted: string[]
  /** By `keyOfPlace`: what scopes have of their own. */
  scopes: Record<string, { name: string; own: string }>
  members: NaiveMember[]
  /** In the order in which they were made. */
  invitations: NaiveInvitation[]
  settings: { maxRoles: number; lastAdministrator: string }
  now: number
}

const everything = ['sys_memberships:manage', 'sys_memberships:read', 'sys_profile:delete']
const others = ['sys_profile:manage', 'sys_domains:read', 'sys_domains:manage', 'sys_billing:manage']
const rest = ['sys_billing:read', 'sys_entconns:manage']

export function freshWorld(): World {
  return {
    roles: {
      'org:admin': [...everything, ...others, ...rest].map((key) => `org:${key}`).sort(),
      'org:member': ['org:sys_billing:read', 'org:sys_memberships:read'],
    },
    sets: {
      'role_set:default': {
        roles: ['org:admin', 'org:member'],
        ...{ defaultRole: 'org:member', creatorRole: 'org:admin' },
      },
    },
    ...{ initial: 'role_set:default', kinds: {}, defaults: {}, orgs: {}, deleted: [], scopes: {} },
    ...{ members: [], invitations: [], settings: { maxRoles: 1, lastAdministrator: 'refuse' }, now: 0 },
  }
}

export function keyOfPlace({ org, scope }: NaivePlace): string {
  return `${org} ${scope}`
}

export function kindOf(scope: string): string {
  return scope.split(':')[0] ?? ''
}

/** Rule 14. @returns the key of the set, or why nothing can be granted there */
export function setOf(world: World, place: NaivePlace): { set: string } | { without: string } {
  const ofOrganization = world.orgs[place.org]?.set
  if (ofOrganization === undefined) return { without: 'organization_not_found' }
  if (place.scope === '') return { set: ofOrganization }
  const fallback = world.kinds[kindOf(place.scope)]
  if (fallback === undefined) return { without: 'scope_kind_not_found' }
  const own = world.scopes[keyOfPlace(place)]?.own ?? ''
  if (own !== '') return { set: own }
  const byDefault = world.defaults[place.scope]
  if (byDefault !== undefined) return { set: byDefault }
  if (fallback === 'none') return { without: 'scope_without_role_set' }
  return { set: fallback === 'organization' ? ofOrganization : fallback }
}

export function rolesOffered(world: World, place: NaivePlace): readonly string[] {
  const found = setOf(world, place)
  return 'set' in found ? (world.sets[found.set]?.roles ?? []) : []
}

/** Rule 22: after the end, a member counts nowhere. Rule 15: members of a scope are members of its organization. */
export function isCurrent(world: World, member: NaiveMember): boolean {
  if (member.until <= world.now) return false
  return member.scope === '' || memberOf(world, { org: member.org, scope: '' }, member.user) !== undefined
}

export function isPending(world: World, { status, until }: NaiveInvitation): boolean {
  return status === 'pending' && until > world.now
}

export function isIn({ org, scope }: NaivePlace): (thing: NaivePlace) => boolean {
  return (thing) => thing.org === org && thing.scope === scope
}

/** One that has not ended. */
export function memberOf(world: World, place: NaivePlace, user: string): NaiveMember | undefined {
  return world.members.filter(isIn(place)).find((each) => each.user === user && isCurrent(world, each))
}

export interface Held {
  readonly kind: 'members' | 'invitations'
  readonly holder: NaiveHolder
}

/** Everyone who holds roles in a place now. */
export function holdersIn(world: World, place: NaivePlace): Held[] {
  return holders(world).filter(({ holder }) => isIn(place)(holder))
}

export function holders(world: World): Held[] {
  return [
    ...world.members.filter((each) => isCurrent(world, each)).map((holder) => ({ kind: 'members' as const, holder })),
    ...world.invitations
      .filter((each) => isPending(world, each))
      .map((holder) => ({ kind: 'invitations' as const, holder })),
  ]
}

/** All organizations, and their scopes as far as there is something in them. */
export function placesOf(world: World): NaivePlace[] {
  const found = new Map<string, NaivePlace>()
  for (const org of Object.keys(world.orgs)) found.set(keyOfPlace({ org, scope: '' }), { org, scope: '' })
  for (const key of Object.keys(world.scopes)) {
    const [org = '', scope = ''] = key.split(' ')
    found.set(key, { org, scope })
  }
  for (const { holder } of holders(world)) found.set(keyOfPlace(holder), { org: holder.org, scope: holder.scope })
  return [...found.values()]
}

/** What a role needs to be some set's creator role. */
export function isEligible(world: World, role: string): boolean {
  return everything.every((key) => world.roles[role]?.includes(`org:${key}`))
}

export function replaced(keys: readonly string[], from: string, to: string): string[] {
  return keys.map((key) => (key === from ? to : key))
}

/** Each once, at its first place. */
export function once(keys: readonly string[]): string[] {
  return [...new Set(keys)]
}
