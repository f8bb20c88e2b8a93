/** What a row of the table is and what it returns: the contract between the runner and the programs in rows/. */

/** A figure that was measured in several rounds. */
export interface Stat {
  readonly median: number
  readonly min: number
  readonly max: number
  readonly rounds: readonly number[]
}

/** The same task done by Rolesets and by another program, in the same run. */
export interface Comparison {
  readonly name: string
  readonly against: string
  readonly unit: string
  readonly better: 'higher' | 'lower'
  readonly ours: Stat
  readonly theirs: Stat
  /** ours / theirs, for each round */
  readonly ratio: Stat
  /** Bounds for the median of the ratio. */
  readonly goal?: { readonly atLeast?: number; readonly atMost?: number }
}

/** Cost against size. */
export interface Series {
  readonly name: string
  readonly x: string
  readonly y: string
  readonly points: readonly { readonly x: number; readonly y: number }[]
}

/** How long calls took at a fixed rate. */
export interface Latency {
  readonly name: string
  readonly unit: 'ms'
  readonly count: number
  readonly failed: number
  readonly dropped: number
  readonly quantiles: Readonly<Record<'p50' | 'p90' | 'p99' | 'p999' | 'max', number>>
  readonly histogram: readonly { readonly upTo: number; readonly count: number }[]
}

/** An absolute figure, such as resident memory or a p99. */
export interface Reading {
  readonly name: string
  readonly value: number
  readonly unit: string
  readonly goal?: { readonly atMost?: number; readonly atLeast?: number }
}

export interface RowResult {
  readonly comparisons: readonly Comparison[]
  readonly readings?: readonly Reading[]
  readonly series?: readonly Series[]
  readonly latencies?: readonly Latency[]
  readonly notes?: readonly string[]
}

export interface RunOptions {
  readonly quick: boolean
  readonly rounds: number
  readonly signal: AbortSignal
  readonly log: (line: string) => void
  /** A temporary folder, which is removed after the row. */
  readonly folder: string
}

export interface Row {
  /** `P1` and so on, as in the table. Growth rows have names. */
  readonly id: string
  readonly title: string
  readonly goal: string
  /** Whether `--quick` runs it: its ratio is stable, and a quick run takes less than 10 s. */
  readonly quick: boolean
  run(options: RunOptions): Promise<RowResult>
}
