/**
 * The rules of model.md once more, written as plainly as possible over keys, without a thought for ids, storage, facts or
 * speed. It shares no code with the rules that it is compared with.
 */

import type { Command } from './commands.ts'
import { canCreate, nameOf, rename, renamed, without } from './naive-keys.ts'

interface NaiveRole {
  name: string
  description: string
  permissions: string[]
}

interface NaiveRoleSet {
  name: string
  description: string
  roles: string[]
  defaultRole: string
  creatorRole: string
}

interface NaiveOrganization {
  name: string
  slug: string | null
  roleSet: string
  members: Record<string, { role: string; metadata: unknown }>
}

const adminPermissions = [
  'org:sys_billing:manage',
  'org:sys_billing:read',
  'org:sys_domains:manage',
  'org:sys_domains:read',
  'org:sys_entconns:manage',
  'org:sys_memberships:manage',
  'org:sys_memberships:read',
  'org:sys_profile:delete',
  'org:sys_profile:manage',
]

class No extends Error {}

export class NaiveModel {
  permissions: Record<string, string> = Object.fromEntries(adminPermissions.map((key) => [key, 'system']))
  roles: Record<string, NaiveRole> = {
    'org:admin': { name: 'Admin', description: 'May do everything.', permissions: adminPermissions },
    'org:member': {
      name: 'Member',
      description: 'May see members and billing.',
      permissions: ['org:sys_billing:read', 'org:sys_memberships:read'],
    },
  }
  roleSets: Record<string, NaiveRoleSet> = {
    'role_set:default': {
      name: 'Primary role set',
      description: '',
      roles: ['org:admin', 'org:member'],
      defaultRole: 'org:member',
      creatorRole: 'org:admin',
    },
  }
  initial = 'role_set:default'
  organizations: Record<string, NaiveOrganization> = {}
  readonly deniesUnknown: boolean

  constructor(deniesUnknown: boolean) {
    this.deniesUnknown = deniesUnknown
  }

  /** Everything that people can see, in one order. */
  view(): unknown {
    const { permissions, roles, roleSets, initial, organizations } = structuredClone({ ...this })
    const sorted = <T>(things: Record<string, T>) => Object.entries(things).sort(([a], [b]) => (a < b ? -1 : 1))
    return {
      permissions: sorted(permissions),
      roles: sorted(roles).map(([key, role]) => [key, { ...role, permissions: [...role.permissions].sort() }]),
      roleSets: sorted(roleSets).map(([key, set]) => [key, { ...set, roles: [...set.roles].sort() }]),
      initial,
      organizations: sorted(organizations).map(([id, { members, ...rest }]) => [id, rest, sorted(members)]),
    }
  }

  /** @returns the code of the refusal, or undefined when it is done */
  run(command: Command): string | undefined {
    const before = structuredClone({ ...this })
    try {
      this.#carryOut(command)
      return undefined
    } catch (error) {
      if (!(error instanceof No)) throw error
      Object.assign(this, before)
      return error.message
    }
  }

  #carryOut({ operation, input }: Command): void {
    switch (operation) {
      case 'createPermission':
        demand(!input.key.startsWith('org:sys_'), 'invalid_field')
        demand(!this.permissions[input.key], 'key_taken')
        this.permissions[input.key] = 'custom'
        return
      case 'updatePermission': {
        this.#needCustom(input.permission)
        const key = input.key ?? input.permission
        demand(!key.startsWith('org:sys_'), 'invalid_field')
        demand(key === input.permission || !this.permissions[key], 'key_taken')
        this.permissions = rename(this.permissions, input.permission, key)
        for (const role of Object.values(this.roles))
          role.permissions = renamed(role.permissions, input.permission, key)
        return
      }
      case 'deletePermission':
        this.#needCustom(input.permission)
        delete this.permissions[input.permission]
        for (const role of Object.values(this.roles)) role.permissions = without(role.permissions, input.permission)
        return
      case 'createRole': {
        const permissions = this.#parsePermissions(input.permissions ?? [])
        demand(!this.roles[input.key], 'key_taken')
        const { description = '' } = input
        this.roles[input.key] = { name: input.name ?? nameOf(input.key), description, permissions }
        if (input.includeInInitialRoleSet === true) this.roleSets[this.initial]?.roles.push(input.key)
        return
      }
      case 'updateRole': {
        const role = this.#needRole(input.role)
        const permissions = input.permissions ? this.#parsePermissions(input.permissions) : role.permissions
        const key = input.key ?? input.role
        demand(key === input.role || !this.roles[key], 'key_taken')
        const isCreator = Object.values(this.roleSets).some(({ creatorRole }) => creatorRole === input.role)
        demand(!isCreator || canCreate(permissions), 'role_not_creator_eligible')
        const { name = role.name, description = role.description } = input
        this.roles[input.role] = { name, description, permissions }
        this.#renameRole(input.role, key)
        return
      }
      case 'deleteRole': {
        this.#needRole(input.role)
        const sets = Object.values(this.roleSets)
        demand(!sets.some((set) => set.defaultRole === input.role || set.creatorRole === input.role), 'in_use')
        demand(this.#holders(input.role).length === 0, 'in_use')
        delete this.roles[input.role]
        for (const set of sets) set.roles = without(set.roles, input.role)
        return
      }
      case 'createRoleSet': {
        const key = input.key ?? 'not generated'
        const { roles, defaultRole, creatorRole } = input
        this.#parseRoles(roles)
        this.#needRole(defaultRole)
        this.#needRole(creatorRole)
        demand(!this.roleSets[key], 'key_taken')
        this.roleSets[key] = {
          name: input.name ?? nameOf(key),
          description: '',
          roles: [...roles],
          defaultRole,
          creatorRole,
        }
        this.#demandWellFormed(key)
        if (input.initial === true) this.initial = key
        return
      }
      case 'updateRoleSet': {
        const set = this.#needRoleSet(input.roleSet)
        for (const role of [input.defaultRole, input.creatorRole]) if (role !== undefined) this.#needRole(role)
        const key = input.key ?? input.roleSet
        demand(key === input.roleSet || !this.roleSets[key], 'key_taken')
        demand(!(input.initial === false && this.initial === input.roleSet), 'initial_role_set_required')
        if (input.name !== undefined) set.name = input.name
        if (input.defaultRole !== undefined) set.defaultRole = input.defaultRole
        if (input.creatorRole !== undefined) set.creatorRole = input.creatorRole
        this.#demandWellFormed(input.roleSet)
        if (input.initial === true) this.initial = input.roleSet
        this.#renameRoleSet(input.roleSet, key)
        return
      }
      case 'addRoles': {
        const set = this.#needRoleSet(input.roleSet)
        this.#parseRoles(input.roles)
        for (const role of [input.defaultRole, input.creatorRole]) if (role !== undefined) this.#needRole(role)
        for (const role of input.roles) if (!set.roles.includes(role)) set.roles.push(role)
        if (input.defaultRole !== undefined) set.defaultRole = input.defaultRole
        if (input.creatorRole !== undefined) set.creatorRole = input.creatorRole
        return this.#demandWellFormed(input.roleSet)
      }
      case 'replaceRole':
        return this.#replaceRole(input.roleSet, input.role, input.toRole)
      case 'replaceRoleSet': {
        this.#needRoleSet(input.roleSet)
        this.#needRoleSet(input.toRoleSet)
        demand(input.roleSet !== input.toRoleSet, 'same_source_and_destination')
        demand(input.roleSet !== this.initial, 'initial_role_set_required')
        const moving = Object.values(this.organizations).filter(({ roleSet }) => roleSet === input.roleSet)
        this.#move(moving, input.toRoleSet, input.mappings ?? {})
        delete this.roleSets[input.roleSet]
        return
      }
      case 'deleteRoleSet': {
        this.#needRoleSet(input.roleSet)
        demand(input.roleSet !== this.initial, 'initial_role_set_required')
        demand(!Object.values(this.organizations).some(({ roleSet }) => roleSet === input.roleSet), 'in_use')
        delete this.roleSets[input.roleSet]
        return
      }
      case 'createOrganization': {
        const { id = '', name = '', slug = null, createdBy } = input
        if (input.roleSet !== undefined) this.#needRoleSet(input.roleSet)
        demand(!this.organizations[id], 'key_taken')
        this.#demandSlugIsFree(slug)
        const roleSet = input.roleSet ?? this.initial
        const role = this.roleSets[roleSet]?.creatorRole ?? ''
        const members = createdBy === undefined ? {} : { [createdBy]: { role, metadata: {} } }
        this.organizations[id] = { name, slug, roleSet, members }
        return
      }
      case 'updateOrganization': {
        const organization = this.#needOrganization(input.organizationId)
        const { name = organization.name, slug = organization.slug } = input
        if (slug !== organization.slug) this.#demandSlugIsFree(slug)
        Object.assign(organization, { name, slug })
        return
      }
      case 'deleteOrganization':
        this.#needOrganization(input.organizationId)
        delete this.organizations[input.organizationId]
        return
      case 'assignRoleSet': {
        this.#needRoleSet(input.roleSet)
        this.#checkMappings(input.roleSet, input.mappings ?? {})
        const organization = this.organizations[input.organizationId]
        if (organization === undefined) this.#register(input.organizationId, input.roleSet)
        else if (organization.roleSet !== input.roleSet) this.#move([organization], input.roleSet, input.mappings ?? {})
        return
      }
      case 'createMembership': {
        const { organizationId: id, userId, role, publicMetadata: metadata = {} } = input
        demand(this.organizations[id] !== undefined || !this.deniesUnknown, 'organization_not_found')
        this.#needRole(role)
        const organization = this.organizations[id] ?? this.#register(id, this.initial)
        demand(!organization.members[userId], 'membership_exists')
        demand(this.roleSets[organization.roleSet]?.roles.includes(role), 'role_not_in_role_set')
        organization.members[userId] = { role, metadata }
        return
      }
      case 'updateMembership': {
        const organization = this.#needOrganization(input.organizationId)
        const member = organization.members[input.userId] ?? no('membership_not_found')
        if (input.role !== undefined) {
          this.#needRole(input.role)
          demand(this.roleSets[organization.roleSet]?.roles.includes(input.role), 'role_not_in_role_set')
          member.role = input.role
        }
        if (input.publicMetadata !== undefined) member.metadata = input.publicMetadata
        return
      }
      case 'deleteMembership': {
        const members = this.organizations[input.organizationId]?.members
        demand(members?.[input.userId], 'membership_not_found')
        delete members?.[input.userId]
        return
      }
    }
  }

  #replaceRole(setKey: string, role: string, to: string | undefined): void {
    const set = this.#needRoleSet(setKey)
    this.#needRole(role)
    if (to !== undefined) this.#needRole(to)
    demand(set.roles.includes(role), 'role_not_in_role_set')
    const holders = this.#holders(role, setKey)
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
    this.#demandWellFormed(setKey)
    for (const holder of holders) holder.role = to
  }

  #move(organizations: NaiveOrganization[], to: string, mappings: Readonly<Record<string, string>>): void {
    this.#checkMappings(to, mappings)
    for (const organization of organizations) {
      for (const member of Object.values(organization.members)) {
        const role = mappings[member.role] ?? member.role
        demand(this.roleSets[to]?.roles.includes(role), 'mapping_missing')
        member.role = role
      }
      organization.roleSet = to
    }
  }

  #checkMappings(destination: string, mappings: Readonly<Record<string, string>>): void {
    for (const [from, to] of Object.entries(mappings)) {
      this.#needRole(from)
      this.#needRole(to)
      demand(this.roleSets[destination]?.roles.includes(to), 'mapping_invalid')
    }
  }

  #register(id: string, roleSet: string): NaiveOrganization {
    return (this.organizations[id] = { name: '', slug: null, roleSet, members: {} })
  }

  #holders(role: string, roleSet?: string) {
    return Object.values(this.organizations)
      .filter((organization) => roleSet === undefined || organization.roleSet === roleSet)
      .flatMap(({ members }) => Object.values(members))
      .filter((member) => member.role === role)
  }

  #demandWellFormed(key: string): void {
    const set = this.#needRoleSet(key)
    demand(set.roles.includes(set.defaultRole), 'special_role_not_in_role_set')
    demand(set.roles.includes(set.creatorRole), 'special_role_not_in_role_set')
    demand(canCreate(this.#needRole(set.creatorRole).permissions), 'role_not_creator_eligible')
  }

  #demandSlugIsFree(slug: string | null): void {
    demand(slug === null || Object.values(this.organizations).every((other) => other.slug !== slug), 'key_taken')
  }

  #renameRole(from: string, to: string): void {
    this.roles = rename(this.roles, from, to)
    for (const set of Object.values(this.roleSets)) {
      set.roles = renamed(set.roles, from, to)
      if (set.defaultRole === from) set.defaultRole = to
      if (set.creatorRole === from) set.creatorRole = to
    }
    for (const holder of this.#holders(from)) holder.role = to
  }

  #renameRoleSet(from: string, to: string): void {
    this.roleSets = rename(this.roleSets, from, to)
    if (this.initial === from) this.initial = to
    for (const organization of Object.values(this.organizations))
      if (organization.roleSet === from) organization.roleSet = to
  }

  #parsePermissions(keys: readonly string[]): string[] {
    for (const [place, key] of keys.entries()) {
      demand(this.permissions[key], 'permission_not_found')
      demand(keys.indexOf(key) === place, 'invalid_field')
    }
    return [...keys]
  }

  #parseRoles(keys: readonly string[]): void {
    demand(keys.length > 0, 'invalid_field')
    for (const [place, key] of keys.entries()) {
      this.#needRole(key)
      demand(keys.indexOf(key) === place, 'invalid_field')
    }
  }

  #needCustom(key: string): void {
    demand(this.permissions[key], 'permission_not_found')
    demand(this.permissions[key] === 'custom', 'system_permission')
  }

  #needRole(key: string): NaiveRole {
    return this.roles[key] ?? no('role_not_found')
  }

  #needRoleSet(key: string): NaiveRoleSet {
    return this.roleSets[key] ?? no('role_set_not_found')
  }

  #needOrganization(id: string): NaiveOrganization {
    return this.organizations[id] ?? no('organization_not_found')
  }
}

function no(code: string): never {
  throw new No(code)
}

function demand(condition: unknown, code: string): void {
  if (!condition) no(code)
}
