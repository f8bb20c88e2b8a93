/**
 * The cache: the catalogue as the feed last delivered it, and through an LRU the role sets of the places that were asked
 * for. Entries are stamped with the revision that they were read at, never with a time.
 *
 * An entry and the catalogue decide together, so they are used together only when they are of one revision: an entry that
 * is ahead of the feed waits for it, and a change set is applied in one tick.
 */

import {
  assignmentEffectOf,
  keyOfPlace,
  parseRevision,
  type AssignmentEffect,
  type Place,
  type Revision,
} from '@rolesets/core'
import type { ChangeSet } from '../feed/changes.ts'
import { ended, type CatalogueAtRevision } from './catalogue.ts'
import { coreChangesOf } from './core-form.ts'
import type { Decision, Question } from './decision.ts'
import { OrganizationEntry, SharedRoleSet, type ScopeEntry } from './entries.ts'
import { Organizations } from './organizations.ts'
import type { RoleSetAnswers } from './role-set-answers.ts'
import { RoleSetMoves } from './role-set-moves.ts'

/** Role sets that entries refer to, or that were replaced, before everything is dropped instead of keeping one more. */
const roleSetsMax = 10_000

const timelinesMax = 100

/** A place that the sidecar is asked about: the feed marks it, or the answer would bring the past back. */
export interface Lookup {
  readonly place: Place
  /** Number of the last revision that touched the place since the lookup began. */
  touchedAt: number
  /** How many are asking. */
  asking: number
}

export class Cache {
  readonly #organizations: Organizations
  readonly #lookups = new Map<string, Lookup>()
  readonly #moves = new RoleSetMoves()
  readonly #roleSets = new Map<string, SharedRoleSet>()
  #catalogue: CatalogueAtRevision | undefined
  /** The largest revision that a write of this client made. */
  #written: Revision | undefined
  /** Timelines before the present one, as far as the feed has delivered their ends: with their last revisions. */
  readonly #ended = new Map<string, number>()
  /** The largest number that the feed ever delivered in this epoch. */
  #reached = 0
  /** Number of the revision at which answers are given; -1: the sidecar must be asked. */
  #answeringNumber = -1

  constructor(organizationsMax: number) {
    this.#organizations = new Organizations(organizationsMax)
  }

  get catalogue(): CatalogueAtRevision | undefined {
    return this.#catalogue
  }

  /** Whether the history of the catalogue is known to have this revision. */
  includes({ epoch, number }: Revision): boolean {
    const catalogue = this.#catalogue
    if (epoch === catalogue?.epoch) return number <= catalogue.number
    return number <= (this.#ended.get(epoch) ?? -1)
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
    if (this.#written === undefined) return this.#reached === 0 ? undefined : { epoch, number: this.#reached }
    // Written to a store that was restored: the feed is about to say the same.
    if (this.#written.epoch !== epoch) return this.#written
    return { epoch, number: Math.max(this.#reached, this.#written.number) }
  }

  /** Number of the revision at which answers are given; -1: the sidecar must be asked. */
  get answeringNumber(): number {
    return this.#answeringNumber
  }

  /** The answers of an organization that were found before: the way of nearly every check. */
  found(organizationId: string): RoleSetAnswers | undefined {
    if (this.#answeringNumber === -1) return undefined
    return this.#organizations.get(organizationId)?.present.answers
  }

  /** The same of a scope. */
  foundOfScope(organizationId: string, scope: string): RoleSetAnswers | undefined {
    if (this.#answeringNumber === -1) return undefined
    const kept = this.#organizations.get(organizationId)
    if (!(kept instanceof OrganizationEntry) || kept.revision > this.#answeringNumber) return undefined
    return kept.entryOf(scope)?.scopePresent.answers
  }

  /** The answer at the revision of the catalogue, or undefined when the sidecar must be asked. */
  decide({ organizationId, scope = '', role, permission }: Question): Decision | undefined {
    return this.answersOf({ organizationId, scope })?.answer(role, permission)
  }

  /** The answers of the place's role set. With `lastKnown`, also while this client knows of something newer. */
  answersOf({ organizationId, scope }: Place, lastKnown = false): RoleSetAnswers | undefined {
    const catalogue = this.#catalogue
    if (catalogue === undefined || (!lastKnown && this.#answeringNumber === -1)) return undefined
    const kept = this.#organizations.get(organizationId)
    if (kept === undefined) return undefined
    const entry = kept instanceof OrganizationEntry ? kept : undefined
    if (entry !== undefined && entry.revision > catalogue.number) return undefined
    const roleSet = kept instanceof OrganizationEntry ? kept.roleSet : kept
    if (roleSet.present.answers === undefined)
      roleSet.present = catalogue.answersOf(this.#moves.destination(roleSet.id))
    const { answers } = (kept.present = roleSet.present)
    if (answers === undefined) this.#organizations.forget(organizationId)
    else if (entry?.scopes === 0) this.#organizations.settle(organizationId, roleSet)
    if (scope === '' || answers === undefined) return answers
    return this.#answersOfScope(entry?.entryOf(scope), roleSet, catalogue)
  }

  /** @param whole the role set of its organization */
  #answersOfScope(
    entry: ScopeEntry | undefined,
    whole: SharedRoleSet,
    catalogue: CatalogueAtRevision,
  ): RoleSetAnswers | undefined {
    if (entry === undefined || entry.scopeRevision > catalogue.number) return undefined
    if (entry.scopePresent.answers === undefined)
      entry.scopePresent = catalogue.answersOfScope({
        scope: entry.scope,
        whole: this.#moves.destination(whole.id),
        own: entry.own && this.#moves.destination(entry.own.id),
      })
    return entry.scopePresent.answers
  }

  /** To be called before the sidecar is asked, and ended whether it answers or not. */
  beginLookup(place: Place): Lookup {
    const key = keyOfPlace(place)
    const lookup = this.#lookups.get(key) ?? { place, touchedAt: 0, asking: 0 }
    lookup.asking++
    this.#lookups.set(key, lookup)
    return lookup
  }

  endLookup(lookup: Lookup): void {
    lookup.asking--
    if (lookup.asking === 0) this.#lookups.delete(keyOfPlace(lookup.place))
  }

  /**
   * Keeps what was read, unless a newer change touched the place meanwhile, or something newer is known.
   * @param roleSetId of a scope: null: it has none of its own
   */
  fill({ place, touchedAt }: Lookup, roleSetId: string | null, { epoch, number }: Revision): void {
    if (epoch !== this.#catalogue?.epoch || touchedAt > number) return
    const roleSet = roleSetId === null ? null : this.#shared(roleSetId)
    if (place.scope !== '') this.#organizations.fillScope(place, roleSet, number)
    else if (roleSet !== null)
      this.#organizations.fill(place.organizationId, roleSet, { number, reached: this.#catalogue.number })
  }

  /** Starts anew from a snapshot. One of the same epoch may be older than what was delivered; then it has to catch up. */
  adopt(catalogue: CatalogueAtRevision): void {
    if (catalogue.epoch !== this.#catalogue?.epoch) this.#reached = 0
    if (catalogue.epoch !== this.#written?.epoch) this.#written = undefined
    this.#ended.clear()
    this.#dropEntries(Infinity)
    this.#install(catalogue)
  }

  /** Applies the next change set whole, in one tick. Nothing is changed if it throws. */
  apply(changeSet: ChangeSet): void {
    if (this.#catalogue === undefined) throw new Error('A change set needs a catalogue before it.')
    const changes = coreChangesOf(changeSet.changes)
    const next = this.#catalogue.next(changes, parseRevision(changeSet.revision)?.epoch ?? this.#catalogue.epoch)
    for (const change of changes) {
      const effect = assignmentEffectOf(change)
      if (effect !== undefined) this.#applyToEntries(effect, next)
    }
    if (next.epoch !== this.#catalogue.epoch) this.#endTimeline(this.#catalogue, next)
    this.#install(next)
  }

  /** The sidecar has lost what the catalogue is of: what was seen and written there sets no lower limit any more. */
  forgetFloor(): void {
    this.#reached = 0
    if (this.#written?.epoch === this.#catalogue?.epoch) this.#written = undefined
    this.#ended.clear()
  }

  setUnknownOrganizations(denied: boolean): void {
    const catalogue = this.#catalogue?.withUnknownOrganizations(denied)
    if (catalogue !== undefined && catalogue !== this.#catalogue) this.#install(catalogue)
  }

  /**
   * Reads after this write see it. `epochBefore` is the epoch in which the write was sent: a write to an epoch that has
   * ended since holds back no answer.
   */
  raiseFloor(revision: string, epochBefore: string | undefined): void {
    const written = parseRevision(revision)
    const epoch = this.#catalogue?.epoch
    if (written === undefined || (written.epoch !== epoch && written.epoch === epochBefore)) return
    if (this.#written?.epoch === written.epoch && this.#written.number >= written.number) return
    this.#written = written
    this.#updateAnswering()
  }

  /** A write of this client is on the timeline that has ended (and the feed has it, or it is lost), or still to come. */
  #endTimeline({ epoch, number }: Revision, next: Revision): void {
    if (this.#ended.size >= timelinesMax) this.#ended.clear()
    this.#ended.set(epoch, number)
    const written = this.#written
    const isToCome = written !== undefined && written.epoch !== epoch && written.number > next.number
    if (!isToCome && written?.epoch !== next.epoch) this.#written = undefined
  }

  #install(catalogue: CatalogueAtRevision): void {
    this.#catalogue?.withdrawAnswers()
    this.#catalogue = catalogue
    this.#reached = Math.max(this.#reached, catalogue.number)
    this.#updateAnswering()
  }

  #updateAnswering(): void {
    const { floor } = this
    const catalogue = this.#catalogue
    const isPresent = floor === undefined || (floor.epoch === catalogue?.epoch && floor.number <= catalogue.number)
    this.#answeringNumber = isPresent ? (catalogue?.number ?? -1) : -1
  }

  #shared(roleSetId: string): SharedRoleSet {
    const known = this.#roleSets.get(roleSetId)
    if (known !== undefined) return known
    if (this.#roleSets.size >= roleSetsMax) this.#forgetEntries()
    const roleSet = new SharedRoleSet(roleSetId)
    this.#roleSets.set(roleSetId, roleSet)
    return roleSet
  }

  #applyToEntries(effect: AssignmentEffect, { number, content }: CatalogueAtRevision): void {
    switch (effect.effect) {
      case 'set':
        this.#assign(effect.place, effect.roleSetId, number)
        break
      case 'organization_ended':
        this.#end(effect.organizationId, number)
        break
      case 'ended':
        this.#touch(effect.place, number)
        this.#organizations.assignScope(effect.place, null, number)
        break
      case 'moved':
        // A set that stays would be known from its organizations' old one only by their revisions: ask for them again.
        if (content.roleSets.byId(effect.fromRoleSetId) || this.#moves.size >= roleSetsMax) this.#dropEntries(number)
        else this.#moves.add(effect.fromRoleSetId, effect.toRoleSetId)
        this.#touchAll(number)
    }
  }

  #assign(place: Place, roleSetId: string, revision: number): void {
    this.#touch(place, revision)
    const roleSet = this.#shared(roleSetId)
    if (place.scope === '') this.#organizations.assign(place.organizationId, roleSet, revision)
    else this.#organizations.assignScope(place, roleSet, revision)
  }

  /** Its scopes go with it, those that are being read, too. */
  #end(organizationId: string, revision: number): void {
    for (const lookup of this.#lookups.values())
      if (lookup.place.organizationId === organizationId) lookup.touchedAt = revision
    this.#organizations.end(organizationId, this.#shared(ended), revision)
  }

  #touch(place: Place, revision: number): void {
    const lookup = this.#lookups.get(keyOfPlace(place))
    if (lookup !== undefined) lookup.touchedAt = revision
  }

  #touchAll(revision: number): void {
    for (const lookup of this.#lookups.values()) lookup.touchedAt = revision
  }

  /** What is being read must be as new as this, or it isn't kept. */
  #dropEntries(revision: number): void {
    this.#forgetEntries()
    this.#touchAll(revision)
  }

  #forgetEntries(): void {
    this.#organizations.clear()
    this.#roleSets.clear()
    this.#moves.clear()
  }
}
