/** A change set as one line for people. */

import type { Change, ChangeSet, MembersReassigned } from '@rolesets/client'
import { counted } from '../domain/wording.ts'

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
  const { userId, organizationId } = change.membershipDeleted
  return `member ${userId} of ${organizationId} removed`
}

function reassignmentText({ roleSetId, organizationId, mappings }: MembersReassigned): string {
  const moves = mappings.map(({ fromRoleId, toRoleId, members }) => {
    return `${counted(members, 'member')} from ${fromRoleId} to ${toRoleId}`
  })
  return `in ${organizationId ?? `organizations on ${roleSetId ?? 'the set'}`}: ${moves.join(', ')}`
}
