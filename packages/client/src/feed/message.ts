/** The messages of the feed, parsed. A malformed one ends its stream, and the next stream resumes from the cursor. */

import { formatRevision, type Revision } from '@rolesets/core'
import {
  booleanOf,
  fieldsOf,
  malformed,
  listOf,
  maybeNumberOf,
  maybeTextOf,
  numberOf,
  oneOf,
  revisionOf,
  textOf,
  textsOf,
  type Fields,
} from '../wire/reading.ts'
import type {
  AccessKey,
  Assignment,
  Invitation,
  Membership,
  Metadata,
  Organization,
  Permission,
  Role,
  RoleSet,
  Settings,
} from '../wire/resources.ts'
import type { Heartbeat, SnapshotChunk } from '../wire/transport.ts'
import type { Change, ChangeField, ChangeSet, ChangeValue } from './changes.ts'

interface Envelope {
  readonly revision: Revision
  readonly sentAtMs: number
}

export type FeedMessage =
  | (Envelope & { readonly kind: 'snapshot_chunk'; readonly chunk: SnapshotChunk })
  | (Envelope & { readonly kind: 'change_set'; readonly changeSet: ChangeSet })
  | (Envelope & { readonly kind: 'heartbeat'; readonly heartbeat: Heartbeat })

export function parseFeedMessage(message: unknown): FeedMessage {
  const fields = fieldsOf(message, 'a message of the feed')
  const envelope = { revision: revisionOf(fields), sentAtMs: numberOf(fields, 'sentAtMs') }
  const { snapshotChunk, changeSet, heartbeat } = fields
  if (heartbeat) return { ...envelope, kind: 'heartbeat', heartbeat: parseHeartbeat(heartbeat) }
  if (snapshotChunk) return { ...envelope, kind: 'snapshot_chunk', chunk: parseChunk(snapshotChunk) }
  if (!changeSet) throw malformed('a message of the feed carries nothing')
  const parsed = parseChangeSet(changeSet)
  if (parsed.revision !== formatRevision(envelope.revision)) throw malformed('a change set has two revisions')
  return { ...envelope, kind: 'change_set', changeSet: parsed }
}

function parseHeartbeat(heartbeat: unknown): Heartbeat {
  const fields = fieldsOf(heartbeat, 'a heartbeat')
  const stalenessMs = numberOf(fields, 'stalenessMs')
  if (fields['unknownOrganizationsDenied'] === undefined) return { stalenessMs }
  return { stalenessMs, unknownOrganizationsDenied: booleanOf(fields, 'unknownOrganizationsDenied') }
}

function parseChunk(chunk: unknown): SnapshotChunk {
  const fields = fieldsOf(chunk, 'a part of the snapshot')
  return {
    permissions: listOf(fields, 'permissions').map(parsePermission),
    roles: listOf(fields, 'roles').map(parseRole),
    roleSets: listOf(fields, 'roleSets').map(parseRoleSet),
    organizations: fields['organizations'] === undefined ? [] : listOf(fields, 'organizations').map(parseOrganization),
    last: booleanOf(fields, 'last'),
    unknownOrganizationsDenied: booleanOf(fields, 'unknownOrganizationsDenied'),
  }
}

function parseChangeSet(changeSet: unknown): ChangeSet {
  const fields = fieldsOf(changeSet, 'a change set')
  return {
    revision: formatRevision(revisionOf(fields)),
    committedAtMs: maybeNumberOf(fields, 'committedAtMs'),
    actor: maybeTextOf(fields, 'actor'),
    operation: maybeTextOf(fields, 'operation'),
    changes: listOf(fields, 'changes').flatMap(parseChange),
  }
}

/** A kind of change that this client doesn't know is left out: there is nothing in it for a cache. */
function parseChange(change: unknown): readonly Change[] {
  const fields = fieldsOf(change, 'a change')
  const field = changeFields.find((each) => fields[each])
  // The row gives what its field has.
  return field === undefined ? [] : [{ [field]: parsers[field](fields[field]) } as Change]
}

const parsers: { readonly [Field in ChangeField]: (value: unknown) => ChangeValue<Field> } = {
  permissionPut: parsePermission,
  permissionDeleted: parseDeleted,
  rolePut: parseRole,
  roleDeleted: parseDeleted,
  roleSetPut: parseRoleSet,
  roleSetDeleted: parseDeleted,
  organizationPut: parseOrganization,
  organizationDeleted: parseDeleted,
  assignmentPut: parseAssignment,
  assignmentDeleted: parsePlace,
  organizationsMoved: parseMoved,
  membersReassigned: parseReassigned,
  membershipPut: parseMembership,
  membershipDeleted: parseMembershipDeleted,
  invitationPut: parseInvitation,
  settingsPut: parseSettings,
  accessKeyPut: parseAccessKey,
}

// The names of the table's rows.
const changeFields = Object.keys(parsers) as ChangeField[]

function named(value: unknown, what: string) {
  const fields = fieldsOf(value, what)
  const base = {
    id: textOf(fields, 'id'),
    key: textOf(fields, 'key'),
    name: maybeTextOf(fields, 'name'),
    description: maybeTextOf(fields, 'description'),
    createdAtMs: maybeNumberOf(fields, 'createdAtMs'),
    updatedAtMs: maybeNumberOf(fields, 'updatedAtMs'),
  }
  return { fields, base }
}

function timesOf(fields: Fields) {
  return { createdAtMs: maybeNumberOf(fields, 'createdAtMs'), updatedAtMs: maybeNumberOf(fields, 'updatedAtMs') }
}

function metadataOf(fields: Fields) {
  // What carries the calls has made plain JSON of it.
  const read = (field: string) => (fields[field] ?? {}) as Metadata
  return { publicMetadata: read('publicMetadata'), privateMetadata: read('privateMetadata') }
}

function parsePermission(value: unknown): Permission {
  const { fields, base } = named(value, 'a permission')
  return { ...base, type: oneOf(fields, 'type', ['SYSTEM', 'CUSTOM']) }
}

function parseRole(value: unknown): Role {
  const { fields, base } = named(value, 'a role')
  const permissions = textsOf(fields, 'permissions')
  const permissionIds = textsOf(fields, 'permissionIds')
  return { ...base, permissions, permissionIds, creatorEligible: booleanOf(fields, 'creatorEligible') }
}

/** Written field by field: to spread so many costs more than all the rest of a message. */
function parseRoleSet(value: unknown): RoleSet {
  const { fields, base } = named(value, 'a role set')
  const { id, key, name, description, createdAtMs, updatedAtMs } = base
  return {
    id,
    key,
    name,
    description,
    createdAtMs,
    updatedAtMs,
    roles: textsOf(fields, 'roles'),
    roleIds: textsOf(fields, 'roleIds'),
    defaultRole: textOf(fields, 'defaultRole'),
    defaultRoleId: textOf(fields, 'defaultRoleId'),
    creatorRole: textOf(fields, 'creatorRole'),
    creatorRoleId: textOf(fields, 'creatorRoleId'),
    type: oneOf(fields, 'type', ['INITIAL_SET', 'CUSTOM_SET']),
  }
}

function parseOrganization(value: unknown): Organization {
  const fields = fieldsOf(value, 'an organization')
  return {
    id: textOf(fields, 'id'),
    name: maybeTextOf(fields, 'name'),
    slug: maybeTextOf(fields, 'slug'),
    roleSet: maybeTextOf(fields, 'roleSet'),
    roleSetId: textOf(fields, 'roleSetId'),
    ...metadataOf(fields),
    createdBy: maybeTextOf(fields, 'createdBy'),
    maxAllowedMemberships: maybeNumberOf(fields, 'maxAllowedMemberships'),
    adminDeleteEnabled: flagOf(fields, 'adminDeleteEnabled'),
    ...timesOf(fields),
  }
}

function parsePlace(value: unknown) {
  const fields = fieldsOf(value, 'the end of an assignment')
  return { organizationId: textOf(fields, 'organizationId'), scope: textOf(fields, 'scope') }
}

function parseAssignment(value: unknown): Assignment {
  const fields = fieldsOf(value, 'an assignment')
  return {
    organizationId: textOf(fields, 'organizationId'),
    scope: textOf(fields, 'scope'),
    roleSet: maybeTextOf(fields, 'roleSet'),
    roleSetId: textOf(fields, 'roleSetId'),
    updatedAtMs: maybeNumberOf(fields, 'updatedAtMs'),
  }
}

function parseMembership(value: unknown): Membership {
  const fields = fieldsOf(value, 'a membership')
  return {
    id: textOf(fields, 'id'),
    organizationId: textOf(fields, 'organizationId'),
    userId: textOf(fields, 'userId'),
    role: maybeTextOf(fields, 'role'),
    roleId: maybeTextOf(fields, 'roleId'),
    ...metadataOf(fields),
    ...timesOf(fields),
  }
}

function parseInvitation(value: unknown): Invitation {
  const fields = fieldsOf(value, 'an invitation')
  return {
    id: textOf(fields, 'id'),
    organizationId: textOf(fields, 'organizationId'),
    emailAddress: textOf(fields, 'emailAddress'),
    role: maybeTextOf(fields, 'role'),
    roleId: maybeTextOf(fields, 'roleId'),
    inviterUserId: maybeTextOf(fields, 'inviterUserId'),
    status: oneOf(fields, 'status', ['PENDING', 'ACCEPTED', 'REVOKED', 'EXPIRED']),
    expiresAtMs: maybeNumberOf(fields, 'expiresAtMs'),
    redirectUrl: maybeTextOf(fields, 'redirectUrl'),
    acceptedByUserId: maybeTextOf(fields, 'acceptedByUserId'),
    ...metadataOf(fields),
    ...timesOf(fields),
  }
}

function parseSettings(value: unknown): Settings {
  const fields = fieldsOf(value, 'settings')
  return {
    enabled: flagOf(fields, 'enabled'),
    maxAllowedMemberships: maybeNumberOf(fields, 'maxAllowedMemberships'),
    adminDeleteEnabled: flagOf(fields, 'adminDeleteEnabled'),
    slugDisabled: flagOf(fields, 'slugDisabled'),
    domainsEnabled: flagOf(fields, 'domainsEnabled'),
    domainsEnrollmentModes: textsOf(fields, 'domainsEnrollmentModes'),
    initialRoleSet: maybeTextOf(fields, 'initialRoleSet'),
    creatorRole: maybeTextOf(fields, 'creatorRole'),
    defaultRole: maybeTextOf(fields, 'defaultRole'),
    updatedAtMs: maybeNumberOf(fields, 'updatedAtMs'),
  }
}

function parseAccessKey(value: unknown): AccessKey {
  const fields = fieldsOf(value, 'an access key')
  const { createdAtMs } = timesOf(fields)
  return {
    id: textOf(fields, 'id'),
    name: textOf(fields, 'name'),
    access: oneOf(fields, 'access', ['SECRET', 'READ']),
    createdAtMs,
    revokedAtMs: maybeNumberOf(fields, 'revokedAtMs'),
  }
}

/** Left out: false, as a sidecar that doesn't have the field yet leaves it. */
function flagOf(fields: Fields, field: string): boolean {
  return fields[field] === undefined ? false : booleanOf(fields, field)
}

function parseDeleted(value: unknown) {
  const fields = fieldsOf(value, 'a deletion')
  return { id: textOf(fields, 'id'), key: maybeTextOf(fields, 'key') }
}

function parseMembershipDeleted(value: unknown) {
  const fields = fieldsOf(value, 'the end of a membership')
  const [id, organizationId] = [textOf(fields, 'id'), textOf(fields, 'organizationId')]
  return { id, organizationId, userId: maybeTextOf(fields, 'userId') }
}

function parseMoved(value: unknown) {
  const fields = fieldsOf(value, 'a move of organizations')
  return { fromRoleSetId: textOf(fields, 'fromRoleSetId'), toRoleSetId: textOf(fields, 'toRoleSetId') }
}

function parseReassigned(value: unknown) {
  const fields = fieldsOf(value, 'a reassignment')
  const mappings = listOf(fields, 'mappings').map((mapping) => {
    const each = fieldsOf(mapping, 'a mapping')
    const [fromRoleId, toRoleId] = [textOf(each, 'fromRoleId'), textOf(each, 'toRoleId')]
    const [members, invitations] = [maybeNumberOf(each, 'members'), maybeNumberOf(each, 'invitations')]
    return { fromRoleId, toRoleId, members, invitations }
  })
  const [roleSetId, organizationId] = [maybeTextOf(fields, 'roleSetId'), maybeTextOf(fields, 'organizationId')]
  return { mappings, ...(roleSetId && { roleSetId }), ...(organizationId && { organizationId }) }
}
