/**
 * Middlewares that let only callers with a certain role or permission pass. By default the role in a token counts while it is
 * in the role set of the organization, so a role that is taken out of the set stops counting at the next request. With
 * `membership: 'current'` the token only says who the caller is, and what counts is what the caller holds now.
 */

import type { IncomingMessage } from 'node:http'
import type { Decision, Reason } from '@rolesets/client'
import { isIdentifier, quoted } from '@rolesets/core'
import { requireCaller, rolesIn } from './authenticate/auth.ts'
import { checkAsksMembers } from './current-members.ts'
import { decide } from './decide.ts'
import { askingRules, checkOptions, oneOf, optionInvalid, refuseRequest, type AskingOptions } from './options.ts'
import { organizationMissing, namedOrganization, organizationUnknown } from './organization.ts'
import { finish, whenThere, type Eventually } from './outcome.ts'
import { problem } from './problem.ts'
import type { Middleware } from './request.ts'
import { checkCurrentPermission, checkCurrentRole } from './require-current.ts'
import { hasPermission, permissionRequired, roleRequired, type ActiveCaller } from './requirement-refusals.ts'
import { namesNoOrganization } from './route-path.ts'
import { organizationMismatch, vouchFor } from './vouching.ts'

export interface RequireOptions extends AskingOptions {
  /**
   * What counts: `token` (default), the role in the token, while it is in the role set of the organization; or `current`, what
   * the caller holds now. With `current` a caller who was demoted or removed is refused at the next request, although the
   * token still says otherwise. It needs the members to be kept in the sidecar, and a client with a key.
   */
  readonly membership?: 'token' | 'current' | undefined
}

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
  if (options.membership === 'current') {
    const roleSets = checkAsksMembers(example, options.roleSets)
    return requirement(options, (caller) => checkCurrentRole(caller, { ...options, roleSets, required }))
  }
  return requirement(options, (caller) => checkRoleOfToken(caller, options, required))
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
  if (options.membership === 'current') {
    const roleSets = checkAsksMembers(example, options.roleSets)
    return requirement(options, (caller) => checkCurrentPermission(caller, { ...options, roleSets, required }))
  }
  return requirement(options, (caller) => checkPermissionOfToken(caller, options, required))
}

const requireRules = { ...askingRules, membership: oneOf('token', 'current') }
const permissionRules = { ...requireRules, unknownPermissions: oneOf('deny', 'token') }

function checkRoleOfToken(
  caller: ActiveCaller,
  { roleSets, deadlineMs }: RequireOptions,
  required: readonly string[],
): Eventually<void> {
  const { organizationId, role = '' } = caller
  const matching = rolesIn(caller).filter((each) => required.includes(each))
  if (matching.length === 0) throw roleRequired(required, { role, organization: organizationId })
  const questions = matching.map((each) => ({ organizationId, role: each }))
  return whenThere(decide(roleSets, questions, deadlineMs), (decisions) => {
    rolesThatCount({ organizationId, roles: matching }, decisions, required)
  })
}

function checkPermissionOfToken(
  caller: ActiveCaller,
  { roleSets, deadlineMs, unknownPermissions }: RequirePermissionOptions,
  required: readonly string[],
): Eventually<void> {
  const { organizationId, role = '' } = caller
  const listed = unknownPermissions === 'token' ? caller.permissions : []
  const roles = rolesIn(caller)
  const questions = roles.flatMap((each) => required.map((permission) => ({ organizationId, role: each, permission })))
  return whenThere(decide(roleSets, questions, deadlineMs), (decisions) => {
    const counting = rolesThatCount({ organizationId, roles }, decisions, required)
    const hasOne = (answers: readonly Decision[]) =>
      required.some((permission, position) => hasPermission(permission, listed, answers[position]))
    if (counting.some(hasOne)) return
    const { roleSet: role_set, revision } = decisions[0] ?? {}
    throw permissionRequired(required, { role, organization: organizationId, role_set, revision })
  })
}

/** The decisions about each role that is in the role set. Throws if none is. @param decisions as many for each role, in order */
function rolesThatCount(
  { organizationId, roles }: { readonly organizationId: string; readonly roles: readonly string[] },
  decisions: readonly Decision[],
  required: readonly string[],
): readonly (readonly Decision[])[] {
  const each = decisions.length / roles.length
  const answers = roles.map((_, place) => decisions.slice(place * each, (place + 1) * each))
  const counting = answers.filter((ofRole) => ofRole.every(({ reason }) => isRoleInSet.get(reason)))
  const [role = ''] = roles
  if (counting.length === 0) refuseWithdrawnRole({ organizationId, role }, answers[0] ?? [], required)
  return counting
}

function requirement(options: RequireOptions, check: (caller: ActiveCaller) => Eventually<void>): Middleware {
  return function requirementMiddleware(req, _res, next) {
    finish(
      () =>
        whenThere(activeCaller(req, options), (caller) =>
          whenThere(check(caller), () => vouchFor(req, caller.organizationId)),
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

function activeCaller(req: IncomingMessage, options: RequireOptions): Eventually<ActiveCaller> {
  const auth = requireCaller(req)
  const { membership } = options
  const { organizationId, role } = auth
  if (organizationId === undefined || (role === undefined && membership !== 'current')) {
    const needed = membership === 'current' ? '' : ' and a role in it'
    throw problem('organization_required', `This request needs a token with an active organization${needed}.`)
  }
  const caller = { ...auth, organizationId }
  if (options.crossOrganization) return caller
  return whenThere(namedOrganization(req, options.organization), (organization) => {
    if (organization === organizationId) return caller
    if (organization !== undefined) throw organizationMismatch(organization, organizationId)
    // A route without a parameter for the organization is about the active one. Anywhere else, it may only be out of sight.
    if (options.organization === undefined && namesNoOrganization(req)) return caller
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

function refuseWithdrawnRole(
  { organizationId, role }: { readonly organizationId: string; readonly role: string },
  decisions: readonly Decision[],
  required: readonly string[],
): void {
  for (const { reason, roleSet, revision } of decisions) {
    if (isRoleInSet.get(reason)) continue
    const fields = { required, role, organization: organizationId, role_set: roleSet, revision }
    if (reason === 'ORGANIZATION_UNKNOWN') throw organizationUnknown(organizationId, { fields })
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
