/** The state in which most rules are shown: an application with a Free and a Pro plan, and a few customers. */

import type { RoleSet } from '@rolesets/core'
import { creatorPermissionKeys } from '../../packages/sidecar/src/domain/roles.ts'
import { State } from './state.ts'

/**
 * | set | roles | organizations |
 * | --- | --- | --- |
 * | role_set:default (initial) | admin, member | none |
 * | role_set:free | admin, member | gamma: eve member |
 * | role_set:pro | admin, member, moderator, analyst | acme: ann admin, bob analyst, cem moderator; beta: dan analyst |
 *
 * The role org:owner holds what a creator needs and is in no set; org:guest holds nothing and is in none.
 */
export function createTiers(unknownOrganizations: 'initial' | 'deny' = 'initial'): State {
  const state = new State(unknownOrganizations)
  state.run({ operation: 'createPermission', input: { key: 'org:reports:read' } })
  state.run({ operation: 'createPermission', input: { key: 'org:reports:manage' } })
  for (const key of ['org:moderator', 'org:guest']) state.run({ operation: 'createRole', input: { key } })
  state.run({ operation: 'createRole', input: { key: 'org:analyst', permissions: ['org:reports:read'] } })
  state.run({ operation: 'createRole', input: { key: 'org:owner', permissions: [...creatorPermissionKeys] } })
  const places = { defaultRole: 'org:member', creatorRole: 'org:admin' }
  const free = ['org:admin', 'org:member']
  state.run({ operation: 'createRoleSet', input: { key: 'role_set:free', roles: free, ...places } })
  const pro = [...free, 'org:moderator', 'org:analyst']
  state.run({ operation: 'createRoleSet', input: { key: 'role_set:pro', roles: pro, ...places } })
  for (const [id, roleSet] of Object.entries({ acme: 'role_set:pro', beta: 'role_set:pro', gamma: 'role_set:free' }))
    state.run({ operation: 'createOrganization', input: { id, roleSet } })
  join(state, 'acme', { ann: 'org:admin', bob: 'org:analyst', cem: 'org:moderator' })
  join(state, 'beta', { dan: 'org:analyst' })
  join(state, 'gamma', { eve: 'org:member' })
  return state
}

export function join(state: State, organizationId: string, roles: Readonly<Record<string, string>>): void {
  for (const [userId, role] of Object.entries(roles))
    state.run({ operation: 'createMembership', input: { organizationId, userId, role } })
}

/** Who has which role in an organization, by keys. */
export function rolesIn(state: State, organizationId: string): Record<string, string> {
  return Object.fromEntries(
    state
      .members(organizationId)
      .map(({ userId, roleIds }) => [userId, roleIds.map((id) => state.catalogue.roles.byId(id)?.key ?? id).join()]),
  )
}

/** A role set as people see it, by keys. */
export function showRoleSet(state: State, key: string) {
  const roleSet = state.catalogue.roleSets.byKey(key) as RoleSet
  const keyOf = (id: string) => state.catalogue.roles.byId(id)?.key ?? id
  const { roleIds, defaultRoleId, creatorRoleId, type } = roleSet
  return { roles: roleIds.map(keyOf).sort(), default: keyOf(defaultRoleId), creator: keyOf(creatorRoleId ?? ''), type }
}

/** The key of an organization's role set. */
export function roleSetOf(state: State, organizationId: string): string | undefined {
  return state.catalogue.roleSets.byId(state.organizations.get(organizationId)?.roleSetId ?? '')?.key
}
