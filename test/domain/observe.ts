/** What a state looks like to people, and what really happened between two states: the oracles of the property tests. */

import type { RoleImpact } from '../../packages/sidecar/src/domain/decided.ts'
import type { Organization } from '../../packages/sidecar/src/domain/model.ts'
import type { Snapshot } from './state.ts'

/** By keys and in one order, as the naive model shows itself. */
export function viewOf({ catalogue, organizations, memberships }: Snapshot): unknown {
  const permissionKey = (id: string) => catalogue.permissions.byId(id)?.key ?? id
  const roleKey = (id: string) => catalogue.roles.byId(id)?.key ?? id
  const roleSets = [...catalogue.roleSets.values()]
  const membersOf = (id: string) => [...memberships.values()].filter(({ organizationId }) => organizationId === id)
  return {
    permissions: sorted([...catalogue.permissions.values()].map(({ key, type }) => [key, type])),
    roles: sorted(
      [...catalogue.roles.values()].map(({ key, name, description, permissionIds }) => {
        return [key, { name, description, permissions: permissionIds.map(permissionKey).sort() }]
      }),
    ),
    roleSets: sorted(
      roleSets.map(({ key, name, description, roleIds, defaultRoleId, creatorRoleId }) => {
        const places = { defaultRole: roleKey(defaultRoleId), creatorRole: roleKey(creatorRoleId) }
        return [key, { name, description, roles: roleIds.map(roleKey).sort(), ...places }]
      }),
    ),
    initial: roleSets.find(({ type }) => type === 'initial')?.key,
    organizations: sorted(
      [...organizations.values()].map(({ id, name, slug, roleSetId }) => {
        const members = membersOf(id).map(({ userId, roleId, publicMetadata }): [string, unknown] => {
          return [userId, { role: roleKey(roleId), metadata: publicMetadata }]
        })
        return [id, { name, slug, roleSet: catalogue.roleSets.byId(roleSetId)?.key }, sorted(members)]
      }),
    ),
  }
}

/** Organizations that moved or whose roles are others now, and members who have another role now. */
export function measureImpact(before: Snapshot, after: Snapshot): { organizations: number; roles: RoleImpact[] } {
  const offered = ({ catalogue }: Snapshot, { roleSetId }: Organization) =>
    JSON.stringify([...(catalogue.roleSets.byId(roleSetId)?.roleIds ?? [])].sort())
  const touched = [...before.organizations.values()].filter((old) => {
    const now = after.organizations.get(old.id)
    return now && (now.roleSetId !== old.roleSetId || offered(before, old) !== offered(after, now))
  })
  const moves = new Map<string, RoleImpact & { readonly in: Set<string> }>()
  for (const [key, old] of before.memberships) {
    const toRoleId = after.memberships.get(key)?.roleId
    if (toRoleId === undefined || toRoleId === old.roleId) continue
    const way = `${old.roleId} ${toRoleId}`
    const move = moves.get(way) ?? {
      roleId: old.roleId,
      toRoleId,
      members: 0,
      invitations: 0,
      organizations: 0,
      in: new Set(),
    }
    move.in.add(old.organizationId)
    moves.set(way, { ...move, members: move.members + 1, organizations: move.in.size })
  }
  return {
    organizations: touched.length,
    roles: [...moves.values()].map(({ in: _in, ...impact }) => impact).sort(byRole),
  }
}

export function byRole(a: RoleImpact, b: RoleImpact): number {
  return a.roleId < b.roleId ? -1 : a.roleId > b.roleId ? 1 : 0
}

/** Every thing by its id, for comparing what changed with what says that it changed. */
export function thingsOf({ catalogue, organizations, memberships }: Snapshot) {
  const { permissions, roles, roleSets } = catalogue
  const all = [permissions, roles, roleSets, organizations, memberships].flatMap((things) => [...things.values()])
  return new Map(all.map((thing) => [thing.id, thing]))
}

function sorted<T extends readonly [string, ...unknown[]]>(entries: T[]): T[] {
  return entries.sort(([a], [b]) => (a < b ? -1 : 1))
}
