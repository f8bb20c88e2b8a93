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
    for (const part of partsOf(changes)) await this.#recordPart(part)
  }

  async #recordPart(changes: readonly Change[]): Promise<void> {
    const before = await this.#writer.catalogue()
    for (const departure of departuresOf(before, changes, this.#now)) {
      const found = await this.#writer.withoutAdministrator(departure, { limit: candidatesMax, now: this.#now })
      if (found.organizations > 0) this.#found.push(found)
    }
    let counted: Change[] = []
    for (const change of changes) {
      if (change.verb !== 'reassigned' || !this.#canRepeat(change)) {
        counted.push(change)
        continue
      }
      // What comes before it can have given some of the holders other roles.
      if (counted.length > 0) await this.#writer.record(counted)
      counted = [await this.#withRepeated(change)]
    }
    await this.#writer.record(counted)
  }

  /** Whether one of these organizations has an administrator until the end of a membership. */
  async hasAdministratorForATime(after: Catalogue, { organizationIds }: WithoutAdministrator): Promise<boolean> {
    const asked = { limit: organizationIds.length, now: this.#now }
    const { organizations } = await this.#writer.withoutAdministrator(absenceIn(after, organizationIds), asked)
    return organizations < organizationIds.length
  }

  /** The organizations that had an administrator and have none now. */
  async withoutAdministrator(after: Catalogue): Promise<WithoutAdministrator> {
    const [first = { organizations: 0, organizationIds: [] }, ...others] = this.#found
    const isKnown = this.#steps === 1 && others.length === 0
    const found = isKnown || this.#found.length === 0 ? first : await this.#lookAgain(after)
    return { ...found, organizationIds: found.organizationIds.slice(0, limits.organizationsInImpactMax) }
  }

  /** One mapping gives each holder one role, unless an earlier step of the same write has given the holder another one. */
  #canRepeat({ mappings }: Reassigned): boolean {
    return mappings.length > 1 || this.#steps > 1
  }

  /** The change, with how often it counts holders beyond once. */
  async #withRepeated(change: Reassigned): Promise<Reassigned> {
    const roleIds = change.mappings.map(({ fromRoleId }) => fromRoleId)
    const asked = { among: change.among, roleIds, now: this.#now, revision: this.#writer.nextRevision }
    const repeated = await this.#writer.repeatedHolders(asked)
    const { members, invitations } = repeated
    if (members + invitations === 0) return change
    this.#repeated = {
      members: this.#repeated.members + members,
      invitations: this.#repeated.invitations + invitations,
    }
    return { ...change, repeated }
  }

  async #lookAgain(after: Catalogue): Promise<WithoutAdministrator> {
    const most = this.#found.reduce((one, other) => (one.organizations >= other.organizations ? one : other))
    if (most.organizations > candidatesMax) return most
    const candidates = [...new Set(this.#found.flatMap(({ organizationIds }) => organizationIds))]
    return this.#writer.withoutAdministrator(absenceIn(after, candidates), { limit: candidates.length, now: this.#now })
  }
}

/**
 * Members who get former roles back do so before the others get new ones by their roles: what is asked about a reassignment is
 * asked when the former are no longer concerned by it.
 */
function partsOf(changes: readonly Change[]): readonly (readonly Change[])[] {
  const place = changes.findIndex(({ verb }) => verb === 'reassigned')
  const isAfterMembers = changes.slice(0, Math.max(place, 0)).some(({ thing }) => thing === 'membership')
  return isAfterMembers ? [changes.slice(0, place), changes.slice(place)] : [changes]
}
