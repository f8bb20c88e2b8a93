/** Deletes old history from time to time, so that writes don't make a store grow without end. */

import type { Store } from '../storage/store.ts'

/** A compaction reads all rows, which takes a second or two for a million of them. */
const compactEveryMs = 3_600_000

export interface Keep {
  readonly historyMaxCount: number
  readonly historyMaxAgeMs: number
}

/** What is known of the kept history. Times are Unix milliseconds. */
export interface HistoryFacts {
  /** When the history was last compared with its limits, and what was beyond them deleted; undefined: not yet. */
  readonly compactedAt: number | undefined
  readonly compactionFailures: number
  /** The last revision that isn't kept any more, and when the oldest kept change set was made; undefined: not known. */
  readonly kept: { readonly afterRevision: number; readonly since: number } | undefined
}

export interface Compaction {
  readonly facts: () => HistoryFacts
  /** Ends a compaction that runs. */
  readonly stop: () => Promise<void>
}

export interface CompactionEvents {
  readonly compactionFailed: (error: unknown) => void
}

/** Begins at once. */
export function openCompaction(store: Store, keep: Keep, events: CompactionEvents): Compaction {
  const ending = new AbortController()
  const { signal } = ending
  let facts: HistoryFacts = { compactedAt: undefined, compactionFailures: 0, kept: undefined }
  const compact = async () => {
    try {
      await compactOnce(store, keep, { now: Date.now(), signal })
      facts = { ...facts, compactedAt: Date.now() }
      facts = { ...facts, kept: await readKept(store) }
    } catch (error) {
      if (signal.aborted) return
      facts = { ...facts, compactionFailures: facts.compactionFailures + 1 }
      events.compactionFailed(error)
    }
  }
  let running = compact()
  const timer = setInterval(() => {
    running = running.then(compact)
  }, compactEveryMs)
  timer.unref()
  return {
    facts: () => facts,
    stop: async () => {
      clearInterval(timer)
      ending.abort()
      await running
    },
  }
}

/** Only a compaction changes it, so it is read after each. */
async function readKept(store: Store): Promise<HistoryFacts['kept']> {
  const { value } = await store.read(async (reader) => {
    const [oldest] = await reader.history({}, { size: 1, oldestFirst: true })
    return oldest && { afterRevision: oldest.revision - 1, since: oldest.committedAt }
  })
  return value
}

/** @param when `now`: Unix milliseconds */
export async function compactOnce(
  store: Store,
  keep: Keep,
  when: { readonly now: number; readonly signal?: AbortSignal },
): Promise<void> {
  await store.compact({ newerThan: when.now - keep.historyMaxAgeMs, count: keep.historyMaxCount, ...when })
}
