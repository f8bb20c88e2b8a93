/**
 * Role sets that were replaced away, and the sets that took their organizations: one note, however many organizations
 * moved. Sound because the set that they left is gone for good, and its id is never used again.
 */

export class Moves {
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

  /** Where organizations that were on this set are now. Shortens the way for those who come after. */
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
