/** How the naive model moves organizations from set to set. */

import { demand, holdersIn, needRole, noteRequired, type NaiveOrganization, type NaiveState } from './naive-state.ts'

export function move(
  state: NaiveState,
  isMoving: (organization: NaiveOrganization) => boolean,
  { to, mappings = {} }: { to: string; mappings: Readonly<Record<string, string>> | undefined },
): void {
  const available = state.roleSets[to]?.roles ?? []
  for (const [from, target] of Object.entries(mappings)) {
    needRole(state, from)
    needRole(state, target)
  }
  noteRequired(state, isMoving, available)
  for (const target of Object.values(mappings)) demand(available.includes(target), 'mapping_invalid')
  for (const { holder } of holdersIn(state, isMoving)) {
    holder.role = mappings[holder.role] ?? holder.role
    demand(available.includes(holder.role), 'mapping_missing')
  }
  for (const organization of Object.values(state.organizations)) if (isMoving(organization)) organization.roleSet = to
}
