/**
 * Reads everything in a store's file, for `rolesets doctor`. It sees one committed state, doesn't disturb a sidecar that has
 * the file open, and changes nothing. Its memory doesn't grow with the number of things.
 */

import type { Assignment, Catalogue, Invitation, Membership, Organization } from '@rolesets/core'

export interface Finding {
  /** Which row or thing: `revision 7`, `membership orgmem_…`. */
  readonly what: string
  /** What is wrong with it; written after a colon. */
  readonly problem: string
}

/** Rows that nothing in the file can confirm. */
export interface Unverified {
  readonly rows: number
  /** Where they come from; written after the number. */
  readonly why: string
}

/** What a store has, in numbers. */
export interface Contents {
  /** Unix milliseconds of the last write; 0: there is none. */
  readonly committedAt: number
  readonly organizations: number
  /** This and the next one: also those that are over. */
  readonly memberships: number
  readonly invitations: number
  readonly permissions: number
  readonly roles: number
  readonly roleSets: number
}

export interface Inspection extends AsyncDisposable {
  readonly file: string
  /** The revision of the last change set, and its seal. */
  readonly head: number
  readonly seal: string
  /** The engine's own check of its file. Damage that it finds can make the other checks impossible. */
  integrity(): AsyncIterable<Finding>
  /** The chain of seals, where it begins, and the index of subjects. */
  history(): AsyncIterable<Finding>
  /** Rows that differ from what the history makes of them, and counts. Call it after `history`. */
  things(): AsyncIterable<Finding>
  /** Known after `things`. */
  readonly unverified: readonly Unverified[]
  contents(): Promise<Contents>
  /** Unix milliseconds of the last write; 0: there is none. */
  committedAt(): Promise<number>
  catalogue(): Promise<Catalogue>
  /** Ordered by id. */
  organizations(): AsyncIterable<Organization>
  /** Of scopes. */
  assignments(): AsyncIterable<Assignment>
  /** Ordered by organization, scope and user. */
  memberships(): AsyncIterable<Membership>
  /** The keys of all memberships, ordered by user, organization and scope. */
  memberKeys(): AsyncIterable<Pick<Membership, 'organizationId' | 'scope' | 'userId'>>
  /** Ordered by organization, scope and address, without regard to case. */
  invitations(): AsyncIterable<Invitation>
  /** Each change set's revision and actor, in order. */
  provenances(): AsyncIterable<{ readonly revision: number; readonly actor: string }>
  /**
   * Whether no store has opened the file since the inspection began, if it wasn't open before. If one has, the findings may
   * be wrong. A file that was open from the beginning may be written meanwhile.
   */
  isUndisturbed(): Promise<boolean>
  /** Whether a replica keeps it: it then has no rows of memberships and invitations. */
  isCopy(): Promise<boolean>
}
