/** The handler behind a role picker: which roles can be given in this organization. */

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AvailableRoles } from '@rolesets/client'
import { inTime, isFaultOfTheQuestion, senseless } from './decide.ts'
import type { RoleSetsExpressError } from './errors.ts'
import {
  aDeadlineMs,
  aFunction,
  aRoleSetsClient,
  checkOptions,
  isObject,
  optionInvalid,
  type RoleSets,
} from './options.ts'
import { requiredOrganization } from './organization.ts'
import { finish, whenThere, type Eventually } from './outcome.ts'
import { problem } from './problem.ts'
import type { Extractor, Middleware } from './request.ts'

export interface AvailableRolesOptions {
  /** The client of `@rolesets/client`. */
  readonly roleSets: RoleSets
  /** Where the organization is, if not in the route's `:organizationId`. */
  readonly organization?: Extractor | undefined
  /** How long the answer may take. Default: the client's deadline, and 1000 if it keeps none. */
  readonly deadlineMs?: number | undefined
}

const EXAMPLE = 'availableRoles({ roleSets })'

/**
 * Answers with the roles of the organization's role set and their permissions, the default and the creator role, the role
 * set, the revision, and whether all that may be outdated (`stale`). 503 `decision_unavailable` if nothing is known.
 */
export function availableRoles(given: AvailableRolesOptions): Middleware {
  const options = checkOptions<AvailableRolesOptions>(EXAMPLE, given, {
    roleSets: aRoleSetsClient,
    organization: aFunction,
    deadlineMs: aDeadlineMs,
  })
  if (options.roleSets === undefined) throw optionInvalid(EXAMPLE, 'roleSets', aRoleSetsClient.expected)
  return function availableRolesMiddleware(req, res, next) {
    finish(
      () => bodyFor(req, options),
      (outcome) => {
        if ('error' in outcome) next(outcome.error)
        else write(res, outcome.value)
      },
    )
  }
}

function bodyFor(req: IncomingMessage, options: AvailableRolesOptions): Eventually<string> {
  const { roleSets, organization, deadlineMs } = options
  return whenThere(requiredOrganization(req, organization), async (organizationId) => {
    const ask = (signal: AbortSignal) =>
      roleSets.availableRoles(organizationId, { signal, ...(deadlineMs && { deadlineMs }) })
    try {
      return JSON.stringify(listing(organizationId, await inTime(ask, deadlineMs)))
    } catch (cause) {
      throw unlisted(organizationId, cause)
    }
  })
}

function unlisted(organization: string, cause: unknown): RoleSetsExpressError {
  const fields = { organization }
  if (isFaultOfTheQuestion(cause)) {
    return problem('organization_invalid', 'There can be no organization with this id.', { fields, cause })
  }
  if (cause instanceof Error && 'code' in cause && cause.code === 'organization_not_found') {
    return problem('organization_unknown', `There is no organization "${organization}".`, { fields, cause })
  }
  return problem('decision_unavailable', 'The roles cannot be listed now. Try again.', { fields, cause })
}

/** Throws if the client's answer makes no sense. */
function listing(organization: string, available: AvailableRoles) {
  const { roles, defaultRole, creatorRole, roleSet, revision, stale } = available
  if (!Array.isArray(roles) || !roles.every(isObject) || typeof roleSet !== 'string' || typeof revision !== 'string') {
    throw senseless()
  }
  return {
    organization,
    roles: available.roles.map(({ id, key, name, description, permissions }) => {
      return { id, key, name, description, permissions }
    }),
    default_role: defaultRole,
    creator_role: creatorRole,
    role_set: roleSet,
    revision,
    stale: stale === true,
  }
}

function write(res: ServerResponse, body: string): void {
  // A time-out middleware may have answered meanwhile.
  if (res.headersSent) return
  res.statusCode = 200
  res.setHeader('Content-Type', 'application/json')
  res.setHeader('Content-Length', Buffer.byteLength(body))
  res.setHeader('Cache-Control', 'private, no-cache')
  res.end(body)
}
