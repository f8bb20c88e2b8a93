/** A change set as one line for people. */

import type { Change, ChangeField, ChangeSet, ChangeValue } from '@rolesets/client'
import { holdersText } from './impact.ts'
import { linesText } from './lines.ts'

export function changeSetLine(changeSet: ChangeSet): string {
  const { revision, committedAtMs, actor, operation, actingUserId, changes } = changeSet
  const made = actingUserId === undefined ? operation : `${operation} for ${actingUserId}`
  const facts = changes.map(factText).join('; ')
  return linesText([`${revision}  ${new Date(committedAtMs).toISOString()}  ${actor}  ${made}  ${facts}`])
}

const fallbackTexts = { ORGANIZATION: 'on the role set of their organization', NONE: 'on no role set' } as const

const texts: { readonly [Field in ChangeField]: (value: ChangeValue<Field>) => string } = {
  permissionPut: ({ key }) => `permission ${key}`,
  permissionDeleted: ({ key }) => `permission ${key} deleted`,
  rolePut: ({ key }) => `role ${key}`,
  roleDeleted: ({ key }) => `role ${key} deleted`,
  roleSetPut: ({ key, roles }) => `role set ${key}: ${roles.join(', ')}`,
  roleSetDeleted: ({ key }) => `role set ${key} deleted`,
  organizationPut: ({ id, roleSet }) => `organization ${id} on ${roleSet}`,
  organizationDeleted: ({ id }) => `organization ${id} deleted`,
  assignmentPut: ({ organizationId, scope, name, roleSet }) =>
    `${scope} of ${organizationId}${name === '' ? '' : ` (${name})`} ${roleSet === '' ? 'has no role set of its own' : `on ${roleSet}`}`,
  assignmentDeleted: ({ organizationId, scope }) => `${scope} of ${organizationId} has no role set of its own`,
  organizationsMoved: ({ fromRoleSetId, toRoleSetId }) => `organizations of ${fromRoleSetId} moved to ${toRoleSetId}`,
  scopeKindPut: ({ kind, fallback, roleSet }) =>
    `scopes of kind ${kind}: ${fallback === 'ROLE_SET' ? `on ${roleSet}` : fallbackTexts[fallback]}`,
  scopeKindDeleted: ({ kind }) => `scopes of kind ${kind} deleted`,
  scopeDefaultPut: ({ scope, roleSet }) => `${scope} on ${roleSet} by default`,
  scopeDefaultDeleted: ({ scope }) => `${scope} has no default`,
  scopeRenamed: ({ organizationId, fromScope, toScope, ...moved }) =>
    `${fromScope} of ${organizationId} renamed to ${toScope}, with ${holdersText(moved)}`,
  membersReassigned({ mappings, ...among }) {
    const moves = mappings.map(({ fromRoleId, toRoleId, ...moved }) => {
      return `${holdersText(moved)} from ${fromRoleId} to ${toRoleId}`
    })
    return `in ${amongText(among)}: ${moves.join(', ')}`
  },
  membershipPut: ({ userId, role, expiresAtMs, ...place }) =>
    `member ${userId} of ${placeText(place)}: ${role}${expiresAtMs === 0 ? '' : ` until ${new Date(expiresAtMs).toISOString()}`}`,
  membershipDeleted: ({ userId, ...place }) => `member ${userId} of ${placeText(place)} removed`,
  invitationPut: ({ id, emailAddress, role, status, ...place }) =>
    `invitation ${id} of ${emailAddress} to ${placeText(place)}: ${role}, ${status.toLowerCase()}`,
  accessKeyPut: ({ name, access, revokedAtMs }) =>
    `key ${name}: ${revokedAtMs === 0 ? access.toLowerCase() : 'revoked'}`,
  settingsPut: () => 'settings',
  historyCompacted: ({ upToRevision }) => `history up to revision ${upToRevision} forgotten`,
}

/** The organization alone, where it is meant as a whole. */
function placeText({ organizationId, scope }: { readonly organizationId: string; readonly scope: string }): string {
  return scope === '' ? organizationId : `${scope} of ${organizationId}`
}

/** Where members got other roles. */
function amongText(among: Omit<ChangeValue<'membersReassigned'>, 'mappings'>): string {
  const { organizationId, scopeKey, scopeDefault, scopeKind, roleSetId } = among
  if (organizationId !== undefined) return scopeKey === undefined ? organizationId : `${scopeKey} of ${organizationId}`
  if (scopeDefault !== undefined) return `${scopeDefault} everywhere`
  if (scopeKind !== undefined) return `scopes of kind ${scopeKind}`
  return `organizations on ${roleSetId ?? 'the set'}`
}

function factText(change: Change): string {
  // Exactly one field is there, and the row of the table takes its value.
  return Object.entries(change)
    .map(([field, value]) => (texts[field as ChangeField] as (value: unknown) => string)(value))
    .join(', ')
}
