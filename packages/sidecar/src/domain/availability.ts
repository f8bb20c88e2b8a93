/** Rule 1, in the one place where it is decided for writes: a role is given only if the organization's set has it. */

import { type Catalogue, listed, type Organization, quoted, type RoleSet, sortByKey } from '@rolesets/core'
import { Refusal } from './refusal.ts'

/** @param role one that is gone has nothing but its id left */
export function checkIsAvailable(
  catalogue: Catalogue,
  role: { readonly id: string; readonly key?: string },
  organization: Organization,
  field = 'role',
): void {
  const roleSet = catalogue.roleSets.byId(organization.roleSetId)
  if (roleSet === undefined) throw new Error(`Invariant I5 is broken: ${organization.id} is on no role set.`)
  if (roleSet.roleIds.includes(role.id)) return
  const key = role.key ?? role.id
  const offered = listed(offeredKeys(catalogue, roleSet))
  const message = `${key} isn't in ${roleSet.key}, the role set of ${quoted(organization.id)}, which offers ${offered}. Choose one of these, add the role to the set, or move the organization to a set that has it.`
  const facts = { role: key, role_set: roleSet.key, organization: organization.id, offered }
  throw new Refusal('role_not_in_role_set', message, { field, facts })
}

function offeredKeys(catalogue: Catalogue, roleSet: RoleSet): string[] {
  const roles = roleSet.roleIds.flatMap((id) => catalogue.roles.byId(id) ?? [])
  return sortByKey(roles).map(({ key }) => key)
}
