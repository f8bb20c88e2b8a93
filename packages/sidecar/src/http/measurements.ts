/**
 * What is counted while the sidecar runs: plain numbers, so that counting is cheap and the start loads no library for it.
 * `metrics.ts` shows them.
 */

export interface Buckets {
  readonly bounds: readonly number[]
  /** One more than bounds: the last counts the values above all bounds. */
  readonly counts: number[]
  sum: number
}

export class Measurements {
  readonly decisions = new Map<string, number>()
  /** By `<operation> <result>`. */
  readonly writes = new Map<string, number>()
  readonly watchersEnded = new Map<string, number>()
  readonly watchers = new Set<{ handedRevision: number }>()
  readonly checkSeconds = buckets([0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.005, 0.025, 0.1, 1])
  readonly commitSize = buckets([1, 2, 4, 8, 16, 32, 64, 128, 256, 512])
  readonly commitSeconds = buckets([0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2])
  readonly feedDelaySeconds = buckets([0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25, 1, 5])
  accessRefusals = 0
  unforeseenFailures = 0
  readonly #publishedAt = new Map<number, number>()

  decided(reason: string, answerMs?: number): void {
    add(this.decisions, reason)
    if (answerMs !== undefined) observe(this.checkSeconds, answerMs / 1000)
  }

  wrote(operation: string, result: string): void {
    add(this.writes, `${operation} ${result}`)
  }

  accessRefused(): void {
    this.accessRefusals++
  }

  callFailed(): void {
    this.unforeseenFailures++
  }

  /** One transaction is durable; `works` writes share it. */
  committed({ works, commitMs }: { works: number; commitMs: number }): void {
    observe(this.commitSize, works)
    observe(this.commitSeconds, commitMs / 1000)
  }

  /** A change set was committed and goes to the watchers. */
  published(revision: number): void {
    this.#publishedAt.set(revision, performance.now())
    this.#publishedAt.delete(revision - publishedMax)
  }

  watcherOpened(): { handed: (revision: number) => void; ended: (reason: string) => void } {
    const watcher = { handedRevision: Number.POSITIVE_INFINITY }
    this.watchers.add(watcher)
    return {
      handed: (revision) => {
        watcher.handedRevision = revision
        const at = this.#publishedAt.get(revision)
        if (at !== undefined) observe(this.feedDelaySeconds, (performance.now() - at) / 1000)
      },
      ended: (reason) => {
        this.watchers.delete(watcher)
        add(this.watchersEnded, reason)
      },
    }
  }
}

/** For this many last revisions the delay is measured; older ones come from the history. */
const publishedMax = 1_000

function buckets(bounds: readonly number[]): Buckets {
  return { bounds, counts: new Array<number>(bounds.length + 1).fill(0), sum: 0 }
}

function observe(into: Buckets, value: number): void {
  const found = into.bounds.findIndex((bound) => value <= bound)
  const place = found === -1 ? into.bounds.length : found
  into.counts[place] = (into.counts[place] ?? 0) + 1
  into.sum += value
}

function add(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1)
}
