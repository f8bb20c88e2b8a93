/**
 * Finds the roles that a request would grant. All places where a body can name one are read, and all roles found there
 * are checked: which of them the route goes on to use is not for us to guess.
 */

import type { IncomingMessage } from 'node:http'
import type { RoleSetsExpressError } from './errors.ts'
import { IDENTIFIER_CHARACTERS_MAX, isIdentifier } from './identifier.ts'
import { isObject } from './options.ts'
import { whenThere, type Eventually } from './outcome.ts'
import { problem } from './problem.ts'
import { bodyOf, extractFrom, type Extractor } from './request.ts'

/** Counted as they stand in the request, repetitions included. */
const ROLES_MAX = 1_000

/** A role. */
const SINGLE = ['role', 'role_key', 'roleKey'] as const
/** A list of roles, or of objects with one each. */
const SEVERAL = ['roles', 'role_keys', 'roleKeys'] as const
/** A list of objects, each with a role or several; one without takes the body's own. */
const BULK = ['invitations', 'memberships', 'members'] as const

/** Each role once, in the order in which they stand in the request. */
class FoundRoles {
  readonly roles = new Set<string>()
  count = 0

  add(role: unknown, at: string): void {
    if (!isIdentifier(role)) throw invalid(at)
    this.count += 1
    if (this.count > ROLES_MAX) {
      throw problem('roles_too_many', `A request may name ${ROLES_MAX} roles at most.`, { fields: { max: ROLES_MAX } })
    }
    this.roles.add(role)
  }
}

/** The roles of the body, or of what the extractor finds. Throws `role_missing`, `role_invalid` or `roles_too_many`. */
export function rolesOf(req: IncomingMessage, extract: Extractor | undefined): Eventually<readonly string[]> {
  if (!extract) return rolesOfBody(bodyOf(req))
  return whenThere(extractFrom(req, extract), rolesOfExtracted)
}

function rolesOfExtracted(named: unknown): readonly string[] {
  const found = new FoundRoles()
  const list: readonly unknown[] = Array.isArray(named) ? named : named === undefined || named === null ? [] : [named]
  for (const role of list) found.add(role, '')
  if (found.count === 0) throw missing('The request names no role.')
  return [...found.roles]
}

function rolesOfBody(body: unknown): readonly string[] {
  const found = new FoundRoles()
  if (Array.isArray(body)) {
    addList(found, body, '')
  } else if (isObject(body)) {
    const forAll = addNamed(found, body, '')
    for (const place of BULK) addBulk(found, own(body, place), { at: `/${place}`, forAll })
  } else {
    throw missing(
      'The request names no role, because it has no parsed body: it needs Content-Type: application/json, and the route ' +
        'needs express.json() before guardRoleGrant().',
    )
  }
  if (found.count === 0) throw missing(`The body names no role: ${[...SINGLE, ...SEVERAL, ...BULK].join(', ')}.`)
  return [...found.roles]
}

/** Adds the roles of an object itself, and tells whether there were any. */
function addNamed(found: FoundRoles, item: Record<string, unknown>, at: string): boolean {
  const before = found.count
  for (const place of SINGLE) {
    if (Object.hasOwn(item, place)) found.add(item[place], `${at}/${place}`)
  }
  for (const place of SEVERAL) {
    if (!Object.hasOwn(item, place)) continue
    const roles: unknown = item[place]
    // A form with one value gives a text where one with two gives a list.
    if (Array.isArray(roles)) addList(found, roles, `${at}/${place}`)
    else found.add(roles, `${at}/${place}`)
  }
  return found.count > before
}

/** Adds a list of roles, or of objects with one each. Lists within are refused: nobody should have to guess what they mean. */
function addList(found: FoundRoles, list: readonly unknown[], at: string): void {
  for (const [position, item] of list.entries()) {
    const here = `${at}/${position}`
    if (!isObject(item)) {
      found.add(item, here)
      continue
    }
    const nested = SEVERAL.find((place) => Object.hasOwn(item, place))
    if (nested !== undefined) throw invalid(`${here}/${nested}`)
    if (!addNamed(found, item, here)) throw missing('An item of the list names no role.', here)
  }
}

/** An item may lean on the role that the body names for all, and else must name its own. */
function addBulk(found: FoundRoles, bulk: unknown, { at, forAll }: { at: string; forAll: boolean }): void {
  const items: readonly unknown[] = Array.isArray(bulk) ? bulk : isObject(bulk) ? [bulk] : []
  for (const [position, item] of items.entries()) {
    const here = `${at}/${position}`
    const named = isObject(item) && addNamed(found, item, here)
    if (!named && !forAll) throw missing('An item names no role, and neither does the body for all.', here)
  }
}

/** Only what the request brought itself: never what somebody put on a prototype. */
function own(body: Record<string, unknown>, name: string): unknown {
  return Object.hasOwn(body, name) ? body[name] : undefined
}

function missing(detail: string, pointer?: string): RoleSetsExpressError {
  return problem('role_missing', detail, { fields: { pointer } })
}

function invalid(pointer: string): RoleSetsExpressError {
  const detail = `A role must be a text of 1 to ${IDENTIFIER_CHARACTERS_MAX} characters.`
  return problem('role_invalid', detail, { fields: { pointer } })
}
