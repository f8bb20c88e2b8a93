/** The invariants of model.md over a whole state: what must hold at every revision, whatever was called before. */

import type { Catalogue, Index } from './catalogue.ts'
import type { ChangeSet } from './change.ts'
import type { Membership, Organization, RoleSet } from './model.ts'
import { missingCreatorPermissions } from './roles.ts'

export interface State {
  readonly catalogue: Catalogue
  readonly organizations: Iterable<Organization>
  readonly memberships: Iterable<Membership>
  /** All that are kept, in order. */
  readonly changeSets: Iterable<ChangeSet>
}

/** @returns one sentence for each breach, with the name of the invariant; none: all hold */
export function findBroken(state: State): string[] {
  const organizations = [...state.organizations]
  const memberships = [...state.memberships]
  return [
    ...findMisplacedMembers(state.catalogue, organizations, memberships),
    ...findIllFormedRoleSets(state.catalogue),
    ...findInitialBreach(state.catalogue),
    ...findUnplacedOrganizations(state.catalogue, organizations),
    ...findSharedKeys(state.catalogue, organizations, memberships),
    ...findHistoryBreaches(state.changeSets),
  ]
}

/** I1: every member's role is in its organization's set. */
function findMisplacedMembers(
  catalogue: Catalogue,
  organizations: readonly Organization[],
  memberships: readonly Membership[],
): string[] {
  const byId = new Map(organizations.map((organization) => [organization.id, organization]))
  return memberships.flatMap(({ id, organizationId, roleId }) => {
    const organization = byId.get(organizationId)
    if (organization === undefined) return [`I1: ${id} is in ${organizationId}, which isn't there.`]
    const roleSet = catalogue.roleSets.byId(organization.roleSetId)
    if (roleSet?.roleIds.includes(roleId)) return []
    return [`I1: ${id} has ${roleId} in ${organizationId}, which isn't in the set ${organization.roleSetId}.`]
  })
}

/** I3: rule 2 for every set. Also: what roles and sets refer to is there. */
function findIllFormedRoleSets(catalogue: Catalogue): string[] {
  const dangling = [...catalogue.roles.values()].flatMap(({ id, permissionIds }) =>
    permissionIds
      .filter((it) => !catalogue.permissions.byId(it))
      .map((it) => `I3: ${id} holds ${it}, which isn't there.`),
  )
  return [...dangling, ...[...catalogue.roleSets.values()].flatMap((roleSet) => findFaults(catalogue, roleSet))]
}

function findFaults(catalogue: Catalogue, { id, roleIds, defaultRoleId, creatorRoleId }: RoleSet): string[] {
  const faults = roleIds
    .filter((it) => !catalogue.roles.byId(it))
    .map((it) => `I3: ${id} has ${it}, which isn't there.`)
  if (roleIds.length === 0) faults.push(`I3: ${id} has no roles.`)
  if (new Set(roleIds).size !== roleIds.length) faults.push(`I3: ${id} has a role twice.`)
  if (!roleIds.includes(defaultRoleId)) faults.push(`I3: ${id} lacks its default role ${defaultRoleId}.`)
  if (!roleIds.includes(creatorRoleId)) faults.push(`I3: ${id} lacks its creator role ${creatorRoleId}.`)
  const creator = catalogue.roles.byId(creatorRoleId)
  if (creator && missingCreatorPermissions(catalogue, creator).length > 0)
    faults.push(`I3: the creator role ${creatorRoleId} of ${id} isn't eligible.`)
  return faults
}

/** I4: exactly one initial set. */
function findInitialBreach(catalogue: Catalogue): string[] {
  const count = [...catalogue.roleSets.values()].filter(({ type }) => type === 'initial').length
  return count === 1 ? [] : [`I4: ${count} role sets are initial.`]
}

/** I5: every organization has exactly one set. */
function findUnplacedOrganizations(catalogue: Catalogue, organizations: readonly Organization[]): string[] {
  return organizations
    .filter(({ roleSetId }) => !catalogue.roleSets.byId(roleSetId))
    .map(({ id, roleSetId }) => `I5: ${id} is on ${roleSetId}, which isn't there.`)
}

/** I6: keys are unique, and so is all else that stands for one. */
function findSharedKeys(
  { permissions, roles, roleSets }: Catalogue,
  organizations: readonly Organization[],
  memberships: readonly Membership[],
): string[] {
  const keysOf = (index: Index<{ readonly id: string; readonly key: string }>) =>
    [...index.values()].map(({ key }) => key)
  const members = memberships.map(({ organizationId, userId }) => JSON.stringify([organizationId, userId]))
  return [
    ...findTwice([...keysOf(permissions), ...keysOf(roles), ...keysOf(roleSets)], 'key'),
    ...findTwice(
      organizations.map(({ id }) => id),
      'organization',
    ),
    ...findTwice(
      organizations.flatMap(({ slug }) => slug ?? []),
      'slug',
    ),
    ...findTwice(members, 'membership'),
  ]
}

function findTwice(values: readonly string[], noun: string): string[] {
  const seen = new Set<string>()
  return values
    .filter((value) => seen.size === seen.add(value).size)
    .map((value) => `I6: two have the ${noun} ${value}.`)
}

/** I7: revisions grow by one. I8: every change names its actor. */
function findHistoryBreaches(changeSets: Iterable<ChangeSet>): string[] {
  const breaches: string[] = []
  let last: number | undefined
  for (const { revision, actor } of changeSets) {
    if (last !== undefined && revision !== last + 1) breaches.push(`I7: revision ${revision} follows ${last}.`)
    if (actor === '') breaches.push(`I8: revision ${revision} names no actor.`)
    last = revision
  }
  return breaches
}
