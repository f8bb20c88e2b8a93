/** Lists of roles as members hold them. Equal lists are one object, so that answers can be kept with the list. */

export interface HeldRoles {
  /** Ids; empty: no member. */
  readonly ids: readonly string[]
}

/** Lists that are remembered, before all are forgotten instead of one more. */
const listsMax = 10_000

export class HeldRolesLists {
  readonly #lists = new Map<string, HeldRoles>()

  of(ids: readonly string[]): HeldRoles {
    // Ids hold no control characters.
    const key = ids.join('\n')
    const known = this.#lists.get(key)
    if (known !== undefined) return known
    // Lists that are in use stay as they are: only the next equal one is another object.
    if (this.#lists.size >= listsMax) this.#lists.clear()
    const list = Object.freeze({ ids: Object.freeze([...ids]) })
    this.#lists.set(key, list)
    return list
  }
}
