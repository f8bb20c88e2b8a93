/** The naive model's permissions, roles and role sets. */

import type { Command } from './commands.ts'
import { canCreate, nameOf, rename, renamed, without } from './naive-keys.ts'
import { move } from './naive-moves.ts'
import {
  demand,
  demandWellFormed,
  holdersIn,
  needRole,
  needRoleSet,
  noteRequired,
  renameRole,
  type NaiveState,
} from './naive-state.ts'

export type CatalogueCommand = Extract<
  Command,
  {
    operation:
      | 'createPermission'
      | 'updatePermission'
      | 'deletePermission'
      | 'createRole'
      | 'updateRole'
      | 'deleteRole'
      | 'addPermission'
      | 'removePermission'
      | 'createRoleSet'
      | 'updateRoleSet'
      | 'addRoles'
      | 'replaceRole'
      | 'replaceRoleSet'
      | 'deleteRoleSet'
  }
>

export function runOnCatalogue(state: NaiveState, { operation, input }: CatalogueCommand): void {
  switch (operation) {
    case 'createPermission':
      demand(!input.key.startsWith('org:sys_'), 'invalid_field')
      demand(!state.permissions[input.key], 'key_taken')
      state.permissions[input.key] = 'custom'
      return
    case 'updatePermission': {
      needCustom(state, input.permission)
      const key = input.key ?? input.permission
      demand(!key.startsWith('org:sys_'), 'invalid_field')
      demand(key === input.permission || !state.permissions[key], 'key_taken')
      state.permissions = rename(state.permissions, input.permission, key)
      for (const role of Object.values(state.roles)) role.permissions = renamed(role.permissions, input.permission, key)
      return
    }
    case 'deletePermission':
      needCustom(state, input.permission)
      delete state.permissions[input.permission]
      for (const role of Object.values(state.roles)) role.permissions = without(role.permissions, input.permission)
      return
    case 'createRole': {
      const permissions = parsePermissions(state, input.permissions ?? [])
      demand(!state.roles[input.key], 'key_taken')
      const { description = '' } = input
      state.roles[input.key] = { name: input.name ?? nameOf(input.key), description, permissions }
      if (input.includeInInitialRoleSet === true) state.roleSets[state.initial]?.roles.push(input.key)
      return
    }
    case 'updateRole': {
      const role = needRole(state, input.role)
      const permissions = input.permissions ? parsePermissions(state, input.permissions) : role.permissions
      const key = input.key ?? input.role
      demand(key === input.role || !state.roles[key], 'key_taken')
      demand(!isCreator(state, input.role) || canCreate(permissions), 'role_not_creator_eligible')
      const { name = role.name, description = role.description } = input
      state.roles[input.role] = { name, description, permissions }
      renameRole(state, input.role, key)
      return
    }
    case 'deleteRole': {
      needRole(state, input.role)
      const sets = Object.values(state.roleSets)
      demand(!sets.some((set) => set.defaultRole === input.role || set.creatorRole === input.role), 'in_use')
      demand(
        holdersIn(state, () => true).every(({ holder }) => holder.role !== input.role),
        'in_use',
      )
      delete state.roles[input.role]
      for (const set of sets) set.roles = without(set.roles, input.role)
      for (const invitation of state.invitations) if (invitation.role === input.role) invitation.role = 'gone'
      return
    }
    case 'createRoleSet': {
      const key = input.key ?? 'not generated'
      const { roles, defaultRole, creatorRole = '' } = input
      parseRoles(state, roles)
      needRole(state, defaultRole)
      if (creatorRole !== '') needRole(state, creatorRole)
      demand(!state.roleSets[key], 'key_taken')
      state.roleSets[key] = {
        name: input.name ?? nameOf(key),
        description: '',
        roles: [...roles],
        defaultRole,
        creatorRole,
      }
      demandWellFormed(state, key)
      if (input.initial === true) state.initial = key
      return
    }
    case 'updateRoleSet': {
      const set = needRoleSet(state, input.roleSet)
      for (const role of [input.defaultRole, input.creatorRole]) if (role !== undefined) needRole(state, role)
      const key = input.key ?? input.roleSet
      demand(key === input.roleSet || !state.roleSets[key], 'key_taken')
      demand(!(input.initial === false && state.initial === input.roleSet), 'initial_role_set_required')
      if (input.name !== undefined) set.name = input.name
      if (input.defaultRole !== undefined) set.defaultRole = input.defaultRole
      if (input.creatorRole !== undefined) set.creatorRole = input.creatorRole
      demandWellFormed(state, input.roleSet)
      if (input.initial === true) state.initial = input.roleSet
      renameRoleSet(state, input.roleSet, key)
      return
    }
    case 'addRoles': {
      const set = needRoleSet(state, input.roleSet)
      parseRoles(state, input.roles)
      for (const role of [input.defaultRole, input.creatorRole]) if (role !== undefined) needRole(state, role)
      for (const role of input.roles) if (!set.roles.includes(role)) set.roles.push(role)
      if (input.defaultRole !== undefined) set.defaultRole = input.defaultRole
      if (input.creatorRole !== undefined) set.creatorRole = input.creatorRole
      demandWellFormed(state, input.roleSet)
      return
    }
    case 'replaceRole':
      return replaceRole(state, input)
    case 'replaceRoleSet': {
      needRoleSet(state, input.roleSet)
      needRoleSet(state, input.toRoleSet)
      demand(input.roleSet !== input.toRoleSet, 'same_source_and_destination')
      demand(input.roleSet !== state.initial, 'initial_role_set_required')
      move(state, ({ roleSet }) => roleSet === input.roleSet, { to: input.toRoleSet, mappings: input.mappings })
      delete state.roleSets[input.roleSet]
      return
    }
    case 'deleteRoleSet': {
      needRoleSet(state, input.roleSet)
      demand(input.roleSet !== state.initial, 'initial_role_set_required')
      demand(!Object.values(state.organizations).some(({ roleSet }) => roleSet === input.roleSet), 'in_use')
      delete state.roleSets[input.roleSet]
      return
    }
    case 'addPermission': {
      const role = needRole(state, input.role)
      demand(state.permissions[input.permission], 'permission_not_found')
      demand(!role.permissions.includes(input.permission), 'role_holds_permission')
      role.permissions = [...role.permissions, input.permission]
      return
    }
    case 'removePermission': {
      const role = needRole(state, input.role)
      demand(state.permissions[input.permission], 'permission_not_found')
      demand(role.permissions.includes(input.permission), 'role_lacks_permission')
      role.permissions = without(role.permissions, input.permission)
      demand(!isCreator(state, input.role) || canCreate(role.permissions), 'role_not_creator_eligible')
      return
    }
  }
}

function replaceRole(state: NaiveState, input: Extract<CatalogueCommand, { operation: 'replaceRole' }>['input']): void {
  const { role, toRole: to } = input
  const set = needRoleSet(state, input.roleSet)
  needRole(state, role)
  if (to !== undefined) needRole(state, to)
  demand(set.roles.includes(role), 'role_not_in_role_set')
  const isOnIt = (organization: { roleSet: string }) => organization.roleSet === input.roleSet
  const holders = holdersIn(state, isOnIt).filter(({ holder }) => holder.role === role)
  noteRequired(state, isOnIt, without(set.roles, role))
  if (to === undefined) {
    demand(set.creatorRole !== role && set.defaultRole !== role, 'special_role_not_in_role_set')
    demand(holders.length === 0, 'in_use')
    set.roles = without(set.roles, role)
    return
  }
  demand(to !== role, 'same_source_and_destination')
  set.roles = [...without(set.roles, role).filter((key) => key !== to), to]
  if (set.defaultRole === role) set.defaultRole = to
  if (set.creatorRole === role) set.creatorRole = to
  demandWellFormed(state, input.roleSet)
  for (const { holder } of holders) holder.role = to
}

function isCreator(state: NaiveState, role: string): boolean {
  return Object.values(state.roleSets).some(({ creatorRole }) => creatorRole === role)
}

function renameRoleSet(state: NaiveState, from: string, to: string): void {
  state.roleSets = rename(state.roleSets, from, to)
  if (state.initial === from) state.initial = to
  for (const organization of Object.values(state.organizations))
    if (organization.roleSet === from) organization.roleSet = to
}

function parsePermissions(state: NaiveState, keys: readonly string[]): string[] {
  for (const [place, key] of keys.entries()) {
    demand(state.permissions[key], 'permission_not_found')
    demand(keys.indexOf(key) === place, 'invalid_field')
  }
  return [...keys]
}

function parseRoles(state: NaiveState, keys: readonly string[]): void {
  demand(keys.length > 0, 'invalid_field')
  for (const [place, key] of keys.entries()) {
    needRole(state, key)
    demand(keys.indexOf(key) === place, 'invalid_field')
  }
}

function needCustom(state: NaiveState, key: string): void {
  demand(state.permissions[key], 'permission_not_found')
  demand(state.permissions[key] === 'custom', 'system_permission')
}
