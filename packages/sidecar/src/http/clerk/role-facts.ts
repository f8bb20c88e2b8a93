/** What memberships and invitations show of their role besides its key, from the catalogue in memory. */

import type { Catalogue } from '@rolesets/core'
import type { Service } from '../../service/service.ts'
import { viewRole } from '../../service/views.ts'

export interface RoleFacts {
  readonly name: string
  /** Keys. */
  readonly permissions: readonly string[]
}

/** A catalogue never changes: each change of the store makes a new one. The entries of a page share few roles. */
const known = new WeakMap<Catalogue, Map<string, RoleFacts>>()

export function roleFacts(roleId: string, { readModel: { catalogue } }: Pick<Service, 'readModel'>): RoleFacts {
  const ofCatalogue = known.get(catalogue) ?? new Map<string, RoleFacts>()
  known.set(catalogue, ofCatalogue)
  const role = catalogue.roles.byId(roleId)
  // A role that was deleted, as old invitations can have it: only its id is left.
  if (role === undefined) return { name: roleId, permissions: [] }
  const facts = ofCatalogue.get(roleId) ?? viewRole(role, catalogue)
  ofCatalogue.set(roleId, facts)
  return facts
}
