/**
 * What decisions are answered from: the whole catalogue, and the assignments of the places that were asked about last, all
 * at one revision. It follows the store's feed like every other cache, and receives a change before the writer is answered.
 *
 * What is read from the store beside the feed is kept only if no change touched it meanwhile. That is decided by revision,
 * never by time.
 */

import {
  applyToCatalogue,
  assignmentEffectOf,
  keyOfPlace,
  type Catalogue,
  type Change,
  type ChangeSet,
  type Place,
} from '@rolesets/core'
import type { AdoptedContent, Reader, Store } from '../../storage/store.ts'
import { GrowingCache } from './growing-cache.ts'
import { errorOfAborted } from '../service-error.ts'
import { parseOwnRevision } from '../own-revision.ts'

/** Stands for the role set of a place whose organization was deleted. */
export const ended: unique symbol = Symbol('ended')

/** The role set of a place, by its id; null: the store has none for it. */
export type RoleSetId = string | null | typeof ended

export interface ReadModelOptions {
  readonly organizationsMax: number
}

interface Entry {
  /** Of a scope: the one of its own. */
  readonly roleSetId: RoleSetId
  /**
   * Of an organization as a whole: stands for its life in the cache. A scope's entry counts only together with the entry of
   * the organization that it was read beside: when an organization goes, its scopes need not be looked for.
   */
  readonly life: object
}

interface Reading {
  readonly done: Promise<void>
  /** The last revision that touched one of its places since the reading began. */
  touchedAt: number
}

/** A batch of questions about scopes asks for twice as many: a scope is decided from its organization, too. */
const placesPerReadMax = 10_000

/** How many replaced role sets are remembered, before the whole cache is dropped instead. */
const movesMax = 10_000

export async function openReadModel(store: Store, options: ReadModelOptions): Promise<ReadModel> {
  // Subscribes before it reads: a change in between is seen twice and dropped by its number, never missed.
  const early: ChangeSet[] = []
  const stopEarly = store.subscribe((changeSet) => early.push(changeSet))
  const { revision, value } = await store.read((reader) => reader.catalogue())
  stopEarly()
  const readModel = new ReadModel(store, { revision, catalogue: value, ...options })
  for (const changeSet of early) readModel.apply(changeSet)
  return readModel
}

export class ReadModel {
  readonly #store: Store
  /** By the key of the place, as the readings. */
  readonly #assignments: GrowingCache<Entry>
  readonly #readings = new Map<string, Reading>()
  readonly #moves = new Map<string, string>()
  readonly #waiting = new Set<{ readonly revision: number; readonly reached: () => void }>()
  readonly #unsubscribe: () => void
  #catalogue: Catalogue
  #revision: number
  #revisionText: string
  #hits = 0
  #misses = 0

  constructor(store: Store, start: ReadModelOptions & { readonly revision: number; readonly catalogue: Catalogue }) {
    this.#store = store
    this.#assignments = new GrowingCache(start.organizationsMax)
    this.#catalogue = start.catalogue
    this.#revision = start.revision
    this.#revisionText = store.lineage.textOf(start.revision)
    this.#unsubscribe = store.subscribe(
      (changeSet) => this.apply(changeSet),
      (adopted) => this.#adopt(adopted),
    )
  }

  get catalogue(): Catalogue {
    return this.#catalogue
  }

  get revision(): number {
    return this.#revision
  }

  /** `<epoch>:<number>`. */
  get revisionText(): string {
    return this.#revisionText
  }

  get statistics(): { readonly organizations: number; readonly hits: number; readonly misses: number } {
    return { organizations: this.#assignments.size, hits: this.#hits, misses: this.#misses }
  }

  /** At the present revision; undefined: the store must be asked. */
  roleSetIdOf(place: Place): RoleSetId | undefined {
    const entry = this.#assignments.get(keyOfPlace(place))
    if (entry === undefined) return undefined
    if (place.scope !== '' && this.#assignments.get(place.organizationId)?.life !== entry.life) return undefined
    const { roleSetId } = entry
    return typeof roleSetId === 'string' ? (this.#moves.get(roleSetId) ?? roleSetId) : roleSetId
  }

  /** Counts questions about places that were in memory, and about places that were read for them. */
  noteAnswers(hits: number, misses: number): void {
    this.#hits += hits
    this.#misses += misses
  }

  /** Reads the assignments of these places from the store. The caller must look whether they were kept. */
  async load(places: readonly Place[]): Promise<void> {
    const wanted = new Map(places.map((place) => [keyOfPlace(place), place]))
    const unread = [...wanted].filter(([key]) => !this.#readings.has(key)).map(([, place]) => place)
    if (unread.length > 0) this.#startReading(unread)
    await Promise.all([...wanted.keys()].flatMap((key) => this.#readings.get(key)?.done ?? []))
  }

  /**
   * Waits until the model is at a revision.
   * @throws ServiceError `revision_of_another_epoch`, `deadline`, `call_cancelled`; Refusal `invalid_revision`
   */
  async reach(revisionText: string, signal: AbortSignal): Promise<void> {
    for (;;) {
      const { number } = parseOwnRevision(this.#store, revisionText)
      if (number <= this.#revision) return
      // It also ends when the content was replaced: then the revision may be of another store.
      await this.#reachNumber(number, signal)
    }
  }

  /** Applies one change set in one tick, so that no reader sees half of it. */
  apply(changeSet: ChangeSet): void {
    if (changeSet.revision <= this.#revision) return
    this.#catalogue = applyToCatalogue(this.#catalogue, changeSet.changes)
    for (const change of changeSet.changes) this.#applyToAssignments(change, changeSet.revision)
    this.#revision = changeSet.revision
    this.#revisionText = this.#store.lineage.textOf(changeSet.revision)
    for (const waiter of this.#waiting) if (waiter.revision <= this.#revision) waiter.reached()
  }

  close(): void {
    this.#unsubscribe()
  }

  /** Everything is another one now, and what is being read is of the former content. */
  #adopt({ revision, catalogue }: AdoptedContent): void {
    this.#assignments.clear()
    this.#moves.clear()
    for (const reading of this.#readings.values()) reading.touchedAt = Infinity
    this.#catalogue = catalogue
    this.#revision = revision
    this.#revisionText = this.#store.lineage.textOf(revision)
    for (const waiter of this.#waiting) waiter.reached()
  }

  #applyToAssignments(change: Change, revision: number): void {
    const effect = assignmentEffectOf(change)
    switch (effect?.effect) {
      case undefined:
        return
      case 'set':
        return this.#assign(keyOfPlace(effect.place), effect.roleSetId, revision)
      case 'ended':
        return this.#assign(keyOfPlace(effect.place), null, revision)
      case 'organization_ended':
        return this.#end(effect.organizationId, revision)
      case 'moved':
        return this.#move(effect.fromRoleSetId, effect.toRoleSetId, revision)
    }
  }

  #assign(key: string, roleSetId: RoleSetId, revision: number): void {
    const entry = this.#assignments.get(key)
    if (entry !== undefined) this.#assignments.set(key, { ...entry, roleSetId })
    const reading = this.#readings.get(key)
    if (reading) reading.touchedAt = revision
  }

  /** Its scopes go with it, those that are being read, too. */
  #end(organizationId: string, revision: number): void {
    if (this.#assignments.has(organizationId)) this.#assignments.set(organizationId, { roleSetId: ended, life: {} })
    for (const [key, reading] of this.#readings)
      if (key === organizationId || key.startsWith(`${organizationId}\n`)) reading.touchedAt = revision
  }

  /** One entry, however many places move. The set that they leave is deleted, and ids are never used again. */
  #move(fromRoleSetId: string, toRoleSetId: string, revision: number): void {
    if (this.#moves.size >= movesMax) {
      this.#moves.clear()
      this.#assignments.clear()
    }
    for (const [from, to] of this.#moves) if (to === fromRoleSetId) this.#moves.set(from, toRoleSetId)
    this.#moves.set(fromRoleSetId, toRoleSetId)
    for (const reading of this.#readings.values()) reading.touchedAt = revision
  }

  #startReading(places: readonly Place[]): void {
    const reading: Reading = { done: this.#read(places), touchedAt: 0 }
    for (const place of places) this.#readings.set(keyOfPlace(place), reading)
  }

  async #read(places: readonly Place[]): Promise<void> {
    // Callers register the reading in this tick, before the store begins.
    await Promise.resolve()
    const [first] = places
    const reading = first && this.#readings.get(keyOfPlace(first))
    try {
      const { revision, value } = await this.#store.read((reader) => readRoleSetIds(reader, places))
      // The store may be ahead of the feed by change sets that it is about to publish.
      await this.#reachNumber(revision)
      if (reading !== undefined && reading.touchedAt > revision) return
      const known = (place: Place) => value.get(keyOfPlace(place)) ?? null
      for (const place of wholesFirst(places)) {
        const { organizationId, scope } = place
        const life = scope === '' ? {} : this.#assignments.get(organizationId)?.life
        // A scope is of use only beside its organization.
        if (life !== undefined) this.#assignments.set(keyOfPlace(place), { roleSetId: known(place), life })
      }
    } finally {
      for (const place of places) this.#readings.delete(keyOfPlace(place))
    }
  }

  async #reachNumber(number: number, signal?: AbortSignal): Promise<void> {
    if (number <= this.#revision) return
    await new Promise<void>((resolve, reject) => {
      const settle = () => {
        this.#waiting.delete(waiter)
        signal?.removeEventListener('abort', abort)
      }
      const waiter = { revision: number, reached: () => (settle(), resolve()) }
      const abort = () => (settle(), reject(errorOfAborted(signal as AbortSignal, `revision ${number}`)))
      this.#waiting.add(waiter)
      if (signal?.aborted) abort()
      else signal?.addEventListener('abort', abort, { once: true })
    })
  }
}

function wholesFirst(places: readonly Place[]): readonly Place[] {
  const scopes = places.filter(({ scope }) => scope !== '')
  return scopes.length === 0 ? places : [...places.filter(({ scope }) => scope === ''), ...scopes]
}

/** By the keys of the places; a place that is missing has none and is of no organization that was deleted. */
export async function readRoleSetIds(
  reader: Reader,
  places: readonly Place[],
): Promise<ReadonlyMap<string, string | typeof ended>> {
  const found = new Map<string, string | typeof ended>()
  for (let from = 0; from < places.length; from += placesPerReadMax)
    for (const [key, roleSetId] of await reader.roleSetIdsOf(places.slice(from, from + placesPerReadMax)))
      found.set(key, roleSetId)
  const without = places.filter((place) => !found.has(keyOfPlace(place)))
  if (without.length === 0) return found
  const ids = [...new Set(without.map(({ organizationId }) => organizationId))]
  const deleted = await reader.deletedOrganizations(ids)
  for (const place of without) if (deleted.has(place.organizationId)) found.set(keyOfPlace(place), ended)
  return found
}
