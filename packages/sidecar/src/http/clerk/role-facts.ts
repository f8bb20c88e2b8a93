/** What memberships and invitations tell of their role beside its key, from the catalogue in memory. */

import type { Service } from '../../service/service.ts'
import { viewRole } from '../../service/views.ts'

export interface RoleFacts {
  readonly name: string
  /** Keys. */
  readonly permissions: readonly string[]
}

export type RoleFactsOf = (roleId: string) => RoleFacts

/** For one answer: a page tells of each role many times, and all at the same state. */
export function roleFactsNow({ readModel: { catalogue } }: Pick<Service, 'readModel'>): RoleFactsOf {
  const known = new Map<string, RoleFacts>()
  return (roleId) => {
    const role = catalogue.roles.byId(roleId)
    // Of a role that is gone, as invitations of the past can have it, only the id is left.
    const facts =
      known.get(roleId) ?? (role === undefined ? { name: roleId, permissions: [] } : viewRole(role, catalogue))
    known.set(roleId, facts)
    return facts
  }
}
