/**
 * What decisions are answered from: the catalogue whole, and the role sets of the organizations that were asked for
 * lately, all at one revision. It lives on the store's feed like every other cache, and is told of a change before the
 * writer is answered.
 *
 * What is read from the store beside the feed is kept only if no change touched it meanwhile; it is compared by revision,
 * never by time.
 */

import {
  applyToCatalogue,
  assignmentEffectOf,
  keyOfPlace,
  wholeOf,
  type Catalogue,
  type Change,
  type ChangeSet,
  formatRevision,
} from '@rolesets/core'
import type { Store } from '../storage/store.ts'
import { GrowingCache } from './growing-cache.ts'
import { errorOfAborted, ServiceError } from './service-error.ts'
import { parseRevisionField } from '../domain/fields.ts'

/** Where an organization stands: the id of its role set, or null when the store doesn't have it. */
export type Assignment = string | null

export interface ReadModelOptions {
  readonly organizationsMax: number
}

interface Reading {
  readonly done: Promise<void>
  /** The last revision that touched the organization since the reading began. */
  touchedAt: number
}

/** Role sets that were replaced away, before the whole cache is dropped instead of remembering one more. */
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
  readonly #assignments: GrowingCache<{ readonly roleSetId: Assignment }>
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
    this.#revisionText = formatRevision({ epoch: store.epoch, number: start.revision })
    this.#unsubscribe = store.subscribe((changeSet) => this.apply(changeSet))
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

  /** The assignment at the present revision, or undefined when the store must be asked. */
  assignment(organizationId: string): Assignment | undefined {
    const entry = this.#assignments.get(organizationId)
    if (entry === undefined) {
      this.#misses++
      return undefined
    }
    this.#hits++
    return entry.roleSetId === null ? null : (this.#moves.get(entry.roleSetId) ?? entry.roleSetId)
  }

  /** Reads the assignments of these organizations from the store. Whether they were kept is for the caller to see. */
  async load(organizationIds: readonly string[]): Promise<void> {
    const wanted = [...new Set(organizationIds)]
    const unread = wanted.filter((id) => !this.#readings.has(id))
    if (unread.length > 0) this.#startReading(unread)
    await Promise.all(wanted.flatMap((id) => this.#readings.get(id)?.done ?? []))
  }

  /**
   * Waits until the model is at a revision.
   * @throws ServiceError `revision_of_another_epoch`, `deadline`, `call_cancelled`; Refusal `invalid_revision`
   */
  async reach(revisionText: string, signal: AbortSignal): Promise<void> {
    const { epoch, number } = parseRevisionField(revisionText)
    if (epoch !== this.#store.epoch) throw ofAnotherEpoch(revisionText, this.#store.epoch)
    await this.#reachNumber(number, signal)
  }

  /** Applies one change set. In one tick: nobody sees half of it. */
  apply(changeSet: ChangeSet): void {
    if (changeSet.revision <= this.#revision) return
    this.#catalogue = applyToCatalogue(this.#catalogue, changeSet.changes)
    for (const change of changeSet.changes) this.#applyToAssignments(change, changeSet.revision)
    this.#revision = changeSet.revision
    this.#revisionText = formatRevision({ epoch: this.#store.epoch, number: changeSet.revision })
    for (const waiter of this.#waiting) if (waiter.revision <= this.#revision) waiter.reached()
  }

  close(): void {
    this.#unsubscribe()
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
        return this.#assign(effect.organizationId, null, revision)
      case 'moved':
        return this.#move(effect.fromRoleSetId, effect.toRoleSetId, revision)
    }
  }

  #assign(organizationId: string, roleSetId: Assignment, revision: number): void {
    if (this.#assignments.has(organizationId)) this.#assignments.set(organizationId, { roleSetId })
    const reading = this.#readings.get(organizationId)
    if (reading) reading.touchedAt = revision
  }

  /** One note, however many organizations move. The set that they leave is deleted, and ids are never used again. */
  #move(fromRoleSetId: string, toRoleSetId: string, revision: number): void {
    if (this.#moves.size >= movesMax) {
      this.#moves.clear()
      this.#assignments.clear()
    }
    for (const [from, to] of this.#moves) if (to === fromRoleSetId) this.#moves.set(from, toRoleSetId)
    this.#moves.set(fromRoleSetId, toRoleSetId)
    for (const reading of this.#readings.values()) reading.touchedAt = revision
  }

  #startReading(organizationIds: readonly string[]): void {
    const reading: Reading = { done: this.#read(organizationIds), touchedAt: 0 }
    for (const id of organizationIds) this.#readings.set(id, reading)
  }

  async #read(organizationIds: readonly string[]): Promise<void> {
    // Callers register the reading in this tick, before the store begins.
    await Promise.resolve()
    const reading = this.#readings.get(organizationIds[0] ?? '')
    try {
      const { revision, value } = await this.#store.read((reader) => reader.roleSetIdsOf(organizationIds.map(wholeOf)))
      // The store may be ahead of the feed by the change sets that it is about to tell.
      await this.#reachNumber(revision)
      if (reading !== undefined && reading.touchedAt > revision) return
      for (const id of organizationIds) this.#assignments.set(id, { roleSetId: value.get(id) ?? null })
    } finally {
      for (const id of organizationIds) this.#readings.delete(id)
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

export function ofAnotherEpoch(revisionText: string, epoch: string): ServiceError {
  return new ServiceError(
    'revision_of_another_epoch',
    `Revision ${revisionText} belongs to another life of the store, which is now in epoch ${epoch}: forget it and read again.`,
  )
}
