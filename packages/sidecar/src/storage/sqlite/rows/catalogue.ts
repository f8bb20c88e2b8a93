/**
 * The rows of the catalogue. A role's permissions and a role set's roles have rows of their own, in their order. Settings
 * have a row after their first change.
 */

import { type Catalogue, Index, initialSettings, type Role, type RoleSet, type Settings } from '@rolesets/core'
import type { Connection } from '../connection.ts'
import { isCurrentMember } from '../questions/current-members.ts'
import { text } from './columns.ts'
import { assignmentCounts, organizationCounts } from './counts.ts'
import { readRetiredKeys } from './permissions.ts'
import type { Table } from './table.ts'
import { permissions, roles, roleSets, scopeDefaults, scopeKinds, settings } from './things.ts'

/** A table with the things that a thing holds. */
interface Links {
  readonly table: string
  readonly holder: string
  readonly held: string
}

const rolePermissions: Links = { table: 'role_permissions', holder: 'role_id', held: 'permission_id' }
const roleSetRoles: Links = { table: 'role_set_roles', holder: 'role_set_id', held: 'role_id' }

/** In the order of creation, like the catalogue in memory. */
export async function loadCatalogue(connection: Connection): Promise<Catalogue> {
  const permissionIds = await readLinks(connection, rolePermissions)
  const roleIds = await readLinks(connection, roleSetRoles)
  const [changed] = await settings.select(connection, 'SELECT * FROM settings')
  return {
    permissions: new Index(await inOrder(connection, permissions)),
    retiredPermissions: await readRetiredKeys(connection),
    roles: new Index(
      (await inOrder(connection, roles)).map((role) => ({ ...role, permissionIds: permissionIds.get(role.id) ?? [] })),
    ),
    roleSets: new Index(
      (await inOrder(connection, roleSets)).map((roleSet) => ({ ...roleSet, roleIds: roleIds.get(roleSet.id) ?? [] })),
    ),
    scopeKinds: new Map((await inOrder(connection, scopeKinds, 'kind')).map((each) => [each.kind, each])),
    scopeDefaults: new Map((await inOrder(connection, scopeDefaults, 'scope')).map((each) => [each.scope, each])),
    settings: changed ?? initialSettings,
  }
}

/** Unless another order is given, in that of their creation. */
export function inOrder<T extends object>(
  connection: Connection,
  table: Table<T>,
  by = 'rowid',
): Promise<readonly T[]> {
  return table.select(connection, `SELECT * FROM ${table.name} ORDER BY ${by}`)
}

export async function putRole(connection: Connection, role: Role): Promise<void> {
  await roles.put(connection, role)
  await unlink(connection, rolePermissions, role.id)
  await link(connection, rolePermissions, [role.id, role.permissionIds])
}

/** @param stamp `at`: the time of the write */
export async function deleteRole(connection: Connection, { id }: Role, { at }: { readonly at: number }): Promise<void> {
  await unlink(connection, rolePermissions, id)
  await deleteFormerHolders(connection, id, at)
  await roles.deleteAll(connection, [[id]])
}

export async function putRoleSet(connection: Connection, roleSet: RoleSet): Promise<void> {
  await roleSets.put(connection, roleSet)
  await unlink(connection, roleSetRoles, roleSet.id)
  await link(connection, roleSetRoles, [roleSet.id, roleSet.roleIds])
}

export async function deleteRoleSet(connection: Connection, { id }: RoleSet): Promise<void> {
  await unlink(connection, roleSetRoles, id)
  await roleSets.deleteAll(connection, [[id]])
  for (const counts of [organizationCounts, assignmentCounts]) await counts.forget(connection, id)
}

/** SQLite gives the first row of an empty table the key 1. */
export async function putSettings(connection: Connection, after: Settings): Promise<void> {
  await connection.run('DELETE FROM settings')
  await settings.put(connection, after)
}

async function unlink(connection: Connection, { table, holder }: Links, id: string): Promise<void> {
  await connection.run(`DELETE FROM ${table} WHERE ${holder} = ?`, [id])
}

async function link(
  connection: Connection,
  { table, holder, held }: Links,
  [id, ids]: readonly [string, readonly string[]],
): Promise<void> {
  const sql = `INSERT INTO ${table} (${holder}, ${held}, position) SELECT ?, value, key FROM json_each(?)`
  await connection.run(sql, [id, JSON.stringify(ids)])
}

/** The ids of what each thing holds, by its id. */
async function readLinks(connection: Connection, links: Links): Promise<ReadonlyMap<string, readonly string[]>> {
  const { table, holder, held } = links
  const groups = new Map<string, string[]>()
  for (const row of await connection.all(`SELECT ${holder}, ${held} FROM ${table} ORDER BY ${holder}, position`)) {
    const group = groups.get(text(row, holder))
    if (group) group.push(text(row, held))
    else groups.set(text(row, holder), [text(row, held)])
  }
  return groups
}

/**
 * Members whose time is over keep the roles that they had (rule 22), and don't keep a role from being deleted: their rows go
 * with it. With the membership of an organization as a whole go those in its scopes, which would count again beside a new one.
 */
async function deleteFormerHolders(connection: Connection, roleId: string, now: number): Promise<void> {
  const key = 'organization_id, scope, user_id'
  const former = `
SELECT ${key} FROM memberships WHERE role_id = ?1 AND NOT ${isCurrentMember('memberships', '?2')}
UNION SELECT ${key} FROM further_member_roles WHERE role_id = ?1 AND NOT ${isCurrentMember('further_member_roles', '?2')}`
  const all = `
WITH former (${key}) AS (${former})
SELECT ${key} FROM former
UNION SELECT inside.organization_id, inside.scope, inside.user_id
FROM former JOIN memberships AS inside USING (organization_id, user_id) WHERE former.scope = ''`
  for (const table of ['former_roles', 'memberships'])
    await connection.run(`DELETE FROM ${table} WHERE (${key}) IN (${all})`, [roleId, now])
}
