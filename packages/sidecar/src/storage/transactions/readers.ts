/**
 * Readers on connections of their own, so that no read waits for the writer. Each read has a transaction and sees one
 * committed state.
 */

import { StoreError } from '../store.ts'
import type { EngineConnection, Position } from './connection.ts'

interface Waiting {
  readonly begin: (connection: EngineConnection) => void
  readonly refuse: (error: StoreError) => void
}

export class Readers {
  readonly #count: number
  readonly #idle: EngineConnection[]
  readonly #waitingMax: number
  #waiting: Waiting[] = []
  readonly #running = new Set<Promise<void>>()
  #refusal: StoreError | undefined

  constructor(connections: readonly EngineConnection[], waitingMax: number) {
    this.#count = connections.length
    this.#idle = [...connections]
    this.#waitingMax = waitingMax
  }

  async read<T>(work: (connection: EngineConnection, position: Position) => Promise<T>): Promise<T> {
    const connection = await this.#acquire()
    const answer = connection.begin('read').then((position) => work(connection, position))
    const ended = answer
      .then(ignore, ignore)
      .then(() => connection.rollback())
      .then(() => this.#release(connection))
    this.#running.add(ended)
    void ended.then(() => this.#running.delete(ended))
    return answer
  }

  /** From now on every read is refused with this error. Waits for the reads that have begun. */
  async stop(error: StoreError): Promise<void> {
    this.#refusal = error
    for (const { refuse } of this.#waiting) refuse(error)
    this.#waiting = []
    while (this.#idle.length < this.#count) await Promise.all(this.#running)
  }

  async #acquire(): Promise<EngineConnection> {
    if (this.#refusal) throw this.#refusal
    const connection = this.#idle.pop()
    if (connection) return connection
    const waiting = this.#waiting.length
    if (waiting >= this.#waitingMax)
      throw new StoreError(
        'overloaded',
        `${waiting} reads are waiting already, so this one wasn't begun. Try again later.`,
      )
    return new Promise<EngineConnection>((begin, refuse) => this.#waiting.push({ begin, refuse }))
  }

  #release(connection: EngineConnection): void {
    const next = this.#waiting.shift()
    if (next) next.begin(connection)
    else this.#idle.push(connection)
  }
}

function ignore(): void {}
