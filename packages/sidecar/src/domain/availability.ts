/** Rule 1 for writes, decided only here: a role can be given in a place only if the role set of the place has it. */

import { kindOfScope, listed, quoted, rolesOf, type Catalogue } from '@rolesets/core'
import { factsOfPlace, nameOfPlace, type GrantPlace } from './places.ts'
import { Refusal } from './refusal.ts'

/** @param role has no key when it was deleted */
export function checkIsAvailable(
  catalogue: Catalogue,
  role: { readonly id: string; readonly key?: string },
  place: GrantPlace,
  field = 'role',
): void {
  const roleSet = catalogue.roleSets.byId(place.roleSetId)
  if (roleSet === undefined)
    throw new Error(`${place.organizationId} has no role set (invariant I5). Run rolesets doctor on the database.`)
  if (roleSet.roleIds.includes(role.id)) return
  const key = role.key ?? role.id
  const offered = listed(rolesOf(catalogue, roleSet).map((each) => each.key))
  const message = `The role ${key} isn't in ${roleSet.key}, ${whoseSetIs(place)}. Its roles are ${offered}. Choose one of these, add the role to the set, or assign a set that has it to the ${place.scope === '' ? 'organization' : 'scope'}.`
  const origin = place.scope === '' ? {} : { origin: place.origin }
  const facts = { role: key, role_set: roleSet.key, ...factsOfPlace(place), ...origin, offered }
  throw new Refusal('role_not_in_role_set', message, { field, facts })
}

/** How the place got its role set. */
function whoseSetIs(place: GrantPlace): string {
  const { organizationId, scope, origin, isNew } = place
  const initial = `the initial role set. It applies because the organization ${quoted(organizationId)} is not registered`
  if (scope === '') return isNew ? initial : `the role set of the organization ${quoted(organizationId)}`
  const kind = quoted(kindOfScope(scope))
  const reasons = {
    own: 'which was assigned to this scope',
    default: 'by the default for scopes with this key',
    kind: `by its kind ${kind}`,
    organization: isNew
      ? `${initial}, and its kind ${kind} follows the organization`
      : `by its kind ${kind}, which follows the organization`,
  } as const
  return `the role set of ${nameOfPlace(place)}, ${reasons[origin]}`
}
