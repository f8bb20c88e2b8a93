/** What a state looks like to people, and what really happened between two states: the oracles of the property tests. */

import { firstRoleIdOf, type Invitation, type Organization } from '@rolesets/core'
import type { RoleImpact } from '../../packages/sidecar/src/domain/decided.ts'
import { statusOf } from '../../packages/sidecar/src/domain/invitations.ts'
import { isCreatorEligible } from '../../packages/sidecar/src/domain/roles.ts'
import type { Snapshot } from './state.ts'

/** By keys and in one order, as the naive model shows itself. */
export function viewOf({ catalogue, organizations, memberships, invitations, accessKeys }: Snapshot): unknown {
  const permissionKey = (id: string) => catalogue.permissions.byId(id)?.key ?? id
  const roleKey = (id: string) => catalogue.roles.byId(id)?.key ?? 'gone'
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
        const places = {
          defaultRole: roleKey(defaultRoleId),
          creatorRole: creatorRoleId === null ? '' : roleKey(creatorRoleId),
        }
        return [key, { name, description, roles: roleIds.map(roleKey).sort(), ...places }]
      }),
    ),
    initial: roleSets.find(({ type }) => type === 'initial')?.key,
    organizations: sorted(
      [...organizations.values()].map(({ id, roleSetId, ...organization }) => {
        const { name, slug, createdAt, createdBy } = organization
        const { maxAllowedMemberships: quota, adminDeleteEnabled: adminDelete } = organization
        const own = { name, slug, createdAt, createdBy, quota, adminDelete }
        const members = membersOf(id).map(({ userId, roleIds, publicMetadata }): [string, unknown] => {
          return [userId, { role: roleIds.map(roleKey).join(), metadata: publicMetadata }]
        })
        return [id, { ...own, roleSet: catalogue.roleSets.byId(roleSetId)?.key }, sorted(members)]
      }),
    ),
    invitations: [...invitations.values()].map(({ organizationId, emailAddress, roleIds, ...invitation }) => {
      const { status, expiresAt, inviterUserId, acceptedByUserId, publicMetadata: metadata } = invitation
      const people = { inviter: inviterUserId, acceptedBy: acceptedByUserId }
      const offer = { organization: organizationId, address: emailAddress, role: roleIds.map(roleKey).join() }
      return { ...offer, ...people, status, expiresAt, metadata }
    }),
    settings: viewSettings(catalogue),
    accessKeys: sorted(
      [...accessKeys.values()].map(({ name, access, revokedAt }) => [name, revokedAt === null ? access : '']),
    ),
  }
}

function viewSettings({ settings }: Snapshot['catalogue']) {
  const { enabled, maxAllowedMemberships: quota, adminDeleteEnabled: adminDelete, slugDisabled } = settings
  return {
    enabled,
    quota,
    adminDelete,
    slugDisabled,
    lastAdministrator: settings.lastAdministrator,
    domains: settings.domainsEnabled,
    modes: settings.domainsEnrollmentModes,
  }
}

/**
 * Organizations that moved, that are gone, or whose roles are others now; members and pending invitations that have another
 * role now, or lost theirs with their organization.
 */
export function measureImpact(
  before: Snapshot,
  after: Snapshot,
  now: number,
): { organizations: number; roles: RoleImpact[] } {
  const offered = ({ catalogue }: Snapshot, { roleSetId }: Organization) =>
    JSON.stringify([...(catalogue.roleSets.byId(roleSetId)?.roleIds ?? [])].sort())
  const touched = [...before.organizations.values()].filter((old) => {
    const now = after.organizations.get(old.id)
    return now === undefined || now.roleSetId !== old.roleSetId || offered(before, old) !== offered(after, now)
  })
  const ways = new Map<string, { impact: RoleImpact; in: Set<string> }>()
  const note = (kind: 'members' | 'invitations', old: Holder, holder: Holder | undefined) => {
    const { organizationId } = old
    if (holder === undefined && after.organizations.has(organizationId)) return
    const roleId = firstRoleIdOf(old)
    const toRoleId = holder ? firstRoleIdOf(holder) : null
    if (toRoleId === roleId) return
    const none = { roleId, toRoleId, members: 0, invitations: 0, organizations: 0 }
    const way = ways.get(`${roleId} ${toRoleId}`) ?? { impact: none, in: new Set() }
    way.in.add(organizationId)
    way.impact = { ...way.impact, [kind]: way.impact[kind] + 1, organizations: way.in.size }
    ways.set(`${roleId} ${toRoleId}`, way)
  }
  for (const [key, old] of before.memberships) note('members', old, after.memberships.get(key))
  for (const [id, old] of before.invitations)
    if (statusOf(old, now) === 'pending') note('invitations', old, after.invitations.get(id))
  return { organizations: touched.length, roles: [...ways.values()].map(({ impact }) => impact).sort(byRole) }
}

/** The organizations that had an administrator and have none, in order; those that are gone don't count. */
export function withoutAdministrator(before: Snapshot, after: Snapshot): string[] {
  const isManaged = ({ catalogue, memberships }: Snapshot, id: string) =>
    [...memberships.values()].some(({ organizationId, roleIds }) => {
      const roles = roleIds.flatMap((roleId) => catalogue.roles.byId(roleId) ?? [])
      return organizationId === id && roles.some((role) => isCreatorEligible(catalogue, role))
    })
  return [...after.organizations.keys()].filter((id) => isManaged(before, id) && !isManaged(after, id)).sort()
}

/** Invitations that were pending and are revoked. */
export function countEnded(before: Snapshot, after: Snapshot, now: number): number {
  const pending = [...before.invitations.values()].filter((invitation) => statusOf(invitation, now) === 'pending')
  return pending.filter(({ id }) => after.invitations.get(id)?.status === 'revoked').length
}

type Holder = Pick<Invitation, 'organizationId' | 'roleIds'>

export function byRole(a: RoleImpact, b: RoleImpact): number {
  return a.roleId < b.roleId ? -1 : a.roleId > b.roleId ? 1 : 0
}

type Stamped = { readonly id: string; readonly updatedAt: number; readonly revision: number }

/** Every thing by its id, for comparing what changed with what says that it changed. */
export function thingsOf({ catalogue, organizations, memberships, invitations, accessKeys }: Snapshot) {
  const { permissions, roles, roleSets } = catalogue
  const kinds = [permissions, roles, roleSets, organizations, memberships, invitations, accessKeys]
  const all = kinds.flatMap((things): Stamped[] => [...things.values()])
  return new Map([...all, { id: 'settings', ...catalogue.settings }].map((thing) => [thing.id, thing]))
}

function sorted<T extends readonly [string, ...unknown[]]>(entries: T[]): T[] {
  return entries.sort(([a], [b]) => (a < b ? -1 : 1))
}
