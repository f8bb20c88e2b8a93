/**
 * Middlewares that let only callers with a certain role or permission pass. By default the role in a token counts while it is
 * in the role set of the organization, so a role that is taken out of the set stops counting at the next request. With
 * `membership: 'current'` the token only says who the caller is, and what counts is what the caller holds now.
 */

import type { IncomingMessage } from 'node:http'
import type { Decision, Reason } from '@rolesets/client'
import { isIdentifier, quoted } from '@rolesets/core'
import { requireCaller, rolesIn } from './authenticate/auth.ts'
import { decide, questionAbout } from './decide.ts'
import { askingRules, checkOptions, oneOf, optionInvalid, refuseRequest, type AskingOptions } from './options.ts'
import { askingMembers, membershipOf, membershipRules, rolesOfToken, type MembershipOptions } from './membership.ts'
import { organizationMissing, namedOrganization, organizationUnknown, scopeUnknown } from './organization.ts'
import { finish, whenThere, type Eventually } from './outcome.ts'
import { about } from './place.ts'
import { problem } from './problem.ts'
import type { Middleware } from './request.ts'
import { checkCurrentPermission, checkCurrentRole } from './require-current.ts'
import { hasPermission, permissionRequired, roleRequired, type Caller } from './requirement-refusals.ts'
import { namesNoOrganization } from './route-path.ts'
import { scopeOf } from './scope.ts'
import { organizationMismatch, vouchFor } from './vouching.ts'

export interface RequireOptions extends AskingOptions, MembershipOptions {}

export interface RequirePermissionOptions extends RequireOptions {
  /**
   * Who decides about a permission that the sidecar has never known: `deny` (default) refuses, `token` accepts it if the
   * token lists it. A permission that was deleted or renamed is refused in both cases.
   */
  readonly unknownPermissions?: 'deny' | 'token' | undefined
}

/**
 * Lets callers pass who have one of these roles in their active organization, while the role is in the organization's role
 * set. Answers 401 without a token, 403 `role_required`, `role_withdrawn`, `organization_required`, `organization_mismatch`
 * or `organization_unknown`, and 503 `decision_unavailable`; with `membership: 'current'` also 403 `membership_ended`.
 */
export function requireRole(roles: string | readonly string[], given: RequireOptions): Middleware {
  const example = "requireRole('org:admin', { roleSets })"
  const required = listOf(roles, example)
  const options = checkOptions<RequireOptions>(example, given, requireRules)
  const membership = membershipOf(example, options)
  if (membership === 'token')
    return requirement({ ...options, membership }, (caller) => checkRoleOfToken(caller, options, required))
  const roleSets = askingMembers(example, options.roleSets, checkMethods)
  return requirement({ ...options, membership }, (caller) =>
    checkCurrentRole(caller, { ...options, roleSets, required }),
  )
}

/**
 * Lets callers pass whose role has one of these permissions. If the sidecar knows the permission, the sidecar decides: so
 * system permissions count although tokens do not list them, and a permission that was taken from the role does not count.
 * If the sidecar doesn't know it, it doesn't count, unless `unknownPermissions` is `token`. Answers as `requireRole`, with
 * `permission_required`.
 */
export function requirePermission(
  permissions: string | readonly string[],
  given: RequirePermissionOptions,
): Middleware {
  const example = "requirePermission('org:sys_memberships:manage', { roleSets })"
  const required = listOf(permissions, example)
  const options = checkOptions<RequirePermissionOptions>(example, given, permissionRules)
  if (options.scope !== undefined && options.unknownPermissions === 'token')
    throw optionInvalid(
      example,
      '"unknownPermissions" can\'t be \'token\' with "scope": the token lists permissions in the organization as a whole',
    )
  const membership = membershipOf(example, options)
  if (membership === 'token')
    return requirement({ ...options, membership }, (caller) => checkPermissionOfToken(caller, options, required))
  const roleSets = askingMembers(example, options.roleSets, checkMethods)
  return requirement({ ...options, membership }, (caller) =>
    checkCurrentPermission(caller, { ...options, roleSets, required }),
  )
}

const checkMethods = ['checkMember', 'checkMemberCached'] as const
const requireRules = { ...askingRules, ...membershipRules }
const permissionRules = { ...requireRules, unknownPermissions: oneOf('deny', 'token') }

function checkRoleOfToken(
  caller: Caller,
  { roleSets, deadlineMs }: RequireOptions,
  required: readonly string[],
): Eventually<void> {
  const held = caller.roles.filter((role) => required.includes(role))
  if (held.length === 0) throw roleRequired(required, { role: caller.roles[0], ...about(caller) })
  const questions = held.map((role) => questionAbout(caller, role))
  return whenThere(decide(roleSets, questions, deadlineMs), (decisions) => {
    if (decisions.some(({ allowed }) => allowed)) return
    refuseWithdrawnRole(caller, { role: held[0], decisions, required })
    throw roleRequired(required, { role: held[0], ...about(caller) })
  })
}

function checkPermissionOfToken(
  caller: Caller,
  { roleSets, deadlineMs, unknownPermissions }: RequirePermissionOptions,
  required: readonly string[],
): Eventually<void> {
  const [role] = caller.roles
  if (role === undefined) throw permissionRequired(required, about(caller))
  const listed = unknownPermissions === 'token' ? caller.permissions : []
  const asked = caller.roles.flatMap((each) => required.map((permission) => ({ role: each, permission })))
  const questions = asked.map(({ role: each, permission }) => ({ ...questionAbout(caller, each), permission }))
  return whenThere(decide(roleSets, questions, deadlineMs), (decisions) => {
    if (asked.some(({ permission }, position) => hasPermission(permission, listed, decisions[position]))) return
    // One role of the token is still in the set, and has not what is needed.
    const isInSet = decisions.some(({ reason }) => isRoleInSet.get(reason))
    if (!isInSet) refuseWithdrawnRole(caller, { role, decisions, required })
    const { roleSet: role_set, revision } = decisions[0] ?? {}
    throw permissionRequired(required, { role, ...about(caller), role_set, revision })
  })
}

/** The options of a requirement, of which it is settled whose word counts. */
type Requiring = RequireOptions & { readonly membership: 'token' | 'current' }

function requirement(options: Requiring, check: (caller: Caller) => Eventually<void>): Middleware {
  return function requirementMiddleware(req, _res, next) {
    finish(
      () =>
        whenThere(callerOf(req, options), (caller) =>
          whenThere(check(caller), () => vouchFor(req, caller.organizationId, caller.scope)),
        ),
      () => next(),
      next,
    )
  }
}

const UNFOUND =
  'The requirement does not find the organization that the request is about. Put it into the route itself, name the ' +
  'parameter :organizationId, give its router mergeParams, or pass the option "organization". For the active organization ' +
  'of the token, pass ' +
  '(req) => authOf(req)?.organizationId.'

function callerOf(req: IncomingMessage, options: Requiring): Eventually<Caller> {
  const auth = requireCaller(req)
  const { rolesOf, scope: option } = options
  const isByToken = options.membership === 'token'
  const { organizationId } = auth
  const lacksRole = isByToken && option === undefined && rolesIn(auth).length === 0
  if (organizationId === undefined || lacksRole) {
    const needed = isByToken && option === undefined ? ' and a role in it' : ''
    throw problem('organization_required', `This request needs a token with an active organization${needed}.`)
  }
  return whenThere(checkOrganization(req, organizationId, options), () =>
    whenThere(scopeOf(req, option), (scope) => {
      // In a scope, only `rolesOf` knows the roles of the token: those that it has are of the organization as a whole.
      const roles = scope === undefined || isByToken ? rolesOfToken(auth, { scope, rolesOf }) : []
      return { ...auth, organizationId, scope, roles }
    }),
  )
}

/** Throws or rejects unless the request is about the active organization. */
function checkOrganization(
  req: IncomingMessage,
  organizationId: string,
  options: Pick<RequireOptions, 'organization' | 'crossOrganization'>,
): Eventually<void> {
  if (options.crossOrganization) return
  return whenThere(namedOrganization(req, options.organization), (organization) => {
    if (organization === organizationId) return
    if (organization !== undefined) throw organizationMismatch(organization, organizationId)
    // A route without a parameter for the organization is about the active one. Anywhere else, it may only be out of sight.
    if (options.organization === undefined && namesNoOrganization(req)) return
    throw organizationMissing(UNFOUND)
  })
}

/** Whether a reason means that the role is in the set. An unknown reason of a newer sidecar means that it is not. */
const isRoleInSet: ReadonlyMap<string, boolean> = new Map(
  Object.entries({
    ROLE_IN_SET: true,
    PERMISSION_NOT_IN_ROLE: true,
    PERMISSION_UNKNOWN: true,
    ROLE_NOT_IN_SET: false,
    ROLE_UNKNOWN: false,
    ORGANIZATION_UNKNOWN: false,
    SCOPE_KIND_UNKNOWN: false,
    SCOPE_UNASSIGNED: false,
  } satisfies Record<Reason, boolean>),
)

interface Withdrawal {
  readonly role: string | undefined
  readonly decisions: readonly Decision[]
  readonly required: readonly string[]
}

/** To be called if none of the decisions lets the caller pass. Throws unless a role is in the set. */
function refuseWithdrawnRole(caller: Caller, { role = '', decisions, required }: Withdrawal): void {
  const { organizationId, scope } = caller
  for (const { reason, roleSet, revision } of decisions) {
    if (isRoleInSet.get(reason)) continue
    const fields = { required, role, ...about(caller), role_set: roleSet, revision }
    if (reason === 'ORGANIZATION_UNKNOWN') throw organizationUnknown(organizationId, { fields })
    if (scope !== undefined && roleSet === '') throw scopeUnknown(scope, { fields: { ...fields, reason } })
    const detail = `The role ${quoted(role)} in the token is not in role set ${quoted(roleSet)} any more.`
    throw problem('role_withdrawn', detail, { fields })
  }
}

function listOf(given: string | readonly string[], example: string): readonly string[] {
  refuseRequest(example, given)
  const list: readonly unknown[] = Array.isArray(given) ? given : [given]
  // An empty list would let no caller pass, or every caller. Neither can be meant.
  if (list.length === 0 || !list.every(isIdentifier)) {
    throw optionInvalid(example, '"required" must be a key or a list of at least one key')
  }
  return Object.freeze([...list])
}
