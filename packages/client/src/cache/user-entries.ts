/**
 * What the cache of members keeps of one user. Nearly all users are members of a place or two, and some programs of very many:
 * few entries are a list, more are a map. A change makes another object, so that the cache counts the entries anew; a large
 * map is shared, because copying it each time would cost too much.
 */

import { keyOfPlace, type Place } from '@rolesets/core'

/** Looking through so few takes no longer than a look-up in a map. */
const fewMax = 8
/** Of one user; beyond it, the one that was kept first goes. */
const entriesMax = 10_000

export class UserEntries<Entry extends Place> {
  readonly #few: readonly Entry[]
  readonly #many: Map<string, Entry> | undefined
  /** Of the few; nearly always the only one. */
  readonly #first: Entry | undefined

  constructor(few: readonly Entry[], many?: Map<string, Entry>) {
    this.#few = few
    this.#many = many
    this.#first = few[0]
  }

  get size(): number {
    return this.#many?.size ?? this.#few.length
  }

  find(organizationId: string, scope: string): Entry | undefined {
    const first = this.#first
    if (first?.organizationId === organizationId && first.scope === scope) return first
    if (this.#many !== undefined)
      return this.#many.get(scope === '' ? organizationId : keyOfPlace({ organizationId, scope }))
    for (const entry of this.#few) if (entry.organizationId === organizationId && entry.scope === scope) return entry
    return undefined
  }

  /** With this entry in the place of the one that it has there. */
  with(entry: Entry): UserEntries<Entry> {
    if (this.#many === undefined && this.size < fewMax) {
      const others = this.#few.filter((each) => !isSamePlace(each, entry))
      return new UserEntries([...others, entry])
    }
    const many = this.#many ?? new Map(this.#few.map((each) => [keyOfPlace(each), each]))
    many.set(keyOfPlace(entry), entry)
    if (many.size > entriesMax) {
      const [first = ''] = many.keys()
      many.delete(first)
    }
    return new UserEntries<Entry>([], many)
  }

  /** Without that of this place. */
  without(place: Place): UserEntries<Entry> {
    if (this.#many === undefined) return new UserEntries(this.#few.filter((each) => !isSamePlace(each, place)))
    this.#many.delete(keyOfPlace(place))
    return new UserEntries<Entry>([], this.#many)
  }

  /** Without those of the scopes of this organization. */
  withoutScopes(organizationId: string): UserEntries<Entry> {
    const isInScope = (each: Entry) => each.organizationId === organizationId && each.scope !== ''
    if (this.#many === undefined) return new UserEntries(this.#few.filter((each) => !isInScope(each)))
    for (const [key, each] of this.#many) if (isInScope(each)) this.#many.delete(key)
    return new UserEntries<Entry>([], this.#many)
  }
}

function isSamePlace(one: Place, other: Place): boolean {
  return one.organizationId === other.organizationId && one.scope === other.scope
}
