/** The request handler for a role picker: lists the roles that can be granted in an organization. */

import type { IncomingMessage } from 'node:http'
import type { AvailableRoles } from '@rolesets/client'
import { readOfferedRoles } from './offered-roles.ts'
import { askingRules, checkOptions, type AskingOptions } from './options.ts'
import { finish, whenThere, type Eventually } from './outcome.ts'
import { about, placeOf, refuseOtherPlace, type PlaceOfRequest } from './place.ts'
import { reply } from './reply.ts'
import type { Middleware } from './request.ts'

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
  return whenThere(placeOf(req, options), async (place) => {
    if (!options.crossOrganization) refuseOtherPlace(req, place)
    return readOfferedRoles(place, options, (offered) => JSON.stringify(listing(place, offered)))
  })
}

/** The body of the answer. */
function listing(place: PlaceOfRequest, available: AvailableRoles) {
  const { roles, defaultRole, creatorRole, roleSet, revision, stale } = available
  return {
    ...about(place),
    roles: roles.map(({ id, key, name, description, permissions }) => {
      return { id, key, name, description, permissions }
    }),
    default_role: defaultRole,
    creator_role: creatorRole,
    role_set: roleSet,
    revision,
    stale: stale === true,
  }
}
