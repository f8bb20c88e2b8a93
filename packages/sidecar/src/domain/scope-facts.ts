/** What rules about scopes need of the store. */

import type { Assignment, Organization, Place } from '@rolesets/core'
import type { HolderCounts, RoleUsage } from './decided.ts'

/** How many hold a role in scopes whose organizations have one role set; empty: whichever they have. */
export interface ScopeUsage extends RoleUsage {
  readonly organizationRoleSetId: string
}

export interface SomePlaces {
  readonly places: number
  /** In order; the first ones, if there are many. */
  readonly firstPlaces: readonly Place[]
}

/** What a write changes the role set of: scopes, and who holds which roles in them. */
export interface ScopeFacts extends SomePlaces {
  readonly usage: readonly ScopeUsage[]
  /** Holders of several roles are in `usage` for each; so often are they there beyond once. Not given: never. */
  readonly repeated?: HolderCounts | undefined
}

/** Scopes in which a role is held, and by how many. */
export interface RoleInScopes extends SomePlaces {
  readonly usage: RoleUsage
}

export interface ScopesInUse {
  readonly members: number
  /** Pending ones. */
  readonly invitations: number
  /** Those with a name or a role set of their own. */
  readonly assignments: number
}

/** A scope as lists show it. */
export interface ListedScope extends Place {
  /** May be empty. */
  readonly name: string
  /** The role set of its own; null: none. */
  readonly own: string | null
  readonly members: number
}

/** What a rule about one scope needs. */
export interface OneScopeFacts extends ScopeFacts {
  readonly organization: Organization | undefined
  readonly assignment: Assignment | undefined
  /** How many scopes of the organization have a name or a role set of their own. */
  readonly scopeCount: number
}
