/**
 * Records the changes of one write, and finds out which organizations they leave without an administrator (rule 19). A
 * write of several steps, as an apply is, is judged by its end: what one step takes, a later one may give back.
 */

import { limits, type Catalogue, type Change } from '@rolesets/core'
import { absenceIn, departuresOf } from '../../domain/administrators.ts'
import type { WithoutAdministrator } from '../../domain/decided.ts'
import type { Writer } from '../../storage/store.ts'

/**
 * Organizations that are looked at again after the last step. Where a step leaves more of them without an administrator,
 * all of them count, because a later step gives a role to the members of one organization or of one role set.
 */
const candidatesMax = 10_000

export class Recording {
  readonly #writer: Writer
  readonly #found: WithoutAdministrator[] = []
  #steps = 0

  constructor(writer: Writer) {
    this.#writer = writer
  }

  async record(changes: readonly Change[]): Promise<void> {
    if (changes.length === 0) return
    this.#steps += 1
    const before = await this.#writer.catalogue()
    for (const departure of departuresOf(before, changes)) {
      const found = await this.#writer.withoutAdministrator(departure, candidatesMax)
      if (found.organizations > 0) this.#found.push(found)
    }
    await this.#writer.record(changes)
  }

  /** The organizations that had an administrator and have none now. */
  async withoutAdministrator(after: Catalogue): Promise<WithoutAdministrator> {
    const [first = { organizations: 0, organizationIds: [] }, ...others] = this.#found
    const isKnown = this.#steps === 1 && others.length === 0
    const found = isKnown || this.#found.length === 0 ? first : await this.#lookAgain(after)
    return { ...found, organizationIds: found.organizationIds.slice(0, limits.organizationsInImpactMax) }
  }

  async #lookAgain(after: Catalogue): Promise<WithoutAdministrator> {
    const most = this.#found.reduce((one, other) => (one.organizations >= other.organizations ? one : other))
    if (most.organizations > candidatesMax) return most
    const candidates = [...new Set(this.#found.flatMap(({ organizationIds }) => organizationIds))]
    return this.#writer.withoutAdministrator(absenceIn(after, candidates), candidates.length)
  }
}
