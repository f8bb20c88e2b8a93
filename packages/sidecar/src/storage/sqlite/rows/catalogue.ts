/**
 * The rows of permissions, roles, role sets and settings: how they are written, and how the whole catalogue is read.
 * Settings have a row after their first change.
 */

import {
  type Catalogue,
  Index,
  initialSettings,
  type Permission,
  type Role,
  type RoleSet,
  type Settings,
} from '@rolesets/core'
import type { Connection, Row } from '../connection.ts'
import { permissionOf, roleOf, roleSetOf, settingsOf, text } from './things.ts'

/** In the order of creation, like the catalogue in memory. */
export async function loadCatalogue(connection: Connection): Promise<Catalogue> {
  const permissions = await connection.all('SELECT * FROM permissions ORDER BY rowid')
  const roles = await connection.all('SELECT * FROM roles ORDER BY rowid')
  const roleSets = await connection.all('SELECT * FROM role_sets ORDER BY rowid')
  const held = await connection.all('SELECT role_id, permission_id FROM role_permissions ORDER BY role_id, position')
  const members = await connection.all('SELECT role_set_id, role_id FROM role_set_roles ORDER BY role_set_id, position')
  const [settings] = await connection.all('SELECT * FROM settings')
  const permissionIds = grouped(held, 'role_id', 'permission_id')
  const roleIds = grouped(members, 'role_set_id', 'role_id')
  return {
    permissions: new Index(permissions.map(permissionOf)),
    roles: new Index(roles.map((row) => roleOf(row, permissionIds.get(text(row, 'id')) ?? []))),
    roleSets: new Index(roleSets.map((row) => roleSetOf(row, roleIds.get(text(row, 'id')) ?? []))),
    settings: settings === undefined ? initialSettings : settingsOf(settings),
  }
}

export async function putPermission(connection: Connection, permission: Permission): Promise<void> {
  const { id, key, name, description, type, createdAt, updatedAt, revision } = permission
  await connection.run(
    `INSERT INTO permissions (id, key, name, description, type, created_at, updated_at, revision)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET key = excluded.key, name = excluded.name, description = excluded.description,
       type = excluded.type, created_at = excluded.created_at, updated_at = excluded.updated_at,
       revision = excluded.revision`,
    [id, key, name, description, type, createdAt, updatedAt, revision],
  )
}

export async function deletePermission(connection: Connection, id: string): Promise<void> {
  await connection.run('DELETE FROM permissions WHERE id = ?', [id])
}

export async function putRole(connection: Connection, role: Role): Promise<void> {
  const { id, key, name, description, permissionIds, createdAt, updatedAt, revision } = role
  await connection.run(
    `INSERT INTO roles (id, key, name, description, created_at, updated_at, revision)
     VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET key = excluded.key, name = excluded.name, description = excluded.description,
       created_at = excluded.created_at, updated_at = excluded.updated_at, revision = excluded.revision`,
    [id, key, name, description, createdAt, updatedAt, revision],
  )
  await connection.run('DELETE FROM role_permissions WHERE role_id = ?', [id])
  await connection.run(
    `INSERT INTO role_permissions (role_id, permission_id, position)
     SELECT ?, value, key FROM json_each(?)`,
    [id, JSON.stringify(permissionIds)],
  )
}

export async function deleteRole(connection: Connection, id: string): Promise<void> {
  await connection.run('DELETE FROM role_permissions WHERE role_id = ?', [id])
  await connection.run('DELETE FROM roles WHERE id = ?', [id])
}

export async function putRoleSet(connection: Connection, roleSet: RoleSet): Promise<void> {
  const { id, key, name, description, type, roleIds, defaultRoleId, creatorRoleId } = roleSet
  const { createdAt, updatedAt, revision } = roleSet
  await connection.run(
    `INSERT INTO role_sets
       (id, key, name, description, type, default_role_id, creator_role_id, created_at, updated_at, revision)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET key = excluded.key, name = excluded.name, description = excluded.description,
       type = excluded.type, default_role_id = excluded.default_role_id, creator_role_id = excluded.creator_role_id,
       created_at = excluded.created_at, updated_at = excluded.updated_at, revision = excluded.revision`,
    [id, key, name, description, type, defaultRoleId, creatorRoleId, createdAt, updatedAt, revision],
  )
  await connection.run('DELETE FROM role_set_roles WHERE role_set_id = ?', [id])
  await connection.run(
    `INSERT INTO role_set_roles (role_set_id, role_id, position)
     SELECT ?, value, key FROM json_each(?)`,
    [id, JSON.stringify(roleIds)],
  )
}

export async function deleteRoleSet(connection: Connection, id: string): Promise<void> {
  await connection.run('DELETE FROM role_set_roles WHERE role_set_id = ?', [id])
  await connection.run('DELETE FROM role_sets WHERE id = ?', [id])
  await connection.run('DELETE FROM organization_counts WHERE role_set_id = ? AND organizations = 0', [id])
}

export async function putSettings(connection: Connection, settings: Settings): Promise<void> {
  const { enabled, maxAllowedMemberships, adminDeleteEnabled, slugDisabled, domainsEnabled } = settings
  const flags = [adminDeleteEnabled, slugDisabled, domainsEnabled].map(Number)
  const modes = JSON.stringify(settings.domainsEnrollmentModes)
  await connection.run(
    `INSERT OR REPLACE INTO settings
       (singleton, enabled, max_allowed_memberships, admin_delete_enabled, slug_disabled, domains_enabled,
        domains_enrollment_modes, updated_at, revision)
     VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?)`,
    [Number(enabled), maxAllowedMemberships, ...flags, modes, settings.updatedAt, settings.revision],
  )
}

/** The values of one column by those of another, in the order of the rows. */
function grouped(rows: readonly Row[], by: string, column: string): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, string[]>()
  for (const row of rows) {
    const group = groups.get(text(row, by))
    if (group) group.push(text(row, column))
    else groups.set(text(row, by), [text(row, column)])
  }
  return groups
}
