/**
 * How far this sidecar may be behind the store that it answers for. One object decides it for decisions, heartbeats,
 * readiness and metrics.
 */

import { ServiceError } from './service-error.ts'

/** Where the data of this sidecar comes from. */
export interface DataSource {
  readonly role: 'authority' | 'replica'
  /** For how long the data hasn't been known to be up to date; Infinity: it never was, or isn't any more. */
  stalenessMs(): number
}

export class Freshness {
  readonly #source: DataSource
  readonly #maxStalenessMs: number
  #isOpen = true

  /** @param maxStalenessMs decisions are made only while the data is at most this old */
  constructor(source: DataSource, maxStalenessMs: number) {
    this.#source = source
    this.#maxStalenessMs = maxStalenessMs
  }

  get role(): DataSource['role'] {
    return this.#source.role
  }

  get stalenessMs(): number {
    return this.#isOpen ? this.#source.stalenessMs() : Infinity
  }

  get isFresh(): boolean {
    return this.stalenessMs <= this.#maxStalenessMs
  }

  /** @throws ServiceError `stale` when the data is too old to decide from */
  check(): void {
    if (this.isFresh) return
    throw new ServiceError(
      'stale',
      `This sidecar hasn't been up to date with its authority for more than ${this.#maxStalenessMs} ms, so it makes no ` +
        'decision. Ask again later, or ask another sidecar.',
    )
  }

  /** The data isn't kept up to date from now on. */
  close(): void {
    this.#isOpen = false
  }
}

/** The authority follows no other sidecar: what it has is up to date for as long as it is open. */
export const authority: DataSource = { role: 'authority', stalenessMs: () => 0 }
