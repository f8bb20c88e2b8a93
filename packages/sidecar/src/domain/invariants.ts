/**
 * Checks the invariants of docs/design/model.md, which hold at every revision, over a whole state. Things are read one after
 * another, so that a store of any size can be checked. In memory are the role set and the slug of each organization, and of
 * everything else the last one read.
 */

import {
  isCurrent,
  keyOfPlace,
  limits,
  roleSetOfPlace,
  type Assignment,
  type Catalogue,
  type ChangeSet,
  type Index,
  type Invitation,
  type Membership,
  type Organization,
  type RoleSet,
} from '@rolesets/core'
import { foldAddress, statusOf } from './invitations.ts'
import { missingCreatorPermissions } from './roles.ts'
import { findAssignmentFaults, findCreatorFault, findScopeBreaches } from './scope-invariants.ts'

type Stream<T> = Iterable<T> | AsyncIterable<T>

/** What a membership is found by. */
export type MemberKey = Pick<Membership, 'organizationId' | 'scope' | 'userId'>

/** A state of any size. */
interface StateStream {
  readonly catalogue: Catalogue
  readonly organizations: Stream<Organization>
  /** Of scopes; not given: there are none. */
  readonly assignments?: Stream<Assignment> | undefined
  /**
   * Ordered by organization and scope, beginning with the organization as a whole; those of one place and user next to
   * each other.
   */
  readonly memberships: Stream<Membership>
  /** Those of one organization and address next to each other; the case of ASCII letters doesn't count. */
  readonly invitations: Stream<Invitation>
  /** Of all memberships. Those of one user and organization next to each other, that of the organization as a whole first. */
  readonly memberKeys: Stream<MemberKey>
  /** All change sets in the history, in order. */
  readonly changeSets: Stream<Pick<ChangeSet, 'revision' | 'actor'>>
  /** Unix milliseconds. */
  readonly now: number
}

/** Yields one sentence for each breach, with the name of the invariant; none: all hold. */
export async function* streamBroken(state: StateStream): AsyncGenerator<string, void> {
  const inspection = new InvariantCheck(state.catalogue, state.now)
  yield* inspection.catalogue()
  for await (const organization of state.organizations) yield* inspection.organization(organization)
  for await (const assignment of state.assignments ?? []) yield* inspection.assignment(assignment)
  for await (const membership of state.memberships) yield* inspection.membership(membership)
  for await (const key of state.memberKeys) yield* inspection.memberKey(key)
  for await (const invitation of state.invitations) yield* inspection.invitation(invitation)
  for await (const changeSet of state.changeSets) yield* inspection.changeSet(changeSet)
}

/** Reads things in the order of `streamBroken`. */
export class InvariantCheck {
  readonly #catalogue: Catalogue
  readonly #now: number
  readonly #roleSetIds = new Map<string, string>()
  /** Of scopes, by the keys of the places. */
  readonly #ownRoleSetIds = new Map<string, string>()
  readonly #slugs = new Set<string>()
  /** Of the organization whose members are read: who is a member of it as a whole no longer (rule 22). */
  #ended: { readonly organizationId: string; readonly userIds: Set<string> } = {
    organizationId: '',
    userIds: new Set(),
  }
  #lastMember = ''
  #lastWhole = ''
  #lastInvited = ''
  #lastRevision: number | undefined

  constructor(catalogue: Catalogue, now: number) {
    this.#catalogue = catalogue
    this.#now = now
  }

  catalogue(): string[] {
    const catalogue = this.#catalogue
    return [
      ...findIllFormedRoleSets(catalogue),
      ...findInitialBreach(catalogue),
      ...findSharedKeys(catalogue),
      ...findScopeBreaches(catalogue),
    ]
  }

  /**
   * I5: every organization has exactly one set. I13. I6: one id and one slug stand for one organization, and no id is
   * another one's slug.
   */
  organization({ id, slug, roleSetId }: Organization): string[] {
    const breaches: string[] = []
    if (!this.#catalogue.roleSets.byId(roleSetId))
      breaches.push(`I5: the organization ${id} has the role set ${roleSetId}, which doesn't exist.`)
    breaches.push(...findCreatorFault(this.#catalogue, id, roleSetId))
    if (this.#roleSetIds.has(id)) breaches.push(`I6: two organizations have the id ${id}.`)
    if (slug !== null && this.#slugs.has(slug)) breaches.push(`I6: two organizations have the slug ${slug}.`)
    const name = this.#slugs.has(id)
      ? id
      : slug !== null && slug !== id && this.#roleSetIds.has(slug)
        ? slug
        : undefined
    if (name !== undefined) breaches.push(`I6: ${name} is the id of one organization and the slug of another one.`)
    this.#roleSetIds.set(id, roleSetId)
    if (slug !== null) this.#slugs.add(slug)
    return breaches
  }

  /** I1: every member's roles are in the set of the place. I6: a user is a member of a place once. I10. */
  membership(membership: Membership): string[] {
    const key = memberKey(membership)
    const breaches = key === this.#lastMember ? [`I6: two memberships have the organization and user ${key}.`] : []
    this.#lastMember = key
    const misplaced = this.#isOver(membership) ? [] : this.#findMisplaced('I1', membership)
    return [...misplaced, ...findRoleFaults(membership), ...breaches]
  }

  /**
   * Nobody moves the roles of a membership that is over. That of an organization as a whole is read before those in its
   * scopes.
   */
  #isOver(membership: Membership): boolean {
    const { organizationId, scope, userId } = membership
    if (this.#ended.organizationId !== organizationId) this.#ended = { organizationId, userIds: new Set() }
    if (isCurrent(membership, this.#now)) return this.#ended.userIds.has(userId)
    if (scope === '') this.#ended.userIds.add(userId)
    return true
  }

  /** I9: a member of a scope is a member of its organization. */
  memberKey({ organizationId, scope, userId }: MemberKey): string[] {
    const key = JSON.stringify([organizationId, userId])
    if (scope === '') this.#lastWhole = key
    if (key === this.#lastWhole) return []
    const place = `${scope} of ${organizationId}`
    return [`I9: ${userId} is a member of the scope ${place}, and not of the organization as a whole.`]
  }

  /** I2: every pending invitation's roles are in the set of its place. I6: one address has one pending invitation there. */
  invitation(invitation: Invitation): string[] {
    if (statusOf(invitation, this.#now) !== 'pending') return []
    const key = invitationKey(invitation)
    const breaches =
      key === this.#lastInvited ? [`I6: two pending invitations have the organization and address ${key}.`] : []
    this.#lastInvited = key
    return [...this.#findMisplaced('I2', invitation), ...findRoleFaults(invitation), ...breaches]
  }

  /** I7: revisions grow by one. I8: every change names its actor. */
  changeSet({ revision, actor }: Pick<ChangeSet, 'revision' | 'actor'>): string[] {
    const last = this.#lastRevision
    this.#lastRevision = revision
    const breaches: string[] = []
    if (last !== undefined && revision !== last + 1) breaches.push(`I7: revision ${revision} follows ${last}.`)
    if (actor === '') breaches.push(`I8: revision ${revision} names no actor.`)
    return breaches
  }

  /** Of a scope, before its members are read. I5, I12. */
  assignment(assignment: Assignment): string[] {
    const { organizationId, scope, roleSetId } = assignment
    const key = keyOfPlace({ organizationId, scope })
    if (roleSetId !== null) this.#ownRoleSetIds.set(key, roleSetId)
    const isThere = this.#roleSetIds.has(organizationId)
    const breaches = isThere
      ? []
      : [`I5: the scope ${scope} is of the organization ${organizationId}, which doesn't exist.`]
    if (roleSetId !== null && !this.#catalogue.roleSets.byId(roleSetId))
      breaches.push(`I5: the scope ${scope} of ${organizationId} has the role set ${roleSetId}, which doesn't exist.`)
    return [...breaches, ...findAssignmentFaults(this.#catalogue, assignment)]
  }

  #findMisplaced(invariant: 'I1' | 'I2', { id, organizationId, scope, roleIds }: Membership | Invitation): string[] {
    const organizationRoleSetId = this.#roleSetIds.get(organizationId)
    if (organizationRoleSetId === undefined)
      return [`${invariant}: ${id} is in the organization ${organizationId}, which doesn't exist.`]
    const own = this.#ownRoleSetIds.get(keyOfPlace({ organizationId, scope })) ?? null
    const found = roleSetOfPlace(this.#catalogue, { scope, own, organizationRoleSetId })
    if ('reason' in found)
      return [
        `${invariant}: ${id} is in the scope ${scope} of ${organizationId}, which has no role set (${found.reason}).`,
      ]
    const { roleSetId } = found
    const offered = this.#catalogue.roleSets.byId(roleSetId)?.roleIds ?? []
    return roleIds
      .filter((roleId) => !offered.includes(roleId))
      .map(
        (roleId) =>
          `${invariant}: ${id} has the role ${roleId} in ${organizationId}, but the role set ${roleSetId} lacks that role.`,
      )
  }
}

/** I10: at least one role, not too many, none twice. */
function findRoleFaults({ id, roleIds }: Membership | Invitation): string[] {
  if (roleIds.length === 0) return [`I10: ${id} has no role.`]
  if (roleIds.length > limits.rolesPerMemberMax)
    return [`I10: ${id} has ${roleIds.length} roles, and ${limits.rolesPerMemberMax} are the most.`]
  const twice = roleIds.find((roleId, place) => roleIds.indexOf(roleId) < place)
  return twice === undefined ? [] : [`I10: ${id} has the role ${twice} twice.`]
}

function memberKey({ organizationId, scope, userId }: Membership): string {
  return JSON.stringify([organizationId, ...(scope === '' ? [] : [scope]), userId])
}

export function invitationKey({ organizationId, scope, emailAddress }: Invitation): string {
  return JSON.stringify([organizationId, ...(scope === '' ? [] : [scope]), foldAddress(emailAddress)])
}

/** I3: rule 2 for every set. Also: the things that roles and sets refer to exist. */
function findIllFormedRoleSets(catalogue: Catalogue): string[] {
  const dangling = [...catalogue.roles.values()].flatMap(({ id, permissionIds }) =>
    permissionIds
      .filter((it) => !catalogue.permissions.byId(it))
      .map((it) => `I3: ${id} holds the permission ${it}, which doesn't exist.`),
  )
  return [...dangling, ...[...catalogue.roleSets.values()].flatMap((roleSet) => findFaults(catalogue, roleSet))]
}

function findFaults(catalogue: Catalogue, { id, roleIds, defaultRoleId, creatorRoleId }: RoleSet): string[] {
  const faults = roleIds
    .filter((it) => !catalogue.roles.byId(it))
    .map((it) => `I3: ${id} has the role ${it}, which doesn't exist.`)
  if (roleIds.length === 0) faults.push(`I3: ${id} has no roles.`)
  if (new Set(roleIds).size !== roleIds.length) faults.push(`I3: ${id} has a role twice.`)
  if (!roleIds.includes(defaultRoleId)) faults.push(`I3: ${id} lacks its default role ${defaultRoleId}.`)
  if (creatorRoleId === null) return faults
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

/** I6: keys are unique. */
function findSharedKeys({ permissions, roles, roleSets }: Catalogue): string[] {
  const keysOf = (index: Index<{ readonly id: string; readonly key: string }>) =>
    [...index.values()].map(({ key }) => key)
  const seen = new Set<string>()
  return [...keysOf(permissions), ...keysOf(roles), ...keysOf(roleSets)]
    .filter((key) => seen.size === seen.add(key).size)
    .map((key) => `I6: two things have the key ${key}.`)
}
