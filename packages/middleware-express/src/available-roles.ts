/** The request handler for a role picker: lists the roles that can be granted in an organization. */

import type { IncomingMessage } from 'node:http'
import type { AvailableRoles } from '@rolesets/client'
import { hasCode, inTime, isFaultOfTheQuestion, malformedAnswer } from './decide.ts'
import type { RoleSetsExpressError } from './errors.ts'
import { askingRules, checkOptions, isObject, type AskingOptions } from './options.ts'
import { organizationUnknown, requiredOrganization } from './organization.ts'
import { finish, whenThere, type Eventually } from './outcome.ts'
import { problem } from './problem.ts'
import { reply } from './reply.ts'
import type { Middleware } from './request.ts'
import { refuseOtherOrganization } from './vouching.ts'

export type AvailableRolesOptions = AskingOptions

/**
 * Answers with the roles of the organization's role set and their permissions, the default role and the creator role, the
 * role set, the revision, and whether all this may be outdated (`stale`). 503 `decision_unavailable` if nothing is known.
 */
export function availableRoles(given: AvailableRolesOptions): Middleware {
  const options = checkOptions<AvailableRolesOptions>('availableRoles({ roleSets })', given, askingRules)
  return function availableRolesMiddleware(req, res, next) {
    finish(
      () => bodyFor(req, options),
      (body) => {
        // A time-out middleware may have answered already.
        if (res.headersSent) return
        reply(res, { status: 200, contentType: 'application/json', cacheControl: 'private, no-cache', body })
      },
      next,
    )
  }
}

function bodyFor(req: IncomingMessage, options: AvailableRolesOptions): Eventually<string> {
  const { roleSets, organization, crossOrganization, deadlineMs } = options
  return whenThere(requiredOrganization(req, organization), async (organizationId) => {
    if (!crossOrganization) refuseOtherOrganization(req, organizationId)
    try {
      const available = await inTime((limits) => roleSets.availableRoles(organizationId, limits), deadlineMs)
      return JSON.stringify(listing(organizationId, available))
    } catch (cause) {
      throw notListed(organizationId, cause)
    }
  })
}

function notListed(organization: string, cause: unknown): RoleSetsExpressError {
  const fields = { organization }
  if (isFaultOfTheQuestion(cause)) {
    return problem('organization_invalid', 'An organization cannot have this id.', { fields, cause })
  }
  if (hasCode(cause, 'organization_not_found')) {
    return organizationUnknown(organization, { fields, cause })
  }
  return problem('decision_unavailable', 'The roles cannot be listed now. Try again.', { fields, cause })
}

/** The body of the answer. Throws if the client's answer is malformed. */
function listing(organization: string, available: AvailableRoles) {
  const { roles, defaultRole, creatorRole, roleSet, revision, stale } = available
  if (!Array.isArray(roles) || !roles.every(isObject) || typeof roleSet !== 'string' || typeof revision !== 'string') {
    throw malformedAnswer()
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
