/** Deletes old history from time to time, so that writes don't make a store grow without end. */

import type { Store } from '../storage/store.ts'

/** A compaction reads all rows, which takes a second or two for a million of them. */
const compactEveryMs = 3_600_000

export interface Keep {
  readonly historyMaxCount: number
  readonly historyMaxAgeMs: number
}

export interface CompactionEvents {
  readonly compactionFailed: (error: unknown) => void
}

/** Begins at once. @returns the way to stop, which ends a compaction that runs */
export function openCompaction(store: Store, keep: Keep, events: CompactionEvents): () => Promise<void> {
  const ending = new AbortController()
  const { signal } = ending
  const compact = async () => {
    try {
      await compactOnce(store, keep, { now: Date.now(), signal })
    } catch (error) {
      if (!signal.aborted) events.compactionFailed(error)
    }
  }
  let running = compact()
  const timer = setInterval(() => {
    running = running.then(compact)
  }, compactEveryMs)
  timer.unref()
  return async () => {
    clearInterval(timer)
    ending.abort()
    await running
  }
}

/** @param when `now`: Unix milliseconds */
export async function compactOnce(
  store: Store,
  keep: Keep,
  when: { readonly now: number; readonly signal?: AbortSignal },
): Promise<void> {
  await store.compact({ newerThan: when.now - keep.historyMaxAgeMs, count: keep.historyMaxCount, ...when })
}
