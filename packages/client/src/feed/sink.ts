/**
 * The target that a follower of the feed writes to: a cache, the store of a replica, an outbox of webhooks, a stream of
 * a console. The follower calls one method at a time, in the order of revisions, and waits for it before it goes on.
 */

import type { Revision } from '@rolesets/core'
import type { SnapshotChunk } from '../wire/transport.ts'
import type { ChangeSet } from './changes.ts'

/** Of everything at one revision: the parts come in order, and nothing else comes between them. */
export type SnapshotPart = {
  /** What came of another snapshot is of no use. */
  readonly isFirst: boolean
  /** With this part the snapshot is complete. */
  readonly isLast: boolean
  /** That the snapshot has with this part. */
  readonly revision: Revision
} & (
  | { readonly chunk: SnapshotChunk; readonly changeSet?: undefined }
  /** Committed since the first part: it applies to the things of the chunks. Only where the request's scope has organizations. */
  | { readonly changeSet: ChangeSet; readonly chunk?: undefined }
)

/** The sender has nothing newer than this revision, which the sink has. */
export interface Alive {
  readonly revision: Revision
  /** The earliest moment, on the follower's clock, at which the message can have been sent. */
  readonly sentAtLeastMs: number
  /** For how long the sender itself has not been caught up with its own source. */
  readonly stalenessMs: number
  /** The sender's setting; undefined: as it was. */
  readonly unknownOrganizationsDenied: boolean | undefined
  /** Whether the stream shows what happens to memberships. */
  readonly membershipsShown: boolean
}

/**
 * A method that throws or rejects must leave the sink as it was: the follower then resumes after the last revision that
 * was written. When the follower starts over it reports `started_over`: from then until `adopt`, what the sink has is of
 * no use for a decision.
 */
export interface FeedSink {
  /** Takes the next part of a snapshot. The last one replaces everything by the snapshot; before it nothing is visible. */
  adopt(part: SnapshotPart): void | Promise<void>
  /** Applies the next change set whole. Its revision follows the last one that was adopted or applied. */
  apply(changeSet: ChangeSet): void | Promise<void>
  /** Nothing is missing, as of the moment that the message gives. */
  prove(alive: Alive): void | Promise<void>
}
