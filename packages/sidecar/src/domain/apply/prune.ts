/**
 * Finds the things that are in the store but not in the manifest. A thing that a described thing refers to counts as
 * described. Pruning keeps the initial set unless a described set becomes initial, and everything that a kept thing
 * refers to.
 */

import { roleKeysOf } from './role-sets.ts'
import { step, type ApplyStep } from './step.ts'
import { kindOfScope, sortByKey, type Catalogue, type ParsedManifest, type RoleSetManifest } from '@rolesets/core'

interface Undescribed {
  readonly kind: ApplyStep['kind']
  readonly key: string
  readonly label: string
  /** Undefined: even pruning keeps it. */
  readonly deletion: ApplyStep | undefined
}

/** Roles that described sets have and don't list. */
export function planRemovals(catalogue: Catalogue, wanted: readonly RoleSetManifest[]) {
  return wanted.flatMap((item) => {
    const before = catalogue.roleSets.byKey(item.key)
    if (before === undefined) return []
    const listed = new Set(item.roles)
    const removed = roleKeysOf(catalogue, before).filter((key) => !listed.has(key))
    return removed.sort().map((role) => {
      const toRole = item.replace?.[role]
      const details = [`roles: - ${role}${toRole === undefined ? '' : ` (its members get ${toRole})`}`]
      const removal = step('replaceRole', { roleSet: before.id, role, toRole }, { key: item.key, details })
      return { label: `role ${role} in ${item.key}`, step: removal }
    })
  })
}

/** Permissions, roles, role sets, kinds and defaults of scopes that aren't described, in this order, each kind by key. */
export function findUndescribed(catalogue: Catalogue, wanted: ParsedManifest): Undescribed[] {
  const described = findDescribed(wanted)
  const kept = findKept(catalogue, wanted, described)
  const custom = [...catalogue.permissions.values()].filter(({ type }) => type === 'custom')
  return [
    ...undescribed(custom, { described: described.permissions, kept: kept.permissionIds }, (permission, key) =>
      step('deletePermission', { permission }, { key }),
    ),
    ...undescribed(catalogue.roles.values(), { described: described.roles, kept: kept.roleIds }, (role, key) =>
      step('deleteRole', { role }, { key }),
    ),
    ...undescribed(
      catalogue.roleSets.values(),
      { described: described.roleSets, kept: kept.roleSetIds },
      (roleSet, key) => step('deleteRoleSet', { roleSet }, { key }),
    ),
    ...undescribed(
      [...catalogue.scopeKinds.keys()].map(byItself),
      { described: described.scopeKinds, kept: new Set() },
      (kind, key) => step('deleteScopeKind', { kind }, { key }),
    ),
    ...undescribed(
      [...catalogue.scopeDefaults.keys()].map(byItself),
      { described: described.scopeDefaults, kept: new Set() },
      (scope, key) => step('deleteScopeDefault', { scope }, { key }),
    ),
  ]
}

/** What has no id is known by its key. */
function byItself(key: string) {
  return { id: key, key }
}

function undescribed(
  things: Iterable<{ readonly id: string; readonly key: string }>,
  { described, kept }: { readonly described: ReadonlySet<string>; readonly kept: ReadonlySet<string> },
  deletionOf: (id: string, key: string) => ApplyStep,
): Undescribed[] {
  const found = sortByKey(things).filter(({ key }) => !described.has(key))
  return found.map(({ id, key }) => {
    const deletion = deletionOf(id, key)
    const { kind } = deletion
    const label = `${kind.replace('_', ' ')} ${key}`
    return { kind, key, label, deletion: kept.has(id) ? undefined : deletion }
  })
}

function findDescribed({ permissions, roles, roleSets, scopeKinds, scopeDefaults, organizations }: ParsedManifest) {
  const scopes = organizations.flatMap((organization) => organization.scopes ?? [])
  const scopeKeys = [...scopeDefaults.map(({ scope }) => scope), ...scopes.map(({ key }) => key)]
  const named = [...scopeKinds, ...scopeDefaults, ...organizations, ...scopes].flatMap(({ roleSet }) => roleSet ?? [])
  return {
    permissions: new Set([...permissions.map(({ key }) => key), ...roles.flatMap((role) => role.permissions ?? [])]),
    roles: new Set([...roles.map(({ key }) => key), ...roleSets.flatMap((roleSet) => roleSet.roles)]),
    roleSets: new Set([...roleSets.map(({ key }) => key), ...named]),
    scopeKinds: new Set([...scopeKinds.map(({ kind }) => kind), ...scopeKeys.map(kindOfScope)]),
    scopeDefaults: new Set(scopeDefaults.map(({ scope }) => scope)),
  }
}

function findKept(catalogue: Catalogue, wanted: ParsedManifest, described: ReturnType<typeof findDescribed>) {
  const initialMoves = wanted.roleSets.some(({ initial }) => initial === true)
  const redefinedSets = new Set(wanted.roleSets.map(({ key }) => key))
  const redefinedRoles = new Set(wanted.roles.flatMap(({ key, permissions }) => (permissions ? key : [])))
  const ofKinds = roleSetsOfKinds(catalogue, wanted, described)

  const roleSets = [...catalogue.roleSets.values()].filter(
    ({ id, key, type }) => described.roleSets.has(key) || ofKinds.has(id) || (type === 'initial' && !initialMoves),
  )
  const roleIds = new Set(roleSets.flatMap((roleSet) => (redefinedSets.has(roleSet.key) ? [] : roleSet.roleIds)))
  const roles = [...catalogue.roles.values()].filter(({ id, key }) => described.roles.has(key) || roleIds.has(id))
  const permissionIds = new Set(roles.flatMap((role) => (redefinedRoles.has(role.key) ? [] : role.permissionIds)))
  return { roleSetIds: new Set(roleSets.map(({ id }) => id)), roleIds, permissionIds }
}

/** The sets of kinds that stay as they are, because a described scope is of them. */
function roleSetsOfKinds(
  { scopeKinds }: Catalogue,
  wanted: ParsedManifest,
  described: ReturnType<typeof findDescribed>,
) {
  const redefined = new Set(wanted.scopeKinds.map(({ kind }) => kind))
  const kept = [...scopeKinds.values()].filter(({ kind }) => described.scopeKinds.has(kind) && !redefined.has(kind))
  return new Set(kept.map(({ roleSetId }) => roleSetId))
}
