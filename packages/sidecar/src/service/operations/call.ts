/** What every call carries besides its input, and what every reply carries besides the thing. */

import type { Order } from '../../storage/store.ts'
import type { Plan } from '../../domain/apply/plan.ts'
import type { Acting } from '../../domain/acting.ts'
import type { ImpactView } from '../views.ts'

export interface ReadCall {
  /** `<epoch>:<number>`; the answer is of this revision or a later one. Empty or undefined: of the present one. */
  readonly atLeastRevision?: string | undefined
  /** Aborted at the deadline of the call and when the caller cancels. */
  readonly signal: AbortSignal
}

export interface QuestionCall extends ReadCall {
  /** Called for each question whose organization wasn't in memory and was read from the store. */
  readonly onRead?: (organizationId: string) => void
}

export interface WriteCall extends Acting {
  /** Name of the actor; never empty. */
  readonly actor: string
  readonly dryRun: boolean
  /** `<epoch>:<number>`; the write is refused if the thing has changed since. Empty or undefined: not checked. */
  readonly expectedRevision?: string | undefined
  /** True: an organization that the store doesn't know is refused, also if the setting allows unknown organizations. */
  readonly onlyRegistered?: boolean | undefined
  /** True: it is done also if an organization loses its last administrator by it (rule 19). */
  readonly allowNoAdministrator?: boolean | undefined
  /** True: the key of the caller may only read, so it is a dry run; it waits for its turn, and is bounded. */
  readonly isForReadKey?: boolean | undefined
  /** True: it is what the manifest of this sidecar describes, so it is done also where all else is read-only. No border sets it. */
  readonly isDeclared?: true | undefined
  readonly signal: AbortSignal
}

/** `revision` is written as `<epoch>:<number>`. */
export interface Found<T> {
  readonly value: T
  readonly revision: string
}

export interface Written<T> {
  /** As it is after the write; after a deletion, as it was last. Undefined only in a dry run whose impact has violations. */
  readonly value: T | undefined
  readonly impact: ImpactView
  /** At which it is committed; of a dry run, the present one, at which it was decided. */
  readonly revision: string
}

export interface PageCall extends ReadCall {
  /** 1 to 500; 0: `limits.pageSizeDefault`. */
  readonly pageSize: number
  /** The `nextPageToken` of the page before; empty: at the start. */
  readonly pageToken: string
}

export interface PageOf<T> {
  readonly items: readonly T[]
  /** Empty: this is the last page. */
  readonly nextPageToken: string
  readonly revision: string
}

/** A page by offset. */
export interface SpanOf<Field extends string> {
  readonly order: Order<Field>
  /** 0 to `limits.offsetMax`. */
  readonly offset: number
  /** 1 to `limits.pageSizeMax`. */
  readonly limit: number
}

export interface Listed<T> {
  readonly items: readonly T[]
  /** How many there are in all. */
  readonly total: number
  readonly revision: string
}

export interface Applied extends Pick<Plan, 'leftAlone'> {
  readonly steps: readonly Omit<Plan['steps'][number], 'run'>[]
}
