/** Questions about what a user holds now, and their answers, as callers see them. */

import type { MemberReason, Place, Reach } from '@rolesets/core'
import type { RareFacts } from './decision.ts'

/** A user in an organization, or in a scope of it. */
export interface Member extends Place {
  readonly userId: string
}

/** What the user must hold: a role or a permission, exactly one of them. */
export type MemberRequirement =
  | {
      /** Key or id of the role. */
      readonly role: string
      readonly permission?: undefined
    }
  | {
      /** Key of the permission that one of the user's roles must have. */
      readonly permission: string
      readonly role?: undefined
    }

export type MemberCheck = MemberRequirement & {
  /** `<kind>:<name>`: in this scope of the organization. Not given or empty: in the organization as a whole. */
  readonly scope?: string | undefined
  /** Which roles count in a scope: those held there (`PLACE`, the default), in the organization as a whole, or both. */
  readonly reach?: Reach | undefined
}

export interface MemberDecision extends RareFacts {
  /** Whether the user holds it now. */
  readonly allowed: boolean
  readonly reason: MemberReason
  /** Keys of the roles that the user holds and that count. */
  readonly roles: readonly string[]
  /** Key of the place's role set; empty where it has none. */
  readonly roleSet: string
  /** The revision at which it was decided, `<epoch>:<number>`. */
  readonly revision: string
  readonly source: 'cache' | 'sidecar'
}

/** Everything that a user holds in a place. */
export interface MemberRoles {
  readonly organizationId: string
  /** Left out for the organization as a whole. */
  readonly scope?: string
  readonly userId: string
  readonly isMember: boolean
  /** `MEMBER_HOLDS_ROLE` of a member, else why the user is none. */
  readonly reason: MemberReason
  /** Keys, in the order of the membership. Empty: no member. */
  readonly roles: readonly string[]
  /** Keys of the permissions of these roles, each once, in alphabetical order. */
  readonly permissions: readonly string[]
  /** Key of the place's role set; empty where it has none. */
  readonly roleSet: string
  readonly revision: string
  readonly source: 'cache' | 'sidecar'
}
