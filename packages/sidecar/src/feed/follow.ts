/**
 * One consumer's stream in three phases: snapshot or backfill, cutover, live. The consumer pulls. If it is too slow, its
 * stream is ended, so that the sidecar's memory doesn't grow.
 *
 * Cutover subscribes before it reads the head, so a change that is committed in between is seen twice rather than never.
 * The duplicate is dropped by its number.
 */

import type { Assignment, Catalogue, Organization, Place } from '@rolesets/core'
import type { KeptChangeSet, Store } from '../storage/store.ts'
import { lastSealOf } from './last-seal.ts'
import { LiveQueue } from './live-queue.ts'
import { lastPlacesChunk, placesSnapshot, type PlacesChunk } from './places-snapshot.ts'
import type { Turns } from './turns.ts'

export type SnapshotScope = 'catalogue' | 'catalogue_and_organizations' | 'places'

export type FeedItem =
  | {
      readonly kind: 'snapshot_chunk'
      readonly revision: number
      /** In the first chunk only: the catalogue, and the seal that the next change set follows. */
      readonly first: { readonly catalogue: Catalogue; readonly seal: string } | undefined
      readonly organizations: readonly Organization[]
      /** Of scopes. */
      readonly assignments: readonly Assignment[]
      readonly last: boolean
    }
  | PlacesChunk
  | { readonly kind: 'change_set'; readonly revision: number; readonly changeSet: KeptChangeSet }
  | { readonly kind: 'heartbeat'; readonly revision: number }

export interface FollowOptions {
  /** Resume after this revision; undefined: begin with a snapshot. */
  readonly after: number | undefined
  readonly scope: SnapshotScope
  readonly heartbeatMs: number
  /** Change sets that the consumer may be behind. */
  readonly queueMax: number
  /** Called at once when the consumer is too far behind, even if it doesn't read. */
  readonly onTooSlow?: ((error: ConsumerTooSlow) => void) | undefined
  /** Shared by all consumers of a store. */
  readonly turns: Turns
  readonly signal: AbortSignal
}

export class ConsumerTooSlow extends Error {
  override readonly name = 'ConsumerTooSlow'
}

const backfillBatch = 200
const organizationsPerChunk = 500

/**
 * Returns when the signal aborts.
 * @throws ConsumerTooSlow when the consumer is more than `queueMax` change sets behind.
 * @throws StoreError `compacted` when the history after `after` is no longer kept.
 */
export async function* follow(store: Store, options: FollowOptions): AsyncGenerator<FeedItem, void, undefined> {
  let cursor = options.after
  cursor ??= yield* snapshot(store, options)
  cursor = yield* backfill(store, cursor, options.signal)

  const queue = new LiveQueue(options.queueMax, options)
  const unsubscribe = store.subscribe((changeSet) => {
    if (!queue.push(changeSet)) options.onTooSlow?.(tooSlow(options))
  })
  try {
    cursor = yield* backfill(store, cursor, options.signal)
    yield { kind: 'heartbeat', revision: cursor }
    yield* live(queue, cursor, options)
  } finally {
    unsubscribe()
    queue.close()
  }
}

/**
 * Organizations are read page by page, each page at the revision of its own read, so that no read transaction stays open
 * for a slow consumer. The changes that were committed meanwhile follow before the last chunk. Each gives the whole new
 * state, so applying it again to a newer page gives the same result.
 */
async function* snapshot(store: Store, options: FollowOptions): AsyncGenerator<FeedItem, number, undefined> {
  if (options.scope === 'places') {
    const begun = yield* placesSnapshot(store, options.signal)
    const reached = yield* backfill(store, begun, options.signal)
    yield lastPlacesChunk(reached)
    return reached
  }
  const { revision, value: first } = await store.read(async (reader) => {
    return { catalogue: await reader.catalogue(), seal: await lastSealOf(reader) }
  })
  const catalogueOnly = options.scope === 'catalogue'
  const chunk = { kind: 'snapshot_chunk', organizations: [], assignments: [], first: undefined, last: false } as const
  yield { ...chunk, revision, first, last: catalogueOnly }
  if (catalogueOnly) return revision

  let after: string | undefined
  do {
    const page = await store.read((reader) => reader.organizations({ size: organizationsPerChunk, after }))
    if (page.value.length > 0) yield { ...chunk, revision, organizations: page.value }
    after = page.value.length < organizationsPerChunk ? undefined : page.value.at(-1)?.id
  } while (after !== undefined && !options.signal.aborted)
  let behind: Place | undefined
  do {
    const page = await store.read((reader) => reader.assignments({ size: organizationsPerChunk, after: behind }))
    if (page.value.length > 0) yield { ...chunk, revision, assignments: page.value }
    behind = page.value.length < organizationsPerChunk ? undefined : page.value.at(-1)
  } while (behind !== undefined && !options.signal.aborted)

  const reached = yield* backfill(store, revision, options.signal)
  yield { ...chunk, revision: reached, last: true }
  return reached
}

async function* backfill(
  store: Store,
  after: number,
  signal: AbortSignal,
): AsyncGenerator<FeedItem, number, undefined> {
  let cursor = after
  while (cursor < store.head && !signal.aborted) {
    for (const changeSet of await store.changesAfter(cursor, backfillBatch)) {
      yield { kind: 'change_set', revision: changeSet.revision, changeSet }
      cursor = changeSet.revision
    }
  }
  return cursor
}

/** A heartbeat is sent only when nothing waits, because it proves to the consumer that it has everything. */
async function* live(
  queue: LiveQueue,
  reached: number,
  options: FollowOptions,
): AsyncGenerator<FeedItem, void, undefined> {
  let cursor = reached
  let heartbeatDue = performance.now() + options.heartbeatMs
  while (!options.signal.aborted) {
    const changeSet = queue.take()
    if (changeSet !== undefined) {
      if (changeSet.revision <= cursor) continue
      cursor = changeSet.revision
      yield { kind: 'change_set', revision: cursor, changeSet }
    } else if (queue.overflowed) {
      throw tooSlow(options)
    } else if (performance.now() >= heartbeatDue) {
      heartbeatDue = performance.now() + options.heartbeatMs
      yield { kind: 'heartbeat', revision: cursor }
    } else {
      await queue.wait(heartbeatDue)
    }
  }
}

function tooSlow({ queueMax }: FollowOptions): ConsumerTooSlow {
  return new ConsumerTooSlow(
    `More than ${queueMax} change sets were waiting for this consumer. Resume from the cursor.`,
  )
}
