/** The feed for people and programs that want to see each change. Resumes by itself; nothing is left out or told twice. */

import { Backoff } from './backoff.ts'
import type { ChangeSet } from './changes.ts'
import type { Clock } from '../clock.ts'
import { isRoleSetsError, RoleSetsError, type RoleSetsErrorCode } from '../errors.ts'
import type { FeedMessage } from './message.ts'
import { openFeedStream } from './stream.ts'
import { formatRevision, type Revision } from '../revision.ts'
import type { Waiting } from '../waiting.ts'
import type { Transport } from '../wire/transport.ts'

export interface WatchOptions {
  /** Begin after this revision; left out: with the next change. */
  readonly after?: string
  /** Ends the loop. */
  readonly signal?: AbortSignal
}

export interface WatchSource {
  readonly transport: Transport
  readonly clock: Clock
  readonly random: () => number
  readonly waiting: Waiting
  readonly after: Revision | undefined
  /** Ends the iteration quietly. */
  readonly signal: AbortSignal
}

/** A stream that ends with one of these would end so again. */
const finalCodes: readonly RoleSetsErrorCode[] = [
  'cursor_compacted',
  'cursor_in_the_future',
  'out_of_range',
  'revision_of_another_epoch',
  'invalid_revision',
  'key_required',
  'unauthenticated',
  'permission_denied',
  'unimplemented',
]

/** @throws RoleSetsError when what comes next can't be had: the history was compacted, or the store restored. */
export async function* watchChangeSets(source: WatchSource): AsyncGenerator<ChangeSet, void, undefined> {
  const { transport, clock, signal, waiting } = source
  const backoff = new Backoff(source.random)
  let cursor = source.after
  while (!signal.aborted) {
    const after = cursor === undefined ? undefined : formatRevision(cursor)
    try {
      for await (const message of openFeedStream({ transport, clock, after, signal })) {
        if (message.kind !== 'snapshot_chunk') backoff.reset()
        const reached = next(cursor, message)
        if (reached === undefined) continue
        cursor = reached
        if (message.kind === 'change_set') yield message.changeSet
      }
    } catch (error) {
      if (signal.aborted) return
      if (!isRoleSetsError(error) || finalCodes.includes(error.code)) throw error
    }
    await waiting.sleep(backoff.nextMs(), signal)
  }
}

/** Where a message leads to, or undefined if it is none to stop at. @throws RoleSetsError if something is missing */
function next(cursor: Revision | undefined, { revision, ...message }: FeedMessage): Revision | undefined {
  if (cursor === undefined) return message.kind === 'snapshot_chunk' && message.chunk.last ? revision : undefined
  if (revision.epoch !== cursor.epoch) {
    const text = `The feed is of epoch ${revision.epoch} now, and was of ${cursor.epoch}: the store was restored.`
    throw new RoleSetsError('revision_of_another_epoch', text)
  }
  if (message.kind !== 'change_set' || revision.number <= cursor.number) return undefined
  if (revision.number === cursor.number + 1) return revision
  throw new RoleSetsError('unavailable', `The feed left out what comes after ${formatRevision(cursor)}.`)
}
