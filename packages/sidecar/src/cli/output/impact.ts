/** Describes in words what a write does, or would do, to other things: organizations, members and invitations. */

import type { Impact, RequiredMapping, RoleImpact, Violation } from '@rolesets/client'
import { counted, takeWithin } from '@rolesets/core'

const namedMax = 10

/** An answer as `--json` prints it: scopes are named only where a write is about some, for those who know none. */
export function withShownImpact<Answer extends { readonly impact: Impact }>({ impact, ...answer }: Answer): object {
  const { places, firstPlaces, ...shown } = impact
  return { ...answer, impact: { ...shown, ...(places > 0 && { places, firstPlaces }) } }
}

/** Lines with two spaces before each; none if there is no impact. */
export function impactLines({ organizations, roles, ...impact }: Impact): readonly string[] {
  return [
    ...(organizations > 0 ? [`  affects ${counted(organizations, 'organization')}`] : []),
    ...placeLines(impact),
    ...inOrder(roles).map(roleLine),
    ...severalLines({ roles, ...impact }),
    ...administratorLines(impact),
    ...invitationLines(impact),
  ]
}

/** Who has several of the roles is in several of the lines before. */
function severalLines({
  roles,
  members,
  invitations,
}: Pick<Impact, 'roles' | 'members' | 'invitations'>): readonly string[] {
  const isRepeated = sumOf(roles, 'members') > members || sumOf(roles, 'invitations') > invitations
  return isRepeated ? [`  these are ${holdersText({ members, invitations })}`] : []
}

/** Of a list in which holders of several roles are counted for each. */
export function sumOf(
  roles: readonly Pick<RoleImpact, 'members' | 'invitations'>[],
  count: 'members' | 'invitations',
): number {
  return roles.reduce((sum, role) => sum + role[count], 0)
}

function placeLines({ places, firstPlaces }: Pick<Impact, 'places' | 'firstPlaces'>): readonly string[] {
  if (places === 0) return []
  const names = firstPlaces.map(({ organizationId, scope }) => `${scope} of ${organizationId}`)
  const shown = takeWithin(names, namedMax)
  const more = places > shown.length ? ` and ${places - shown.length} more` : ''
  return [`  affects ${counted(places, 'scope')}: ${shown.join(', ')}${more}`]
}

function administratorLines(impact: Omit<Impact, 'organizations' | 'roles'>): readonly string[] {
  const { organizationsWithoutAdministrator: count, organizationIdsWithoutAdministrator: ids } = impact
  if (count === 0) return []
  const shown = takeWithin(ids, namedMax)
  const more = count > shown.length ? ` and ${count - shown.length} more` : ''
  return [`  leaves ${counted(count, 'organization')} without an administrator: ${shown.join(', ')}${more}`]
}

function invitationLines(impact: Omit<Impact, 'organizations' | 'roles'>): readonly string[] {
  const { endedInvitations, sentInvitations } = impact
  return [
    ...(endedInvitations > 0 ? [`  ends ${counted(endedInvitations, 'pending invitation')}`] : []),
    ...(sentInvitations > 0 ? [`  the user sent ${counted(sentInvitations, 'pending invitation')}`] : []),
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
