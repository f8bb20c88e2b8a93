/**
 * Answers questions from the cache while it is fresh, otherwise from the sidecar. If neither can answer, the result is
 * an error and no decision: a stale entry is not used.
 */

import { formatRevision, keyOfPlace, wholeOf, type Place, type Revision } from '@rolesets/core'
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
  'scope_kind_not_found',
  'scope_without_role_set',
]

/** What the sidecar is asked, and how its reply is read. */
interface Asked<Value> {
  readonly method: string
  /** Of the questions, in their order. */
  readonly places: readonly Place[]
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

  fromCache(question: Question, atLeast?: Revision): Decision | undefined {
    if (!this.#mayUseCache(atLeast)) return undefined
    const decision = this.#options.cache.decide(question)
    if (decision !== undefined) this.hits++
    return decision
  }

  /** All at the one revision of the catalogue, or nothing. */
  manyFromCache(questions: readonly Question[], atLeast?: Revision): readonly Decision[] | undefined {
    if (!this.#mayUseCache(atLeast)) return undefined
    const decisions: Decision[] = []
    for (const question of questions) {
      const decision = this.#options.cache.decide(question)
      if (decision === undefined) return undefined
      decisions.push(decision)
    }
    this.hits += decisions.length
    return decisions
  }

  check(question: Question, options: ParsedAskOptions): Promise<Decision> {
    const { role, permission = '' } = question
    const { atLeast } = options
    const place = placeOf(question)
    const asked: Asked<Decision> = {
      method: 'Decisions/Check',
      places: [place],
      request: requestOf(question),
      atLeast,
      parse: (reply, revision) => parseCheck(reply, place, revision),
    }
    return this.#inquire(asked, options, {
      key: JSON.stringify(['check', role, permission]),
      fromCache: () => this.fromCache(question, atLeast),
    })
  }

  async checkMany(questions: readonly Question[], options: ParsedAskOptions): Promise<readonly Decision[]> {
    const places = questions.map(placeOf)
    const asked: Asked<readonly Decision[]> = {
      method: 'Decisions/BatchCheck',
      places,
      request: { checks: questions.map(requestOf) },
      atLeast: options.atLeast,
      parse: (reply, atLeast) => parseBatch(reply, places, atLeast),
    }
    return (await this.#ask(asked, options)).value
  }

  rolesFromCache(place: Place, atLeast?: Revision): AvailableRoles | undefined {
    if (!this.#mayUseCache(atLeast)) return undefined
    return this.#options.cache.answersOf(place.organizationId, place.scope, false)?.availableRoles(place, false)
  }

  /** For display the last known state will do, if the sidecar can't be asked; it says that it is stale. */
  async availableRoles(place: Place, options: ParsedAskOptions): Promise<AvailableRoles> {
    const { organizationId, scope } = place
    const asked: Asked<AvailableRoles> = {
      method: 'Decisions/ListAvailableRoles',
      places: [place],
      request: { organizationId, ...(scope !== '' && { scope }) },
      atLeast: options.atLeast,
      parse: (reply, atLeast) => parseAvailableRoles(reply, place, atLeast),
    }
    try {
      const fromCache = () => this.rolesFromCache(place, asked.atLeast)
      return await this.#inquire(asked, options, { key: 'availableRoles', fromCache })
    } catch (error) {
      const { cache } = this.#options
      const isOut = isRoleSetsError(error) && (error.code === 'unavailable' || error.code === 'deadline_exceeded')
      if (!isOut || !covers(cache, options.atLeast)) throw error
      const lastKnown = cache.answersOf(organizationId, scope, true)?.availableRoles(place, true)
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
      place: asked.places[0] === undefined ? '' : keyOfPlace(asked.places[0]),
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
    this.misses += asked.places.length
    // A scope is decided together with its organization.
    const wholes = asked.places.map(({ organizationId }) => cache.beginLookup(wholeOf(organizationId)))
    const scopes = asked.places.map((place) => (place.scope === '' ? undefined : cache.beginLookup(place)))
    try {
      const reply = await calls.read(asked.method, { ...asked.request, atLeastRevision }, limits)
      const answer = asked.parse(reply, atLeast)
      answer.assignments.forEach(({ whole, own }, at) => {
        const [ofWhole, ofScope] = [wholes[at], scopes[at]]
        if (ofWhole !== undefined) cache.fill(ofWhole, whole, answer.revision)
        if (ofScope !== undefined && own !== undefined) cache.fill(ofScope, own, answer.revision)
      })
      // The setting came with the snapshot; a sidecar that was restarted with the stricter one is believed at once.
      if (answer.unknownOrganizationsDenied) cache.setUnknownOrganizations(true)
      return answer
    } catch (error) {
      throw this.#noDecision(error, asked)
    } finally {
      for (const lookup of [...wholes, ...scopes]) if (lookup !== undefined) cache.endLookup(lookup)
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

function placeOf({ organizationId, scope = '' }: Question): Place {
  return { organizationId, scope }
}

function requestOf({ organizationId, role, permission = '', scope = '' }: Question): object {
  return { organizationId, role, permission, ...(scope !== '' && { scope }) }
}

/** Whether the catalogue is of this revision or a later one. */
function covers(cache: Cache, atLeast: Revision | undefined): boolean {
  return atLeast === undefined || cache.includes(atLeast)
}
