/**
 * The guard of routes that grant roles: every role in the request must be in the role set of the organization. One role
 * outside the set refuses the whole request. If no decision is possible, the request is refused, too.
 */

import type { IncomingMessage } from 'node:http'
import type { Decision } from '@rolesets/client'
import { quoted } from '@rolesets/core'
import { logError } from './console.ts'
import { decide, questionAbout } from './decide.ts'
import type { RoleSetsExpressError } from './errors.ts'
import { createCheckMayGrant, mayGrantRules, type CheckMayGrant, type MayGrantOptions } from './may-grant.ts'
import { rolesOf } from './roles.ts'
import { aFunction, askingRules, checkOptions, oneOf } from './options.ts'
import { organizationUnknown, requiredOrganization, scopeUnknown } from './organization.ts'
import { finish, isPromiseLike, whenThere, type Eventually } from './outcome.ts'
import { about } from './place.ts'
import { problem } from './problem.ts'
import { bodyOf, type Extractor, type Middleware } from './request.ts'
import { scopeOf } from './scope.ts'
import { refuseOtherOrganization, refuseOtherOrganizationInBody, refuseOtherScope } from './vouching.ts'

export interface GuardRoleGrantOptions extends MayGrantOptions {
  /** Finds the roles, if they are not in the usual members of the body. */
  readonly roles?: Extractor | undefined
  /** `enforce` (default) refuses. `report` lets every request pass; only `onDecision` and `roleGrantOf` show the result. */
  readonly mode?: 'enforce' | 'report' | undefined
  /** Called for each request before it goes on. An error that it throws changes nothing. */
  readonly onDecision?: ((decision: GuardDecision, req: IncomingMessage) => unknown) | undefined
}

/** What the guard found in a request. */
export interface RoleGrant {
  /** False only in the mode `report`. */
  readonly allowed: boolean
  /** Empty if the request does not name one (mode `report`). */
  readonly organizationId: string
  /** Only with the option `scope`; left out if the request does not name one (mode `report`). */
  readonly scope?: string
  /** Each role once, in the order of the request. Empty if they could not be read (mode `report`). */
  readonly roles: readonly string[]
  /** The key of the organization's role set. Empty if there was no decision. */
  readonly roleSet: string
  /** The revision of the decision, as `<epoch>:<number>`. Empty if there was no decision. */
  readonly revision: string
}

/** What `onDecision` receives. With `undecided`, the mode `enforce` answers 503 or 500. */
export interface GuardDecision extends RoleGrant {
  readonly outcome: 'allowed' | 'refused' | 'undecided'
  readonly mode: 'enforce' | 'report'
  readonly source: 'cache' | 'sidecar' | undefined
  /** The reason, unless the request is allowed. */
  readonly error: RoleSetsExpressError | undefined
}

const grants = new WeakMap<IncomingMessage, RoleGrant>()

/** What is known of a request so far. It is filled in step by step, so that a failure also reports what was found. */
interface Findings {
  organizationId: string
  scope?: string | undefined
  roles: readonly string[]
  decisions: readonly Decision[]
}

/**
 * Lets a request pass only if each role that it names can be granted in its organization. Answers 403 `role_not_in_set` or
 * `organization_unknown`, with `mayGrant: 'subset'` also `grant_exceeds_own`, 400 if the request does not name an organization
 * or a role, and 503 `decision_unavailable` if no decision is possible. If the client's cache has the decision, `next` is called
 * in the same tick.
 */
export function guardRoleGrant(given: GuardRoleGrantOptions): Middleware {
  const example = 'guardRoleGrant({ roleSets })'
  const options = checkOptions<GuardRoleGrantOptions>(example, given, {
    ...askingRules,
    roles: aFunction,
    ...mayGrantRules,
    mode: oneOf('enforce', 'report'),
    onDecision: aFunction,
  })
  const { mode = 'enforce' } = options
  const checkMayGrant = createCheckMayGrant(example, options)
  const report = reporterTo(options.onDecision)

  return function guardRoleGrantMiddleware(req, _res, next) {
    grants.delete(req)
    const findings: Findings = { organizationId: '', roles: [], decisions: [] }
    const settle = (error?: RoleSetsExpressError): void => {
      const grant = grantFrom(findings, error === undefined)
      report({ ...grant, outcome: outcomeOf(error), mode, source: findings.decisions[0]?.source, error }, req)
      if (error && mode === 'enforce') {
        next(error)
        return
      }
      grants.set(req, grant)
      next()
    }
    finish(
      () => examine(req, { ...options, checkMayGrant }, findings),
      () => settle(),
      settle,
    )
  }
}

/** What the guard let pass in this request. Throws `middleware_missing` if the guard has not run. */
export function roleGrantOf(req: IncomingMessage): RoleGrant {
  const grant = grants.get(req)
  if (grant) return grant
  throw problem(
    'middleware_missing',
    'roleGrantOf(): guardRoleGrant() has not run on this request. Put it before the handler: ' +
      'app.post(path, express.json(), guardRoleGrant({ roleSets }), handler)',
  )
}

type Examining = GuardRoleGrantOptions & { readonly checkMayGrant: CheckMayGrant }

/** Finds the place and the roles, and asks the client. Throws or rejects unless the grant is allowed. */
function examine(req: IncomingMessage, options: Examining, findings: Findings): Eventually<void> {
  const { organization, crossOrganization } = options
  return whenThere(requiredOrganization(req, organization), (organizationId) => {
    findings.organizationId = organizationId
    if (!crossOrganization) refuseOtherOrganization(req, organizationId)
    return whenThere(scopeOf(req, options.scope), (scope) => {
      findings.scope = scope
      if (!crossOrganization) refuseOtherScope(req, scope)
      return examineRoles(req, options, findings)
    })
  })
}

/** The same in the place that was found. */
function examineRoles(
  req: IncomingMessage,
  { roleSets, organization, crossOrganization, roles, deadlineMs, checkMayGrant }: Examining,
  findings: Findings,
): Eventually<void> {
  const { organizationId, scope } = findings
  return whenThere(rolesOf(req, roles), (found) => {
    findings.roles = found
    const questions = found.map((role) => questionAbout({ organizationId, scope }, role))
    return whenThere(decide(roleSets, questions, deadlineMs), (decisions) => {
      findings.decisions = decisions
      refuseUnlessAllAllowed(findings)
      // An application that finds the organization itself knows where it stands.
      if (!organization && !crossOrganization) refuseOtherOrganizationInBody(bodyOf(req), organizationId)
      return checkMayGrant(req, { organizationId, scope }, found)
    })
  })
}

function refuseUnlessAllAllowed({ organizationId, scope, roles, decisions }: Findings): void {
  const offending = roles.filter((_, position) => decisions[position]?.allowed !== true)
  const [first] = decisions
  if (offending.length === 0 || !first) return
  const { roleSet, revision } = first
  const fields = { ...about({ organizationId, scope }), roles: offending, role_set: roleSet, revision }
  if (decisions.some(({ reason }) => reason === 'ORGANIZATION_UNKNOWN')) {
    throw organizationUnknown(organizationId, { fields })
  }
  if (scope !== undefined && roleSet === '') throw scopeUnknown(scope, { fields: { ...fields, reason: first.reason } })
  const [role = '', another] = offending
  const named = another === undefined ? `Role ${quoted(role)} is` : `${offending.length} roles are`
  const place = scope === undefined ? `organization ${quoted(organizationId)}` : `scope ${quoted(scope)}`
  const detail = `${named} not in role set ${quoted(roleSet)}, which ${place} has.`
  throw problem('role_not_in_set', detail, { fields })
}

function grantFrom({ organizationId, scope, roles, decisions }: Findings, allowed: boolean): RoleGrant {
  const { roleSet = '', revision = '' } = decisions[0] ?? {}
  const place = { organizationId, ...(scope !== undefined && { scope }) }
  return Object.freeze({ allowed, ...place, roles: Object.freeze([...roles]), roleSet, revision })
}

/** With a status of 500 or more the server has a fault, or must wait for something. */
function outcomeOf(error: RoleSetsExpressError | undefined): GuardDecision['outcome'] {
  if (!error) return 'allowed'
  return error.status < 500 ? 'refused' : 'undecided'
}

/** Calls the hook so that its errors never reach the request. Only the first error is logged, to keep the log readable. */
function reporterTo(onDecision: GuardRoleGrantOptions['onDecision']) {
  let warned = false
  const warn = (error: unknown): void => {
    if (warned) return
    warned = true
    logError(new Error('guardRoleGrant(): onDecision failed. No decision is changed by this.', { cause: error }))
  }
  return (decision: GuardDecision, req: IncomingMessage): void => {
    try {
      const result = onDecision?.(decision, req)
      if (isPromiseLike(result)) result.then(undefined, warn)
    } catch (error) {
      warn(error)
    }
  }
}
