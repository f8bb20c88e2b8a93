/** The store over the connections of an engine: one that writes and a few that read. */

import { randomInt } from 'node:crypto'
import type { Copying, CopyOptions, StoreCopy } from '../backup.ts'
import type { StoreEvent, StoreOptions } from '../options.ts'
import {
  StoreError,
  type AdoptedContent,
  type At,
  type Bookmark,
  type Bookmarks,
  type KeptChangeSet,
  type Lineage,
  type Provenance,
  type Reader,
  type SealedRecord,
  type StoreSnapshot,
  type Store,
  type Writer,
} from '../store.ts'
import type { Committed, Compaction, Job } from './batch.ts'
import { Catalogues, type State } from './catalogues.ts'
import type { Base, EngineConnection, Position } from './connection.ts'
import { lease } from './lease.ts'
import { Readers } from './readers.ts'
import { Recovery } from './recovery.ts'
import { lineageOf } from './timelines.ts'
import { WriteQueue } from './write-queue.ts'

const waitingMaxDefault = 10_000
const batchMaxDefault = 500
const timelineCharacters = 8

export interface EngineConnections {
  readonly writer: EngineConnection
  readonly readers: readonly EngineConnection[]
  /** The storage was made by this opening. */
  readonly isNew: boolean
  /** Notices from time to time that the storage can't be written safely any more, until the returned function is called. */
  readonly watch?: ((onLost: (error: StoreError) => void) => () => void) | undefined
  /** Whether the whole storage is sound and at this position, read from the disk. Left out: damage is final. */
  readonly reexamine?: (position: Position) => Promise<boolean>
  /** A copy of the whole storage, while it is in use. */
  readonly copy: Copying['copy']
  readonly diskUsage: Store['diskUsage']
  /** Closes all of them, and what was opened with them. */
  readonly release: () => Promise<void>
}

export async function openTransactionalStore(connections: EngineConnections, options: StoreOptions): Promise<Store> {
  const { writer, release } = connections
  try {
    const position = await writer.begin('read')
    const [catalogue, timelines] = [await writer.catalogue(), await writer.timelines()]
    await writer.rollback()
    return new TransactionalStore(connections, { ...position, catalogue, timelines }, options)
  } catch (error) {
    await release()
    throw error
  }
}

type CompactOptions = Parameters<Store['compact']>[0]

interface Subscription {
  readonly listener: (changeSet: KeptChangeSet) => void
  readonly onAdopted: ((adopted: AdoptedContent) => void) | undefined
}

class TransactionalStore implements Store {
  readonly #writes: WriteQueue
  readonly #readers: Readers
  readonly #catalogues: Catalogues
  readonly diskUsage: Store['diskUsage']
  readonly #release: () => Promise<void>
  readonly #copy: Copying['copy']
  /** Those that are being made. Closing the store ends them. */
  readonly #copying = new Set<Promise<unknown>>()
  readonly #closing = new AbortController()
  readonly #recovery: Recovery | undefined
  readonly #stopWatching: () => void
  readonly #onEvent: (event: StoreEvent) => void
  readonly #subscriptions = new Set<Subscription>()
  /** Of this process; undefined: it goes on with the store's name. */
  readonly #timelineName: string | undefined
  readonly #isFollower: boolean
  #state: State
  #compacting: Promise<void> = Promise.resolve()
  #lineage: Lineage
  #closed: Promise<void> | undefined

  constructor(
    { writer, readers, isNew, watch, reexamine, copy, diskUsage, release }: EngineConnections,
    state: State,
    options: StoreOptions,
  ) {
    const { writesWaitingMax = waitingMaxDefault, batchMax = batchMaxDefault, holds = 'everything' } = options
    this.#state = state
    // A store that follows another one takes the names of its revisions from there.
    this.#timelineName = isNew || holds === 'places' ? undefined : newTimelineName()
    this.#isFollower = holds === 'places'
    this.#lineage = this.#lineageOf(state)
    this.#catalogues = new Catalogues(state)
    this.diskUsage = diskUsage
    this.#release = release
    this.#copy = copy
    this.#onEvent = options.onEvent ?? (() => undefined)
    this.#readers = new Readers(readers, writesWaitingMax)
    this.#writes = new WriteQueue({
      connection: writer,
      state,
      timelineName: this.#timelineName,
      holds,
      writesWaitingMax,
      batchMax,
      onEvent: this.#onEvent,
      onDamage: ({ code }) => code === 'corrupt' && this.#recovery?.begin(),
      onCommitted: (committed) => this.#publish(committed),
    })
    this.#recovery =
      reexamine &&
      new Recovery({
        examine: async () => (await this.#writes.idle(), reexamine(this.#state)),
        recovered: () => this.#writes.resume(),
      })
    this.#stopWatching = watch?.((error) => this.#writes.stopIfDamaged(error)) ?? (() => undefined)
  }

  get epoch(): string {
    return this.#state.epoch
  }

  get head(): number {
    return this.#state.revision
  }

  get lineage(): Lineage {
    return this.#lineage
  }

  async write<T>(provenance: Provenance, work: (writer: Writer) => Promise<T>): Promise<At<T>> {
    // What the job answers with is what its work returned.
    return (await this.#perform({ kind: 'work', provenance, work })) as At<T>
  }

  async append(changeSet: SealedRecord, epoch?: string): Promise<void> {
    await this.#perform({ kind: 'append', changeSet, epoch })
  }

  async adopt(snapshot: StoreSnapshot, epoch: string, bookmarks: Bookmarks = new Map()): Promise<void> {
    await this.#perform({ kind: 'adopt', snapshot, epoch, bookmarks })
  }

  async read<T>(work: (reader: Reader) => Promise<T>): Promise<At<T>> {
    return this.#reading(async (connection, position) => {
      const { reader, check, end } = lease(connection)
      const catalogue = async () => (check(), this.#catalogues.at(position) ?? connection.catalogue())
      const at = { revision: position.revision, committedAt: position.committedAt }
      try {
        return { revision: position.revision, value: await work({ ...reader, ...at, catalogue }) }
      } finally {
        end()
      }
    })
  }

  changesAfter(revision: number, limit: number): Promise<readonly KeptChangeSet[]> {
    return this.#reading((connection) => connection.changeSets(revision, limit))
  }

  bookmark(name: string): Promise<Bookmark | undefined> {
    return this.#reading((connection) => connection.bookmark(name))
  }

  subscribe(listener: Subscription['listener'], onAdopted?: Subscription['onAdopted']): () => void {
    // An object of its own, so that one function can listen twice.
    const subscription = { listener, onAdopted }
    this.#subscriptions.add(subscription)
    return () => void this.#subscriptions.delete(subscription)
  }

  async copy({ signal, report }: CopyOptions): Promise<StoreCopy> {
    this.#closing.signal.throwIfAborted()
    const copying = this.#copy({ signal: AbortSignal.any([signal, this.#closing.signal]), report })
    this.#copying.add(copying)
    try {
      return await copying
    } catch (error) {
      if (error instanceof StoreError) this.#writes.stopIfDamaged(error)
      throw error
    } finally {
      this.#copying.delete(copying)
    }
  }

  /** One after the other. */
  compact(keep: CompactOptions): Promise<void> {
    const compacted = this.#compacting.then(() => this.#compact(keep))
    this.#compacting = compacted.catch(() => undefined)
    return compacted
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** In steps that wait for the writer like any work, so that writes go on between them. */
  async #compact({ now = Date.now(), signal, ...keep }: CompactOptions): Promise<void> {
    const check = () => {
      signal?.throwIfAborted()
      if (this.#closed) throw closing()
    }
    check()
    const { before, origin } = await this.#reading(async (connection) => {
      return { before: await connection.forgettable(keep), origin: await connection.baseOrigin() }
    })
    // An upgrade leaves rows that nothing seals: that is mended, also when there is nothing to forget.
    if (before === 0 && origin !== 'upgrade') return
    if (origin === 'adoption') await this.#perform({ kind: 'adopt_base' })
    else await this.#sealRows({ before, at: now }, check)
    while ((await this.#perform({ kind: 'forget', before })).value === true) check()
  }

  async #sealRows(plan: Pick<Compaction, 'before' | 'at'>, check: () => void): Promise<void> {
    // A job of this kind returns the base.
    const base = (await this.#perform({ kind: 'begin_base' })).value as Base
    const tables = await this.#reading((connection) => connection.digestBase(base, check))
    await this.#perform({ kind: 'settle_base', compaction: { ...plan, base, tables } })
  }

  async #close(): Promise<void> {
    const error = closing()
    this.#closing.abort(error)
    await Promise.allSettled(this.#copying)
    this.#stopWatching()
    this.#writes.stop(error)
    await this.#readers.stop(error)
    await this.#recovery?.stop()
    await this.#writes.idle()
    this.#subscriptions.clear()
    await this.#release()
  }

  async #perform(job: Job): Promise<At<unknown>> {
    try {
      const outcome = await this.#writes.add(job)
      if (outcome.kind === 'threw') throw outcome.error
      return outcome.at
    } catch (error) {
      this.#noteFailure(error)
      throw error
    }
  }

  async #reading<T>(work: (connection: EngineConnection, position: Position) => Promise<T>): Promise<T> {
    try {
      return await this.#readers.read(work)
    } catch (error) {
      if (error instanceof StoreError) this.#writes.stopIfDamaged(error)
      this.#noteFailure(error)
      throw error
    }
  }

  #lineageOf(state: State): Lineage {
    return lineageOf(state, { name: this.#timelineName, isFollower: this.#isFollower })
  }

  #noteFailure(error: unknown): void {
    if (error instanceof StoreError) this.#onEvent({ kind: 'call_failed', error })
  }

  #publish({ state, changeSets, replaced }: Committed): void {
    this.#state = state
    this.#lineage = this.#lineageOf(state)
    this.#catalogues.advance(state, replaced !== undefined)
    const { revision, catalogue } = state
    if (replaced) this.#notify(({ onAdopted }) => onAdopted?.({ revision, catalogue, ...replaced }))
    for (const changeSet of changeSets) this.#notify(({ listener }) => listener(changeSet))
  }

  /** Also those that are called in this round may unsubscribe others. */
  #notify(call: (subscription: Subscription) => void): void {
    for (const subscription of [...this.#subscriptions]) {
      if (!this.#subscriptions.has(subscription)) continue
      try {
        call(subscription)
      } catch (error) {
        this.#onEvent({ kind: 'listener_failed', error })
      }
    }
  }
}

function closing(): StoreError {
  return new StoreError('closed', 'The store is closing or closed. Use another one.')
}

function newTimelineName(): string {
  return Array.from({ length: timelineCharacters }, () => randomInt(36).toString(36)).join('')
}
