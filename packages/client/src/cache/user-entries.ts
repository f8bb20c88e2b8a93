/**
 * What the cache of members keeps of one user. Nearly all users are members of a place or two, and some programs of very many:
 * one is kept as it is, a few are a list, more are a map. A change makes another object, so that the cache counts the entries anew;
 * a large map is shared, because copying it each time would cost too much.
 */

import { keyOfPlace, type Place } from '@rolesets/core'
import type { HeldRoles } from './held-roles.ts'
import type { MemberAnswers } from './member-answers.ts'
import { notFound, type Present } from './present.ts'

/** Looking through so few takes no longer than a look-up in a map. */
const fewMax = 8
/** Of one user; beyond it, the one that was kept first goes. */
export const entriesOfUserMax = 10_000

/** What was read of a membership, and when. The feed changes it in place. */
export interface MembershipRead {
  readonly held: HeldRoles
  /** Of the client's clock; Infinity: without an end. */
  readonly untilMs: number
  /** Number of the revision at which it was read, or by which it was changed since. */
  readonly revision: number
}

/** A user in a place. */
export class MemberEntry implements Place {
  readonly organizationId: string
  readonly scope: string
  held: HeldRoles
  untilMs: number
  revision: number
  /** Number of the last fact about many members that was found not to concern it. */
  checkedAt = 0
  /** In its own place. */
  present: Present<MemberAnswers> = notFound

  constructor({ organizationId, scope }: Place, { held, untilMs, revision }: MembershipRead) {
    this.organizationId = organizationId
    this.scope = scope
    this.held = held
    this.untilMs = untilMs
    this.revision = revision
  }

  get size(): number {
    return 1
  }

  /** As if it were the list of all that the user has. */
  find(organizationId: string, scope: string): MemberEntry | undefined {
    return this.organizationId === organizationId && this.scope === scope ? this : undefined
  }
}

export class UserEntries {
  readonly #few: readonly MemberEntry[]
  readonly #many: Map<string, MemberEntry> | undefined

  constructor(few: readonly MemberEntry[], many?: Map<string, MemberEntry>) {
    this.#few = few
    this.#many = many
  }

  get size(): number {
    return this.#many?.size ?? this.#few.length
  }

  /** The entry, if there is no other one. */
  get only(): MemberEntry | undefined {
    return this.#few.length === 1 ? this.#few[0] : undefined
  }

  find(organizationId: string, scope: string): MemberEntry | undefined {
    if (this.#many !== undefined)
      return this.#many.get(scope === '' ? organizationId : keyOfPlace({ organizationId, scope }))
    for (const entry of this.#few) if (entry.find(organizationId, scope) !== undefined) return entry
    return undefined
  }

  /** With this entry in the place of the one that it has there. @param max of the user's entries; those that were kept first go */
  with(entry: MemberEntry, max: number): UserEntries {
    if (this.#many === undefined && this.size < fewMax) {
      const others = this.#few.filter((each) => each.find(entry.organizationId, entry.scope) === undefined)
      return new UserEntries([...others, entry].slice(-max))
    }
    const many = this.#many ?? new Map(this.#few.map((each) => [keyOfPlace(each), each]))
    many.set(keyOfPlace(entry), entry)
    if (many.size > max) {
      const [first = ''] = many.keys()
      many.delete(first)
    }
    return new UserEntries([], many)
  }

  /** Without that of this place. */
  without({ organizationId, scope }: Place): UserEntries {
    if (this.#many === undefined)
      return new UserEntries(this.#few.filter((each) => each.find(organizationId, scope) === undefined))
    this.#many.delete(keyOfPlace({ organizationId, scope }))
    return new UserEntries([], this.#many)
  }

  /** Without those of the scopes of this organization. */
  withoutScopes(organizationId: string): UserEntries {
    const isInScope = (each: MemberEntry) => each.organizationId === organizationId && each.scope !== ''
    if (this.#many === undefined) return new UserEntries(this.#few.filter((each) => !isInScope(each)))
    for (const [key, each] of this.#many) if (isInScope(each)) this.#many.delete(key)
    return new UserEntries([], this.#many)
  }
}

export const noEntries = new UserEntries([])
