/**
 * Middlewares that let only callers with a role, or a permission, through. The role in a token is only a claim: it counts
 * while it is in the role set of the organization, so one that is withdrawn stops counting at the next request.
 */

import type { IncomingMessage } from 'node:http'
import type { Decision } from '@rolesets/client'
import { requireCaller, type Auth } from './auth.ts'
import { decide } from './decide.ts'
import { isIdentifier } from './identifier.ts'
import {
  aBoolean,
  aDeadlineMs,
  aFunction,
  aRoleSetsClient,
  checkOptions,
  optionInvalid,
  type RoleSets,
} from './options.ts'
import { namedOrganization, refuseOtherOrganization } from './organization.ts'
import { finish, whenThere, type Eventually } from './outcome.ts'
import { problem } from './problem.ts'
import type { Extractor, Middleware } from './request.ts'

export interface RequireOptions {
  /** The client of `@rolesets/client`. */
  readonly roleSets: RoleSets
  /** Where the request names an organization, if not in the route's `:organizationId`; it must be the caller's. */
  readonly organization?: Extractor | undefined
  /** Lets a caller through whose active organization is another than the request names. Default false. */
  readonly crossOrganization?: boolean | undefined
  /** How long a decision may take. Default: the client's deadline, and 1000 if it keeps none. */
  readonly deadlineMs?: number | undefined
}

/** The caller, active in an organization with a role. */
interface ActiveCaller {
  readonly auth: Auth
  readonly organizationId: string
  readonly role: string
}

/**
 * Lets callers through who have the role, or one of the roles, in their active organization, while it is in the
 * organization's role set. Answers 401 without a token, 403 `role_required`, `role_withdrawn`, `organization_required`,
 * `organization_mismatch` or `organization_unknown`, and 503 `decision_unavailable`.
 */
export function requireRole(roles: string | readonly string[], options: RequireOptions): Middleware {
  const example = "requireRole('org:admin', { roleSets })"
  const required = listOf(roles, example)
  return requirement(checkRequireOptions(example, options), (caller, { roleSets, deadlineMs }) => {
    const { organizationId, role } = caller
    if (!required.includes(role)) {
      throw problem('role_required', `This needs the role ${anyOf(required)}.`, {
        fields: { required, role, organization: organizationId },
      })
    }
    return whenThere(decide(roleSets, [{ organizationId, role }], deadlineMs), (decisions) => {
      for (const decision of decisions) refuseWithdrawnRole(caller, decision, required)
    })
  })
}

/**
 * Lets callers through whose role holds the permission, or one of the permissions. One that the sidecar knows is decided
 * there, so system permissions count although tokens leave them out, and a withdrawn permission does not. One that it
 * doesn't know counts if the token lists it. Answers as `requireRole` does, with `permission_required`.
 */
export function requirePermission(permissions: string | readonly string[], options: RequireOptions): Middleware {
  const example = "requirePermission('org:sys_memberships:manage', { roleSets })"
  const required = listOf(permissions, example)
  return requirement(checkRequireOptions(example, options), (caller, { roleSets, deadlineMs }) => {
    const { organizationId, role, auth } = caller
    const questions = required.map((permission) => ({ organizationId, role, permission }))
    return whenThere(decide(roleSets, questions, deadlineMs), (decisions) => {
      for (const decision of decisions) refuseWithdrawnRole(caller, decision, required)
      const held = required.some((permission, position) => holds(auth, permission, decisions[position]))
      if (held) return
      const { roleSet: role_set, revision } = decisions[0] ?? {}
      throw problem('permission_required', `This needs the permission ${anyOf(required)}.`, {
        fields: { required, role, organization: organizationId, role_set, revision },
      })
    })
  })
}

function holds(auth: Auth, permission: string, decision: Decision | undefined): boolean {
  if (decision?.reason === 'PERMISSION_UNKNOWN') return auth.permissions.includes(permission)
  return decision?.allowed === true
}

type Check = (caller: ActiveCaller, options: RequireOptions) => Eventually<void>

function requirement(options: RequireOptions, check: Check): Middleware {
  return function requirementMiddleware(req, _res, next) {
    finish(
      () => whenThere(activeCaller(req, options), (caller) => check(caller, options)),
      (outcome) => ('error' in outcome ? next(outcome.error) : next()),
    )
  }
}

function activeCaller(req: IncomingMessage, options: RequireOptions): Eventually<ActiveCaller> {
  const auth = requireCaller(req)
  const { organizationId, role } = auth
  if (organizationId === undefined || role === undefined) {
    throw problem('organization_required', 'This needs an organization that is active in the token, and a role there.')
  }
  if (options.crossOrganization) return { auth, organizationId, role }
  return whenThere(namedOrganization(req, options.organization), (named) => {
    refuseOtherOrganization(auth, named)
    return { auth, organizationId, role }
  })
}

function refuseWithdrawnRole(caller: ActiveCaller, decision: Decision, required: readonly string[]): void {
  const { organizationId, role } = caller
  const { reason, roleSet, revision } = decision
  const fields = { required, role, organization: organizationId, role_set: roleSet, revision }
  if (reason === 'ORGANIZATION_UNKNOWN') {
    throw problem('organization_unknown', `There is no organization "${organizationId}".`, { fields })
  }
  if (!meansRoleInSet.has(reason)) {
    const detail = `The role "${role}" is not in role set "${roleSet}" any more, although the token still has it.`
    throw problem('role_withdrawn', detail, { fields })
  }
}

/** A reason that isn't listed here, of a newer sidecar perhaps, counts as "not in the set". */
const meansRoleInSet = new Set<string>(['ROLE_IN_SET', 'PERMISSION_NOT_IN_ROLE', 'PERMISSION_UNKNOWN'])

function checkRequireOptions(example: string, given: RequireOptions): RequireOptions {
  const options = checkOptions<RequireOptions>(example, given, {
    roleSets: aRoleSetsClient,
    organization: aFunction,
    crossOrganization: aBoolean,
    deadlineMs: aDeadlineMs,
  })
  if (options.roleSets === undefined) throw optionInvalid(example, 'roleSets', aRoleSetsClient.expected)
  return options
}

function listOf(given: string | readonly string[], example: string): readonly string[] {
  const list: readonly unknown[] = Array.isArray(given) ? given : [given]
  // "Any of nothing" would be a requirement that nobody meets, or that everybody meets: neither is meant.
  if (list.length === 0 || !list.every(isIdentifier)) {
    throw optionInvalid(example, 'required', 'a key, or a list of at least one')
  }
  return Object.freeze([...list])
}

function anyOf(required: readonly string[]): string {
  return required.map((each) => `"${each}"`).join(' or ')
}
