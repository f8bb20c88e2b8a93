/**
 * Single things as they are in the storage, read for a whole batch at once, because a call of the driver costs more than a
 * row. They hold until the batch writes rows.
 */

import type { Foreseen } from '../store.ts'
import type { EngineConnection } from './connection.ts'
import { keyOfMember, KnownThings } from './known-things.ts'

/** Rows become objects in one go, and calls wait meanwhile. */
const idsPerRead = 500

/** Everything that these name is known afterwards: a thing that isn't in the storage is known to be absent. */
export async function readForeseen(connection: EngineConnection, foreseen: readonly Foreseen[]): Promise<KnownThings> {
  const known = new KnownThings()
  const ids = new Set(foreseen.flatMap(({ organizationIds = [] }) => organizationIds).filter(isPlain))
  const members = foreseen.flatMap(({ memberships = [] }) => memberships)
  const plainMembers = members.filter(({ organizationId, scope = '', userId }) =>
    [organizationId, scope, userId].every((part) => part === '' || isPlain(part)),
  )
  const keys = new Set(plainMembers.map(({ userId, ...where }) => keyOfMember(where, userId)))
  for (const id of ids) known.setAbsent('organization', id)
  for (const key of keys) known.setAbsent('membership', key)
  for (const some of slicesOf([...ids], idsPerRead))
    for (const found of await connection.organizationsById(some)) known.note('organization', found)
  if (keys.size > 0) for (const found of await connection.membershipsByKey([...keys])) known.note('membership', found)
  return known
}

function slicesOf<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, place) =>
    items.slice(place * size, (place + 1) * size),
  )
}

/** Callers' texts arrive here before the rules check them. A text that JSON and an engine might read differently is read alone. */
function isPlain(id: unknown): boolean {
  return typeof id === 'string' && /^[\x20-\x7e]+$/.test(id)
}
