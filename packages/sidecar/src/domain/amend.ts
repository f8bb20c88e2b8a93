/** Sets the times and the revision of things that are created or changed; no other module does. */

import type { Membership } from '@rolesets/core'
import type { Context } from './decided.ts'

type Stamps = Pick<Membership, 'updatedAt' | 'revision'>

export function stampNew(context: Context): Stamps & { readonly createdAt: number } {
  return { createdAt: context.now, updatedAt: context.now, revision: context.revision }
}

/** For the three ways to become a member: created, creator of the organization, accepted invitation. */
export function newMembership(
  {
    publicMetadata,
    privateMetadata,
    expiresAt = null,
    ...fields
  }: Omit<Membership, 'id' | 'expiresAt' | 'createdAt' | keyof Stamps> & { readonly expiresAt?: number | null },
  context: Context,
): Membership {
  const content = { ...fields, expiresAt, publicMetadata, privateMetadata }
  return { id: context.newId('orgmem'), ...content, ...stampNew(context) }
}

/**
 * The thing with new fields; fields that are undefined stay as they are.
 * @returns the same object when nothing differs, so that a write that changes nothing is noticed
 */
export function amend<T extends Stamps>(
  before: T,
  fields: { readonly [K in keyof T]?: T[K] | undefined },
  context: Context,
): T {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined)
  const now = new Map<string, unknown>(Object.entries(before))
  if (given.every(([name, value]) => isSame(now.get(name), value))) return before
  return { ...before, ...(Object.fromEntries(given) as Partial<T>), updatedAt: context.now, revision: context.revision }
}

/** Deep equality of JSON values; the order of an object's fields doesn't count. */
function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const [left, right] = [new Map(Object.entries(a)), new Map(Object.entries(b))]
  return (
    left.size === right.size && [...left].every(([name, value]) => right.has(name) && isSame(value, right.get(name)))
  )
}
