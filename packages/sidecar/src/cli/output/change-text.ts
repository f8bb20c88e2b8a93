/** A change set as one line for people. */

import type { Change, ChangeField, ChangeSet, ChangeValue } from '@rolesets/client'
import { holdersText } from './impact.ts'
import { linesText } from './lines.ts'

export function changeSetLine({ revision, committedAtMs, actor, operation, changes }: ChangeSet): string {
  const facts = changes.map(factText).join('; ')
  return linesText([`${revision}  ${new Date(committedAtMs).toISOString()}  ${actor}  ${operation}  ${facts}`])
}

const texts: { readonly [Field in ChangeField]: (value: ChangeValue<Field>) => string } = {
  permissionPut: ({ key }) => `permission ${key}`,
  permissionDeleted: ({ key }) => `permission ${key} deleted`,
  rolePut: ({ key }) => `role ${key}`,
  roleDeleted: ({ key }) => `role ${key} deleted`,
  roleSetPut: ({ key, roles }) => `role set ${key}: ${roles.join(', ')}`,
  roleSetDeleted: ({ key }) => `role set ${key} deleted`,
  organizationPut: ({ id, roleSet }) => `organization ${id} on ${roleSet}`,
  organizationDeleted: ({ id }) => `organization ${id} deleted`,
  assignmentPut: ({ organizationId, scope, roleSet }) => `${scope} of ${organizationId} on ${roleSet}`,
  assignmentDeleted: ({ organizationId, scope }) => `${scope} of ${organizationId} has no role set of its own`,
  organizationsMoved: ({ fromRoleSetId, toRoleSetId }) => `organizations of ${fromRoleSetId} moved to ${toRoleSetId}`,
  membersReassigned({ roleSetId, organizationId, mappings }) {
    const moves = mappings.map(({ fromRoleId, toRoleId, ...moved }) => {
      return `${holdersText(moved)} from ${fromRoleId} to ${toRoleId}`
    })
    return `in ${organizationId ?? `organizations on ${roleSetId ?? 'the set'}`}: ${moves.join(', ')}`
  },
  membershipPut: ({ userId, organizationId, role }) => `member ${userId} of ${organizationId}: ${role}`,
  membershipDeleted: ({ userId, organizationId }) => `member ${userId} of ${organizationId} removed`,
  invitationPut: ({ id, emailAddress, organizationId, role, status }) =>
    `invitation ${id} of ${emailAddress} to ${organizationId}: ${role}, ${status.toLowerCase()}`,
  accessKeyPut: ({ name, access, revokedAtMs }) =>
    `key ${name}: ${revokedAtMs === 0 ? access.toLowerCase() : 'revoked'}`,
  settingsPut: () => 'settings',
  historyCompacted: ({ upToRevision }) => `history up to revision ${upToRevision} forgotten`,
}

function factText(change: Change): string {
  // Exactly one field is there, and the row of the table takes its value.
  return Object.entries(change)
    .map(([field, value]) => (texts[field as ChangeField] as (value: unknown) => string)(value))
    .join(', ')
}
