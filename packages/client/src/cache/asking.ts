/**
 * When the cache may answer, and how the sidecar is asked when it may not: never for less than this client has seen or
 * written, and an answer that can't be had is an error that says why.
 */

import { formatRevision, type Revision } from '@rolesets/core'
import type { Clock } from '../clock.ts'
import { isRoleSetsError, RoleSetsError, type RoleSetsErrorCode } from '../errors.ts'
import type { Limits } from '../waiting.ts'
import type { Calls } from '../wire/calls.ts'
import type { Cache } from './cache.ts'
import type { Freshness } from './freshness.ts'

export interface AskingOptions {
  readonly calls: Calls
  readonly cache: Cache
  readonly freshness: Freshness
  readonly clock: Clock
  /** The sidecar says that what the cache has is of another epoch. */
  readonly onAnotherEpoch: (error: RoleSetsError) => void
}

/** A question to the sidecar. */
export interface SidecarQuestion<Answer> {
  readonly method: string
  /** The request, but for the revision. */
  readonly request: object
  /** Of the caller. */
  readonly atLeast: Revision | undefined
  readonly parse: (reply: unknown, atLeast: Revision | undefined) => Answer
}

/** Codes that give the reason why there is no decision. */
const specificCodes: readonly RoleSetsErrorCode[] = [
  'deadline_exceeded',
  'aborted',
  'closed',
  'invalid_argument',
  'invalid_field',
  'invalid_revision',
  'limit_exceeded',
  'organization_not_found',
  'scope_kind_not_found',
  'scope_without_role_set',
]

export class Asking {
  readonly #options: AskingOptions
  readonly #clock: Clock
  readonly #freshness: Freshness
  /** Questions that were answered from the cache. */
  hits = 0
  /** Questions for which the sidecar was asked. */
  misses = 0

  constructor(options: AskingOptions) {
    this.#options = options
    this.#clock = options.clock
    this.#freshness = options.freshness
  }

  get nowMs(): number {
    return this.#clock.nowMs()
  }

  /** Whether the cache is within the bound of staleness. */
  get isFresh(): boolean {
    return this.isFreshAt(this.#clock.nowMs())
  }

  isFreshAt(nowMs: number): boolean {
    return nowMs <= this.#freshness.untilMs
  }

  mayUseCache(atLeast: Revision | undefined): boolean {
    return this.isFresh && this.covers(atLeast)
  }

  /** Whether the catalogue is of this revision or a later one. */
  covers(atLeast: Revision | undefined): boolean {
    return atLeast === undefined || this.#options.cache.includes(atLeast)
  }

  /** What the caller asks for, and never less than what this client has seen or written. */
  needed(asked: Revision | undefined): Revision | undefined {
    const { floor } = this.#options.cache
    if (asked === undefined) return floor
    const isCovered = floor?.epoch === asked.epoch ? floor.number > asked.number : this.#options.cache.includes(asked)
    return isCovered ? floor : asked
  }

  /** @throws RoleSetsError */
  async ask<Answer>(question: SidecarQuestion<Answer>, limits: Limits): Promise<Answer> {
    const atLeast = this.needed(question.atLeast)
    const atLeastRevision = atLeast === undefined ? '' : formatRevision(atLeast)
    try {
      const reply = await this.#options.calls.read(question.method, { ...question.request, atLeastRevision }, limits)
      return question.parse(reply, atLeast)
    } catch (error) {
      throw this.#noDecision(error, question)
    }
  }

  #noDecision(error: unknown, { method, atLeast: asked }: SidecarQuestion<unknown>): RoleSetsError {
    if (!isRoleSetsError(error))
      return new RoleSetsError('unavailable', `The answer to ${method} could not be read.`, { cause: error })
    if (specificCodes.includes(error.code)) return error
    if (error.code === 'revision_of_another_epoch') {
      const isOurs = asked === undefined || asked.epoch === this.#options.cache.floor?.epoch
      if (isOurs) this.#options.onAnotherEpoch(error)
      if (asked !== undefined) return error
    }
    if (error.code === 'unavailable') return error
    const message = `There is no decision: ${error.message}`
    return new RoleSetsError('unavailable', message, { cause: error, detail: error.code, fields: error.fields })
  }
}
