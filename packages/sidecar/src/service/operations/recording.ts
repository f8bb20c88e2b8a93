/**
 * Records the changes of one write, and finds out which organizations they leave without an administrator (rule 19). A
 * write of several steps, as an apply is, is judged by its end: what one step takes, a later one may give back. Where a step
 * takes the last administrator whose membership has no end, only one without an end gives back.
 */

import { limits, type Catalogue, type Change, type Reassigned } from '@rolesets/core'
import { absenceIn, departuresOf } from '../../domain/administrators.ts'
import type { Departure, HolderCounts, WithoutAdministrator } from '../../domain/decided.ts'
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
  /** Of these, what took the last ones whose memberships have no end. */
  readonly #foundLasting: WithoutAdministrator[] = []
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
      const found = await this.#ask(departure, candidatesMax)
      if (found.organizations === 0) continue
      this.#found.push(found)
      this.#foundLasting.push(await this.#ask({ ...departure, onlyLasting: true }, candidatesMax))
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
    const { organizations } = await this.#ask(absenceIn(after, organizationIds), organizationIds.length)
    return organizations < organizationIds.length
  }

  /** The organizations that had an administrator and have none now. */
  async withoutAdministrator(after: Catalogue): Promise<WithoutAdministrator> {
    const found = this.#found.length === 0 ? { organizations: 0, organizationIds: [] } : await this.#lookAgain(after)
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
    const candidates = idsIn(this.#found)
    const [any, lasting] = [
      await this.#ask(absenceIn(after, candidates), candidates.length),
      await this.#ask(absenceIn(after, idsIn(this.#foundLasting), true), candidates.length),
    ]
    // The candidates of one question are in order already.
    const absent = new Set(idsIn([any, lasting]))
    const ordered = this.#found.length === 1 ? candidates : candidates.sort()
    const organizationIds = ordered.filter((id) => absent.has(id))
    return { organizations: organizationIds.length, organizationIds }
  }

  async #ask(departure: Departure, limit: number): Promise<WithoutAdministrator> {
    return this.#writer.withoutAdministrator(departure, { limit, now: this.#now })
  }
}

function idsIn(found: readonly WithoutAdministrator[]): string[] {
  return [...new Set(found.flatMap(({ organizationIds }) => organizationIds))]
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
