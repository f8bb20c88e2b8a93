/** All commands as data, and the one place in the tests of the rules that knows which facts each rule needs. */

import { initialRoleSetOf } from '@rolesets/core'
import * as accessKeys from '../../packages/sidecar/src/domain/access-keys.ts'
import type { PlannedCommand } from '../../packages/sidecar/src/domain/apply/step.ts'
import type { Context, Decided, RoleUsage } from '../../packages/sidecar/src/domain/decided.ts'
import { parseId } from '../../packages/sidecar/src/domain/fields.ts'
import { parseEmailAddresses } from '../../packages/sidecar/src/domain/invitees.ts'
import { findRole } from '../../packages/sidecar/src/domain/lookup.ts'
import * as invitations from '../../packages/sidecar/src/domain/invitations.ts'
import * as memberships from '../../packages/sidecar/src/domain/memberships.ts'
import * as organizations from '../../packages/sidecar/src/domain/organizations.ts'
import * as permissions from '../../packages/sidecar/src/domain/permissions.ts'
import * as replacement from '../../packages/sidecar/src/domain/role-set-replacement.ts'
import * as roleSets from '../../packages/sidecar/src/domain/role-sets.ts'
import * as roles from '../../packages/sidecar/src/domain/roles.ts'
import * as users from '../../packages/sidecar/src/domain/users.ts'
import * as settings from '../../packages/sidecar/src/domain/settings.ts'
import type { ScopeCommand } from './scope-commands.ts'
import type { State } from './state.ts'

export type Command =
  | Exclude<PlannedCommand, ScopeCommand>
  | { readonly operation: 'replaceRoleSet'; readonly input: replacement.ReplaceRoleSetInput }
  | { readonly operation: 'deleteOrganization'; readonly input: organizations.DeleteOrganizationInput }
  | { readonly operation: 'createMembership'; readonly input: memberships.CreateMembershipInput }
  | { readonly operation: 'updateMembership'; readonly input: memberships.UpdateMembershipInput }
  | { readonly operation: 'deleteMembership'; readonly input: memberships.DeleteMembershipInput }
  | { readonly operation: 'removeUser'; readonly input: users.RemoveUserInput }
  | { readonly operation: 'addPermission'; readonly input: roles.RolePermission }
  | { readonly operation: 'removePermission'; readonly input: roles.RolePermission }
  | { readonly operation: 'createInvitation'; readonly input: invitations.CreateInvitationInput }
  | { readonly operation: 'createInvitations'; readonly input: invitations.CreateInvitationsInput }
  | { readonly operation: 'revokeInvitation'; readonly input: invitations.RevokeInvitationInput }
  | { readonly operation: 'acceptInvitation'; readonly input: invitations.AcceptInvitationInput }
  | { readonly operation: 'updateSettings'; readonly input: settings.UpdateSettingsInput }
  | { readonly operation: 'createAccessKey'; readonly input: accessKeys.CreateAccessKeyInput }
  | { readonly operation: 'revokeAccessKey'; readonly input: accessKeys.RevokeAccessKeyInput }

export type Operation = Command['operation']

/** Reads the facts from the state as it is and asks the rule. A thing that can't be found has no facts. */
export function decideCommand(state: State, command: Command, context: Context): Decided<unknown> {
  const { catalogue } = state
  switch (command.operation) {
    case 'createPermission':
      return permissions.createPermission(catalogue, command.input, context)
    case 'updatePermission':
      return permissions.updatePermission(catalogue, command.input, context)
    case 'deletePermission':
      return permissions.deletePermission(catalogue, command.input, context)
    case 'createRole': {
      const count = state.countOn(initialRoleSetOf(catalogue).id)
      return roles.createRole(catalogue, command.input, { organizations: count }, context)
    }
    case 'updateRole':
      return roles.updateRole(catalogue, command.input, context)
    case 'deleteRole': {
      const { id } = findRole(catalogue, command.input.role)
      const counts = roles.roleSetsWith(catalogue, id).map((roleSet) => state.countOn(roleSet.id))
      const facts = { usage: usageOf(state, id), organizations: counts.reduce((sum, count) => sum + count, 0) }
      return roles.deleteRole(catalogue, command.input, facts, context)
    }
    case 'addPermission':
      return roles.addPermission(catalogue, command.input, context)
    case 'removePermission':
      return roles.removePermission(catalogue, command.input, context)
    case 'updateSettings':
      return settings.updateSettings(catalogue, command.input, context)
    case 'createAccessKey':
    case 'revokeAccessKey':
      return decideKeyCommand(state, command, context)
    case 'createRoleSet':
      return roleSets.createRoleSet(catalogue, command.input, context)
    case 'updateRoleSet':
      return roleSets.updateRoleSet(catalogue, command.input, context)
    case 'addRoles':
      return roleSets.addRoles(catalogue, command.input, { organizations: countOn(state, command.input) }, context)
    case 'replaceRole': {
      const roleSet = find(catalogue.roleSets, command.input.roleSet)
      const role = find(catalogue.roles, command.input.role)
      const usage = usageOf(state, role?.id ?? '', (member) => state.isOn(roleSet?.id ?? '', member))
      const facts = { usage, organizations: countOn(state, command.input) }
      return replacement.replaceRole(catalogue, command.input, facts, context)
    }
    case 'replaceRoleSet': {
      const roleSet = find(catalogue.roleSets, command.input.roleSet)
      const usage = state.usage((member) => state.isOn(roleSet?.id ?? '', member))
      const facts = { usage, organizations: countOn(state, command.input) }
      return replacement.replaceRoleSet(catalogue, command.input, facts, context)
    }
    case 'deleteRoleSet':
      return roleSets.deleteRoleSet(catalogue, command.input, { organizations: countOn(state, command.input) })
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
      return decideOrganizationCommand(state, command, context)
  }
}

type OrganizationCommand = Extract<
  Command,
  {
    operation:
      | 'createOrganization'
      | 'updateOrganization'
      | 'deleteOrganization'
      | 'assignRoleSet'
      | 'createMembership'
      | 'updateMembership'
      | 'deleteMembership'
      | 'removeUser'
      | 'createInvitation'
      | 'createInvitations'
      | 'revokeInvitation'
      | 'acceptInvitation'
  }
>

function decideKeyCommand(
  state: State,
  command: Extract<Command, { operation: 'createAccessKey' | 'revokeAccessKey' }>,
  context: Context,
): Decided<unknown> {
  const keys = [...state.accessKeys.values()]
  if (command.operation === 'createAccessKey') {
    const existing = accessKeys.accessKeyNamed(keys, command.input.name)
    const facts = { existing, count: keys.length, digest: String(keys.length).padStart(64, '0') }
    return accessKeys.createAccessKey(command.input, facts, context)
  }
  const ref = command.input.accessKey
  const accessKey = accessKeys.accessKeyOf(keys, ref)
  return accessKeys.revokeAccessKey(command.input, { accessKey }, context)
}

function decideOrganizationCommand(state: State, command: OrganizationCommand, context: Context): Decided<unknown> {
  const { catalogue } = state
  switch (command.operation) {
    case 'createOrganization': {
      const { id, slug } = command.input
      const facts = { existing: ownerOf(state, id), slugOwner: ownerOf(state, slug) }
      return organizations.createOrganization(catalogue, command.input, facts, context)
    }
    case 'updateOrganization': {
      const usage = state.usage(({ organizationId }) => organizationId === command.input.organizationId)
      const facts = { ...factsOf(state, command.input), slugOwner: ownerOf(state, command.input.slug), usage }
      return organizations.updateOrganization(catalogue, command.input, facts, context)
    }
    case 'deleteOrganization': {
      const usage = state.usage(({ organizationId }) => organizationId === command.input.organizationId)
      return organizations.deleteOrganization(command.input, { ...factsOf(state, command.input), usage })
    }
    case 'assignRoleSet': {
      const usage = state.usage(({ organizationId }) => organizationId === command.input.organizationId)
      const facts = { ...factsOf(state, command.input), usage }
      return organizations.assignRoleSet(catalogue, command.input, facts, context)
    }
    case 'createMembership':
      return memberships.createMembership(catalogue, command.input, invitedFactsOf(state, command.input), context)
    case 'updateMembership':
      return memberships.updateMembership(catalogue, command.input, factsOf(state, command.input), context)
    case 'deleteMembership':
      return memberships.deleteMembership(
        command.input,
        { ...invitedFactsOf(state, command.input), inScopes: [] },
        context,
      )
    case 'removeUser': {
      const userId = parseId(command.input.userId, 'user_id')
      const emailAddresses = parseEmailAddresses(command.input)
      const held = [...state.memberships.values()].filter((membership) => membership.userId === userId)
      const facts = { memberships: held, invitations: state.invitationsTo({ userId, emailAddresses }) }
      return users.removeUser(command.input, { ...facts, ...state.invitationsFrom(userId) }, context)
    }
    case 'createInvitation': {
      const { organizationId, emailAddress } = command.input
      const inviters = invitersOf(state, command.input, [command.input])
      const pending = pendingOf(state, organizationId, emailAddress)
      const facts = { ...factsOf(state, command.input), pending, inviters }
      return invitations.createInvitation(catalogue, command.input, facts, context)
    }
    case 'createInvitations': {
      const { organizationId } = command.input
      const addresses = invitations.parseAddresses(command.input)
      const pending = addresses.flatMap((address) => pendingOf(state, organizationId, address) ?? [])
      const inviters = invitersOf(state, command.input, command.input.invitations)
      const facts = { ...factsOf(state, command.input), pending, inviters }
      return invitations.createInvitations(catalogue, command.input, facts, context)
    }
    case 'revokeInvitation': {
      const { organizationId, requestingUserId = '' } = command.input
      const isAsked = typeof organizationId === 'string' && typeof requestingUserId === 'string'
      const found = isAsked ? state.membership(organizationId, requestingUserId) : undefined
      const requester = found ? [found] : []
      const facts = { ...factsOf(state, command.input), requester }
      return invitations.revokeInvitation(catalogue, command.input, facts, context)
    }
    case 'acceptInvitation':
      return invitations.acceptInvitation(catalogue, command.input, invitedFactsOf(state, command.input), context)
  }
}

function factsOf(
  state: State,
  input: {
    readonly organizationId: string
    readonly scope?: string | undefined
    readonly userId?: string
    readonly invitationId?: string
  },
) {
  const { organizationId, scope = '', userId, invitationId } = input
  const isAsked = typeof organizationId === 'string' && typeof userId === 'string'
  return {
    organization: state.organizations.get(organizationId),
    wasDeleted: state.deletedOrganizations.has(organizationId),
    namesake: namesakeOf(state, organizationId),
    membership: isAsked ? state.membership(organizationId, userId, scope) : undefined,
    invitation: state.invitations.get(invitationId ?? ''),
    members: state.members(organizationId).length,
    pendingInvitations: state.pending(organizationId).length,
  }
}

function invitedFactsOf(
  state: State,
  input: {
    organizationId: string
    userId: string
    invitationId?: string
    emailAddresses?: readonly string[] | undefined
  },
) {
  const { organizationId } = input
  const userId = parseId(input.userId, 'user_id')
  const invitations = state.invitationsTo({ userId, emailAddresses: parseEmailAddresses(input) }, organizationId)
  return { ...factsOf(state, input), invitations, ...state.invitationsFrom(userId, organizationId) }
}

function invitersOf(
  state: State,
  input: { organizationId: string; checkInviters?: boolean | undefined },
  items: readonly invitations.NewInvitation[],
) {
  const userIds = invitations.invitersOf(input, items)
  return userIds.flatMap((userId) => {
    return state.membership(parseId(input.organizationId, 'organization_id'), parseId(userId, 'inviter_user_id')) ?? []
  })
}

function pendingOf(state: State, organizationId: string, emailAddress: unknown) {
  if (typeof emailAddress !== 'string') return undefined
  const wanted = emailAddress.toLowerCase()
  return state.pending(organizationId).find((invitation) => invitation.emailAddress.toLowerCase() === wanted)
}

/** The organization that has the name for its slug, or for its id. */
function ownerOf(state: State, name: string | null | undefined) {
  return namesakeOf(state, name) ?? state.organizations.get(name ?? '')
}

function namesakeOf(state: State, name: string | null | undefined) {
  return [...state.organizations.values()].find((organization) => name && organization.slug === name)
}

function countOn(state: State, input: { readonly roleSet: string }): number {
  return state.countOn(find(state.catalogue.roleSets, input.roleSet)?.id ?? '')
}

function usageOf(state: State, roleId: string, isMeant: Parameters<State['usage']>[0] = () => true): RoleUsage {
  const none = { roleId, members: 0, invitations: 0, organizations: 0 }
  return (
    state.usage((member) => member.roleIds.includes(roleId) && isMeant(member)).find((it) => it.roleId === roleId) ??
    none
  )
}

function find<T>(index: { find(ref: string): T | undefined }, ref: unknown): T | undefined {
  return typeof ref === 'string' ? index.find(ref) : undefined
}
