/**
 * The guard of routes that grant roles: every role that the request names must be in the role set of the organization.
 * One that isn't refuses the whole request, and so does everything that keeps us from knowing.
 */

import type { IncomingMessage } from 'node:http'
import type { Decision } from '@rolesets/client'
import { complain } from './complaint.ts'
import { decide } from './decide.ts'
import type { RoleSetsExpressError } from './errors.ts'
import { rolesOf } from './extract.ts'
import {
  aDeadlineMs,
  aFunction,
  aRoleSetsClient,
  checkOptions,
  oneOf,
  optionInvalid,
  type RoleSets,
} from './options.ts'
import { requiredOrganization } from './organization.ts'
import { finish, isPromiseLike, whenThere, type Eventually } from './outcome.ts'
import { isRefusal, problem } from './problem.ts'
import type { Extractor, Middleware } from './request.ts'

export interface GuardRoleGrantOptions {
  /** The client of `@rolesets/client`. */
  readonly roleSets: RoleSets
  /** Where the organization is, if not in the route's `:organizationId`. */
  readonly organization?: Extractor | undefined
  /** Where the roles are, if not in the usual places of the body. */
  readonly roles?: Extractor | undefined
  /** `enforce` (default) refuses; `report` lets everything through, and only tells `onDecision` and `roleGrantOf`. */
  readonly mode?: 'enforce' | 'report' | undefined
  /** Is told of each request, before it goes on. What it throws changes nothing. */
  readonly onDecision?: ((decision: GuardDecision, req: IncomingMessage) => unknown) | undefined
  /** How long a decision may take. Default: the client's deadline, and 1000 if it keeps none. */
  readonly deadlineMs?: number | undefined
}

/** What the guard found on a request. */
export interface RoleGrant {
  /** False only in the mode `report`. */
  readonly allowed: boolean
  /** Empty if the request names none (mode `report`). */
  readonly organizationId: string
  /** Each role once, in the order in which the request names them; empty if they could not be read (mode `report`). */
  readonly roles: readonly string[]
  /** The key of the organization's role set; empty if nothing was decided. */
  readonly roleSet: string
  /** Of the decision, as `<epoch>:<number>`; empty if nothing was decided. */
  readonly revision: string
}

/** What `onDecision` is told. `undecided` is what the mode `enforce` answers with 503 or 500. */
export interface GuardDecision extends RoleGrant {
  readonly outcome: 'allowed' | 'refused' | 'undecided'
  readonly mode: 'enforce' | 'report'
  readonly source: 'cache' | 'sidecar' | undefined
  /** Why not, unless allowed. */
  readonly error: RoleSetsExpressError | undefined
}

const EXAMPLE = 'guardRoleGrant({ roleSets })'

const grants = new WeakMap<IncomingMessage, RoleGrant>()

/** What is known of a request so far; the guard fills it in as it goes, and tells it whatever happens. */
interface Findings {
  organizationId: string
  roles: readonly string[]
  decisions: readonly Decision[]
}

/**
 * Lets a request through only if each role that it names can be given in its organization. Answers 403 `role_not_in_set`
 * or `organization_unknown`, 400 if it names no organization or no role, 503 `decision_unavailable` if it cannot be
 * decided. A decision that is in the client's cache takes no tick.
 */
export function guardRoleGrant(given: GuardRoleGrantOptions): Middleware {
  const options = decideOptions(given)
  const { mode = 'enforce' } = options
  const tell = teller(options.onDecision)

  return function guardRoleGrantMiddleware(req, _res, next) {
    grants.delete(req)
    const findings: Findings = { organizationId: '', roles: [], decisions: [] }
    finish(
      () => examine(req, options, findings),
      (outcome) => {
        const error = 'error' in outcome ? outcome.error : undefined
        const grant = grantFrom(findings, error === undefined)
        tell({ ...grant, outcome: nameOf(error), mode, source: findings.decisions[0]?.source, error }, req)
        if (error && mode === 'enforce') {
          next(error)
          return
        }
        grants.set(req, grant)
        next()
      },
    )
  }
}

/** What the guard let through on this request. Throws `middleware_missing` if the guard has not run. */
export function roleGrantOf(req: IncomingMessage): RoleGrant {
  const grant = grants.get(req)
  if (grant) return grant
  throw problem(
    'middleware_missing',
    'roleGrantOf(): guardRoleGrant() has not run on this request. Put it before the handler: ' +
      'app.post(path, express.json(), guardRoleGrant({ roleSets }), handler)',
  )
}

function decideOptions(given: GuardRoleGrantOptions): GuardRoleGrantOptions {
  const options = checkOptions<GuardRoleGrantOptions>(EXAMPLE, given, {
    roleSets: aRoleSetsClient,
    organization: aFunction,
    roles: aFunction,
    mode: oneOf('enforce', 'report'),
    onDecision: aFunction,
    deadlineMs: aDeadlineMs,
  })
  if (options.roleSets === undefined) throw optionInvalid(EXAMPLE, 'roleSets', aRoleSetsClient.expected)
  return options
}

/** Finds the organization and the roles, and asks. Throws, or rejects, unless the grant is allowed. */
function examine(req: IncomingMessage, options: GuardRoleGrantOptions, findings: Findings): Eventually<void> {
  const { roleSets, organization, roles, deadlineMs } = options
  return whenThere(requiredOrganization(req, organization), (organizationId) => {
    findings.organizationId = organizationId
    return whenThere(rolesOf(req, roles), (found) => {
      findings.roles = found
      const questions = found.map((role) => ({ organizationId, role }))
      return whenThere(decide(roleSets, questions, deadlineMs), (decisions) => {
        findings.decisions = decisions
        refuseWhatIsNotAllowed(findings)
      })
    })
  })
}

function refuseWhatIsNotAllowed({ organizationId, roles, decisions }: Findings): void {
  const offending = roles.filter((_, position) => decisions[position]?.allowed !== true)
  const [first] = decisions
  if (offending.length === 0 || !first) return
  const { roleSet, revision } = first
  const fields = { organization: organizationId, roles: offending, role_set: roleSet, revision }
  if (decisions.some(({ reason }) => reason === 'ORGANIZATION_UNKNOWN')) {
    throw problem('organization_unknown', `There is no organization "${organizationId}".`, { fields })
  }
  const named = offending.length === 1 ? `Role "${offending[0]}" is` : `${offending.length} roles are`
  const detail = `${named} not in role set "${roleSet}", which organization "${organizationId}" has.`
  throw problem('role_not_in_set', detail, { fields })
}

function grantFrom({ organizationId, roles, decisions }: Findings, allowed: boolean): RoleGrant {
  const { roleSet = '', revision = '' } = decisions[0] ?? {}
  return Object.freeze({ allowed, organizationId, roles: Object.freeze([...roles]), roleSet, revision })
}

function nameOf(error: RoleSetsExpressError | undefined): GuardDecision['outcome'] {
  if (!error) return 'allowed'
  return isRefusal(error) ? 'refused' : 'undecided'
}

/** Calls the hook so that nothing it does reaches the request; its first error is told, and the others would drown the log. */
function teller(onDecision: GuardRoleGrantOptions['onDecision']) {
  let warned = false
  const warn = (error: unknown): void => {
    if (warned) return
    warned = true
    complain(new Error('guardRoleGrant(): onDecision failed. That changes no decision.', { cause: error }))
  }
  return (decision: GuardDecision, req: IncomingMessage): void => {
    try {
      const told = onDecision?.(decision, req)
      if (isPromiseLike(told)) told.then(undefined, warn)
    } catch (error) {
      warn(error)
    }
  }
}
