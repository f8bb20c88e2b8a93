/**
 * What is counted while the sidecar runs: plain numbers, so that counting is cheap and the start loads no library for it.
 * `metrics.ts` shows them.
 */

import { memberReasons, reasons, type MemberReason, type Reason } from '@rolesets/core'

/** Where the role set of the organization was found. */
export type AnswerSource = 'memory' | 'store'

export interface Buckets {
  readonly bounds: readonly number[]
  /** One more than bounds: the last counts the values above all bounds. */
  readonly counts: number[]
  sum: number
}

export class Measurements {
  /** All of them are there from the start, so that the first one of a kind shows as an increase. */
  readonly decisions: Readonly<Record<AnswerSource, Record<Reason, number>>> = {
    memory: noneOf(reasons),
    store: noneOf(reasons),
  }
  readonly memberDecisions: Record<MemberReason, number> = noneOf(memberReasons)
  /** By `<operation> <result>`. */
  readonly writes = new Map<string, number>()
  readonly watchersEnded = new Map(['CALL_CANCELLED', 'CONSUMER_TOO_SLOW', 'NOT_SERVING'].map((name) => [name, 0]))
  readonly storeErrors = new Map(storeErrorKinds.map((name) => [name, 0]))
  readonly watchers = new Set<{ handedRevision: number }>()
  readonly checkSeconds = buckets([0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.005, 0.025, 0.1, 1])
  readonly batchCheckSeconds = buckets([0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 1])
  readonly commitSize = buckets([1, 2, 4, 8, 16, 32, 64, 128, 256, 512])
  readonly commitSeconds = buckets([0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2])
  readonly feedDelaySeconds = buckets([0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25, 1, 5])
  accessRefusals = 0
  unforeseenFailures = 0
  rollbacks = 0
  /** Unix milliseconds. */
  backedUpAt: number | undefined
  readonly #publishedAt = new Map<number, number>()

  /** @param answerMs only of a question that came alone */
  decided(reason: Reason, source: AnswerSource, answerMs?: number): void {
    this.decisions[source][reason]++
    if (answerMs !== undefined) observe(this.checkSeconds, answerMs / 1000)
  }

  memberDecided(reason: MemberReason): void {
    this.memberDecisions[reason]++
  }

  batchAnswered(answerMs: number): void {
    observe(this.batchCheckSeconds, answerMs / 1000)
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

  storeFailed(code: string): void {
    add(this.storeErrors, code)
  }

  /** A whole backup was sent. */
  backedUp(): void {
    this.backedUpAt = Date.now()
  }

  rolledBack(): void {
    this.rollbacks++
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

/** What can go wrong while a store is open. */
const storeErrorKinds = ['overloaded', 'disk_full', 'compacted', 'closed', 'corrupt', 'file_lost', 'failed']

function noneOf<Name extends string>(names: readonly Name[]): Record<Name, number> {
  // `fromEntries` forgets the names.
  return Object.fromEntries(names.map((name) => [name, 0])) as Record<Name, number>
}

function buckets(bounds: readonly number[]): Buckets {
  return { bounds, counts: new Array<number>(bounds.length + 1).fill(0), sum: 0 }
}

function observe(into: Buckets, value: number): void {
  let place = 0
  while (value > (into.bounds[place] ?? Infinity)) place++
  into.counts[place] = (into.counts[place] ?? 0) + 1
  into.sum += value
}

function add(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1)
}
