/**
 * Answers questions from the cache while it is fresh, otherwise from the sidecar. If neither can answer, the result is
 * an error and no decision: a stale entry is not used.
 */

import { formatRevision, wholeOf, type Revision } from '@rolesets/core'
import type { ParsedAskOptions } from '../arguments.ts'
import type { Clock } from '../clock.ts'
import { isRoleSetsError, RoleSetsError, type RoleSetsErrorCode } from '../errors.ts'
import type { Limits } from '../waiting.ts'
import type { Calls } from '../wire/calls.ts'
import { parseAvailableRoles, parseBatch, parseCheck, type SidecarAnswer } from './answers.ts'
import type { Cache } from './cache.ts'
import type { AvailableRoles, Decision, Question } from './decision.ts'
import type { Freshness } from './freshness.ts'
import type { Inquiry, Lookups } from './lookups.ts'

export interface CachedDecisionsOptions {
  readonly calls: Calls
  readonly lookups: Lookups
  readonly cache: Cache
  readonly freshness: Freshness
  readonly clock: Clock
  /** The sidecar says that what the cache has is of another epoch. */
  readonly onAnotherEpoch: (error: RoleSetsError) => void
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
]

/** What the sidecar is asked, and how its reply is read. */
interface Asked<Value> {
  readonly method: string
  readonly organizationIds: readonly string[]
  /** The request, but for the revision. */
  readonly request: object
  /** Of the caller. */
  readonly atLeast: Revision | undefined
  readonly parse: (reply: unknown, atLeast: Revision | undefined) => SidecarAnswer<Value>
}

export class CachedDecisions {
  readonly #options: CachedDecisionsOptions
  hits = 0
  misses = 0

  constructor(options: CachedDecisionsOptions) {
    this.#options = options
  }

  /** One that was answered before at this revision. The arguments needn't be valid: those that aren't find nothing. */
  remembered(organizationId: string, role: string, permission: string | undefined): Decision | undefined {
    const { clock, freshness, cache } = this.#options
    if (clock.nowMs() > freshness.untilMs) return undefined
    const decision = cache.remembered(organizationId, role, permission)
    if (decision !== undefined) this.hits++
    return decision
  }

  fromCache({ organizationId, role, permission }: Question, atLeast?: Revision): Decision | undefined {
    if (!this.#mayUseCache(atLeast)) return undefined
    const decision = this.#options.cache.decide(organizationId, role, permission)
    if (decision !== undefined) this.hits++
    return decision
  }

  /** All at the one revision of the catalogue, or nothing. */
  manyFromCache(questions: readonly Question[], atLeast?: Revision): readonly Decision[] | undefined {
    if (!this.#mayUseCache(atLeast)) return undefined
    const decisions: Decision[] = []
    for (const { organizationId, role, permission } of questions) {
      const decision = this.#options.cache.decide(organizationId, role, permission)
      if (decision === undefined) return undefined
      decisions.push(decision)
    }
    this.hits += decisions.length
    return decisions
  }

  check(question: Question, options: ParsedAskOptions): Promise<Decision> {
    const { organizationId, role, permission = '' } = question
    const { atLeast } = options
    const request = { organizationId, role, permission }
    const asked = { method: 'Decisions/Check', organizationIds: [organizationId], request, atLeast, parse: parseCheck }
    return this.#inquire(asked, options, {
      key: JSON.stringify(['check', role, permission]),
      fromCache: () => this.fromCache(question, atLeast),
    })
  }

  async checkMany(questions: readonly Question[], options: ParsedAskOptions): Promise<readonly Decision[]> {
    const checks = questions.map(({ permission = '', ...question }) => ({ ...question, permission }))
    const asked: Asked<readonly Decision[]> = {
      method: 'Decisions/BatchCheck',
      organizationIds: questions.map(({ organizationId }) => organizationId),
      request: { checks },
      atLeast: options.atLeast,
      parse: (reply, atLeast) => parseBatch(reply, questions.length, atLeast),
    }
    return (await this.#ask(asked, options)).value
  }

  rolesFromCache(organizationId: string, atLeast?: Revision): AvailableRoles | undefined {
    if (!this.#mayUseCache(atLeast)) return undefined
    return this.#options.cache.answersOf(organizationId, false)?.availableRoles(organizationId, false)
  }

  /** For display the last known state will do, if the sidecar can't be asked; it says that it is stale. */
  async availableRoles(organizationId: string, options: ParsedAskOptions): Promise<AvailableRoles> {
    const asked: Asked<AvailableRoles> = {
      method: 'Decisions/ListAvailableRoles',
      organizationIds: [organizationId],
      request: { organizationId },
      atLeast: options.atLeast,
      parse: (reply, atLeast) => parseAvailableRoles(reply, organizationId, atLeast),
    }
    try {
      const fromCache = () => this.rolesFromCache(organizationId, asked.atLeast)
      return await this.#inquire(asked, options, { key: 'availableRoles', fromCache })
    } catch (error) {
      const { cache } = this.#options
      const isOut = isRoleSetsError(error) && (error.code === 'unavailable' || error.code === 'deadline_exceeded')
      if (!isOut || !covers(cache, options.atLeast)) throw error
      const lastKnown = cache.answersOf(organizationId, true)?.availableRoles(organizationId, true)
      if (lastKnown === undefined) throw error
      return lastKnown
    }
  }

  #mayUseCache(atLeast: Revision | undefined): boolean {
    const { clock, freshness, cache } = this.#options
    return freshness.isFresh(clock.nowMs()) && covers(cache, atLeast)
  }

  #inquire<Value>(
    asked: Asked<Value>,
    options: ParsedAskOptions,
    question: Pick<Inquiry<Value>, 'key' | 'fromCache'>,
  ): Promise<Value> {
    const inquiry: Inquiry<Value> = {
      ...question,
      organizationId: asked.organizationIds[0] ?? '',
      atLeast: this.#needed(asked.atLeast),
      canBeCached: () => this.#mayUseCache(undefined),
      ask: (limits) => this.#ask(asked, limits),
    }
    return this.#options.lookups.inquire(inquiry, options)
  }

  /** Asks the sidecar, and keeps what the answer says about the organizations' role sets. */
  async #ask<Value>(asked: Asked<Value>, limits: Limits): Promise<SidecarAnswer<Value>> {
    const { calls, cache } = this.#options
    const atLeast = this.#needed(asked.atLeast)
    const atLeastRevision = atLeast === undefined ? '' : formatRevision(atLeast)
    this.misses += asked.organizationIds.length
    const lookups = asked.organizationIds.map((id) => cache.beginLookup(wholeOf(id)))
    try {
      const reply = await calls.read(asked.method, { ...asked.request, atLeastRevision }, limits)
      const answer = asked.parse(reply, atLeast)
      lookups.forEach((lookup, at) => {
        const roleSetId = answer.roleSetIds[at]
        if (roleSetId !== undefined) cache.fill(lookup, roleSetId, answer.revision)
      })
      // The setting came with the snapshot; a sidecar that was restarted with the stricter one is believed at once.
      if (answer.unknownOrganizationsDenied) cache.setUnknownOrganizations(true)
      return answer
    } catch (error) {
      throw this.#noDecision(error, asked)
    } finally {
      for (const lookup of lookups) cache.endLookup(lookup)
    }
  }

  /** What the caller asks for, and never less than what this client has seen or written. */
  #needed(asked: Revision | undefined): Revision | undefined {
    const { floor } = this.#options.cache
    if (asked === undefined) return floor
    const isCovered = floor?.epoch === asked.epoch ? floor.number > asked.number : this.#options.cache.includes(asked)
    return isCovered ? floor : asked
  }

  #noDecision(error: unknown, { method, atLeast: asked }: Asked<unknown>): RoleSetsError {
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

/** Whether the catalogue is of this revision or a later one. */
function covers(cache: Cache, atLeast: Revision | undefined): boolean {
  return atLeast === undefined || cache.includes(atLeast)
}
