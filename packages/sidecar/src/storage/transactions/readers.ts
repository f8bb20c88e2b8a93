/**
 * Readers on connections of their own, so that no read waits for the writer. Each read has a transaction, begun before its
 * revision is read: all that it sees is of that one state.
 */

import { StoreError, type At } from '../store.ts'
import type { Connection } from '../sqlite/connection.ts'
import { readHead } from '../sqlite/rows/history.ts'

interface Waiting {
  readonly begin: (connection: Connection) => void
  readonly refuse: (error: StoreError) => void
}

export class Readers {
  readonly #count: number
  readonly #idle: Connection[]
  readonly #waitingMax: number
  #waiting: Waiting[] = []
  readonly #running = new Set<Promise<void>>()
  #refusal: StoreError | undefined

  constructor(connections: readonly Connection[], waitingMax: number) {
    this.#count = connections.length
    this.#idle = [...connections]
    this.#waitingMax = waitingMax
  }

  async read<T>(work: (connection: Connection, revision: number) => Promise<T>): Promise<At<T>> {
    const connection = await this.#acquire()
    const answer = inTransaction(connection, work)
    const ended = answer
      .then(ignore, ignore)
      .then(() => connection.run('ROLLBACK'))
      .then(ignore, ignore)
      .then(() => this.#release(connection))
    this.#running.add(ended)
    void ended.then(() => this.#running.delete(ended))
    return answer
  }

  /** From now on every read is refused with this error. Waits for those that have begun. */
  async stop(error: StoreError): Promise<void> {
    this.#refusal = error
    for (const { refuse } of this.#waiting) refuse(error)
    this.#waiting = []
    while (this.#idle.length < this.#count) await Promise.all(this.#running)
  }

  async #acquire(): Promise<Connection> {
    if (this.#refusal) throw this.#refusal
    const connection = this.#idle.pop()
    if (connection) return connection
    if (this.#waiting.length >= this.#waitingMax) throw overloaded(this.#waiting.length)
    return new Promise<Connection>((begin, refuse) => this.#waiting.push({ begin, refuse }))
  }

  #release(connection: Connection): void {
    const next = this.#waiting.shift()
    if (next) next.begin(connection)
    else this.#idle.push(connection)
  }
}

async function inTransaction<T>(
  connection: Connection,
  work: (connection: Connection, revision: number) => Promise<T>,
): Promise<At<T>> {
  await connection.run('BEGIN')
  // The first statement that reads makes the state that all others see.
  const revision = await readHead(connection)
  return { revision, value: await work(connection, revision) }
}

function overloaded(waiting: number): StoreError {
  return new StoreError('overloaded', `${waiting} reads wait already: this one wasn't begun. Try again a little later.`)
}

function ignore(): void {}
