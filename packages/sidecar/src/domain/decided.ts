/** What every rule is told, and what it answers. Rules are pure: time, ids and the revision come from outside. */

import type { Change } from './change.ts'
import type { UnknownOrganizations } from './model.ts'

export type IdPrefix = 'perm' | 'role' | 'roleset' | 'org' | 'orgmem'

export interface Context {
  /** Unix milliseconds. */
  readonly now: number
  /** The number that this write will have if it commits. */
  readonly revision: number
  /** Makes a new unique id, `<prefix>_…`. */
  readonly newId: (prefix: IdPrefix) => string
  readonly unknownOrganizations: UnknownOrganizations
}

/** Holders of a role who get another one. */
export interface RoleImpact {
  readonly roleId: string
  readonly toRoleId: string
  readonly members: number
  readonly invitations: number
  readonly organizations: number
}

export interface Impact {
  /** Organizations whose available roles change or that move to another set. */
  readonly organizations: number
  readonly roles: readonly RoleImpact[]
}

export const noImpact: Impact = { organizations: 0, roles: [] }

/** The answer of a rule: what changes, what that does beyond the thing itself, and the thing. */
export interface Decided<T> {
  /** Empty when the write changes nothing. */
  readonly changes: readonly Change[]
  readonly impact: Impact
  readonly value: T
}

/** How many hold a role, in the scope that was asked for. */
export interface RoleUsage {
  readonly roleId: string
  readonly members: number
  readonly invitations: number
  readonly organizations: number
}
