/** Rule 1 for writes, decided only here: a role can be given only if the organization's role set has it. */

import { listed, quoted, rolesOf, type Assignment, type Catalogue } from '@rolesets/core'
import { Refusal } from './refusal.ts'

/** An assignment that this write makes itself has `isNew`: its organization was not registered, and gets the initial set. */
interface Place extends Assignment {
  readonly roleSetId: string
  readonly isNew?: boolean
}

/** @param role has no key when it was deleted */
export function checkIsAvailable(
  catalogue: Catalogue,
  role: { readonly id: string; readonly key?: string },
  { organizationId, roleSetId, isNew = false }: Place,
  field = 'role',
): void {
  const roleSet = catalogue.roleSets.byId(roleSetId)
  if (roleSet === undefined)
    throw new Error(`${organizationId} has no role set (invariant I5). Run rolesets doctor on the database.`)
  if (roleSet.roleIds.includes(role.id)) return
  const key = role.key ?? role.id
  const offered = listed(rolesOf(catalogue, roleSet).map((each) => each.key))
  const place = isNew
    ? `the initial role set. It applies because the organization ${quoted(organizationId)} is not registered`
    : `the role set of the organization ${quoted(organizationId)}`
  const message = `The role ${key} isn't in ${roleSet.key}, ${place}. Its roles are ${offered}. Choose one of these, add the role to the set, or assign a set that has it to the organization.`
  const facts = { role: key, role_set: roleSet.key, organization: organizationId, offered }
  throw new Refusal('role_not_in_role_set', message, { field, facts })
}
