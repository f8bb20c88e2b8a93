/**
 * Answers questions from the cache while it is fresh, otherwise from the sidecar. If neither can answer, the result is
 * an error and no decision: a stale entry is not used.
 */

import { keyOfPlace, wholeOf, type Place, type Revision } from '@rolesets/core'
import type { ParsedAskOptions } from '../arguments.ts'
import { isRoleSetsError } from '../errors.ts'
import type { Limits } from '../waiting.ts'
import { parseAvailableRoles, parseBatch, parseCheck, type SidecarAnswer } from './answers.ts'
import type { Asking } from './asking.ts'
import type { Cache } from './cache.ts'
import type { AvailableRoles, CachedQuestion, Decision, Question } from './decision.ts'
import type { Inquiry, Lookups } from './lookups.ts'
import type { RoleSetAnswers } from './role-set-answers.ts'

export interface CachedDecisionsOptions {
  readonly asking: Asking
  readonly lookups: Lookups
  readonly cache: Cache
}

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
  readonly #asking: Asking
  readonly #lookups: Lookups
  readonly #cache: Cache

  constructor({ asking, lookups, cache }: CachedDecisionsOptions) {
    this.#asking = asking
    this.#lookups = lookups
    this.#cache = cache
  }

  /**
   * One that was answered before at this revision: the way of nearly every check. The arguments needn't be valid: those that aren't
   * find nothing.
   */
  remembered(organizationId: string, role: string, about: string | CachedQuestion | undefined): Decision | undefined {
    if (!this.#asking.isFresh) return undefined
    const decision =
      typeof about === 'object'
        ? this.#found(organizationId, about.scope)?.remembered(role, about.permission)
        : this.#cache.found(organizationId)?.remembered(role, about)
    if (decision !== undefined) this.#asking.hits++
    return decision
  }

  #found(organizationId: string, scope: string | undefined): RoleSetAnswers | undefined {
    return scope === undefined || scope === ''
      ? this.#cache.found(organizationId)
      : this.#cache.foundOfScope(organizationId, scope)
  }

  fromCache(question: Question, atLeast?: Revision): Decision | undefined {
    if (!this.#asking.mayUseCache(atLeast)) return undefined
    const decision = this.#cache.decide(question)
    if (decision !== undefined) this.#asking.hits++
    return decision
  }

  /** All at the one revision of the catalogue, or nothing. */
  manyFromCache(questions: readonly Question[], atLeast?: Revision): readonly Decision[] | undefined {
    if (!this.#asking.mayUseCache(atLeast)) return undefined
    const decisions: Decision[] = []
    for (const question of questions) {
      const decision = this.#cache.decide(question)
      if (decision === undefined) return undefined
      decisions.push(decision)
    }
    this.#asking.hits += decisions.length
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
    if (!this.#asking.mayUseCache(atLeast)) return undefined
    return this.#cache.answersOf(place)?.availableRoles(place, false)
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
      const isOut = isRoleSetsError(error) && (error.code === 'unavailable' || error.code === 'deadline_exceeded')
      if (!isOut || !this.#asking.covers(options.atLeast)) throw error
      const lastKnown = this.#cache.answersOf(place, true)?.availableRoles(place, true)
      if (lastKnown === undefined) throw error
      return lastKnown
    }
  }

  #inquire<Value>(
    asked: Asked<Value>,
    options: ParsedAskOptions,
    question: Pick<Inquiry<Value>, 'key' | 'fromCache'>,
  ): Promise<Value> {
    const asking = this.#asking
    const inquiry: Inquiry<Value> = {
      ...question,
      about: asked.places[0] === undefined ? '' : keyOfPlace(asked.places[0]),
      atLeast: asking.needed(asked.atLeast),
      canBeCached: () => asking.mayUseCache(undefined),
      ask: (limits) => this.#ask(asked, limits),
    }
    return this.#lookups.inquire(inquiry, options)
  }

  /** Asks the sidecar, and keeps what the answer says about the organizations' role sets. */
  async #ask<Value>(asked: Asked<Value>, limits: Limits): Promise<SidecarAnswer<Value>> {
    const [asking, cache] = [this.#asking, this.#cache]
    asking.misses += asked.places.length
    // A scope is decided together with its organization.
    const wholes = asked.places.map(({ organizationId }) => cache.beginLookup(wholeOf(organizationId)))
    const scopes = asked.places.map((place) => (place.scope === '' ? undefined : cache.beginLookup(place)))
    try {
      const answer = await asking.ask(asked, limits)
      answer.assignments.forEach(({ whole, own }, at) => {
        const [ofWhole, ofScope] = [wholes[at], scopes[at]]
        if (ofWhole !== undefined) cache.fill(ofWhole, whole, answer.revision)
        if (ofScope !== undefined && own !== undefined) cache.fill(ofScope, own, answer.revision)
      })
      // The setting came with the snapshot; a sidecar that was restarted with the stricter one is believed at once.
      if (answer.unknownOrganizationsDenied) cache.setUnknownOrganizations(true)
      return answer
    } finally {
      for (const lookup of [...wholes, ...scopes]) if (lookup !== undefined) cache.endLookup(lookup)
    }
  }
}

function placeOf({ organizationId, scope = '' }: Question): Place {
  return { organizationId, scope }
}

function requestOf({ organizationId, role, permission = '', scope = '' }: Question): object {
  return { organizationId, role, permission, ...(scope !== '' && { scope }) }
}
