/**
 * Role sets that were replaced, and the sets that took their organizations: one entry, however many organizations moved.
 * This is sound because the set that they left was deleted, and its id is not used again.
 */

export class RoleSetMoves {
  readonly #to = new Map<string, string>()

  get size(): number {
    return this.#to.size
  }

  add(fromRoleSetId: string, toRoleSetId: string): void {
    this.#to.set(fromRoleSetId, toRoleSetId)
  }

  clear(): void {
    this.#to.clear()
  }

  /** Where organizations that were on this set are now. Shortens the way for the next caller. */
  destination(roleSetId: string): string {
    const passed: string[] = []
    let at = roleSetId
    for (let next = this.#to.get(at); next !== undefined && passed.length <= this.#to.size; next = this.#to.get(at)) {
      passed.push(at)
      at = next
    }
    for (const id of passed) this.#to.set(id, at)
    return at
  }
}
