/** Converts rows to things and things to rows. Rows are checked, so that damage in the file isn't taken for a fact. */

import type {
  AccessKey,
  Invitation,
  Membership,
  Metadata,
  Organization,
  Permission,
  Role,
  RoleSet,
  Settings,
} from '@rolesets/core'
import type { KeptChangeSet } from '../../store.ts'
import { changesOf } from '../../transactions/record.ts'
import type { SealedRecord } from '../../transactions/seal.ts'
import type { Row, Value } from '../connection.ts'
import { corruptError } from '../errors.ts'

/** A row has a value that this program never writes. It is reported as `corrupt`. */
export class MalformedRow extends Error {
  override readonly name = 'MalformedRow'
}

/** Reports a malformed row as damage of the file. */
export async function unlessMalformed<T>(file: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    throw error instanceof MalformedRow ? corruptError(file, error) : error
  }
}

export function text(row: Row, column: string): string {
  const value = row[column]
  if (typeof value !== 'string') throw new MalformedRow(`${column} must be a string`)
  return value
}

export function integer(row: Row, column: string): number {
  const value = row[column]
  if (typeof value !== 'number') throw new MalformedRow(`${column} must be an integer`)
  return value
}

function flag(row: Row, column: string): boolean {
  return integer(row, column) !== 0
}

export function permissionOf(row: Row): Permission {
  return { ...namedOf(row), type: text(row, 'type') === 'system' ? 'system' : 'custom' }
}

export function roleOf(row: Row, permissionIds: readonly string[]): Role {
  return { ...namedOf(row), permissionIds }
}

export function roleSetOf(row: Row, roleIds: readonly string[]): RoleSet {
  return {
    ...namedOf(row),
    roleIds,
    defaultRoleId: text(row, 'default_role_id'),
    creatorRoleId: text(row, 'creator_role_id'),
    type: text(row, 'type') === 'initial' ? 'initial' : 'custom',
  }
}

export function organizationOf(row: Row): Organization {
  return {
    ...stampOf(row),
    name: text(row, 'name'),
    slug: row['slug'] === null ? null : text(row, 'slug'),
    roleSetId: text(row, 'role_set_id'),
    createdBy: text(row, 'created_by'),
    maxAllowedMemberships: integer(row, 'max_allowed_memberships'),
    adminDeleteEnabled: flag(row, 'admin_delete_enabled'),
    publicMetadata: metadataOf(row, 'public_metadata'),
    privateMetadata: metadataOf(row, 'private_metadata'),
  }
}

export function membershipOf(row: Row): Membership {
  return {
    ...stampOf(row),
    organizationId: text(row, 'organization_id'),
    userId: text(row, 'user_id'),
    roleId: text(row, 'role_id'),
    publicMetadata: metadataOf(row, 'public_metadata'),
    privateMetadata: metadataOf(row, 'private_metadata'),
  }
}

export function invitationOf(row: Row): Invitation {
  return {
    ...stampOf(row),
    organizationId: text(row, 'organization_id'),
    emailAddress: text(row, 'email_address'),
    roleId: text(row, 'role_id'),
    inviterUserId: text(row, 'inviter_user_id'),
    status: statusOf(row),
    expiresAt: integer(row, 'expires_at'),
    redirectUrl: text(row, 'redirect_url'),
    acceptedByUserId: text(row, 'accepted_by_user_id'),
    publicMetadata: metadataOf(row, 'public_metadata'),
    privateMetadata: metadataOf(row, 'private_metadata'),
  }
}

export function settingsOf(row: Row): Settings {
  return {
    enabled: flag(row, 'enabled'),
    maxAllowedMemberships: integer(row, 'max_allowed_memberships'),
    adminDeleteEnabled: flag(row, 'admin_delete_enabled'),
    slugDisabled: flag(row, 'slug_disabled'),
    domainsEnabled: flag(row, 'domains_enabled'),
    domainsEnrollmentModes: textsOf(row, 'domains_enrollment_modes'),
    updatedAt: integer(row, 'updated_at'),
    revision: integer(row, 'revision'),
  }
}

export function accessKeyOf(row: Row): AccessKey {
  return {
    ...stampOf(row),
    name: text(row, 'name'),
    access: text(row, 'access') === 'secret' ? 'secret' : 'read',
    digest: text(row, 'digest'),
    revokedAt: row['revoked_at'] === null ? null : integer(row, 'revoked_at'),
  }
}

export function changeSetOf(row: Row): KeptChangeSet {
  const sealed = sealedRecordOf(row)
  return { ...sealed, changes: unlessNoJson('changes', () => changesOf(sealed.record)) }
}

export function sealedRecordOf(row: Row): SealedRecord {
  return {
    revision: integer(row, 'revision'),
    committedAt: integer(row, 'committed_at'),
    actor: text(row, 'actor'),
    operation: text(row, 'operation'),
    record: text(row, 'changes'),
    seal: text(row, 'seal'),
  }
}

/** In the order of the columns in `organizations.ts`. */
export function organizationValues(organization: Organization): readonly Value[] {
  const { id, name, slug, roleSetId, createdBy, maxAllowedMemberships, adminDeleteEnabled } = organization
  const own = [id, name, slug, roleSetId, createdBy, maxAllowedMemberships, Number(adminDeleteEnabled)]
  return [...own, ...metadataValues(organization), ...stampValues(organization)]
}

/** In the order of the columns in `memberships.ts`. */
export function membershipValues(membership: Membership): readonly Value[] {
  const { organizationId, userId, id, roleId } = membership
  return [organizationId, userId, id, roleId, ...metadataValues(membership), ...stampValues(membership)]
}

/** In the order of the columns in `invitations.ts`. */
export function invitationValues(invitation: Invitation): readonly Value[] {
  const { id, organizationId, emailAddress, roleId, inviterUserId, status, expiresAt } = invitation
  const { redirectUrl, acceptedByUserId } = invitation
  const own = [id, organizationId, emailAddress, roleId, inviterUserId, status, expiresAt]
  const rest = [...metadataValues(invitation), ...stampValues(invitation)]
  return [...own, redirectUrl, acceptedByUserId, ...rest]
}

function metadataValues(thing: Pick<Organization, 'publicMetadata' | 'privateMetadata'>): readonly Value[] {
  return [JSON.stringify(thing.publicMetadata), JSON.stringify(thing.privateMetadata)]
}

function stampValues(thing: Pick<Organization, 'createdAt' | 'updatedAt' | 'revision'>): readonly Value[] {
  return [thing.createdAt, thing.updatedAt, thing.revision]
}

function namedOf(row: Row) {
  return { ...stampOf(row), key: text(row, 'key'), name: text(row, 'name'), description: text(row, 'description') }
}

function stampOf(row: Row) {
  return {
    id: text(row, 'id'),
    createdAt: integer(row, 'created_at'),
    updatedAt: integer(row, 'updated_at'),
    revision: integer(row, 'revision'),
  }
}

function statusOf(row: Row): Invitation['status'] {
  const status = text(row, 'status')
  if (status !== 'pending' && status !== 'accepted' && status !== 'revoked') throw new MalformedRow('status is unknown')
  return status
}

function textsOf(row: Row, column: string): readonly string[] {
  const values = parseJson(row, column)
  const isSound = Array.isArray(values) && values.every((value) => typeof value === 'string')
  if (!isSound) throw new MalformedRow(`${column} must be a list of strings`)
  return values
}

function metadataOf(row: Row, column: string): Metadata {
  const value = parseJson(row, column)
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new MalformedRow(`${column} must be an object`)
  // An object of JSON has strings for keys.
  return value as Metadata
}

function parseJson(row: Row, column: string): unknown {
  const value = text(row, column)
  return unlessNoJson<unknown>(column, () => JSON.parse(value))
}

function unlessNoJson<T>(column: string, parse: () => T): T {
  try {
    return parse()
  } catch {
    throw new MalformedRow(`${column} must be JSON`)
  }
}
