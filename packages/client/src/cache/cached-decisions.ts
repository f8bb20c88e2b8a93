/**
 * Answers questions from the cache while it is fresh, otherwise from the sidecar. If neither can answer, the result is
 * an error and no decision: a stale entry is not used.
 */

import { wholeOf, type Revision } from '@rolesets/core'
import type { ParsedAskOptions } from '../arguments.ts'
import { isRoleSetsError } from '../errors.ts'
import type { Limits } from '../waiting.ts'
import { parseAvailableRoles, parseBatch, parseCheck, type SidecarAnswer } from './answers.ts'
import type { Asking } from './asking.ts'
import type { Cache } from './cache.ts'
import type { AvailableRoles, Decision, Question } from './decision.ts'
import type { Inquiry, Lookups } from './lookups.ts'

export interface CachedDecisionsOptions {
  readonly asking: Asking
  readonly lookups: Lookups
  readonly cache: Cache
}

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

  constructor(options: CachedDecisionsOptions) {
    this.#options = options
  }

  /** One that was answered before at this revision. The arguments needn't be valid: those that aren't find nothing. */
  remembered(organizationId: string, role: string, permission: string | undefined): Decision | undefined {
    const { asking, cache } = this.#options
    if (!asking.isFresh) return undefined
    const decision = cache.remembered(organizationId, role, permission)
    if (decision !== undefined) asking.hits++
    return decision
  }

  fromCache({ organizationId, role, permission }: Question, atLeast?: Revision): Decision | undefined {
    const { asking, cache } = this.#options
    if (!asking.mayUseCache(atLeast)) return undefined
    const decision = cache.decide(organizationId, role, permission)
    if (decision !== undefined) asking.hits++
    return decision
  }

  /** All at the one revision of the catalogue, or nothing. */
  manyFromCache(questions: readonly Question[], atLeast?: Revision): readonly Decision[] | undefined {
    const { asking } = this.#options
    if (!asking.mayUseCache(atLeast)) return undefined
    const decisions: Decision[] = []
    for (const { organizationId, role, permission } of questions) {
      const decision = this.#options.cache.decide(organizationId, role, permission)
      if (decision === undefined) return undefined
      decisions.push(decision)
    }
    asking.hits += decisions.length
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
    if (!this.#options.asking.mayUseCache(atLeast)) return undefined
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
      const { asking, cache } = this.#options
      const isOut = isRoleSetsError(error) && (error.code === 'unavailable' || error.code === 'deadline_exceeded')
      if (!isOut || !asking.covers(options.atLeast)) throw error
      const lastKnown = cache.answersOf(organizationId, true)?.availableRoles(organizationId, true)
      if (lastKnown === undefined) throw error
      return lastKnown
    }
  }

  #inquire<Value>(
    asked: Asked<Value>,
    options: ParsedAskOptions,
    question: Pick<Inquiry<Value>, 'key' | 'fromCache'>,
  ): Promise<Value> {
    const { asking } = this.#options
    const inquiry: Inquiry<Value> = {
      ...question,
      about: asked.organizationIds[0] ?? '',
      atLeast: asking.needed(asked.atLeast),
      canBeCached: () => asking.mayUseCache(undefined),
      ask: (limits) => this.#ask(asked, limits),
    }
    return this.#options.lookups.inquire(inquiry, options)
  }

  /** Asks the sidecar, and keeps what the answer says about the organizations' role sets. */
  async #ask<Value>(asked: Asked<Value>, limits: Limits): Promise<SidecarAnswer<Value>> {
    const { asking, cache } = this.#options
    asking.misses += asked.organizationIds.length
    const lookups = asked.organizationIds.map((id) => cache.beginLookup(wholeOf(id)))
    try {
      const answer = await asking.ask(asked, limits)
      lookups.forEach((lookup, at) => {
        const roleSetId = answer.roleSetIds[at]
        if (roleSetId !== undefined) cache.fill(lookup, roleSetId, answer.revision)
      })
      // The setting came with the snapshot; a sidecar that was restarted with the stricter one is believed at once.
      if (answer.unknownOrganizationsDenied) cache.setUnknownOrganizations(true)
      return answer
    } finally {
      for (const lookup of lookups) cache.endLookup(lookup)
    }
  }
}
