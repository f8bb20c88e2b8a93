/** The naive model's organizations, members and invitations. */

import type { NewInvitation } from '../../packages/sidecar/src/domain/invitations.ts'
import type { Command } from './commands.ts'
import { merged } from './naive-keys.ts'
import { move } from './naive-moves.ts'
import {
  demand,
  endInvitationsFrom,
  endInvitationsTo,
  needOrganization,
  needRole,
  needRoleSet,
  no,
  pendingOf,
  type NaiveInvitation,
  type NaiveOrganization,
  type NaiveState,
} from './naive-state.ts'

export type OrganizationCommand = Extract<
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

const dayMs = 86_400_000

export function runOnOrganizations(state: NaiveState, { operation, input }: OrganizationCommand): void {
  switch (operation) {
    case 'createOrganization': {
      const { id = '', name = '', slug = null, createdBy = '' } = input
      if (input.roleSet !== undefined) needRoleSet(state, input.roleSet)
      demand(state.settings.enabled, 'organizations_disabled')
      demand(!state.organizations[id], 'key_taken')
      demandNoNamesake(state, id)
      demandSlug(state, id, slug)
      const roleSet = input.roleSet ?? state.initial
      const organization = register(state, id, roleSet)
      const { maxAllowedMemberships: quota = organization.quota, createdAt = state.now } = input
      Object.assign(organization, { name, slug, createdBy, quota, createdAt })
      const role = state.roleSets[roleSet]?.creatorRole ?? ''
      if (createdBy !== '') organization.members[createdBy] = { role, metadata: {} }
      return
    }
    case 'updateOrganization': {
      if (input.roleSet !== undefined) needRoleSet(state, input.roleSet)
      const organization = needOrganization(state, input.organizationId)
      demandSlug(state, input.organizationId, input.slug ?? null)
      if (input.roleSet !== undefined) moveOne(state, organization, { to: input.roleSet, mappings: input.mappings })
      const { name = organization.name, slug = organization.slug, createdAt = organization.createdAt } = input
      const { maxAllowedMemberships: quota = organization.quota } = input
      const { adminDeleteEnabled: adminDelete = organization.adminDelete } = input
      Object.assign(organization, { name, slug, createdAt, quota, adminDelete })
      return
    }
    case 'deleteOrganization':
      needOrganization(state, input.organizationId)
      delete state.organizations[input.organizationId]
      state.deletedOrganizations.push(input.organizationId)
      state.invitations = state.invitations.filter(({ organization }) => organization !== input.organizationId)
      return
    case 'assignRoleSet': {
      needRoleSet(state, input.roleSet)
      const organization = state.organizations[input.organizationId]
      if (organization === undefined) demandUnknown(state, input.organizationId)
      moveOne(state, organization, { to: input.roleSet, mappings: input.mappings })
      if (organization === undefined) register(state, input.organizationId, input.roleSet)
      return
    }
    case 'createMembership': {
      const { organizationId: id, userId, role = '', publicMetadata: metadata = {} } = input
      const organization = known(state, id)
      needRole(state, role)
      demand(!organization.members[userId], 'membership_exists')
      demand(state.roleSets[organization.roleSet]?.roles.includes(role), 'role_not_in_role_set')
      organization.members[userId] = { role, metadata }
      endInvitationsTo(state, input, id)
      demandRoom(state, id)
      return
    }
    case 'updateMembership': {
      const organization = needOrganization(state, input.organizationId)
      const member = organization.members[input.userId] ?? no('membership_not_found')
      if (input.role !== undefined) {
        needRole(state, input.role)
        demand(state.roleSets[organization.roleSet]?.roles.includes(input.role), 'role_not_in_role_set')
        member.role = input.role
      }
      const { publicMetadata: metadata } = input
      if (metadata !== undefined)
        member.metadata = input.mergeMetadata === true ? merged(member.metadata, metadata) : metadata
      return
    }
    case 'deleteMembership': {
      const members = state.organizations[input.organizationId]?.members
      demand(members?.[input.userId], 'membership_not_found')
      delete members?.[input.userId]
      endInvitationsTo(state, input, input.organizationId)
      if (input.revokeSentInvitations === true) endInvitationsFrom(state, input.userId, input.organizationId)
      return
    }
    case 'removeUser':
      for (const { members } of Object.values(state.organizations)) delete members[input.userId]
      endInvitationsTo(state, input)
      if (input.revokeSentInvitations === true) endInvitationsFrom(state, input.userId)
      return
    case 'createInvitation':
    case 'createInvitations':
    case 'revokeInvitation':
    case 'acceptInvitation':
      return runOnInvitations(state, { operation, input } as InvitationCommand)
  }
}

type InvitationCommand = Extract<
  OrganizationCommand,
  { operation: 'createInvitation' | 'createInvitations' | 'revokeInvitation' | 'acceptInvitation' }
>

function runOnInvitations(state: NaiveState, { operation, input }: InvitationCommand): void {
  switch (operation) {
    case 'createInvitation':
      return invite(state, input, [input])
    case 'createInvitations':
      return invite(state, input, input.invitations)
    case 'revokeInvitation':
      if (input.requestingUserId !== undefined)
        demandManager(state, needOrganization(state, input.organizationId), input.requestingUserId)
      needPending(state, input).status = 'revoked'
      return
    case 'acceptInvitation': {
      const invitation = needPending(state, input)
      const { members, roleSet, quota } = needOrganization(state, input.organizationId)
      demand(!members[input.userId], 'membership_exists')
      demand(state.roleSets[roleSet]?.roles.includes(invitation.role), 'role_not_in_role_set')
      demand(quota === 0 || Object.keys(members).length < quota, 'membership_quota_exceeded')
      Object.assign(invitation, { status: 'accepted', acceptedBy: input.userId })
      endInvitationsTo(state, input, input.organizationId)
      members[input.userId] = { role: invitation.role, metadata: invitation.metadata }
    }
  }
}

function invite(
  state: NaiveState,
  {
    organizationId: id,
    checkInviters,
  }: { readonly organizationId: string; readonly checkInviters?: boolean | undefined },
  items: readonly NewInvitation[],
): void {
  const organization = known(state, id)
  const { roleSet } = organization
  for (const { inviterUserId } of items)
    if (checkInviters === true && inviterUserId !== undefined) demandManager(state, organization, inviterUserId)
  for (const { role = '' } of items) needRole(state, role)
  const taken = pendingOf(state).flatMap(({ organization, address }) =>
    organization === id ? address.toLowerCase() : [],
  )
  const wanted = items.map(({ emailAddress }) => emailAddress.toLowerCase())
  demand(new Set([...taken, ...wanted]).size === taken.length + wanted.length, 'invitation_exists')
  for (const { role = '' } of items) demand(state.roleSets[roleSet]?.roles.includes(role), 'role_not_in_role_set')
  for (const { emailAddress, role = '', inviterUserId = '', expiresInDays = 30, publicMetadata = {} } of items)
    state.invitations.push({
      ...{ organization: id, address: emailAddress, role, status: 'pending', inviter: inviterUserId, acceptedBy: '' },
      ...{ expiresAt: state.now + expiresInDays * dayMs, metadata: publicMetadata },
    })
  demandRoom(state, id)
}

function demandManager(state: NaiveState, { members }: NaiveOrganization, userId: string): void {
  const held = state.roles[members[userId]?.role ?? '']?.permissions ?? []
  demand(held.includes('org:sys_memberships:manage'), 'user_lacks_permission')
}

/** In the commands of histories, `invitationId` is the place of the invitation among all. */
function needPending(state: NaiveState, input: { organizationId: string; invitationId: string }): NaiveInvitation {
  needOrganization(state, input.organizationId)
  const invitation = state.invitations[Number(input.invitationId)] ?? no('invitation_not_found')
  demand(invitation.organization === input.organizationId, 'invitation_not_found')
  demand(pendingOf(state).includes(invitation), 'invitation_not_pending')
  return invitation
}

function known(state: NaiveState, id: string): NaiveOrganization {
  if (state.organizations[id] === undefined) demandUnknown(state, id)
  demand(state.organizations[id] !== undefined || !state.deniesUnknown, 'organization_not_found')
  return state.organizations[id] ?? register(state, id, state.initial)
}

function demandUnknown(state: NaiveState, id: string): void {
  demand(!state.deletedOrganizations.includes(id), 'organization_not_found')
  demandNoNamesake(state, id)
}

function demandNoNamesake(state: NaiveState, id: string): void {
  demand(
    Object.values(state.organizations).every(({ slug }) => slug !== id),
    'key_taken',
  )
}

function register(state: NaiveState, id: string, roleSet: string): NaiveOrganization {
  const { enabled, quota, adminDelete } = state.settings
  demand(enabled, 'organizations_disabled')
  state.deletedOrganizations = state.deletedOrganizations.filter((each) => each !== id)
  const organization = {
    name: '',
    slug: null,
    roleSet,
    createdAt: state.now,
    createdBy: '',
    quota,
    adminDelete,
    members: {},
  }
  return (state.organizations[id] = organization)
}

function moveOne(
  state: NaiveState,
  organization: NaiveOrganization | undefined,
  way: { to: string; mappings: Readonly<Record<string, string>> | undefined },
): void {
  move(state, (it) => it === organization && it.roleSet !== way.to, way)
}

function demandSlug(state: NaiveState, id: string, slug: string | null): void {
  if (slug === null) return
  demand(!state.settings.slugDisabled, 'slugs_disabled')
  const others = Object.entries(state.organizations).filter(([other]) => other !== id)
  demand(
    others.every(([otherId, other]) => other.slug !== slug && otherId !== slug),
    'key_taken',
  )
}

function demandRoom(state: NaiveState, id: string): void {
  const { quota, members } = needOrganization(state, id)
  const invited = pendingOf(state).filter(({ organization }) => organization === id).length
  demand(quota === 0 || Object.keys(members).length + invited <= quota, 'membership_quota_exceeded')
}
