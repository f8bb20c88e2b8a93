/** Rows to things and things to rows. What comes out of the file is checked here: a damaged file must not pass for a fact. */

import type { Change, ChangeSet } from '../../domain/change.ts'
import type { Membership, Metadata, Organization, Permission, Role, RoleSet } from '../../domain/model.ts'
import type { Row, Value } from './connection.ts'

/** A row has what no row of this program has. The reader of the file makes `corrupt` of it. */
export class MalformedRow extends Error {
  override readonly name = 'MalformedRow'
}

export function text(row: Row, column: string): string {
  const value = row[column]
  if (typeof value !== 'string') throw new MalformedRow(`${column} is no text`)
  return value
}

export function integer(row: Row, column: string): number {
  const value = row[column]
  if (typeof value !== 'number') throw new MalformedRow(`${column} is no integer`)
  return value
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

export function changeSetOf(row: Row): ChangeSet {
  return {
    revision: integer(row, 'revision'),
    committedAt: integer(row, 'committed_at'),
    actor: text(row, 'actor'),
    operation: text(row, 'operation'),
    // Written by this program, in the same transaction as the rows, and never edited.
    changes: parseJson(row, 'changes') as readonly Change[],
  }
}

/** In the order of the columns in `changes.ts`. */
export function organizationValues(organization: Organization): readonly Value[] {
  const { id, name, slug, roleSetId, publicMetadata, privateMetadata, createdAt, updatedAt, revision } = organization
  const metadata = [JSON.stringify(publicMetadata), JSON.stringify(privateMetadata)]
  return [id, name, slug, roleSetId, ...metadata, createdAt, updatedAt, revision]
}

/** In the order of the columns in `changes.ts`. */
export function membershipValues(membership: Membership): readonly Value[] {
  const { organizationId, userId, id, roleId, publicMetadata, privateMetadata } = membership
  const { createdAt, updatedAt, revision } = membership
  const metadata = [JSON.stringify(publicMetadata), JSON.stringify(privateMetadata)]
  return [organizationId, userId, id, roleId, ...metadata, createdAt, updatedAt, revision]
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

function metadataOf(row: Row, column: string): Metadata {
  const value = parseJson(row, column)
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new MalformedRow(`${column} is no object`)
  // An object of JSON has strings for keys.
  return value as Metadata
}

function parseJson(row: Row, column: string): unknown {
  const value = text(row, column)
  try {
    return JSON.parse(value)
  } catch {
    throw new MalformedRow(`${column} is no JSON`)
  }
}
