/** Deletes old history from time to time, so that writes don't make a store grow without end. */

import type { Store } from '../storage/store.ts'

/** Often enough that each time there is little to do. */
const compactEveryMs = 10 * 60_000

export interface Keep {
  readonly historyMaxCount: number
  readonly historyMaxAgeMs: number
}

export interface CompactionEvents {
  readonly compactionFailed: (error: unknown) => void
}

/** @returns the way to stop, which waits for a compaction that runs */
export function openCompaction(store: Store, keep: Keep, events: CompactionEvents): () => Promise<void> {
  let running: Promise<void> = Promise.resolve()
  const timer = setInterval(() => {
    running = running.then(() => compactOnce(store, keep, Date.now())).catch(events.compactionFailed)
  }, compactEveryMs)
  timer.unref()
  return async () => {
    clearInterval(timer)
    await running
  }
}

/** @param now Unix milliseconds */
export async function compactOnce(store: Store, keep: Keep, now: number): Promise<void> {
  await store.compact({ newerThan: now - keep.historyMaxAgeMs, count: keep.historyMaxCount })
}
