/** Questions and answers, as callers see them. */

import type { Reason } from '@rolesets/core'

export interface Question {
  readonly organizationId: string
  /** Key or id. */
  readonly role: string
  /** Key. The role must also hold it. */
  readonly permission?: string | undefined
  /** `<kind>:<name>`: a scope of the organization. Not given or empty: the organization as a whole. */
  readonly scope?: string | undefined
}

/** What a cached check can be about besides the organization and the role. */
export interface CachedQuestion {
  /** Key. The role must also hold it. */
  readonly permission?: string
  /** `<kind>:<name>`: a scope of the organization. Not given or empty: the organization as a whole. */
  readonly scope?: string
}

/** What a decision says of rare cases only. */
export interface RareFacts {
  /**
   * True with the reason PERMISSION_UNKNOWN if a permission had this key once, and was deleted or renamed: a token that still
   * lists the key must not count. Left out in every other answer.
   */
  readonly permissionRetired?: true
  /**
   * True with the reason ORGANIZATION_UNKNOWN if the organization was deleted: it is unknown, whichever setting there is for
   * unknown organizations, until it is created again. Left out in every other answer.
   */
  readonly organizationDeleted?: true
  /**
   * False if the store doesn't have the organization: it is then on the initial set, or unknown. Left out where the store has
   * it.
   */
  readonly organizationRegistered?: false
}

export interface Decision extends RareFacts {
  /** Whether the role can be granted. */
  readonly allowed: boolean
  readonly reason: Reason
  /**
   * Key of the role set that decided: the organization's, or the scope's. Empty when the organization is unknown and unknown ones
   * are denied, and where a scope has no role set.
   */
  readonly roleSet: string
  /** The revision at which it was decided, `<epoch>:<number>`. */
  readonly revision: string
  readonly source: 'cache' | 'sidecar'
}

export interface AvailableRole {
  readonly id: string
  readonly key: string
  readonly name: string
  readonly description: string
  /** Keys, in alphabetical order. */
  readonly permissions: readonly string[]
}

export interface AvailableRoles {
  readonly organizationId: string
  /** Left out for the organization as a whole. */
  readonly scope?: string
  /** Ordered by key. */
  readonly roles: readonly AvailableRole[]
  /** Key of the role that new members get. */
  readonly defaultRole: string
  /** Key of the role that the creator of an organization gets; empty for a role set that has none. */
  readonly creatorRole: string
  /** Key. */
  readonly roleSet: string
  readonly revision: string
  readonly source: 'cache' | 'sidecar'
  /** As in a decision. */
  readonly organizationRegistered?: false
  /** True: the last known state, because the sidecar could not be asked. For display, not for a grant. */
  readonly stale: boolean
}
