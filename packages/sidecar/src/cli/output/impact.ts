/** Describes in words what a write does, or would do, to other things: organizations, members and invitations. */

import type { Impact, RequiredMapping, RoleImpact, Violation } from '@rolesets/client'
import { counted } from '@rolesets/core'

/** Lines with two spaces before each; none if there is no impact. */
export function impactLines({ organizations, roles }: Impact): readonly string[] {
  return [
    ...(organizations > 0 ? [`  affects ${counted(organizations, 'organization')}`] : []),
    ...inOrder(roles).map(roleLine),
  ]
}

/** Which roles in use still need a mapping, because the new set doesn't have them. */
export function requirementLines({ requiredMappings, roles }: Impact): readonly string[] {
  const mapped = new Set(roles.filter(({ toRole }) => toRole !== '').map(({ role }) => role))
  return inOrder(requiredMappings.filter(({ role }) => !mapped.has(role))).map(requirementLine)
}

/** By role, so that two previews can be compared. */
export function inOrder<Item extends { readonly role: string }>(items: readonly Item[]): readonly Item[] {
  return items.toSorted((one, other) => (one.role < other.role ? -1 : one.role > other.role ? 1 : 0))
}

/** Why the write would be refused, one line each. */
export function violationLines(violations: readonly Pick<Violation, 'message'>[]): readonly string[] {
  return violations.map(({ message }) => `Refused: ${message}`)
}

/** `3 members and 1 invitation` */
export function holdersText({ members, invitations }: Pick<RoleImpact, 'members' | 'invitations'>): string {
  const holders = [
    ...(members > 0 ? [counted(members, 'member')] : []),
    ...(invitations > 0 ? [counted(invitations, 'invitation')] : []),
  ]
  return holders.join(' and ') || 'no members'
}

function roleLine({ role, toRole, ...held }: RoleImpact): string {
  return toRole === ''
    ? `  takes the role ${role} from ${holdersText(held)}`
    : `  gives ${holdersText(held)} with ${role} the role ${toRole}`
}

function requirementLine({ role, organizations, ...held }: RequiredMapping): string {
  return `  needs another role for ${holdersText(held)} with ${role} in ${counted(organizations, 'organization')}`
}
