/** Steps that make and change the described permissions and roles. */

import { describeList, describeText } from './details.ts'
import { step, type ApplyStep } from './step.ts'
import type { Catalogue, PermissionManifest, Role, RoleManifest } from '@rolesets/core'
import { creatorPermissionKeys, isCreatorEligible } from '../roles.ts'

export function planPermissions(catalogue: Catalogue, wanted: readonly PermissionManifest[]): ApplyStep[] {
  return wanted.flatMap((item): ApplyStep[] => {
    const { key, name, description } = item
    const before = catalogue.permissions.byKey(key)
    const details = describeNames(before, item)
    if (before === undefined) return [step('createPermission', { key, name, description }, { key, details })]
    if (details.length === 0) return []
    return [step('updatePermission', { permission: before.id, name, description }, { key, details })]
  })
}

/**
 * `lastSteps` take from a present role what a creator role must hold. They come after the sets have got another creator
 * role or are gone, and after members have got other roles, because before that they would be refused (rules 2 and 19).
 */
export function planRoles(
  catalogue: Catalogue,
  wanted: readonly RoleManifest[],
): { readonly steps: ApplyStep[]; readonly lastSteps: ApplyStep[] } {
  const steps: ApplyStep[] = []
  const lastSteps: ApplyStep[] = []
  for (const item of wanted) {
    const before = catalogue.roles.byKey(item.key)
    const planned = planRole(catalogue, item, before)
    if (planned === undefined) continue
    const isEligible = before !== undefined && isCreatorEligible(catalogue, before)
    ;(isEligible && !holdsCreatorPermissions(item) ? lastSteps : steps).push(planned)
  }
  return { steps, lastSteps }
}

function planRole(catalogue: Catalogue, item: RoleManifest, before: Role | undefined): ApplyStep | undefined {
  const { key, name, description, permissions } = item
  const held = (before?.permissionIds ?? []).map((id) => catalogue.permissions.byId(id)?.key ?? id)
  const details = [...describeNames(before, item), ...describeList('permissions', held, permissions)]
  if (before === undefined) return step('createRole', { key, name, description, permissions }, { key, details })
  if (details.length === 0) return undefined
  return step('updateRole', { role: before.id, name, description, permissions }, { key, details })
}

export function describeNames(
  before: { readonly name: string; readonly description: string } | undefined,
  item: { readonly name?: string | undefined; readonly description?: string | undefined },
): string[] {
  return [
    ...describeText('name', before?.name, item.name),
    ...describeText('description', before?.description, item.description),
  ]
}

function holdsCreatorPermissions({ permissions }: RoleManifest): boolean {
  return permissions === undefined || creatorPermissionKeys.every((key) => permissions.includes(key))
}
