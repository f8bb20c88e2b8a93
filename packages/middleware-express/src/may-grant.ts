/**
 * Whether the caller has what a request would grant: with `mayGrant: 'subset'` each permission of the granted roles must be
 * among the caller's own. So a caller who manages members can't make anyone, themselves included, more than they are.
 */

import type { IncomingMessage } from 'node:http'
import type { AvailableRoles } from '@rolesets/client'
import { counted, isIdentifier, listed, quoted, takeWithin } from '@rolesets/core'
import { requireCaller } from './authenticate/auth.ts'
import { currentPermissions } from './current-members.ts'
import { malformedAnswer } from './decide.ts'
import { askingMembers, membershipOf, membershipRules, rolesOfToken, type MembershipOptions } from './membership.ts'
import { readOfferedRoles } from './offered-roles.ts'
import { oneOf, optionInvalid, type AskingOptions } from './options.ts'
import { whenThere, type Eventually } from './outcome.ts'
import { about, type PlaceOfRequest } from './place.ts'
import { problem } from './problem.ts'

export interface MayGrantOptions extends AskingOptions, MembershipOptions {
  /**
   * What the caller may grant. `any` (default): each role of the role set. `subset`: only roles whose permissions are all among
   * the caller's own, by the roles that `membership` says; it needs `authenticate`.
   */
  readonly mayGrant?: 'any' | 'subset' | undefined
}

export const mayGrantRules = { ...membershipRules, mayGrant: oneOf('any', 'subset') }

/** The permissions that the caller has in a place. @param offered the roles that can be granted there */
type OwnPermissions = (
  req: IncomingMessage,
  place: PlaceOfRequest,
  offered: AvailableRoles,
) => Eventually<readonly string[]>

/** Throws or rejects with `grant_exceeds_own` unless the caller has all permissions of these roles. */
export type CheckMayGrant = (req: IncomingMessage, place: PlaceOfRequest, roles: readonly string[]) => Eventually<void>

/** In an error; all are counted. */
const permissionsNamedMax = 100

/** The check that the options ask for. Throws `option_invalid`. */
export function createCheckMayGrant(example: string, options: MayGrantOptions): CheckMayGrant {
  const membership = membershipOf(example, options)
  if (options.mayGrant !== 'subset') {
    if (options.membership === undefined && options.reach === undefined && options.rolesOf === undefined)
      return () => undefined
    throw optionInvalid(example, '"membership", "reach" and "rolesOf" are only for "mayGrant": \'subset\'')
  }
  if (membership === 'token' && options.crossOrganization)
    throw optionInvalid(
      example,
      '"mayGrant" can\'t be \'subset\' with "crossOrganization": the token has no roles in other organizations',
    )
  const ownPermissions = membership === 'current' ? byMembership(example, options) : byToken(options)
  return async (req, place, roles) => {
    // Before anything is asked: a request without a caller is answered with 401.
    requireCaller(req)
    const offered = await readOfferedRoles(place, options, (found) => found)
    // What was true once is not enough to give something away.
    if (offered.stale !== false)
      throw problem('decision_unavailable', 'It cannot be decided now what the caller may grant. Try again.', {
        fields: { organization: place.organizationId },
      })
    return whenThere(ownPermissions(req, place, offered), (own) => refuseBeyondOwn(place, { offered, own }, roles))
  }
}

/** Those of the roles in the token, for the organization that is active in it. */
function byToken({ rolesOf }: MayGrantOptions): OwnPermissions {
  return (req, { organizationId, scope }, offered) => {
    const caller = requireCaller(req)
    const roles = caller.organizationId === organizationId ? rolesOfToken(caller, { scope, rolesOf }) : []
    // A role that has left the role set counts for nothing.
    if (roles.length > 0) return roles.flatMap((role) => permissionsOf(offered, role) ?? [])
    throw problem(
      'organization_required',
      'This request needs a token with an active organization and a role in it, because a caller can only grant what ' +
        'they have.',
    )
  }
}

/** Those of the roles that the caller holds now. */
function byMembership(example: string, { reach, deadlineMs, ...options }: MayGrantOptions): OwnPermissions {
  const roleSets = askingMembers(example, options.roleSets, ['memberRoles'])
  return (req, { organizationId, scope }) => {
    const member = { organizationId, userId: requireCaller(req).userId, scope }
    return currentPermissions(roleSets, { member, reach, deadlineMs })
  }
}

function refuseBeyondOwn(
  { scope }: PlaceOfRequest,
  { offered, own }: { readonly offered: AvailableRoles; readonly own: readonly string[] },
  granted: readonly string[],
): void {
  const beyond = granted.map((role) => {
    const permissions = permissionsOf(offered, role)
    // The guard has found it in the role set a moment ago.
    if (permissions === undefined)
      throw problem('decision_unavailable', `The role ${quoted(role)} has just left the role set. Try again.`)
    return { role, permissions: permissions.filter((permission) => !own.includes(permission)) }
  })
  const exceeding = beyond.filter(({ permissions }) => permissions.length > 0)
  if (exceeding.length === 0) return
  const roles = exceeding.map(({ role }) => role)
  const missing = [...new Set(exceeding.flatMap(({ permissions }) => permissions))].sort()
  const { organizationId, roleSet: role_set, revision } = offered
  const detail = `The caller can't grant ${listed(roles.map(quoted))}, because the caller doesn't have ${counted(missing.length, 'permission')} of it: ${listed(missing)}.`
  const permissions = takeWithin(missing, permissionsNamedMax)
  throw problem('grant_exceeds_own', detail, {
    fields: {
      ...about({ organizationId, scope }),
      roles,
      permissions,
      permission_count: missing.length,
      role_set,
      revision,
    },
  })
}

/** Undefined: the role is not in the role set. Throws if the client's answer is malformed. */
function permissionsOf({ roles }: AvailableRoles, role: string): readonly string[] | undefined {
  const found = roles.find(({ key, id }) => key === role || id === role)
  if (found === undefined) return undefined
  const permissions: unknown = found.permissions
  if (Array.isArray(permissions) && permissions.every(isIdentifier)) return permissions
  throw problem('decision_unavailable', 'It cannot be decided now what the caller may grant. Try again.', {
    cause: malformedAnswer(),
  })
}
