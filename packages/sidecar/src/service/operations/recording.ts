/**
 * Records the changes of one write, and finds out which organizations they leave without an administrator (rule 19). A
 * write of several steps, as an apply is, is judged by its end: what one step takes, a later one may give back.
 */

import { limits, type Catalogue, type Change, type Reassigned } from '@rolesets/core'
import { absenceIn, departuresOf } from '../../domain/administrators.ts'
import type { HolderCounts, WithoutAdministrator } from '../../domain/decided.ts'
import type { Writer } from '../../storage/store.ts'

/**
 * Organizations that are looked at again after the last step. Where a step leaves more of them without an administrator,
 * all of them count, because a later step gives a role to the members of one organization or of one role set.
 */
const candidatesMax = 10_000

export class Recording {
  readonly #writer: Writer
  readonly #now: number
  readonly #found: WithoutAdministrator[] = []
  #steps = 0
  /** Members and invitations that are counted for several roles that they get others for, beyond once. */
  #repeated = { members: 0, invitations: 0 }

  /** @param now Unix milliseconds, of the write */
  constructor(writer: Writer, now: number) {
    this.#now = now
    this.#writer = writer
  }

  get repeated(): HolderCounts {
    return this.#repeated
  }

  async record(changes: readonly Change[]): Promise<void> {
    if (changes.length === 0) return
    this.#steps += 1
    const before = await this.#writer.catalogue()
    for (const departure of departuresOf(before, changes)) {
      const found = await this.#writer.withoutAdministrator(departure, candidatesMax)
      if (found.organizations > 0) this.#found.push(found)
    }
    for (const change of changes) if (change.verb === 'reassigned') await this.#countRepeated(change)
    await this.#writer.record(changes)
  }

  /** The organizations that had an administrator and have none now. */
  async withoutAdministrator(after: Catalogue): Promise<WithoutAdministrator> {
    const [first = { organizations: 0, organizationIds: [] }, ...others] = this.#found
    const isKnown = this.#steps === 1 && others.length === 0
    const found = isKnown || this.#found.length === 0 ? first : await this.#lookAgain(after)
    return { ...found, organizationIds: found.organizationIds.slice(0, limits.organizationsInImpactMax) }
  }

  async #countRepeated({ among, mappings }: Reassigned): Promise<void> {
    const roleIds = mappings.map(({ fromRoleId }) => fromRoleId)
    if (roleIds.length < 2 || !('roleSetId' in among || 'organizationId' in among)) return
    const { members, invitations } = await this.#writer.repeatedHolders(among, roleIds, this.#now)
    this.#repeated = {
      members: this.#repeated.members + members,
      invitations: this.#repeated.invitations + invitations,
    }
  }

  async #lookAgain(after: Catalogue): Promise<WithoutAdministrator> {
    const most = this.#found.reduce((one, other) => (one.organizations >= other.organizations ? one : other))
    if (most.organizations > candidatesMax) return most
    const candidates = [...new Set(this.#found.flatMap(({ organizationIds }) => organizationIds))]
    return this.#writer.withoutAdministrator(absenceIn(after, candidates), candidates.length)
  }
}
