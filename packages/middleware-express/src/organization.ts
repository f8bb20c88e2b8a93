/** Finds the organization that a request is about. */

import type { IncomingMessage } from 'node:http'
import { isIdentifier, limits, quoted } from '@rolesets/core'
import type { ErrorParts, RoleSetsExpressError } from './errors.ts'
import { whenThere, type Eventually } from './outcome.ts'
import { problem } from './problem.ts'
import { extractFrom, paramOf, type Extractor } from './request.ts'

/** The route's parameters that can name the organization. The first that the route has counts. */
const PARAMS = ['organizationId', 'organization_id', 'orgId', 'org_id'] as const

/** The id of the organization, or undefined if the request names none. Throws `organization_invalid`. */
export function namedOrganization(
  req: IncomingMessage,
  extract: Extractor | undefined,
): Eventually<string | undefined> {
  const named = extract ? extractFrom(req, extract) : fromParams(req)
  return whenThere(named, (organization) => {
    if (organization === undefined || organization === null) return undefined
    if (isIdentifier(organization)) return organization
    const detail = `The organization's id must be a string of 1 to ${limits.idCharactersMax} characters.`
    throw problem('organization_invalid', detail)
  })
}

/** The id of the organization. Throws `organization_missing` or `organization_invalid`. */
export function requiredOrganization(req: IncomingMessage, extract: Extractor | undefined): Eventually<string> {
  return whenThere(namedOrganization(req, extract), (organization) => {
    if (organization !== undefined) return organization
    const detail =
      'The request does not name an organization. Give the route a parameter :organizationId (a router below it needs ' +
      'mergeParams), or pass the option "organization".'
    throw problem('organization_missing', detail)
  })
}

export function organizationUnknown(organizationId: string, parts: ErrorParts): RoleSetsExpressError {
  return problem('organization_unknown', `The organization ${quoted(organizationId)} does not exist.`, parts)
}

function fromParams(req: IncomingMessage): unknown {
  const name = PARAMS.find((each) => paramOf(req, each) !== undefined)
  return name && paramOf(req, name)
}
