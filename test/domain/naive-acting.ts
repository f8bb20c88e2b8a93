/** Rule 18 once more, over keys: what a user on whose behalf a command is made must hold before it. */

import type { Acting } from '../../packages/sidecar/src/domain/acting.ts'
import type { Command } from './commands.ts'
import { demand, no, type NaiveState } from './naive-state.ts'

/** The roles that a command gives: a role that a member already has is not given. */
function given(state: NaiveState, { operation, input }: Command): readonly (string | undefined)[] {
  if (operation === 'createMembership' || operation === 'createInvitation') return [input.role]
  if (operation === 'createInvitations') return input.invitations.map(({ role }) => role)
  if (operation === 'deleteMembership' || operation === 'revokeInvitation') return []
  if (operation !== 'updateMembership') return no('invalid_field')
  const { organizationId, userId, role } = input
  return role === state.organizations[organizationId]?.members[userId]?.role ? [] : [role]
}

/** @returns what to demand once the command was carried out */
export function demandActing(state: NaiveState, command: Command, { actingUserId, grantPolicy }: Acting): () => void {
  if (actingUserId === undefined) return () => undefined
  const roles = given(state, command)
  const { organizationId } = command.input as { readonly organizationId: string }
  const permissionsOf = (role: string | undefined) => state.roles[role ?? '']?.permissions ?? []
  const own = permissionsOf(state.organizations[organizationId]?.members[actingUserId]?.role)
  demand(own.includes('org:sys_memberships:manage'), 'user_lacks_permission')
  const isWithin = roles.flatMap(permissionsOf).every((permission) => own.includes(permission))
  return () => demand(grantPolicy === 'any' || isWithin, 'grant_exceeds_own')
}
