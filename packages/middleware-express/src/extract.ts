/**
 * Finds the roles that a request would grant. It reads every member of the body that can name a role, and all roles found
 * are checked, because the middleware does not know which of them the route will use.
 */

import type { IncomingMessage } from 'node:http'
import { isIdentifier, limits } from '@rolesets/core'
import type { RoleSetsExpressError } from './errors.ts'
import { isObject } from './options.ts'
import { whenThere, type Eventually } from './outcome.ts'
import { problem } from './problem.ts'
import { bodyOf, extractFrom, type Extractor } from './request.ts'

/** Repeated roles count each time. */
const ROLES_MAX = 1_000

/** Members with one role. */
const SINGLE = ['role', 'role_key', 'roleKey'] as const
/** Members with a list of roles, or of objects with one role each. */
const SEVERAL = ['roles', 'role_keys', 'roleKeys'] as const
/** Members with a list of objects with roles. An object without a role takes the role of the body. */
const BULK = ['invitations', 'memberships', 'members'] as const

/** The roles found so far: each once, in the order of the request. */
class FoundRoles {
  readonly roles = new Set<string>()
  count = 0

  add(role: unknown, at: string): void {
    if (!isIdentifier(role)) throw invalid(at)
    this.count += 1
    if (this.count > ROLES_MAX) {
      throw problem('roles_too_many', `A request may name at most ${ROLES_MAX} roles.`, { fields: { max: ROLES_MAX } })
    }
    this.roles.add(role)
  }
}

/** The roles that the extractor returns, or those of the body. Throws `role_missing`, `role_invalid`, `roles_too_many`. */
export function rolesOf(req: IncomingMessage, extract: Extractor | undefined): Eventually<readonly string[]> {
  if (!extract) return rolesOfBody(bodyOf(req))
  return whenThere(extractFrom(req, extract), rolesOfExtracted)
}

function rolesOfExtracted(named: unknown): readonly string[] {
  const found = new FoundRoles()
  const list: readonly unknown[] = Array.isArray(named) ? named : named === undefined || named === null ? [] : [named]
  for (const role of list) found.add(role, '')
  if (found.count === 0) throw missing('The request does not name a role.')
  return [...found.roles]
}

function rolesOfBody(body: unknown): readonly string[] {
  const found = new FoundRoles()
  if (Array.isArray(body)) {
    addList(found, body, '')
  } else if (isObject(body)) {
    const forAll = addNamed(found, body, '')
    for (const place of BULK) {
      if (Object.hasOwn(body, place)) addBulk(found, body[place], { at: `/${place}`, forAll })
    }
  } else {
    throw missing(
      'The request does not name a role, because it has no parsed body. Send Content-Type: application/json, and put ' +
        'express.json() before guardRoleGrant() in the route.',
    )
  }
  if (found.count === 0)
    throw missing(`The body does not name a role in ${[...SINGLE, ...SEVERAL, ...BULK].join(', ')}.`)
  return [...found.roles]
}

/** Adds the roles of an object itself, and returns whether it has any. */
function addNamed(found: FoundRoles, item: Record<string, unknown>, at: string): boolean {
  const before = found.count
  for (const place of SINGLE) {
    if (Object.hasOwn(item, place)) found.add(item[place], `${at}/${place}`)
  }
  for (const place of SEVERAL) {
    if (!Object.hasOwn(item, place)) continue
    const roles: unknown = item[place]
    // In a form, one value is a string and several are a list.
    if (Array.isArray(roles)) addList(found, roles, `${at}/${place}`)
    else found.add(roles, `${at}/${place}`)
  }
  return found.count > before
}

/** Adds a list of roles, or of objects with one role each. Lists in these objects are refused as ambiguous. */
function addList(found: FoundRoles, list: readonly unknown[], at: string): void {
  for (const [position, item] of list.entries()) {
    const here = `${at}/${position}`
    if (!isObject(item)) {
      found.add(item, here)
      continue
    }
    const nested = SEVERAL.find((place) => Object.hasOwn(item, place))
    if (nested !== undefined) throw invalid(`${here}/${nested}`)
    if (!addNamed(found, item, here)) throw missing('An item of the list does not name a role.', here)
  }
}

/** Each item must name a role, unless the body itself names one for all. */
function addBulk(found: FoundRoles, bulk: unknown, { at, forAll }: { at: string; forAll: boolean }): void {
  const items: readonly unknown[] = Array.isArray(bulk) ? bulk : isObject(bulk) ? [bulk] : []
  for (const [position, item] of items.entries()) {
    const here = `${at}/${position}`
    const named = isObject(item) && addNamed(found, item, here)
    if (!named && !forAll) throw missing('Neither this item nor the body itself names a role.', here)
  }
}

function missing(detail: string, pointer?: string): RoleSetsExpressError {
  return problem('role_missing', detail, { fields: { pointer } })
}

function invalid(pointer: string): RoleSetsExpressError {
  const detail = `A role must be a string of 1 to ${limits.idCharactersMax} characters.`
  return problem('role_invalid', detail, { fields: { pointer } })
}
