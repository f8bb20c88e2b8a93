/** What every rule receives and what it answers. Rules are pure: time, ids and the revision come from outside. */

import { put, type Change, type RefusalCode } from '@rolesets/core'
import type {
  Membership,
  Organization,
  Place,
  Reassigned,
  ThingName,
  Things,
  UnknownOrganizations,
} from '@rolesets/core'

export type IdPrefix = 'perm' | 'role' | 'roleset' | 'org' | 'orgmem' | 'orginv' | 'orgdmn' | 'key'

export interface Context {
  /** Unix milliseconds. */
  readonly now: number
  /** The number that this write will have if it commits. */
  readonly revision: number
  /** Makes a new unique id, `<prefix>_…`. */
  readonly newId: (prefix: IdPrefix) => string
  readonly unknownOrganizations: UnknownOrganizations
}

/** Members and invitations that get another role, or lose their role with their organization. */
export interface RoleImpact extends RoleUsage {
  /** Null: they lose it. */
  readonly toRoleId: string | null
}

/** Why a write is refused, as a dry run reports it. */
export interface Violation {
  readonly code: RefusalCode
  readonly message: string
  /** As in `RefusalDetails`. */
  readonly field: string | undefined
  readonly facts: Readonly<Record<string, string>>
}

export interface Impact {
  /** Organizations whose available roles change, that move to another set, or that go. */
  readonly organizations: number
  readonly roles: readonly RoleImpact[]
  /** Roles in use that the destination lacks, with the number of holders. Each needs a mapping, given or not. */
  readonly requiredMappings: readonly RoleUsage[]
  /** Why the write would be refused. Always empty if the write was done. */
  readonly violations: readonly Violation[]
  /** The organizations that lose their last administrator (rule 19). */
  readonly withoutAdministrator: WithoutAdministrator
  /**
   * Scopes that get another role set (rule 16), or in which a replaced role is held: how many, and the first ones in order.
   */
  readonly places: number
  readonly firstPlaces: readonly Place[]
  /** Those who hold several of `roles` are in each; so often are they there beyond once. */
  readonly repeated: HolderCounts
  /** Pending invitations that the write ends (rule 21). */
  readonly endedInvitations: number
  /** Pending invitations that the user sent whose membership ends, also those that stay. */
  readonly sentInvitations: number
}

export interface WithoutAdministrator {
  readonly organizations: number
  /** In order; the first ones, if there are many. */
  readonly organizationIds: readonly string[]
}

export const noImpact: Impact = {
  ...{ organizations: 0, roles: [], requiredMappings: [], violations: [] },
  ...{ withoutAdministrator: { organizations: 0, organizationIds: [] }, endedInvitations: 0, sentInvitations: 0 },
  ...{ places: 0, firstPlaces: [] },
  repeated: { members: 0, invitations: 0 },
}

export function impactOf(parts: Partial<Impact>): Impact {
  return { ...noImpact, ...parts }
}

/** The answer of a rule: the changes, their effect beyond the thing itself, and the thing. */
export interface Decided<T> {
  /** Empty when the write changes nothing. */
  readonly changes: readonly Change[]
  readonly impact: Impact
  readonly value: T
}

export function decided<T>(changes: readonly Change[], value: T, impact: Impact = noImpact): Decided<T> {
  return { changes, impact, value }
}

/** The change from one state of a thing to the next; none when it is the same object. */
export function changed<Name extends ThingName>(
  thing: Name,
  before: Things[Name] | null,
  after: Things[Name],
): readonly Change[] {
  return after === before ? [] : [put(thing, after, before)]
}

/** The answer of a rule that changes one thing, or nothing. */
export function decidedTo<Name extends ThingName>(thing: Name, before: Things[Name] | null, after: Things[Name]) {
  return decided(changed(thing, before, after), after)
}

export interface HolderCounts {
  readonly members: number
  readonly invitations: number
}

/** How many hold a role, in the scope that was asked for. */
export interface RoleUsage extends HolderCounts {
  readonly roleId: string
  readonly organizations: number
}

export function isHeld({ members, invitations }: Pick<RoleUsage, 'members' | 'invitations'>): boolean {
  return members > 0 || invitations > 0
}

/** What a rule about a role set needs of the store besides the catalogue: how many organizations are on the set. */
export interface RoleSetFacts {
  readonly organizations: number
  /** A few of them, for a refusal. */
  readonly firstOrganizationIds?: readonly string[]
  /** The scopes that have the set, or of them those in which a role is held. Not given: none. */
  readonly scopes?: Pick<Impact, 'places' | 'firstPlaces'> | undefined
  /** How many scopes have it as their own. Not given: none. */
  readonly ownAssignments?: number | undefined
}

/** What a rule about a role needs: its members and invitations, and how many organizations the change concerns. */
export interface RoleFacts extends RoleSetFacts {
  readonly usage: RoleUsage
}

/** What a rule about an organization needs: the organization if it is in the store, and its roles in use. */
export interface OrganizationFacts {
  readonly organization: Organization | undefined
  readonly usage: readonly RoleUsage[]
  /** The scopes that follow it, for a move. Not given: none. */
  readonly scopes?: Pick<Impact, 'places' | 'firstPlaces'> | undefined
}

/** Whom a change takes from the administrators (rule 19): these members, or everyone with one of these roles. */
type Leaving =
  | { readonly members: readonly Pick<Membership, 'organizationId' | 'userId' | 'expiresAt'>[] }
  /** Undefined `among`: in all organizations. */
  | { readonly roleIds: readonly string[]; readonly among: Reassigned['among'] | undefined }
  /** Everyone: which of these organizations have no administrator now? */
  | { readonly organizationIds: readonly string[] }

/** A question: which of the organizations of those who leave have no other member with one of the remaining roles? */
export interface Departure {
  readonly leaving: Leaving
  /**
   * A member who has one of these roles before the change, and doesn't leave, is an administrator after it. One whose
   * membership has an end is none in place of one whose has none.
   */
  readonly remainingRoleIds: readonly string[]
  /** Memberships with an end don't count, neither those of who leaves nor those of who remains. Not given: false. */
  readonly onlyLasting?: boolean
}
