/** What comes with every call besides its input, and what goes back besides the thing. */

import type { StepView, ImpactView } from './views.ts'

export interface ReadCall {
  /** `<epoch>:<number>`; the answer is of this revision or a later one. Empty or undefined: of the present one. */
  readonly atLeastRevision?: string | undefined
  /** Aborted at the deadline of the call and when the caller goes away. */
  readonly signal: AbortSignal
}

export interface WriteCall {
  /** Who does it; never empty. */
  readonly actor: string
  readonly dryRun: boolean
  /** `<epoch>:<number>`; refused if the thing has changed since. Empty or undefined: not checked. */
  readonly expectedRevision?: string | undefined
  readonly signal: AbortSignal
}

/** `revision` is written as `<epoch>:<number>`. */
export interface Found<T> {
  readonly value: T
  readonly revision: string
}

export interface Written<T> extends Found<T> {
  readonly impact: ImpactView
}

export interface PageCall extends ReadCall {
  /** 1 to 500; 0: `limits.pageSizeDefault`. */
  readonly pageSize: number
  /** The `nextPageToken` of the page before; empty: at the start. */
  readonly pageToken: string
}

export interface PageOf<T> {
  readonly items: readonly T[]
  /** Empty: there is no more. */
  readonly nextPageToken: string
  readonly revision: string
}

export interface Applied {
  readonly steps: readonly StepView[]
  readonly leftAlone: readonly string[]
}
