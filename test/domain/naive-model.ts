/**
 * The rules of model.md once more, written as plainly as possible over keys, without a thought for ids, storage, facts or
 * speed. It shares no code with the rules that it is compared with.
 */

import type { Command } from './commands.ts'
import { demandActing } from './naive-acting.ts'
import { runOnCatalogue } from './naive-catalogue.ts'
import { runOnOrganizations } from './naive-organizations.ts'
import type { How } from './state.ts'
import {
  demand,
  demandWellFormed,
  freshState,
  losesAdministrator,
  needRole,
  No,
  no,
  type Counts,
  type NaiveState,
} from './naive-state.ts'

export class NaiveModel {
  #state: NaiveState

  constructor(deniesUnknown: boolean) {
    this.#state = freshState(deniesUnknown)
  }

  /** Everything that people can see, in one order. */
  view(): unknown {
    const { permissions, roles, roleSets, initial, organizations, ...rest } = structuredClone(this.#state)
    const sorted = <T>(things: Record<string, T>) => Object.entries(things).sort(([a], [b]) => (a < b ? -1 : 1))
    const { invitations, settings, accessKeys } = rest
    return {
      permissions: sorted(permissions),
      roles: sorted(roles).map(([key, role]) => [key, { ...role, permissions: [...role.permissions].sort() }]),
      roleSets: sorted(roleSets).map(([key, set]) => [key, { ...set, roles: [...set.roles].sort() }]),
      initial,
      organizations: sorted(organizations).map(([id, { members, ...others }]) => [id, others, sorted(members)]),
      invitations,
      settings,
      accessKeys: sorted(accessKeys),
    }
  }

  /** Who needed a mapping in the last command, by role. */
  get required(): Readonly<Record<string, Counts>> {
    return this.#state.required
  }

  /** @returns the code of the refusal, or undefined when it is done */
  run(command: Command, now: number, { allowNoAdministrator = false, ...acting }: How = {}): string | undefined {
    const before = this.#state
    this.#state = { ...structuredClone(before), required: {}, now }
    try {
      const demandGrants = demandActing(before, command, acting)
      carryOut(this.#state, command)
      demandGrants()
      const isRefusing = before.settings.lastAdministrator === 'refuse' && !allowNoAdministrator
      if (isRefusing) demand(!losesAdministrator(before, this.#state), 'organization_minimum_permissions_needed')
      return undefined
    } catch (error) {
      if (!(error instanceof No)) throw error
      this.#state = { ...before, required: this.#state.required, now }
      return error.message
    }
  }
}

function carryOut(state: NaiveState, command: Command): void {
  switch (command.operation) {
    case 'updateSettings':
      return updateSettings(state, command.input)
    case 'createAccessKey': {
      const { name, access = 'secret' } = command.input
      demand(name !== 'admin', 'access_key_exists')
      demand(state.accessKeys[name] === undefined, 'access_key_exists')
      state.accessKeys[name] = access
      return
    }
    case 'revokeAccessKey':
      if (state.accessKeys[command.input.accessKey] === undefined) no('access_key_not_found')
      state.accessKeys[command.input.accessKey] = ''
      return
    case 'createOrganization':
    case 'updateOrganization':
    case 'deleteOrganization':
    case 'assignRoleSet':
    case 'createMembership':
    case 'updateMembership':
    case 'deleteMembership':
    case 'removeUser':
    case 'createInvitation':
    case 'createInvitations':
    case 'revokeInvitation':
    case 'acceptInvitation':
      return runOnOrganizations(state, command)
    case 'createPermission':
    case 'updatePermission':
    case 'deletePermission':
    case 'createRole':
    case 'updateRole':
    case 'deleteRole':
    case 'addPermission':
    case 'removePermission':
    case 'createRoleSet':
    case 'updateRoleSet':
    case 'addRoles':
    case 'replaceRole':
    case 'replaceRoleSet':
    case 'deleteRoleSet':
      return runOnCatalogue(state, command)
  }
}

function updateSettings(state: NaiveState, input: Extract<Command, { operation: 'updateSettings' }>['input']): void {
  for (const role of [input.defaultRole, input.creatorRole]) if (role !== undefined) needRole(state, role)
  const set = state.roleSets[state.initial] ?? no('role_set_not_found')
  if (input.defaultRole !== undefined) set.defaultRole = input.defaultRole
  if (input.creatorRole !== undefined) set.creatorRole = input.creatorRole
  demandWellFormed(state, state.initial)
  const { settings } = state
  state.settings = {
    enabled: input.enabled ?? settings.enabled,
    quota: input.maxAllowedMemberships ?? settings.quota,
    adminDelete: input.adminDeleteEnabled ?? settings.adminDelete,
    slugDisabled: input.slugDisabled ?? settings.slugDisabled,
    lastAdministrator: input.lastAdministrator ?? settings.lastAdministrator,
    domains: input.domainsEnabled ?? settings.domains,
    modes: [...(input.domainsEnrollmentModes ?? settings.modes)],
  }
}
