/** A real store as the naive model of places shows itself: by keys, and in one order. */

import type { Catalogue, Membership } from '@rolesets/core'
import type { Store } from '../../../packages/sidecar/src/storage/store.ts'
import { isCurrent, isPending, type World } from '../../domain/naive-places/world.ts'

export async function observe(store: Store, now: number) {
  const { value } = await store.read(async (reader) => {
    const all = { offset: 0, limit: 1_000 }
    const catalogue = await reader.catalogue()
    const organizations = await reader.organizations({ size: 100 })
    const order = { field: 'created_at', descending: false } as const
    const memberships = await reader.searchMemberships({ scope: '*' }, order, all)
    const invitations = await reader.searchInvitations({ scope: '*', now }, order, all)
    const assignments = await reader.assignments({ size: 1_000 })
    return { catalogue, organizations, memberships: memberships.items, invitations: invitations.items, assignments }
  })
  return value
}

function currentAmong(memberships: readonly Membership[], now: number): Membership[] {
  const isNow = ({ expiresAt }: Membership) => expiresAt === null || expiresAt > now
  const isSame = (a: Membership, b: Membership) => a.organizationId === b.organizationId && a.userId === b.userId
  const wholes = memberships.filter((each) => each.scope === '' && isNow(each))
  return memberships.filter((each) => isNow(each) && wholes.some((whole) => isSame(whole, each)))
}

export type Observed = Awaited<ReturnType<typeof observe>>

/** In the order in which they were made. */
export function invitationIds({ invitations }: Observed): string[] {
  return invitations.map(({ id }) => id).sort()
}

export function viewOfStore(
  { catalogue, organizations, memberships, invitations, assignments }: Observed,
  now: number,
) {
  const roleKey = (id: string) => catalogue.roles.byId(id)?.key ?? 'gone'
  const keysOf = (ids: readonly string[]) => ids.map(roleKey)
  return {
    ...viewOfCatalogue(catalogue),
    orgs: sorted(
      organizations.map(({ id, roleSetId, maxAllowedMemberships }) =>
        [id, setKey(catalogue, roleSetId), maxAllowedMemberships].join(),
      ),
    ),
    scopes: sorted(
      assignments
        .filter(({ scope }) => scope !== '')
        .map(({ organizationId, scope, name, roleSetId }) => {
          const own = roleSetId === null ? '' : setKey(catalogue, roleSetId)
          return `${organizationId} ${scope}: ${name} ${own}`
        }),
    ),
    // What has ended counts nowhere, whether there is a row of it or not.
    members: sorted(
      currentAmong(memberships, now).map(({ organizationId, scope, userId, roleIds, expiresAt }) =>
        [organizationId, scope, userId, keysOf(roleIds).join('+'), expiresAt ?? Infinity].join(),
      ),
    ),
    invitations: [...invitations]
      .sort((a, b) => (a.id < b.id ? -1 : 1))
      .map(({ organizationId, scope, emailAddress, roleIds, status, inviterUserId, acceptedByUserId, expiresAt }) => {
        const roles = status === 'pending' && expiresAt > now ? keysOf(roleIds).join('+') : ''
        return [organizationId, scope, emailAddress, roles, status, inviterUserId, acceptedByUserId, expiresAt].join()
      }),
  }
}

export function viewOfWorld(world: World) {
  const { settings, members, invitations } = world
  return {
    roles: sorted(Object.entries(world.roles).map(([key, held]) => `${key}: ${[...held].sort().join()}`)),
    sets: sorted(Object.entries(world.sets).map(([key, set]) => viewOfSet(key, set, key === world.initial))),
    kinds: sorted(Object.entries(world.kinds).map((each) => each.join())),
    defaults: sorted(Object.entries(world.defaults).map((each) => each.join())),
    settings: [settings.maxRoles, settings.lastAdministrator].join(),
    orgs: sorted(Object.entries(world.orgs).map(([id, { set, quota }]) => [id, set, quota].join())),
    scopes: sorted(Object.entries(world.scopes).map(([key, { name, own }]) => `${key}: ${name} ${own}`)),
    members: sorted(
      members
        .filter((each) => isCurrent(world, each))
        .map(({ org, scope, user, roles, until }) => [org, scope, user, roles.join('+'), until].join()),
    ),
    invitations: invitations.map((each) => {
      const { org, scope, address, roles, status, inviter, acceptedBy, until } = each
      const held = isPending(world, each) ? roles.join('+') : ''
      return [org, scope, address, held, status, inviter, acceptedBy, until].join()
    }),
  }
}

function viewOfCatalogue(catalogue: Catalogue) {
  const { roles, roleSets, permissions, scopeKinds, scopeDefaults, settings } = catalogue
  const keyOf = (id: string | null) => (id === null ? '' : (roles.byId(id)?.key ?? 'gone'))
  return {
    roles: sorted(
      [...roles.values()].map(({ key, permissionIds }) => {
        return `${key}: ${sorted(permissionIds.map((id) => permissions.byId(id)?.key ?? 'gone')).join()}`
      }),
    ),
    sets: sorted(
      [...roleSets.values()].map(({ key, roleIds, defaultRoleId, creatorRoleId, type }) => {
        const set = { roles: roleIds.map(keyOf), defaultRole: keyOf(defaultRoleId), creatorRole: keyOf(creatorRoleId) }
        return viewOfSet(key, set, type === 'initial')
      }),
    ),
    kinds: sorted(
      [...scopeKinds.values()].map(({ kind, fallback, roleSetId }) => {
        return [kind, roleSetId === null ? fallback : setKey(catalogue, roleSetId)].join()
      }),
    ),
    defaults: sorted(
      [...scopeDefaults.values()].map(({ scope, roleSetId }) => [scope, setKey(catalogue, roleSetId)].join()),
    ),
    settings: [settings.maxRolesPerMember, settings.lastAdministrator].join(),
  }
}

function viewOfSet(
  key: string,
  { roles, defaultRole, creatorRole }: { roles: readonly string[]; defaultRole: string; creatorRole: string },
  isInitial: boolean,
): string {
  return `${key}: ${[...roles].sort().join()} default ${defaultRole} creator ${creatorRole} ${isInitial}`
}

function setKey({ roleSets }: Catalogue, id: string): string {
  return roleSets.byId(id)?.key ?? 'gone'
}

function sorted(texts: readonly string[]): string[] {
  return [...texts].sort()
}
