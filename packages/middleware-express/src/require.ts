/**
 * Middlewares that let only callers with a certain role or permission pass. The role in a token counts only while it is in
 * the role set of the organization, so a role that is taken out of the set stops counting at the next request.
 */

import type { IncomingMessage } from 'node:http'
import type { Decision, Reason } from '@rolesets/client'
import { isIdentifier, quoted } from '@rolesets/core'
import { requireCaller, type Auth } from './authenticate/auth.ts'
import { decide } from './decide.ts'
import { aBoolean, askingRules, checkOptions, optionInvalid, type AskingOptions } from './options.ts'
import { namedOrganization, organizationUnknown } from './organization.ts'
import { finish, whenThere, type Eventually } from './outcome.ts'
import { problem } from './problem.ts'
import type { Extractor, Middleware } from './request.ts'

export interface RequireOptions extends AskingOptions {
  /** Finds the organization, if it is not the route's parameter `:organizationId`. It must be the caller's active one. */
  readonly organization?: Extractor | undefined
  /** Also accept a caller whose active organization is another one than the request's. Default false. */
  readonly crossOrganization?: boolean | undefined
}

/** A caller with an active organization and a role in it. */
type ActiveCaller = Auth & { readonly organizationId: string; readonly role: string }

/**
 * Lets callers pass who have one of these roles in their active organization, while the role is in the organization's role
 * set. Answers 401 without a token, 403 `role_required`, `role_withdrawn`, `organization_required`, `organization_mismatch`
 * or `organization_unknown`, and 503 `decision_unavailable`.
 */
export function requireRole(roles: string | readonly string[], options: RequireOptions): Middleware {
  const example = "requireRole('org:admin', { roleSets })"
  const required = listOf(roles, example)
  return requirement(example, options, (caller, { roleSets, deadlineMs }) => {
    const { organizationId, role } = caller
    if (!required.includes(role)) {
      throw problem('role_required', `This request needs the role ${anyOf(required)}.`, {
        fields: { required, role, organization: organizationId },
      })
    }
    return whenThere(decide(roleSets, [{ organizationId, role }], deadlineMs), (decisions) => {
      refuseWithdrawnRole(caller, decisions, required)
    })
  })
}

/**
 * Lets callers pass whose role has one of these permissions. If the sidecar knows the permission, the sidecar decides: so
 * system permissions count although tokens do not list them, and a permission that was taken from the role does not count.
 * If the sidecar doesn't know it, it counts if the token lists it. Answers as `requireRole`, with `permission_required`.
 */
export function requirePermission(permissions: string | readonly string[], options: RequireOptions): Middleware {
  const example = "requirePermission('org:sys_memberships:manage', { roleSets })"
  const required = listOf(permissions, example)
  return requirement(example, options, (caller, { roleSets, deadlineMs }) => {
    const { organizationId, role } = caller
    const questions = required.map((permission) => ({ organizationId, role, permission }))
    return whenThere(decide(roleSets, questions, deadlineMs), (decisions) => {
      refuseWithdrawnRole(caller, decisions, required)
      if (required.some((permission, position) => hasPermission(caller, permission, decisions[position]))) return
      const { roleSet: role_set, revision } = decisions[0] ?? {}
      throw problem('permission_required', `This request needs the permission ${anyOf(required)}.`, {
        fields: { required, role, organization: organizationId, role_set, revision },
      })
    })
  })
}

function hasPermission(auth: Auth, permission: string, decision: Decision | undefined): boolean {
  if (decision?.reason === 'PERMISSION_UNKNOWN') return auth.permissions.includes(permission)
  return decision?.allowed === true
}

type Check = (caller: ActiveCaller, options: RequireOptions) => Eventually<void>

function requirement(example: string, given: RequireOptions, check: Check): Middleware {
  const options = checkOptions<RequireOptions>(example, given, { ...askingRules, crossOrganization: aBoolean })
  return function requirementMiddleware(req, _res, next) {
    finish(
      () => whenThere(activeCaller(req, options), (caller) => check(caller, options)),
      () => next(),
      next,
    )
  }
}

function activeCaller(req: IncomingMessage, options: RequireOptions): Eventually<ActiveCaller> {
  const auth = requireCaller(req)
  const { organizationId, role } = auth
  if (organizationId === undefined || role === undefined) {
    throw problem('organization_required', 'This request needs a token with an active organization and a role in it.')
  }
  const caller = { ...auth, organizationId, role }
  if (options.crossOrganization) return caller
  return whenThere(namedOrganization(req, options.organization), (organization) => {
    if (organization === undefined || organization === organizationId) return caller
    const detail = `The request is about another organization than ${quoted(organizationId)}, which is active in the token.`
    throw problem('organization_mismatch', detail, { fields: { organization } })
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
  } satisfies Record<Reason, boolean>),
)

function refuseWithdrawnRole(
  { organizationId, role }: ActiveCaller,
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
  const list: readonly unknown[] = Array.isArray(given) ? given : [given]
  // An empty list would let no caller pass, or every caller. Neither can be meant.
  if (list.length === 0 || !list.every(isIdentifier)) {
    throw optionInvalid(example, '"required" must be a key or a list of at least one key')
  }
  return Object.freeze([...list])
}

function anyOf(required: readonly string[]): string {
  return required.map(quoted).join(' or ')
}
