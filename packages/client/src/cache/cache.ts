/**
 * The cache: the catalogue as the feed last delivered it, and through an LRU the role sets of the organizations that were
 * asked for. Entries are stamped with the revision that they were read at, never with a time.
 *
 * An entry and the catalogue decide together, so they are used together only when they are of one revision: an entry that
 * is ahead of the feed waits for it, and a change set is applied in one tick.
 */

import { LRUCache } from 'lru-cache'
import { Moves } from './moves.ts'
import { unregistered, type Catalogue } from './catalogue.ts'
import type { Change, ChangeSet } from '../feed/changes.ts'
import type { Assignment, Decision } from './decision.ts'
import { parseRevision, type Revision } from '../revision.ts'
import type { RoleSetView } from './role-set-view.ts'

/** Role sets that entries refer to, or were replaced away, before everything is dropped instead of keeping one more. */
const placesMax = 10_000

/** A role set, as entries refer to it: shared by all of them, so that a change of the set is one change here. */
interface Place {
  /** Id of the set; `unregistered` for organizations that the store doesn't have. */
  readonly roleSetId: string
  /** As it answers at the revision of the catalogue; found when it is first needed. */
  view: RoleSetView | undefined
}

interface Entry {
  place: Place
  /** Number of the revision at which it was read, or by which it was changed since. */
  revision: number
}

/** Someone is asking the sidecar about an organization: the feed marks it, or the answer would bring the past back. */
export interface Lookup {
  readonly organizationId: string
  /** Number of the last revision that touched the organization since the lookup began. */
  touchedAt: number
  /** How many are asking. */
  asking: number
}

export class Cache {
  readonly #entries: LRUCache<string, Entry>
  readonly #lookups = new Map<string, Lookup>()
  readonly #moves = new Moves()
  readonly #places = new Map<string, Place>()
  /** Places whose views are of the present catalogue. */
  #found: Place[] = []
  #catalogue: Catalogue | undefined
  /** The largest revision that a write of this client made. */
  #written: Revision | undefined
  /** The largest number that the feed ever delivered in this epoch. */
  #reached = 0
  /** Number that the catalogue must have before anything is answered from it. */
  #neededNumber = 0

  constructor(organizationsMax: number) {
    this.#entries = new LRUCache({ max: organizationsMax })
  }

  get catalogue(): Catalogue | undefined {
    return this.#catalogue
  }

  /** Whether the catalogue is as new as everything that this client has seen. */
  get isCaughtUp(): boolean {
    return this.#catalogue !== undefined && this.#catalogue.number >= this.#reached
  }

  /** No answer may be older than this: what the feed has delivered and what this client has written. */
  get floor(): Revision | undefined {
    const catalogue = this.#catalogue
    if (catalogue === undefined) return this.#written
    const { epoch } = catalogue
    if (this.#written === undefined) return { epoch, number: this.#reached }
    // Written to a store that was restored: the feed is about to tell the same.
    if (this.#written.epoch !== epoch) return this.#written
    return { epoch, number: Math.max(this.#reached, this.#written.number) }
  }

  /** An answer at the revision of the catalogue that was given before: the way of nearly every check. */
  remembered(organizationId: string, role: string, permission: string | undefined): Decision | undefined {
    const number = this.#catalogue?.number ?? -1
    if (number < this.#neededNumber) return undefined
    const entry = this.#entries.get(organizationId)
    if (entry === undefined || entry.revision > number) return undefined
    const { view } = entry.place
    return permission === undefined ? view?.answers.get(role) : view?.answersByPermission.get(permission)?.get(role)
  }

  /** The answer at the revision of the catalogue, or undefined when the sidecar must be asked. */
  decide(organizationId: string, role: string, permission: string | undefined): Decision | undefined {
    const view = this.view(organizationId, false)
    return permission === undefined ? view?.answer(role) : view?.answerWithPermission(role, permission)
  }

  /** The organization's role set. With `lastKnown`, also while this client knows of something newer. */
  view(organizationId: string, lastKnown: boolean): RoleSetView | undefined {
    const catalogue = this.#catalogue
    if (catalogue === undefined || (!lastKnown && catalogue.number < this.#neededNumber)) return undefined
    const entry = this.#entries.get(organizationId)
    if (entry === undefined || entry.revision > catalogue.number) return undefined
    return this.#findView(organizationId, entry)
  }

  /** To be called before the sidecar is asked, and ended whatever comes of it. */
  beginLookup(organizationId: string): Lookup {
    const lookup = this.#lookups.get(organizationId) ?? { organizationId, touchedAt: 0, asking: 0 }
    lookup.asking++
    this.#lookups.set(organizationId, lookup)
    return lookup
  }

  endLookup(lookup: Lookup): void {
    lookup.asking--
    if (lookup.asking === 0) this.#lookups.delete(lookup.organizationId)
  }

  /** Keeps what was read, unless a newer change touched the organization meanwhile, or something newer is known. */
  fill(lookup: Lookup, { organizationId, roleSetId }: Assignment, { epoch, number }: Revision): void {
    if (epoch !== this.#catalogue?.epoch || lookup.touchedAt > number) return
    const known = this.#entries.peek(organizationId)
    if (known === undefined || known.revision < number)
      this.#entries.set(organizationId, { place: this.#place(roleSetId), revision: number })
  }

  /** Starts anew from a snapshot. One of the same epoch may be older than what was delivered; then it has to catch up. */
  adopt(catalogue: Catalogue): void {
    if (catalogue.epoch !== this.#catalogue?.epoch) this.#reached = 0
    if (catalogue.epoch !== this.#written?.epoch) this.#written = undefined
    this.#dropEntries(Infinity)
    this.#install(catalogue)
  }

  /** Applies the next change set whole, in one tick. Nothing is changed if it throws. */
  apply(changeSet: ChangeSet): void {
    if (this.#catalogue === undefined) throw new Error('A change set needs a catalogue before it.')
    const next = this.#catalogue.next(changeSet.changes)
    for (const change of changeSet.changes) this.#applyToEntries(change, next)
    this.#install(next)
  }

  setUnknownOrganizations(denied: boolean): void {
    const catalogue = this.#catalogue?.withUnknownOrganizations(denied)
    if (catalogue !== undefined && catalogue !== this.#catalogue) this.#install(catalogue)
  }

  /**
   * Reads after this write see it. `epochBefore` is the epoch in which the write was sent: what was written to a life of
   * the store that has ended since binds nobody.
   */
  raiseFloor(revision: string, epochBefore: string | undefined): void {
    const written = parseRevision(revision)
    const epoch = this.#catalogue?.epoch
    if (written === undefined || (written.epoch !== epoch && written.epoch === epochBefore)) return
    if (this.#written?.epoch === written.epoch && this.#written.number >= written.number) return
    this.#written = written
    this.#updateNeeded()
  }

  #install(catalogue: Catalogue): void {
    this.#catalogue = catalogue
    for (const place of this.#found) place.view = undefined
    this.#found = []
    this.#reached = Math.max(this.#reached, catalogue.number)
    this.#updateNeeded()
  }

  #updateNeeded(): void {
    const floor = this.floor
    this.#neededNumber = floor === undefined || floor.epoch === this.#catalogue?.epoch ? (floor?.number ?? 0) : Infinity
  }

  #findView(organizationId: string, { place }: Entry): RoleSetView | undefined {
    if (place.view !== undefined) return place.view
    place.view = this.#catalogue?.view(this.#moves.destination(place.roleSetId))
    if (place.view === undefined) this.#entries.delete(organizationId)
    else this.#found.push(place)
    return place.view
  }

  #place(roleSetId: string): Place {
    const known = this.#places.get(roleSetId)
    if (known !== undefined) return known
    if (this.#places.size >= placesMax) this.#forgetEntries()
    const place: Place = { roleSetId, view: undefined }
    this.#places.set(roleSetId, place)
    return place
  }

  #applyToEntries(change: Change, next: Catalogue): void {
    if ('organizationPut' in change) {
      this.#assign(change.organizationPut.id, change.organizationPut.roleSetId, next.number)
    } else if ('organizationDeleted' in change) {
      this.#assign(change.organizationDeleted.id, unregistered, next.number)
    } else if ('organizationsMoved' in change) {
      const { fromRoleSetId, toRoleSetId } = change.organizationsMoved
      // A set that stays would be told from its organizations' old one only by their revisions: ask for them again.
      if (next.content.roleSets.has(fromRoleSetId) || this.#moves.size >= placesMax) this.#dropEntries(next.number)
      else this.#moves.add(fromRoleSetId, toRoleSetId)
      this.#touchLookups(next.number)
    }
  }

  #assign(organizationId: string, roleSetId: string, revision: number): void {
    const lookup = this.#lookups.get(organizationId)
    if (lookup !== undefined) lookup.touchedAt = revision
    const entry = this.#entries.peek(organizationId)
    if (entry === undefined || entry.revision >= revision) return
    entry.place = this.#place(roleSetId)
    entry.revision = revision
  }

  #touchLookups(revision: number): void {
    for (const lookup of this.#lookups.values()) lookup.touchedAt = revision
  }

  /** What is being read must be as new as this, or it isn't kept. */
  #dropEntries(revision: number): void {
    this.#forgetEntries()
    this.#touchLookups(revision)
  }

  #forgetEntries(): void {
    this.#entries.clear()
    this.#places.clear()
    this.#moves.clear()
  }
}
