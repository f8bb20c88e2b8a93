/**
 * Whether the caller has what a request would grant: with `mayGrant: 'subset'` each permission of the granted roles must be
 * among the caller's own. So a caller who manages members can't make anyone, themselves included, more than they are.
 */

import type { IncomingMessage } from 'node:http'
import type { AvailableRoles } from '@rolesets/client'
import { counted, isIdentifier, listed, quoted, takeWithin } from '@rolesets/core'
import { requireCaller, rolesIn } from './authenticate/auth.ts'
import { malformedAnswer } from './decide.ts'
import { readOfferedRoles } from './offered-roles.ts'
import { oneOf, optionInvalid, type AskingOptions, type Rule } from './options.ts'
import { whenThere, type Eventually } from './outcome.ts'
import { problem } from './problem.ts'

export interface MayGrantOptions extends AskingOptions {
  /**
   * What the caller may grant. `any` (default): each role of the role set. `subset`: only roles whose permissions are all among
   * the caller's own, by the roles in the token; it needs `authenticate`.
   */
  readonly mayGrant?: 'any' | 'subset' | undefined
}

export const mayGrantRule: Rule = oneOf('any', 'subset')

/** The roles that the caller holds in an organization, by key or id. */
type HeldRoles = (req: IncomingMessage, organizationId: string) => Eventually<readonly string[]>

/** Throws or rejects with `grant_exceeds_own` unless the caller has all permissions of these roles. */
export type CheckMayGrant = (req: IncomingMessage, organizationId: string, roles: readonly string[]) => Eventually<void>

/** In an error; all are counted. */
const permissionsNamedMax = 100

/** The check that the options ask for. Throws `option_invalid`. @param heldRoles where the roles of the caller come from */
export function createCheckMayGrant(
  example: string,
  options: MayGrantOptions,
  heldRoles: HeldRoles = rolesOfToken,
): CheckMayGrant {
  if (options.mayGrant !== 'subset') return () => undefined
  if (heldRoles === rolesOfToken && options.crossOrganization)
    throw optionInvalid(
      example,
      '"mayGrant" can\'t be \'subset\' with "crossOrganization": the token has no roles in other organizations',
    )
  return (req, organizationId, roles) =>
    whenThere(heldRoles(req, organizationId), async (held) => {
      const offered = await readOfferedRoles(organizationId, options, (found) => found)
      // What was true once is not enough to give something away.
      if (offered.stale !== false)
        throw problem('decision_unavailable', 'It cannot be decided now what the caller may grant. Try again.', {
          fields: { organization: organizationId },
        })
      refuseBeyondOwn(offered, held, roles)
    })
}

/** Those in the token, for the organization that is active in it. */
function rolesOfToken(req: IncomingMessage, organizationId: string): readonly string[] {
  const caller = requireCaller(req)
  const roles = rolesIn(caller)
  if (caller.organizationId === organizationId && roles.length > 0) return roles
  throw problem(
    'organization_required',
    'This request needs a token with an active organization and a role in it, because a caller can only grant what ' +
      'they have.',
  )
}

function refuseBeyondOwn(offered: AvailableRoles, held: readonly string[], granted: readonly string[]): void {
  // A role that has left the role set counts for nothing.
  const own = new Set(held.flatMap((role) => permissionsOf(offered, role) ?? []))
  const beyond = granted.map((role) => {
    const permissions = permissionsOf(offered, role)
    // The guard has found it in the role set a moment ago.
    if (permissions === undefined)
      throw problem('decision_unavailable', `The role ${quoted(role)} has just left the role set. Try again.`)
    return { role, permissions: permissions.filter((permission) => !own.has(permission)) }
  })
  const exceeding = beyond.filter(({ permissions }) => permissions.length > 0)
  if (exceeding.length === 0) return
  const roles = exceeding.map(({ role }) => role)
  const missing = [...new Set(exceeding.flatMap(({ permissions }) => permissions))].sort()
  const { organizationId: organization, roleSet: role_set, revision } = offered
  const detail = `The caller can't grant ${listed(roles.map(quoted))}, because the caller doesn't have ${counted(missing.length, 'permission')} of it: ${listed(missing)}.`
  const permissions = takeWithin(missing, permissionsNamedMax)
  throw problem('grant_exceeds_own', detail, {
    fields: { organization, roles, permissions, permission_count: missing.length, role_set, revision },
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
