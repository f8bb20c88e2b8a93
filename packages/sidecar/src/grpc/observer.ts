/** The events that the gRPC servers report. The log and the metrics listen to them. */

import type { MemberReason, Reason } from '@rolesets/core'

export interface GrpcObserver {
  /** Answers to questions, and where the role set was found; `answerMs` only where the question came alone. */
  readonly decided: (reason: Reason, source: 'memory' | 'store', answerMs?: number) => void
  /** Answers to questions about what a user holds. */
  readonly memberDecided: (reason: MemberReason) => void
  readonly batchAnswered: (answerMs: number) => void
  /** `result`: `ok`, `unchanged` (a dry run), or the reason of the error. */
  readonly wrote: (operation: string, result: string) => void
  readonly watcherOpened: () => WatcherObserver
  /** A copy of the whole store was sent, to its end. */
  readonly backupSent: (facts: { actor: string; revision: string; bytes: number }) => void
  readonly accessRefused: (facts: { method: string; code: string }) => void
  /** An unexpected error. The caller receives nothing of it. */
  readonly callFailed: (facts: { method: string; error: unknown }) => void
}

export interface WatcherObserver {
  /** A change set was handed to the stream. */
  readonly handed: (revision: number) => void
  /** `reason` as in errors.proto. */
  readonly ended: (reason: string) => void
}
