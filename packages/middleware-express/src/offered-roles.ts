/** The roles of an organization's role set with their permissions, from the client's memory or by asking, with a deadline. */

import type { AvailableRoles } from '@rolesets/client'
import { hasCode, inTime, isFaultOfTheQuestion, malformedAnswer } from './decide.ts'
import type { RoleSetsExpressError } from './errors.ts'
import { isObject, type AskingOptions } from './options.ts'
import { organizationUnknown, scopeUnknown } from './organization.ts'
import { about, type PlaceOfRequest } from './place.ts'
import { problem } from './problem.ts'

/**
 * What `read` makes of the roles, which can be `stale`. Rejects with `decision_unavailable` if nothing is known, or if the
 * client's answer is malformed.
 */
export async function readOfferedRoles<T>(
  { organizationId, scope }: PlaceOfRequest,
  { roleSets, deadlineMs }: Pick<AskingOptions, 'roleSets' | 'deadlineMs'>,
  read: (offered: AvailableRoles) => T,
): Promise<T> {
  try {
    const offered = await inTime(
      (limits) => roleSets.availableRoles(organizationId, scope === undefined ? limits : { ...limits, scope }),
      deadlineMs,
    )
    if (!isWellFormed(offered)) throw malformedAnswer()
    return read(offered)
  } catch (cause) {
    throw notListed({ organizationId, scope }, cause)
  }
}

/** Of a scope in which nothing can be granted. */
const scopeCodes = ['scope_kind_not_found', 'scope_without_role_set'] as const

function isWellFormed({ roles, roleSet, revision }: AvailableRoles): boolean {
  return Array.isArray(roles) && roles.every(isObject) && typeof roleSet === 'string' && typeof revision === 'string'
}

function notListed(place: PlaceOfRequest, cause: unknown): RoleSetsExpressError {
  const { organizationId, scope } = place
  const fields = about(place)
  if (scope !== undefined && scopeCodes.some((code) => hasCode(cause, code)))
    return scopeUnknown(scope, { fields, cause })
  if (isFaultOfTheQuestion(cause)) {
    return problem('organization_invalid', 'An organization cannot have this id.', { fields, cause })
  }
  if (hasCode(cause, 'organization_not_found')) {
    return organizationUnknown(organizationId, { fields, cause })
  }
  return problem('decision_unavailable', 'The roles cannot be listed now. Try again.', { fields, cause })
}
