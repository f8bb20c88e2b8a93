/**
 * The second question of Rolesets: does this user hold a role now, or a permission through one? The sidecar, the client's
 * cache and the fake sidecar all decide here, from what they know of the place and of the user's memberships.
 */

import { sortByKey, type Catalogue } from './catalogue.ts'
import type { ScopeReason } from './places.ts'
import type { Role, RoleSet } from './things.ts'

export const memberReasons = [
  /** Allowed: the user holds the role in the place, or there a role with the permission. */
  'MEMBER_HOLDS_ROLE',
  /** Allowed: the same, by a role that the user holds in the organization as a whole, where `reach` lets it count. */
  'MEMBER_HOLDS_ROLE_IN_ORGANIZATION',
  'NOT_A_MEMBER',
  /** The role is in the set of the place, and the user doesn't hold it. */
  'ROLE_NOT_HELD',
  'ROLE_NOT_IN_SET',
  'PERMISSION_NOT_HELD',
  'ROLE_UNKNOWN',
  'PERMISSION_UNKNOWN',
  'ORGANIZATION_UNKNOWN',
  'SCOPE_KIND_UNKNOWN',
  'SCOPE_UNASSIGNED',
] as const

export type MemberReason = (typeof memberReasons)[number]

/** The reasons of which the answer is "yes". */
export function isMemberAllowed(reason: MemberReason): boolean {
  return reason === 'MEMBER_HOLDS_ROLE' || reason === 'MEMBER_HOLDS_ROLE_IN_ORGANIZATION'
}

/** Which roles count in a scope: those held there, those held in the organization as a whole, or both. */
export const reaches = ['PLACE', 'ORGANIZATION', 'EITHER'] as const

export type Reach = (typeof reaches)[number]

/** Exactly one of the three. */
export type MemberQuestion =
  /** Key or id of the role that the user must hold. */
  | { readonly role: string }
  /** Key of the permission that one of the user's roles must hold. */
  | { readonly permission: string }
  /** Whether the user is a member at all. */
  | { readonly anyRole: true }

/** What a membership says, as far as a decision needs it. */
export interface Held {
  /** Never empty. */
  readonly roleIds: readonly string[]
  /** Unix milliseconds; null: without an end. From this moment on it is no membership (rule 22). */
  readonly expiresAt: number | null
}

/** Why a place has no role set. */
export type WithoutRoleSet = 'ORGANIZATION_UNKNOWN' | ScopeReason

/** What is known of an organization or a part of it, and of the user there. */
export interface MemberStanding {
  readonly roleSet: RoleSet | WithoutRoleSet
  /** Undefined: the user has no membership there. */
  readonly held: Held | undefined
}

export interface MemberFacts {
  readonly organization: MemberStanding
  /** Undefined: the question is about the organization as a whole. */
  readonly scope?: MemberStanding | undefined
  readonly reach: Reach
  /** Unix milliseconds. */
  readonly now: number
}

export interface MemberDecision {
  readonly allowed: boolean
  readonly reason: MemberReason
  /** Those that count by the reach, in the order of the membership; of the place before those of the organization. */
  readonly roles: readonly Role[]
  /** Of the place; undefined where it has none. */
  readonly roleSet: RoleSet | undefined
  /** With the reason PERMISSION_UNKNOWN: a permission had this key, and was deleted or renamed (rule 20). */
  readonly permissionRetired: boolean
}

/** Whether a membership counts at this time. */
export function isCurrent(held: Held | undefined, now: number): held is Held {
  return held !== undefined && (held.expiresAt === null || now < held.expiresAt)
}

/** The memberships of one user in a place and in its organization; of an organization as a whole both are the same. */
export interface HeldInPlace {
  readonly held: Held | undefined
  readonly whole: Held | undefined
}

/** Whether a user is a member of a place at this time: of a scope never longer than of its organization (rules 15 and 22). */
export function isCurrentIn({ held, whole }: HeldInPlace, now: number): boolean {
  return isCurrent(whole, now) && isCurrent(held, now)
}

/** Keys of the permissions that these roles hold together, each once, in alphabetical order. */
export function permissionKeysOf({ permissions }: Catalogue, roles: readonly Role[]): readonly string[] {
  const ids = new Set(roles.flatMap(({ permissionIds }) => permissionIds))
  return sortByKey([...ids].flatMap((id) => permissions.byId(id) ?? [])).map(({ key }) => key)
}

/** Where the user's roles are looked for: a role set, and the roles held under it. */
interface Source {
  readonly roleSet: RoleSet
  readonly roles: readonly Role[]
  readonly allowed: MemberReason
}

export function decideMember(catalogue: Catalogue, question: MemberQuestion, facts: MemberFacts): MemberDecision {
  const { organization, scope, now } = facts
  const place = scope ?? organization
  const roleSet = typeof place.roleSet === 'string' ? undefined : place.roleSet
  // Who isn't a member of the organization isn't one of its scopes (rule 15), also when the time of the former is over.
  const isMember = isCurrent(organization.held, now)
  const sources = isMember ? sourcesOf(catalogue, facts) : []
  const reason = withoutRoleSet(facts) ?? reasonFrom(catalogue, question, { sources, facts })
  const roles = [...new Set(sources.flatMap((source) => source.roles))]
  return {
    allowed: isMemberAllowed(reason),
    reason,
    roles: withoutRoleSet(facts) === undefined ? roles : [],
    roleSet,
    permissionRetired: reason === 'PERMISSION_UNKNOWN' && catalogue.retiredPermissions.has(permissionOf(question)),
  }
}

/**
 * Why no role can be held. A scope without a role set has no members, but roles of the organization as a whole can count in
 * it; a kind that nobody has registered is a mistake of the question, whatever the reach.
 */
function withoutRoleSet({ organization, scope, reach }: MemberFacts): WithoutRoleSet | undefined {
  if (typeof organization.roleSet === 'string') return organization.roleSet
  if (scope === undefined || typeof scope.roleSet !== 'string') return undefined
  return scope.roleSet === 'SCOPE_UNASSIGNED' && reach !== 'PLACE' ? undefined : scope.roleSet
}

function sourcesOf(catalogue: Catalogue, { organization, scope, reach, now }: MemberFacts): readonly Source[] {
  if (scope === undefined) return sourceOf(catalogue, organization, { now, allowed: 'MEMBER_HOLDS_ROLE' })
  const ofPlace = sourceOf(catalogue, scope, { now, allowed: 'MEMBER_HOLDS_ROLE' })
  const ofWhole = sourceOf(catalogue, organization, { now, allowed: 'MEMBER_HOLDS_ROLE_IN_ORGANIZATION' })
  if (reach === 'PLACE') return ofPlace
  return reach === 'ORGANIZATION' ? ofWhole : [...ofPlace, ...ofWhole]
}

function sourceOf(
  catalogue: Catalogue,
  { roleSet, held }: MemberStanding,
  { now, allowed }: { readonly now: number; readonly allowed: MemberReason },
): readonly Source[] {
  if (typeof roleSet === 'string' || !isCurrent(held, now)) return []
  const inSet = held.roleIds.filter((id) => roleSet.roleIds.includes(id))
  return [{ roleSet, roles: inSet.flatMap((id) => catalogue.roles.byId(id) ?? []), allowed }]
}

function reasonFrom(
  catalogue: Catalogue,
  question: MemberQuestion,
  { sources, facts }: { readonly sources: readonly Source[]; readonly facts: MemberFacts },
): MemberReason {
  // Before the question is looked at: whatever it names, this user holds nothing.
  if (sources.length === 0) return 'NOT_A_MEMBER'
  if ('anyRole' in question) return sources.find(({ roles }) => roles.length > 0)?.allowed ?? 'NOT_A_MEMBER'
  if ('permission' in question) {
    const permission = catalogue.permissions.byKey(question.permission)
    if (permission === undefined) return 'PERMISSION_UNKNOWN'
    const holds = ({ roles }: Source) => roles.some(({ permissionIds }) => permissionIds.includes(permission.id))
    return sources.find(holds)?.allowed ?? 'PERMISSION_NOT_HELD'
  }
  const role = catalogue.roles.find(question.role)
  if (role === undefined) return 'ROLE_UNKNOWN'
  const found = sources.find(({ roles }) => roles.includes(role))
  return found?.allowed ?? (isOffered(role, facts) ? 'ROLE_NOT_HELD' : 'ROLE_NOT_IN_SET')
}

/** Whether a user could hold the role somewhere within the reach. */
function isOffered({ id }: Role, { organization, scope, reach }: MemberFacts): boolean {
  const whole = scope === undefined || reach !== 'PLACE' ? [organization.roleSet] : []
  const place = scope !== undefined && reach !== 'ORGANIZATION' ? [scope.roleSet] : []
  return [...whole, ...place].some((roleSet) => typeof roleSet !== 'string' && roleSet.roleIds.includes(id))
}

function permissionOf(question: MemberQuestion): string {
  return 'permission' in question ? question.permission : ''
}
