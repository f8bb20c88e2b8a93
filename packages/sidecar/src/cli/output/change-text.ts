/** A change set as one line for people. */

import type { AccessKey, Change, ChangeSet, Invitation, MembersReassigned } from '@rolesets/client'
import { holdersText } from './impact.ts'

export function changeSetLine({ revision, committedAtMs, actor, operation, changes }: ChangeSet): string {
  const facts = changes.map(factText).join('; ')
  return `${revision}  ${new Date(committedAtMs).toISOString()}  ${actor}  ${operation}  ${facts}\n`
}

function factText(change: Change): string {
  if ('permissionPut' in change) return `permission ${change.permissionPut.key}`
  if ('permissionDeleted' in change) return `permission ${change.permissionDeleted.key} deleted`
  if ('rolePut' in change) return `role ${change.rolePut.key}`
  if ('roleDeleted' in change) return `role ${change.roleDeleted.key} deleted`
  if ('roleSetPut' in change) return `role set ${change.roleSetPut.key}: ${change.roleSetPut.roles.join(', ')}`
  if ('roleSetDeleted' in change) return `role set ${change.roleSetDeleted.key} deleted`
  if ('organizationPut' in change)
    return `organization ${change.organizationPut.id} on ${change.organizationPut.roleSet}`
  if ('organizationDeleted' in change) return `organization ${change.organizationDeleted.id} deleted`
  if ('organizationsMoved' in change) {
    const { fromRoleSetId, toRoleSetId } = change.organizationsMoved
    return `organizations of ${fromRoleSetId} moved to ${toRoleSetId}`
  }
  if ('membersReassigned' in change) return reassignmentText(change.membersReassigned)
  if ('membershipPut' in change) {
    const { userId, organizationId, role } = change.membershipPut
    return `member ${userId} of ${organizationId}: ${role}`
  }
  if ('membershipDeleted' in change) {
    const { userId, organizationId } = change.membershipDeleted
    return `member ${userId} of ${organizationId} removed`
  }
  if ('invitationPut' in change) return invitationText(change.invitationPut)
  if ('accessKeyPut' in change) return accessKeyText(change.accessKeyPut)
  return 'settings'
}

function invitationText({ id, emailAddress, organizationId, role, status }: Invitation): string {
  return `invitation ${id} of ${emailAddress} to ${organizationId}: ${role}, ${status.toLowerCase()}`
}

function accessKeyText({ name, access, revokedAtMs }: AccessKey): string {
  return `key ${name}: ${revokedAtMs === 0 ? access.toLowerCase() : 'revoked'}`
}

function reassignmentText({ roleSetId, organizationId, mappings }: MembersReassigned): string {
  const moves = mappings.map(({ fromRoleId, toRoleId, ...moved }) => {
    return `${holdersText(moved)} from ${fromRoleId} to ${toRoleId}`
  })
  return `in ${organizationId ?? `organizations on ${roleSetId ?? 'the set'}`}: ${moves.join(', ')}`
}
