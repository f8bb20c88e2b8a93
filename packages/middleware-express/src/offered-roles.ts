/** The roles of an organization's role set with their permissions, from the client's memory or by asking, with a deadline. */

import type { AvailableRoles } from '@rolesets/client'
import { hasCode, inTime, isFaultOfTheQuestion, malformedAnswer } from './decide.ts'
import type { RoleSetsExpressError } from './errors.ts'
import { isObject, type AskingOptions } from './options.ts'
import { organizationUnknown } from './organization.ts'
import { problem } from './problem.ts'

/**
 * What `read` makes of the roles, which can be `stale`. Rejects with `decision_unavailable` if nothing is known, or if the
 * client's answer is malformed.
 */
export async function readOfferedRoles<T>(
  organizationId: string,
  { roleSets, deadlineMs }: Pick<AskingOptions, 'roleSets' | 'deadlineMs'>,
  read: (offered: AvailableRoles) => T,
): Promise<T> {
  try {
    const offered = await inTime((limits) => roleSets.availableRoles(organizationId, limits), deadlineMs)
    if (!isWellFormed(offered)) throw malformedAnswer()
    return read(offered)
  } catch (cause) {
    throw notListed(organizationId, cause)
  }
}

function isWellFormed({ roles, roleSet, revision }: AvailableRoles): boolean {
  return Array.isArray(roles) && roles.every(isObject) && typeof roleSet === 'string' && typeof revision === 'string'
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
