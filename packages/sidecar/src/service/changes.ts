/** The feed as callers see it: cursors are parsed, things carry their keys, failures have codes. */

import type { Catalogue } from '@rolesets/core'
import { ConsumerTooSlow, follow, type FeedItem, type SnapshotScope } from '../feed/follow.ts'
import { Turns } from '../feed/turns.ts'
import { StoreError, type Store } from '../storage/store.ts'
import type { Freshness } from './freshness.ts'
import type { ReadModel } from './decisions/read-model.ts'
import { parseOwnRevision } from './own-revision.ts'
import { errorOfAborted, ServiceError } from './service-error.ts'

interface Naming {
  /** `<epoch>:<number>`. */
  readonly revision: string
  /** Names the things that are referred to by id. */
  readonly catalogue: Catalogue
  /** For how long this sidecar hasn't been up to date with what it follows. */
  readonly stalenessMs: number
}

type Named<Item> = Item extends FeedItem ? Omit<Item, 'revision'> & Naming : never

export type NamedFeedItem = Named<FeedItem>

export interface WatchRequest {
  /** `<epoch>:<number>`; empty or undefined: begin with a snapshot. */
  readonly after?: string | undefined
  readonly snapshotScope: SnapshotScope
}

export interface FeedCall {
  readonly signal: AbortSignal
  /** Called at once when the stream must end, even if the consumer doesn't read. */
  readonly onTooSlow?: (error: ServiceError) => void
}

export type Changes = ReturnType<typeof createChanges>

interface ChangesOptions {
  readonly store: Store
  readonly freshness: Freshness
  readonly heartbeatMs?: number
  readonly watcherQueueMax?: number
}

export function createChanges(options: ChangesOptions, readModel: ReadModel) {
  const { store, freshness } = options
  const turns = new Turns()

  /** A snapshot's first catalogue names its organizations; everything later is named by the present catalogue. */
  function messageOf(item: FeedItem): NamedFeedItem {
    const revision = store.lineage.textOf(item.revision)
    const first = item.kind === 'snapshot_chunk' ? item.first : undefined
    return { ...item, revision, catalogue: first?.catalogue ?? readModel.catalogue, stalenessMs: freshness.stalenessMs }
  }

  /**
   * Always ends by throwing: ServiceError `revision_of_another_epoch`, `cursor_compacted`, `cursor_in_the_future`,
   * `consumer_too_slow`, or what the aborted signal says; Refusal `invalid_revision`.
   */
  async function* watch(request: WatchRequest, call: FeedCall): AsyncGenerator<NamedFeedItem, never, undefined> {
    const replaced = new AbortController()
    const end = () => {
      const error = new ServiceError('not_serving', contentReplaced)
      replaced.abort(error)
      call.onTooSlow?.(error)
    }
    const unsubscribe = store.subscribe(() => undefined, end)
    const followed = follow(store, {
      after: request.after ? parseCursor(request.after, store) : undefined,
      scope: request.snapshotScope,
      heartbeatMs: options.heartbeatMs ?? 1000,
      queueMax: options.watcherQueueMax ?? 1000,
      turns,
      signal: AbortSignal.any([call.signal, replaced.signal]),
      onTooSlow: (error) => call.onTooSlow?.(tooSlow(error)),
    })
    try {
      for await (const item of followed) {
        replaced.signal.throwIfAborted()
        yield messageOf(item)
      }
    } catch (error) {
      if (error instanceof ConsumerTooSlow) throw tooSlow(error)
      if (!(error instanceof StoreError) || error.code !== 'compacted') throw error
      const message = 'The changes after this cursor are no longer kept. Take a snapshot.'
      throw new ServiceError('cursor_compacted', message, { cause: error })
    } finally {
      unsubscribe()
    }
    replaced.signal.throwIfAborted()
    throw errorOfAborted(call.signal, 'changes')
  }

  return { watch }
}

const contentReplaced =
  'This replica has replaced what it had by a snapshot of its authority. Resume from the cursor, or take a snapshot.'

function parseCursor(text: string, store: Store): number {
  const { number } = parseOwnRevision(store, text, 'after')
  if (number > store.head) {
    const head = store.lineage.textOf(store.head)
    throw new ServiceError(
      'cursor_in_the_future',
      `Revision ${text} is newer than the store, which is at ${head}. Take a snapshot.`,
    )
  }
  return number
}

function tooSlow(cause: ConsumerTooSlow): ServiceError {
  return new ServiceError('consumer_too_slow', cause.message, { cause })
}
