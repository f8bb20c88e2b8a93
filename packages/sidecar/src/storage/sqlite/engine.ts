/** The store on SQLite: one connection that writes and a few that read, put together behind the contract. */

import type { ChangeSet } from '../../domain/change.ts'
import type { StoreEvent, StoreOptions } from '../options.ts'
import { StoreError, type At, type Provenance, type Reader, type Store, type Writer } from '../store.ts'
import type { Batch, Outcome, State } from '../transactions/batch.ts'
import { loadCatalogue } from './rows/catalogue.ts'
import { Catalogues } from '../transactions/catalogues.ts'
import type { Connection } from './connection.ts'
import { openConnections, type Connections } from './connections.ts'
import { isDamage } from './errors.ts'
import { forgetSome, readChangeSets, readForgettable } from './rows/history.ts'
import { Queries } from './questions/queries.ts'
import { Readers } from '../transactions/readers.ts'
import { unlessMalformed } from './rows/things.ts'
import { createValidity, whileValid } from '../transactions/lease.ts'
import { WriteQueue } from '../transactions/write-queue.ts'

const waitingMaxDefault = 10_000
const batchMaxDefault = 500

type Listener = (changeSet: ChangeSet) => void

/**
 * @param path of the file, or `:memory:`
 * @throws StoreError where a person has something to mend before the file can be opened
 */
export async function openSqliteStore(path: string, options: StoreOptions = {}): Promise<Store> {
  return new SqliteStore(await openConnections(path, options), options)
}

class SqliteStore implements Store {
  readonly epoch: string
  readonly #writes: WriteQueue
  readonly #readers: Readers
  readonly #catalogues: Catalogues
  readonly #release: () => Promise<void>
  readonly #onEvent: (event: StoreEvent) => void
  /** By a key of its own, so that one function can listen twice. */
  readonly #listeners = new Map<symbol, Listener>()
  #head: number
  #closed: Promise<void> | undefined

  constructor({ epoch, state, writer, readers, release }: Connections, options: StoreOptions) {
    const { writesWaitingMax = waitingMaxDefault, batchMax = batchMaxDefault } = options
    this.epoch = epoch
    this.#head = state.head
    this.#catalogues = new Catalogues(state)
    this.#release = release
    this.#onEvent = options.onEvent ?? (() => undefined)
    this.#readers = new Readers(readers, writesWaitingMax)
    this.#writes = new WriteQueue({
      connection: writer,
      state,
      writesWaitingMax,
      batchMax,
      onEvent: this.#onEvent,
      onCommitted: (committed, changeSets) => this.#publish(committed, changeSets),
    })
  }

  get head(): number {
    return this.#head
  }

  async write<T>(provenance: Provenance, work: (writer: Writer) => Promise<T>): Promise<At<T>> {
    const { signal, foreseen } = provenance
    const outcome = await new Promise<Outcome<T>>((answer, refuse) => {
      const run = async (batch: Batch) => {
        const outcome = await batch.perform(provenance, work)
        return () => answer(outcome)
      }
      this.#writes.add({ signal, foreseen, run, refuse })
    })
    if (outcome.kind === 'threw') throw outcome.error
    return outcome.at
  }

  async read<T>(work: (reader: Reader) => Promise<T>): Promise<At<T>> {
    return this.#reading(async (connection, revision) => {
      const validity = createValidity()
      const catalogue = async () => {
        validity.check()
        return this.#catalogues.at(revision) ?? unlessMalformed(connection.file, () => loadCatalogue(connection))
      }
      try {
        return await work({ ...whileValid(new Queries(connection), validity), revision, catalogue })
      } finally {
        validity.end()
      }
    })
  }

  async changesAfter(revision: number, limit: number): Promise<readonly ChangeSet[]> {
    const { value } = await this.#reading((connection) => readChangeSets(connection, revision, limit))
    return value
  }

  subscribe(listener: Listener): () => void {
    const key = Symbol()
    this.#listeners.set(key, listener)
    return () => void this.#listeners.delete(key)
  }

  /** In steps that wait for the writer like any work, so that writes go on between them. */
  async compact(keep: { readonly newerThan: number; readonly count: number }): Promise<void> {
    const { value: before } = await this.#reading((connection) => readForgettable(connection, keep))
    while (await this.#maintain((connection) => forgetSome(connection, before)));
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    const error = new StoreError('closed', 'The store is closing or closed. Ask another one.')
    this.#writes.stop(error)
    await this.#readers.stop(error)
    await this.#writes.idle()
    this.#listeners.clear()
    await this.#release()
  }

  #maintain<T>(step: (connection: Connection) => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const run = async (batch: Batch) => {
        const value = await batch.maintain(step)
        return () => resolve(value)
      }
      this.#writes.add({ run, refuse: reject })
    })
  }

  async #reading<T>(work: (connection: Connection, revision: number) => Promise<T>): Promise<At<T>> {
    try {
      return await this.#readers.read(work)
    } catch (error) {
      if (isDamage(error)) this.#writes.stopForDamage(error)
      throw error
    }
  }

  #publish(state: State, changeSets: readonly ChangeSet[]): void {
    this.#head = state.head
    this.#catalogues.advance(state)
    for (const changeSet of changeSets) {
      for (const [key, listener] of [...this.#listeners]) if (this.#listeners.has(key)) this.#tell(listener, changeSet)
    }
  }

  #tell(listener: Listener, changeSet: ChangeSet): void {
    try {
      listener(changeSet)
    } catch (error) {
      this.#onEvent({ kind: 'listener_failed', error })
    }
  }
}
