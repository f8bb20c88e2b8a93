/** What the reads of a storage are asked for: pages, orders, and the conditions of lists and of the audit. */

import type { everyScope, Among, InvitationStatus, Place } from '@rolesets/core'

export interface Page {
  /** 1 to 1 000. */
  readonly size: number
  /** Begin after this id (organizations) or user id (memberships); undefined: at the start. */
  readonly after?: string | undefined
}

export type PlacesPage = Pick<Page, 'size'> & { readonly after?: Place | undefined }

/** A page of a list with offset pagination. */
export interface Span {
  readonly offset: number
  /** 0 to 1 000. */
  readonly limit: number
}

export interface Spanned<T> {
  readonly items: readonly T[]
  readonly total: number
}

export interface Order<Field extends string> {
  readonly field: Field
  readonly descending: boolean
}

/** A thing must have one of `include` and none of `exclude`. Undefined: no condition; an empty `include` finds nothing. */
export interface Choice {
  readonly include?: readonly string[] | undefined
  readonly exclude?: readonly string[] | undefined
}

/**
 * All given conditions must hold; an empty list finds nothing. A text is searched anywhere in a value, without regard to the
 * case of ASCII letters.
 */
export interface OrganizationQuery {
  /** Exactly the id, or a part of the name or the slug. */
  readonly text?: string | undefined
  readonly ids?: Choice | undefined
  /** Organizations that these users are members of. */
  readonly userIds?: Choice | undefined
  /** Unix milliseconds: who is a member at this time, for `userIds` and for the order by members. */
  readonly now: number
}

export interface MembershipQuery {
  readonly organizationId?: string | undefined
  /** The part of the organizations; `everyScope`: all parts. Default: the organizations as a whole. */
  readonly scope?: string | undefined
  readonly userIds?: Choice | undefined
  readonly roleIds?: readonly string[] | undefined
  /** A part of the user id. */
  readonly text?: string | undefined
  /** Unix milliseconds; both ends count. */
  readonly createdFrom?: number | undefined
  readonly createdTo?: number | undefined
  /** Unix milliseconds: those that count at this time. Undefined: also those that are over (rule 22). */
  readonly now?: number | undefined
}

/** What a membership is found by: the columns of its key. */
export type MemberKey = Place & { readonly userId: string }

/** All given conditions must hold. It names an organization or a user. */
export interface PlacesQuery {
  readonly organizationId?: string | undefined
  /** Of their organizations; `everyScope`: all. */
  readonly scope: string
  readonly userId?: string | undefined
  readonly roleId?: string | undefined
  /** As in `MembershipQuery`. */
  readonly now?: number | undefined
}

export interface InvitationQuery {
  readonly organizationId?: string | undefined
  /** As in `MembershipQuery`. */
  readonly scope?: string | undefined
  readonly statuses?: readonly InvitationStatus[] | undefined
  /** Without regard to case. */
  readonly emailAddress?: string | undefined
  /** Exactly the id, or a part of the email address. */
  readonly text?: string | undefined
  /** Those that this user accepted, and those that were sent to an email address that is the user's id. */
  readonly userId?: string | undefined
  readonly inviterUserId?: string | undefined
  /** Those to the user id, to an address of an invitation that the user accepted, or to one of these addresses. */
  readonly invitee?: { readonly userId: string; readonly emailAddresses: readonly string[] } | undefined
  /** Unix milliseconds: an invitation is pending or expired at this time. */
  readonly now: number
}

/** A place of an organization; without a scope the organization as a whole. */
export interface Where {
  readonly organizationId: string
  readonly scope?: string | undefined
}

/** The conditions of an audit query. All given ones must hold. */
export interface HistoryQuery {
  /** The id or key of a thing that was changed: see `subjectsOf`. */
  readonly subject?: string | undefined
  /** The key of a scope that was changed, beside the subject. */
  readonly scope?: string | undefined
  /** Leave out what was called so. */
  readonly exceptOperations?: readonly string[] | undefined
  readonly actor?: string | undefined
  readonly operation?: string | undefined
  /** Unix milliseconds; from this moment on. */
  readonly from?: number | undefined
  /** Unix milliseconds; before this moment. */
  readonly to?: number | undefined
}

export interface HistoryPage {
  /** 1 to 1 000. */
  readonly size: number
  /** Begin after this revision, in the order of the page; undefined: at its start. */
  readonly after?: number | undefined
  /** Default: the newest first. */
  readonly oldestFirst?: boolean | undefined
}

/** Whose former roles: of those whom a reassignment among these places reaches. */
export interface FormerRolesOf {
  readonly among: Extract<Among, { readonly organizationId: string } | { readonly roleSetId: string }>
  /** All of a list of former roles must be among these. */
  readonly roleIds: readonly string[]
  /** Unix milliseconds: who holds a role at this time. */
  readonly now: number
  /** Of the members, and of the invitations. */
  readonly limit: number
}

/** Who holds several of some roles, among the holders that a reassignment would reach, or in all places of an organization. */
export interface RepeatedHolders {
  readonly among: Among | { readonly organizationId: string; readonly scope: typeof everyScope }
  readonly roleIds: readonly string[]
  /** Unix milliseconds: who holds a role at this time. */
  readonly now: number
  /**
   * Of the write that asks: of several holders, those that the write has changed before were counted then, so they count for
   * each of the roles.
   */
  readonly revision: number
}
