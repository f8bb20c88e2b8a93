/** Finds the organization that a request is about. */

import type { IncomingMessage } from 'node:http'
import { findTextFault, quoted } from '@rolesets/core'
import type { ErrorParts, RoleSetsExpressError } from './errors.ts'
import { whenThere, type Eventually } from './outcome.ts'
import { problem } from './problem.ts'
import { extractFrom, paramOf, type Extractor } from './request.ts'

/** The names of the route's parameters that can name the organization. */
export const organizationParams = ['organizationId', 'organization_id', 'orgId', 'org_id'] as const

/** The id of the organization, or undefined if the request names none. Throws `organization_invalid`. */
export function namedOrganization(
  req: IncomingMessage,
  extract: Extractor | undefined,
): Eventually<string | undefined> {
  const named = extract ? extractFrom(req, extract) : fromParams(req)
  return whenThere(named, (organization) => {
    if (organization === undefined || organization === null) return undefined
    return organizationIdFrom(organization)
  })
}

/** The id of the organization. Throws `organization_missing` or `organization_invalid`. */
export function requiredOrganization(req: IncomingMessage, extract: Extractor | undefined): Eventually<string> {
  return whenThere(namedOrganization(req, extract), (organization) => {
    if (organization !== undefined) return organization
    throw organizationMissing(
      'The request does not name an organization. Give the route a parameter :organizationId (a router below it needs ' +
        'mergeParams), or pass the option "organization".',
    )
  })
}

export function organizationMissing(detail: string): RoleSetsExpressError {
  return problem('organization_missing', detail)
}

/** An id that no organization can have is refused here, so the sidecar is not asked about it. */
function organizationIdFrom(value: unknown): string {
  const fault = findTextFault('id', value)
  if (fault === undefined) return value as string
  throw problem('organization_invalid', `The organization's id ${fault.problem}`)
}

export function organizationUnknown(organizationId: string, parts: ErrorParts): RoleSetsExpressError {
  return problem('organization_unknown', `The organization ${quoted(organizationId)} does not exist.`, parts)
}

/** Why nothing can be decided in a scope: its kind is not registered, or it has no role set. */
export function scopeUnknown(scope: string, parts: ErrorParts): RoleSetsExpressError {
  const detail = `The scope ${quoted(scope)} has no role set: its kind is not registered, or none was assigned.`
  return problem('scope_unknown', detail, parts)
}

/** A route may have several such parameters. If they differ, it is not known which of them the handler will use. */
function fromParams(req: IncomingMessage): unknown {
  const [first, ...others] = organizationParams.map((name) => paramOf(req, name)).filter((value) => value !== undefined)
  if (others.every((value) => value === first)) return first
  throw problem('organization_invalid', 'The path names more than one organization.')
}
