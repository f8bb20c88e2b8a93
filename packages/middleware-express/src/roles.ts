/**
 * Finds the roles that a request would grant: those that the application's function returns, or those of the body. All
 * roles found are checked, because the middleware does not know which of them the route will use.
 */

import type { IncomingMessage } from 'node:http'
import { FoundRoles, missingRole } from './found-roles.ts'
import { whenThere, type Eventually } from './outcome.ts'
import { bodyOf, extractFrom, type Extractor } from './request.ts'
import { rolesOfBody } from './roles-of-body.ts'

/** The roles, each once. Throws `role_missing`, `role_invalid` or `roles_too_many`. */
export function rolesOf(req: IncomingMessage, extract: Extractor | undefined): Eventually<readonly string[]> {
  if (!extract) return rolesOfBody(bodyOf(req))
  return whenThere(extractFrom(req, extract), rolesOfExtracted)
}

function rolesOfExtracted(named: unknown): readonly string[] {
  const found = new FoundRoles()
  const list: readonly unknown[] = Array.isArray(named) ? named : named === undefined || named === null ? [] : [named]
  for (const role of list) found.add(role, '')
  if (found.count === 0) throw missingRole('The request does not name a role.')
  return [...found.roles]
}
