/** What memberships and invitations tell of their role beside its key, from the catalogue in memory. */

import type { Service } from '../../service/service.ts'
import { viewRole } from '../../service/views.ts'

export interface RoleFacts {
  readonly name: string
  /** Keys. */
  readonly permissions: readonly string[]
}

/** Of a role that is gone, as invitations of the past can have it, only the id is left. */
export function roleFactsOf({ readModel }: Pick<Service, 'readModel'>, roleId: string): RoleFacts {
  const { catalogue } = readModel
  const role = catalogue.roles.byId(roleId)
  return role === undefined ? { name: roleId, permissions: [] } : viewRole(role, catalogue)
}
