/** The inspection of invariants over a state in memory, in one tick. */

import type { Assignment, Catalogue, ChangeSet, Invitation, Membership, Organization } from '@rolesets/core'
import { InvariantCheck, invitationKey } from '../../packages/sidecar/src/domain/invariants.ts'

/** Its things come in any order. */
export interface State {
  readonly catalogue: Catalogue
  readonly organizations: Iterable<Organization>
  /** Of scopes; not given: there are none. */
  readonly assignments?: Iterable<Assignment>
  readonly memberships: Iterable<Membership>
  readonly invitations?: Iterable<Invitation>
  /** All change sets in the history, in order. */
  readonly changeSets: Iterable<ChangeSet>
  /** Unix milliseconds: tells pending invitations from expired ones. Not given: none is expired. */
  readonly now?: number
}

/** @returns one sentence for each breach, with the name of the invariant; empty: all hold */
export function findBroken(state: State): string[] {
  const inspection = new InvariantCheck(state.catalogue, state.now ?? 0)
  return [
    ...inspection.catalogue(),
    ...[...state.organizations].flatMap((organization) => inspection.organization(organization)),
    ...[...(state.assignments ?? [])].flatMap((assignment) => inspection.assignment(assignment)),
    ...sortBy(state.memberships, placeKey).flatMap((membership) => inspection.membership(membership)),
    ...sortBy(state.memberships, userKey).flatMap((membership) => inspection.memberKey(membership)),
    ...sortBy(state.invitations ?? [], invitationKey).flatMap((invitation) => inspection.invitation(invitation)),
    ...[...state.changeSets].flatMap((changeSet) => inspection.changeSet(changeSet)),
  ]
}

/** Those of an organization as a whole before those in its scopes. */
function placeKey({ organizationId, scope, userId }: Membership): string {
  return JSON.stringify([organizationId, scope, userId])
}

/** That of the organization as a whole before those in its scopes. */
export function userKey({ userId, organizationId, scope }: Membership): string {
  return JSON.stringify([userId, organizationId, scope])
}

export function sortBy<T>(things: Iterable<T>, keyOf: (thing: T) => string): T[] {
  const keyed = [...things].map((thing) => ({ thing, key: keyOf(thing) }))
  return keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)).map(({ thing }) => thing)
}
