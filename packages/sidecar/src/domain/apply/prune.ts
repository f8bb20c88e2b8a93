/**
 * What is in the store but not in the description. A thing that a described one names counts as described. Pruning keeps
 * the initial set while no described set becomes initial, and all that a kept thing refers to: it stays as it is.
 */

import { roleKeysOf } from './role-sets.ts'
import type { Step } from './step.ts'
import { type Catalogue, type ParsedManifest, type RoleSetManifest, sortByKey } from '@rolesets/core'

export interface Undescribed {
  readonly label: string
  /** Undefined: even pruning keeps it. */
  readonly deletion: Step | undefined
}

export interface Removal {
  readonly label: string
  readonly step: Step
}

/** Roles that described sets have and don't list. */
export function planRemovals(catalogue: Catalogue, wanted: readonly RoleSetManifest[]): Removal[] {
  return wanted.flatMap((item) => {
    const before = catalogue.roleSets.byKey(item.key)
    if (before === undefined) return []
    const listed = new Set(item.roles)
    const removed = roleKeysOf(catalogue, before).filter((key) => !listed.has(key))
    return removed.sort().map((role): Removal => {
      const toRole = item.replace?.[role]
      const details = [`roles: - ${role}${toRole === undefined ? '' : ` (its holders get ${toRole})`}`]
      const run = { operation: 'replaceRole', input: { roleSet: before.id, role, toRole } } as const
      const step: Step = { action: 'update', kind: 'role_set', key: item.key, details, run }
      return { label: `role ${role} in ${item.key}`, step }
    })
  })
}

/** Permissions, roles and role sets that aren't described, in this order, each kind by key. */
export function findUndescribed(catalogue: Catalogue, wanted: ParsedManifest): Undescribed[] {
  const described = findDescribed(wanted)
  const kept = findKept(catalogue, wanted, described)
  const permissions = [...catalogue.permissions.values()].filter(({ type }) => type === 'custom')
  return [
    ...sortByKey(permissions)
      .filter(({ key }) => !described.permissions.has(key))
      .map(({ id, key }) => {
        const run = { operation: 'deletePermission', input: { permission: id } } as const
        const step: Step = { action: 'delete', kind: 'permission', key, details: [], run }
        return { label: `permission ${key}`, deletion: kept.permissionIds.has(id) ? undefined : step }
      }),
    ...sortByKey(catalogue.roles.values())
      .filter(({ key }) => !described.roles.has(key))
      .map(({ id, key }) => {
        const step: Step = {
          action: 'delete',
          kind: 'role',
          key,
          details: [],
          run: { operation: 'deleteRole', input: { role: id } },
        }
        return { label: `role ${key}`, deletion: kept.roleIds.has(id) ? undefined : step }
      }),
    ...sortByKey(catalogue.roleSets.values())
      .filter(({ key }) => !described.roleSets.has(key))
      .map(({ id, key }) => {
        const run = { operation: 'deleteRoleSet', input: { roleSet: id } } as const
        const step: Step = { action: 'delete', kind: 'role_set', key, details: [], run }
        return { label: `role set ${key}`, deletion: kept.roleSetIds.has(id) ? undefined : step }
      }),
  ]
}

interface Keys {
  readonly permissions: ReadonlySet<string>
  readonly roles: ReadonlySet<string>
  readonly roleSets: ReadonlySet<string>
}

function findDescribed({ permissions, roles, roleSets, organizations }: ParsedManifest): Keys {
  return {
    permissions: new Set([...permissions.map(({ key }) => key), ...roles.flatMap((role) => role.permissions ?? [])]),
    roles: new Set([...roles.map(({ key }) => key), ...roleSets.flatMap((roleSet) => roleSet.roles)]),
    roleSets: new Set([...roleSets.map(({ key }) => key), ...organizations.flatMap(({ roleSet }) => roleSet ?? [])]),
  }
}

function findKept(catalogue: Catalogue, wanted: ParsedManifest, described: Keys) {
  const initialMoves = wanted.roleSets.some(({ initial }) => initial === true)
  const redefinedSets = new Set(wanted.roleSets.map(({ key }) => key))
  const redefinedRoles = new Set(wanted.roles.flatMap(({ key, permissions }) => (permissions ? key : [])))

  const roleSets = [...catalogue.roleSets.values()].filter(
    ({ key, type }) => described.roleSets.has(key) || (type === 'initial' && !initialMoves),
  )
  const roleIds = new Set(roleSets.flatMap((roleSet) => (redefinedSets.has(roleSet.key) ? [] : roleSet.roleIds)))
  const roles = [...catalogue.roles.values()].filter(({ id, key }) => described.roles.has(key) || roleIds.has(id))
  const permissionIds = new Set(roles.flatMap((role) => (redefinedRoles.has(role.key) ? [] : role.permissionIds)))
  return { roleSetIds: new Set(roleSets.map(({ id }) => id)), roleIds, permissionIds }
}
