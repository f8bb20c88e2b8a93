/**
 * A look at everything in a store's file, for `rolesets doctor`. It sees one committed state, disturbs nobody who has the
 * file open, and changes nothing; memory doesn't grow with the number of things.
 */

import type { Catalogue, Invitation, Membership, Organization } from '@rolesets/core'
export interface Finding {
  /** Which row or thing: `revision 7`, `membership orgmem_…`. */
  readonly what: string
  /** What is wrong with it; goes on after a colon. */
  readonly problem: string
}

export interface Inspection extends AsyncDisposable {
  readonly file: string
  /** The revision of the last change set, and its seal. */
  readonly head: number
  readonly seal: string
  /** The engine's own check of its file. What it finds can make the other checks impossible. */
  integrity(): AsyncIterable<Finding>
  /** The chain of seals, and by what change sets are found. */
  history(): AsyncIterable<Finding>
  /** Things that are not as the history says, as far back as it is kept; and counts. After `history`. */
  things(): AsyncIterable<Finding>
  catalogue(): Promise<Catalogue>
  /** Ordered by id. */
  organizations(): AsyncIterable<Organization>
  /** Ordered by organization and user. */
  memberships(): AsyncIterable<Membership>
  /** Ordered by organization and address, without regard to case. */
  invitations(): AsyncIterable<Invitation>
  /** Each change set's revision and actor, in order. */
  provenances(): AsyncIterable<{ readonly revision: number; readonly actor: string }>
  /**
   * Whether nobody has begun to write meanwhile into a file that nobody had open. If somebody has, what was found may be
   * wrong. A file that somebody has open already can be written meanwhile.
   */
  isUndisturbed(): Promise<boolean>
}
