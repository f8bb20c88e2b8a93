/** The roles of an organization's role set with their permissions, from the client's memory or by asking, with a deadline. */

import type { AvailableRoles } from '@rolesets/client'
import { decide, hasCode, inTime, isFaultOfTheQuestion, malformedAnswer, questionAbout } from './decide.ts'
import type { RoleSetsExpressError } from './errors.ts'
import { isObject, type AskingOptions } from './options.ts'
import { organizationUnknown, scopeUnknown } from './organization.ts'
import { about, type PlaceOfRequest } from './place.ts'
import { problem } from './problem.ts'

type Asking = Pick<AskingOptions, 'roleSets' | 'deadlineMs'>

/**
 * What `read` makes of the roles, which can be `stale`. Rejects with `decision_unavailable` if nothing is known, or if the
 * client's answer is malformed.
 */
export async function readOfferedRoles<T>(
  place: PlaceOfRequest,
  options: Asking,
  read: (offered: AvailableRoles) => T,
): Promise<T> {
  const { organizationId, scope } = place
  const { roleSets, deadlineMs } = options
  try {
    const offered = await inTime(
      (limits) => roleSets.availableRoles(organizationId, scope === undefined ? limits : { ...limits, scope }),
      deadlineMs,
    )
    if (!isWellFormed(offered)) throw malformedAnswer()
    return read(offered)
  } catch (cause) {
    if (scope !== undefined && scopeCodes.some((code) => hasCode(cause, code)))
      throw await refusalInScope({ organizationId, scope }, options, cause)
    throw notListed(place, cause)
  }
}

/** Of a scope in which nothing can be granted. */
const scopeCodes = ['scope_kind_not_found', 'scope_without_role_set'] as const

function isWellFormed({ roles, roleSet, revision }: AvailableRoles): boolean {
  return Array.isArray(roles) && roles.every(isObject) && typeof roleSet === 'string' && typeof revision === 'string'
}

function notListed(place: PlaceOfRequest, cause: unknown): RoleSetsExpressError {
  const { organizationId } = place
  const fields = about(place)
  if (isFaultOfTheQuestion(cause)) {
    return problem('organization_invalid', 'An organization cannot have this id.', { fields, cause })
  }
  if (hasCode(cause, 'organization_not_found')) {
    return organizationUnknown(organizationId, { fields, cause })
  }
  return unavailable(place, cause)
}

/**
 * The refusal of a list says neither the reason nor the revision. The decision about a role does, whichever role it is: where
 * a scope has no role set, it isn't looked at.
 */
async function refusalInScope(
  place: PlaceOfRequest & { readonly scope: string },
  { roleSets, deadlineMs }: Asking,
  cause: unknown,
): Promise<RoleSetsExpressError> {
  const [decision] = await decide(roleSets, [questionAbout(place, anyRole)], deadlineMs)
  // It may have got a role set in the meantime, so that there is a list now.
  if (decision === undefined || decision.roleSet !== '') return unavailable(place, cause)
  const { reason, roleSet, revision } = decision
  return scopeUnknown(place.scope, { fields: { ...about(place), reason, role_set: roleSet, revision }, cause })
}

const anyRole = 'org:member'

function unavailable(place: PlaceOfRequest, cause: unknown): RoleSetsExpressError {
  return problem('decision_unavailable', 'The roles cannot be listed now. Try again.', { fields: about(place), cause })
}
