/** The place that a request is about: an organization, or a scope of it where the option `scope` says so. */

import type { IncomingMessage } from 'node:http'
import type { AskingOptions } from './options.ts'
import { requiredOrganization } from './organization.ts'
import { whenThere, type Eventually } from './outcome.ts'
import { scopeOf } from './scope.ts'
import { refuseOtherOrganization, refuseOtherScope } from './vouching.ts'

export interface PlaceOfRequest {
  readonly organizationId: string
  /** Undefined: the organization as a whole. */
  readonly scope: string | undefined
}

/** The members of a problem document that name the place. */
export function about({ organizationId, scope }: PlaceOfRequest) {
  return { organization: organizationId, ...(scope !== undefined && { scope }) }
}

/** Throws or rejects with the codes of a missing or malformed organization or scope. */
export function placeOf(
  req: IncomingMessage,
  { organization, scope: option }: Pick<AskingOptions, 'organization' | 'scope'>,
): Eventually<PlaceOfRequest> {
  return whenThere(requiredOrganization(req, organization), (organizationId) =>
    whenThere(scopeOf(req, option), (scope) => ({ organizationId, scope })),
  )
}

/** Throws `organization_mismatch` or `scope_mismatch` if a requirement has authorized the caller elsewhere. */
export function refuseOtherPlace(req: IncomingMessage, { organizationId, scope }: PlaceOfRequest): void {
  refuseOtherOrganization(req, organizationId)
  refuseOtherScope(req, scope)
}
