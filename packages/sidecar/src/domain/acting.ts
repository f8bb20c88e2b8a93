/**
 * Rule 18: who may give roles. A write can name the user on whose behalf it is made. That user must be able to manage the
 * members of the place, and with the policy `subset` can't give permissions that are not among the user's own.
 */

import { counted, editOf, isCurrent, listed, quoted, takeWithin } from '@rolesets/core'
import type { Catalogue, Change, Invitation, Membership, Place } from '@rolesets/core'
import { invalid, parseId } from './fields.ts'
import { factsOfPlace, nameOfPlace } from './places.ts'
import { Refusal } from './refusal.ts'

/** `subset`: only the user's own permissions. `any`: each role of the place, to those who may manage its members. */
export type GrantPolicy = 'subset' | 'any'

/** What a call says about the user on whose behalf it is made. */
export interface Acting {
  /** Undefined: the call names no user, and rule 18 doesn't apply. Empty: refused, because a user was meant. */
  readonly actingUserId?: string | undefined
  /** Default: `subset`. */
  readonly grantPolicy?: GrantPolicy | undefined
}

/** A user on whose behalf a call is made, with the facts of rule 18. */
export interface ActingUser {
  readonly userId: string
  readonly place: Place
  /** In the place and in its organization as a whole, as far as the user has them. */
  readonly memberships: readonly Membership[]
}

export interface Judging {
  readonly policy: GrantPolicy
  /** The field of the request that names the user. */
  readonly field: string
}

const managing = 'org:sys_memberships:manage'
const actingField = 'acting_user_id'
/** Permissions that the facts of an error name; all are counted. */
const permissionsInFactsMax = 20

/** @returns undefined: the call names no user */
export function parseActing({ actingUserId, grantPolicy }: Acting): (Judging & { userId: string }) | undefined {
  if (actingUserId !== undefined) {
    const userId = parseId(actingUserId, actingField)
    return { userId, policy: grantPolicy ?? 'subset', field: actingField }
  }
  if (grantPolicy === undefined) return undefined
  throw invalid('grant_policy', `is given without ${actingField}. Name the user on whose behalf the call is made, too.`)
}

/** For a call that isn't checked for a user: a caller that names one expects a check. */
export function takesNoActingUser(operation: string): Refusal {
  return invalid(
    actingField,
    `can't be given to ${operation}: this call is not made on behalf of a user. Leave it out.`,
  )
}

/**
 * Whether a user may give these roles in a place. No roles: whether the user may manage its members, which is what taking
 * roles away needs. The user's roles in the place and in its organization count together.
 */
export function checkMayGrant(
  catalogue: Catalogue,
  user: ActingUser,
  roleIds: readonly string[],
  { policy, field }: Judging,
): void {
  const own = permissionIdsOf(catalogue, user.memberships.flatMap(rolesOf))
  const needed = catalogue.permissions.byKey(managing)
  if (needed === undefined || !own.has(needed.id)) throw userLacksPermission(catalogue, user, field)
  if (policy === 'any') return
  const beyond = [...permissionIdsOf(catalogue, roleIds)].filter((id) => !own.has(id))
  if (beyond.length > 0) throw grantExceedsOwn(catalogue, user, { roleIds, beyond, field })
}

/** The roles that changes give to someone who doesn't have them, or give for longer. */
export function rolesGivenBy(changes: readonly Change[], now: number): readonly string[] {
  return [...new Set(changes.flatMap((change) => rolesGivenByOne(change, now)))]
}

function rolesGivenByOne(change: Change, now: number): readonly string[] {
  if (change.verb === 'reassigned') return change.mappings.map(({ toRoleId }) => toRoleId)
  const membership = editOf(change, 'membership')
  if (membership?.after && isForLonger(membership.before, membership.after, now)) return rolesOf(membership.after)
  const edit = membership ?? editOf(change, 'invitation')
  if (!edit?.after) return []
  const had = new Set(edit.before === null ? [] : rolesOf(edit.before))
  return rolesOf(edit.after).filter((roleId) => !had.has(roleId))
}

function isForLonger(before: Membership | null, after: Membership, now: number): boolean {
  if (before === null || before.expiresAt === null) return false
  return !isCurrent(before, now) || after.expiresAt === null || after.expiresAt > before.expiresAt
}

function rolesOf({ roleIds }: Membership | Invitation): readonly string[] {
  return roleIds
}

function permissionIdsOf(catalogue: Catalogue, roleIds: readonly string[]): ReadonlySet<string> {
  return new Set(roleIds.flatMap((id) => catalogue.roles.byId(id)?.permissionIds ?? []))
}

function keysOf(catalogue: Catalogue, roleIds: readonly string[]): string[] {
  return roleIds.map((id) => catalogue.roles.byId(id)?.key ?? id)
}

function userLacksPermission(catalogue: Catalogue, { userId, place, memberships }: ActingUser, field: string): Refusal {
  const roles = keysOf(catalogue, memberships.flatMap(rolesOf))
  const held =
    roles.length === 1 ? `whose role ${roles[0]} doesn't hold it` : `whose roles ${listed(roles)} don't hold it`
  const problem = roles.length === 0 ? `who isn't a member` : held
  const message = `Only a member of ${nameOfPlace(place)} with the permission ${managing} may do this, and it is to be done for ${quoted(userId)}, ${problem}. Name another user, or give this one a role that holds it.`
  const facts = {
    ...factsOfPlace(place),
    user: userId,
    permission: managing,
    ...(roles[0] !== undefined && { role: roles[0] }),
  }
  return new Refusal('user_lacks_permission', message, { field, facts })
}

interface Exceeding {
  readonly roleIds: readonly string[]
  /** Ids of permissions. */
  readonly beyond: readonly string[]
  readonly field: string
}

function grantExceedsOwn(
  catalogue: Catalogue,
  { userId, place }: ActingUser,
  { roleIds, beyond, field }: Exceeding,
): Refusal {
  const missing = beyond.map((id) => catalogue.permissions.byId(id)?.key ?? id).sort()
  const exceeding = roleIds.filter((id) =>
    catalogue.roles.byId(id)?.permissionIds.some((each) => beyond.includes(each)),
  )
  const roles = keysOf(catalogue, exceeding)
  const message = `${quoted(userId)} can't give ${listed(roles)} in ${nameOfPlace(place)}: this would give ${counted(missing.length, 'permission')} that ${quoted(userId)} doesn't have there (${listed(missing)}). Give roles within this user's own permissions, or name a user who has these.`
  const facts = {
    ...factsOfPlace(place),
    user: userId,
    roles: takeWithin(roles, permissionsInFactsMax).join(','),
    permissions: takeWithin(missing, permissionsInFactsMax).join(','),
    permission_count: String(missing.length),
  }
  return new Refusal('grant_exceeds_own', message, { field, facts })
}
