/** Steps that make and extend the described role sets. Taking roles out of them is pruning. */

import { describeKey, describeList } from './details.ts'
import { describeNames } from './roles.ts'
import { step, type ApplyStep } from './step.ts'
import { initialRoleSetOf, type Catalogue, type RoleSet, type RoleSetManifest } from '@rolesets/core'

export function planRoleSets(catalogue: Catalogue, wanted: readonly RoleSetManifest[]): ApplyStep[] {
  return wanted.flatMap((item) => {
    const before = catalogue.roleSets.byKey(item.key)
    return before === undefined ? [planCreation(catalogue, item)] : planChanges(catalogue, item, before)
  })
}

/** The keys of a set's roles. */
export function roleKeysOf(catalogue: Catalogue, roleSet: RoleSet): string[] {
  return roleSet.roleIds.map((id) => catalogue.roles.byId(id)?.key ?? id)
}

function planCreation(catalogue: Catalogue, item: RoleSetManifest): ApplyStep {
  const { key, name, description, roles, defaultRole, creatorRole, initial } = item
  const details = [
    ...describeNames(undefined, item),
    ...describeList('roles', [], roles),
    ...describeKey('default role', undefined, defaultRole),
    ...describeKey('creator role', undefined, creatorRole),
    ...describeType(catalogue, initial),
  ]
  const input = { key, name, description, roles, defaultRole, creatorRole, initial }
  return step('createRoleSet', input, { key, details })
}

/** New roles and the places that they may take come together; all else is another step. */
function planChanges(catalogue: Catalogue, item: RoleSetManifest, before: RoleSet): ApplyStep[] {
  const { key, name, description, defaultRole, creatorRole } = item
  const steps: ApplyStep[] = []
  const present = new Set(roleKeysOf(catalogue, before))
  const added = item.roles.filter((role) => !present.has(role))
  const places = describePlaces(catalogue, item, before)
  if (added.length > 0) {
    const details = [...describeList('roles', [], added), ...places]
    const input = { roleSet: before.id, roles: added, defaultRole, creatorRole }
    steps.push(step('addRoles', input, { key, details }))
  }
  const initial = item.initial === true && before.type !== 'initial' ? true : undefined
  const details = [
    ...describeNames(before, item),
    ...(added.length > 0 ? [] : places),
    ...describeType(catalogue, initial),
  ]
  const input = { roleSet: before.id, name, description, defaultRole, creatorRole, initial }
  return details.length === 0 ? steps : [...steps, step('updateRoleSet', input, { key, details })]
}

function describePlaces(catalogue: Catalogue, item: RoleSetManifest, before: RoleSet): string[] {
  const keyOf = (id: string) => catalogue.roles.byId(id)?.key ?? id
  return [
    ...describeKey('default role', keyOf(before.defaultRoleId), item.defaultRole),
    ...describeKey(
      'creator role',
      before.creatorRoleId === null ? undefined : keyOf(before.creatorRoleId),
      item.creatorRole,
    ),
  ]
}

/** Exactly one set is initial, so the present one becomes custom in the same step. */
function describeType(catalogue: Catalogue, initial: boolean | undefined): string[] {
  if (initial !== true) return []
  return ['type: initial', `type of ${initialRoleSetOf(catalogue).key}: initial → custom`]
}
