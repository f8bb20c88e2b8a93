/** Which organization a request is about, and whether that is the one that is active in the caller's token. */

import type { IncomingMessage } from 'node:http'
import type { Auth } from './auth.ts'
import { IDENTIFIER_CHARACTERS_MAX, isIdentifier } from './identifier.ts'
import { whenThere, type Eventually } from './outcome.ts'
import { problem } from './problem.ts'
import { extractFrom, paramOf, type Extractor } from './request.ts'

/** The parameters of a route that can name the organization; the first that is there counts. */
const PARAMS = ['organizationId', 'organization_id', 'orgId', 'org_id'] as const

/** The organization that the request names, or undefined. Throws `organization_invalid` if it cannot be one. */
export function namedOrganization(
  req: IncomingMessage,
  extract: Extractor | undefined,
): Eventually<string | undefined> {
  const named = extract ? extractFrom(req, extract) : fromParams(req)
  return whenThere(named, (organization) => {
    if (organization === undefined || organization === null) return undefined
    if (isIdentifier(organization)) return organization
    const detail = `The organization's id must be a text of 1 to ${IDENTIFIER_CHARACTERS_MAX} characters.`
    throw problem('organization_invalid', detail)
  })
}

function fromParams(req: IncomingMessage): unknown {
  for (const name of PARAMS) {
    const value = paramOf(req, name)
    if (value !== undefined) return value
  }
  return undefined
}

/** As `namedOrganization`, but throws `organization_missing` if there is none. */
export function requiredOrganization(req: IncomingMessage, extract: Extractor | undefined): Eventually<string> {
  return whenThere(namedOrganization(req, extract), (organization) => {
    if (organization !== undefined) return organization
    const detail =
      'The request names no organization: the route has no parameter :organizationId (a router that is mounted below it ' +
      'needs mergeParams), and no option "organization" says where else it is.'
    throw problem('organization_missing', detail)
  })
}

/** Refuses a caller who is active in another organization than the one that the request is about. */
export function refuseOtherOrganization(caller: Auth | undefined, organization: string | undefined): void {
  const active = caller?.organizationId
  if (active === undefined || organization === undefined || active === organization) return
  throw problem('organization_mismatch', `Organization "${active}" is active, and the request is about another one.`, {
    fields: { organization },
  })
}
