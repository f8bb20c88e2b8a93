/**
 * Reads the roles of a body. The rule: in a place that is read, there is a role in a form that is read, or the request is
 * refused. So a role can't pass the guard because it is written in a form that only the route understands.
 * `docs/express.md` lists the places and the forms.
 */

import { findTextFault } from '@rolesets/core'
import { FoundRoles, missingRole, unreadableRole } from './found-roles.ts'

/** Members with one role. */
const single = ['role', 'role_key', 'roleKey'] as const
/** Members with a role, a list of roles, or a list of objects with one role each. */
const several = ['roles', 'role_keys', 'roleKeys'] as const
/** Members with a list of objects with roles. An object without a role takes the role of the body. */
const bulk = ['invitations', 'memberships', 'members'] as const

/** Which members each kind of object may have. In another kind of object, the guard would not read them. */
const places = {
  body: [...single, ...several, ...bulk],
  bulkItem: [...single, ...several],
  listItem: single,
} as const

type Kind = keyof typeof places
export type JsonObject = Readonly<Record<string, unknown>>

const ELSEWHERE =
  ' If your route takes its roles from another place, pass guardRoleGrant() the option "roles", a function that finds ' +
  'them: roles: (req) => ….'

/** The roles of the body, each once. Throws `role_missing`, `role_invalid` or `roles_too_many`. */
export function rolesOfBody(body: unknown): readonly string[] {
  const found = new FoundRoles(ELSEWHERE)
  if (Array.isArray(body)) {
    addList(found, body, '')
  } else if (isJsonObject(body)) {
    const forAll = addNamed(found, body, { at: '', kind: 'body' })
    for (const place of bulk) {
      const items = valueOf(body, place, '')
      if (items !== undefined) addBulk(found, items.value, { at: `/${place}`, forAll })
    }
  } else {
    throw missingRole(
      'The request does not name a role, because it has no parsed body. Send Content-Type: application/json, and put ' +
        `express.json() before guardRoleGrant() in the route.${ELSEWHERE}`,
    )
  }
  if (found.count > 0) return [...found.roles]
  throw missingRole(`The body does not name a role in ${places.body.join(', ')}.${ELSEWHERE}`)
}

/** The objects that can name a role, each with a pointer to it: the body itself, and the items of its lists. */
export function* objectsOf(body: unknown): Iterable<readonly [object: JsonObject, pointer: string]> {
  if (isJsonObject(body)) yield [body, '']
  const lists = isJsonObject(body)
    ? [...several, ...bulk].map((place) => [valueOf(body, place, '')?.value, `/${place}`])
    : [[body, '']]
  for (const [list, at] of lists) {
    if (!Array.isArray(list)) continue
    for (const [position, item] of (list as readonly unknown[]).entries()) {
      if (isJsonObject(item)) yield [item, `${String(at)}/${position}`]
    }
  }
}

/** Adds the roles of an object itself, and returns whether it has any. */
function addNamed(found: FoundRoles, object: JsonObject, { at, kind }: { at: string; kind: Kind }): boolean {
  refuseUnread(object, { at, kind })
  const before = found.count
  for (const place of single) {
    const role = valueOf(object, place, at)
    if (role !== undefined) found.add(role.value, `${at}/${place}`)
  }
  for (const place of several) {
    const roles = valueOf(object, place, at)
    // In a form, one value is a string and several are a list.
    if (roles !== undefined && Array.isArray(roles.value)) addList(found, roles.value, `${at}/${place}`)
    else if (roles !== undefined) found.add(roles.value, `${at}/${place}`)
  }
  return found.count > before
}

/** Adds a list of roles, or of objects with one role each. */
function addList(found: FoundRoles, list: readonly unknown[], at: string): void {
  for (const [position, item] of list.entries()) {
    const here = `${at}/${position}`
    if (!isJsonObject(item)) found.add(item, here)
    else if (!addNamed(found, item, { at: here, kind: 'listItem' })) {
      throw missingRole(`An item of the list does not name a role.${ELSEWHERE}`, here)
    }
  }
}

/** Each item must name a role, unless the body itself names one for all. */
function addBulk(found: FoundRoles, items: unknown, { at, forAll }: { at: string; forAll: boolean }): void {
  // In a form, one value is a string and several are a list.
  if (forAll && typeof items === 'string' && isId(items)) return
  if (!Array.isArray(items)) throw unreadableRole(at, `Here must be a list of objects, each with its role.${ELSEWHERE}`)
  for (const [position, item] of (items as readonly unknown[]).entries()) {
    const here = `${at}/${position}`
    // A text without a role for all lacks one, whatever it says.
    const isOnlyId = isId(item) || (!forAll && typeof item === 'string')
    if (!isOnlyId && !isJsonObject(item))
      throw unreadableRole(here, `An item of this list must be an object with a role, or an id.${ELSEWHERE}`)
    const named = !isOnlyId && addNamed(found, item, { at: here, kind: 'bulkItem' })
    if (named) continue
    if (!forAll) throw missingRole(`Neither this item nor the body itself names a role.${ELSEWHERE}`, here)
    // It would take the role of the body, but the route may read one that stands deeper.
    const deeper = isOnlyId ? undefined : placeBelow(item, here)
    if (deeper !== undefined)
      throw unreadableRole(deeper, `The guard does not read a role that stands this deep in an item.${ELSEWHERE}`)
  }
}

/** The id of a user, for example. It has no room for a role, as JSON, a pair or a list in a text would have. */
function isId(item: unknown): item is string | number {
  if (typeof item === 'number') return true
  return typeof item === 'string' && findTextFault('id', item) === undefined && !/[{}[\]",;&\s]|org:/i.test(item)
}

/**
 * Refuses members that look like a place for roles but aren't read here: `members` within an item, another spelling
 * (`Role`, `role-key`), a path in a form that was not parsed (`members[0][role]`), and a prototype.
 */
function refuseUnread(object: JsonObject, { at, kind }: { at: string; kind: Kind }): void {
  const read: readonly string[] = places[kind]
  for (const key of Object.getOwnPropertyNames(object)) {
    if (read.includes(key)) continue
    if (hasPrototype(object, key, at)) {
      throw unreadableRole(
        pointerTo(at, key),
        'A body must not have a prototype: a route that copies it would take roles from it.',
      )
    }
    if (!claimed.has(plainName(key))) continue
    const remedy = `The guard reads ${read.join(', ')} in this object, spelt like this.`
    throw unreadableRole(
      pointerTo(at, key),
      `This looks like a place for roles, but the guard does not read it. ${remedy}`,
    )
  }
}

/** A pointer to the first member below an object that looks like a place for roles. It uses a list instead of recursion. */
function placeBelow(root: unknown, at: string): string | undefined {
  const waiting: (readonly [value: unknown, at: string])[] = [[root, at]]
  const seen = new Set<unknown>()
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const [value, here] = next
    if (typeof value !== 'object' || value === null || seen.has(value)) continue
    seen.add(value)
    for (const key of Object.getOwnPropertyNames(value)) {
      const pointer = pointerTo(here, key)
      if (isPrototype(key) || claimed.has(plainName(key))) return pointer
      waiting.push([Object.getOwnPropertyDescriptor(value, key)?.value, pointer])
    }
  }
  return undefined
}

/** `Role-Keys[0]`, ` roleKeys` and `role_keys` have the same plain name. */
export function plainName(key: string): string {
  return key
    .replace(/^[^\p{L}\p{N}]+|[\p{Cf}_\s-]/gu, '')
    .replace(/[^\p{L}\p{N}].*$/su, '')
    .toLowerCase()
}

const claimed: ReadonlySet<string> = new Set(places.body.map(plainName))

/** The value of a place, in an object of its own, or undefined if there is no such place. It is never run. */
function valueOf(object: JsonObject, place: string, at: string): { readonly value: unknown } | undefined {
  const property = Object.getOwnPropertyDescriptor(object, place)
  if (property === undefined || 'value' in property) return property as { readonly value: unknown } | undefined
  // A getter could answer the route differently.
  throw unreadableRole(`${at}/${place}`, 'A role must be a value, not a getter.')
}

/** Also as a path in a form that was not parsed: `constructor[prototype][role]`. */
function hasPrototype(object: JsonObject, key: string, at: string): boolean {
  if (key !== 'constructor') return isPrototype(key)
  const made = valueOf(object, key, at)?.value
  return typeof made === 'object' && made !== null && Object.hasOwn(made, 'prototype')
}

function isPrototype(key: string): boolean {
  return /^(?:__proto__|constructor[.[]prototype)(?:$|[^\w])/.test(key)
}

/** As a JSON or form parser makes it, in any realm. A Map, a Buffer or an instance of a class can hold roles out of sight. */
function isJsonObject(value: unknown): value is JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

/** A JSON pointer (RFC 6901). */
export function pointerTo(at: string, key: string): string {
  return `${at}/${key.slice(0, 128).replaceAll('~', '~0').replaceAll('/', '~1')}`
}
