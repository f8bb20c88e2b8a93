/**
 * The SQLite driver with promises; the only file that imports the driver. Its peculiarities are handled here: it stores a
 * BigInt and `undefined` as NULL, `get` leaves a read transaction open, and a connection doesn't close while a statement is
 * prepared.
 *
 * A connection has one transaction, so it has one owner at a time, which waits for each call before the next.
 */

import { pathToFileURL } from 'node:url'
import sqlite3 from 'sqlite3'
import { StoreError } from '../store.ts'
import { storeErrorOf } from './errors.ts'

/** Numbers are integers. */
export type Value = string | number | null
export type Row = Readonly<Record<string, Value>>

/** How long a statement waits for another program that has locked the file, before it fails as `in_use`. */
const busyTimeoutMs = 5_000

/** Searches have a text for each combination of conditions: far more than are used in practice. */
const statementsMax = 500

export class Connection {
  readonly file: string
  readonly #database: sqlite3.Database
  /** By their text, which never contains data. The one that was used last is at the end. */
  readonly #statements = new Map<string, Promise<sqlite3.Statement>>()
  #isInterrupted = false

  private constructor(file: string, database: sqlite3.Database) {
    this.file = file
    this.#database = database
  }

  /** Creates the file if it doesn't exist. */
  static async open(file: string): Promise<Connection> {
    return Connection.#open(file, { name: file, mode: sqlite3.OPEN_READWRITE | sqlite3.OPEN_CREATE })
  }

  /**
   * Writes nothing, and creates no file.
   *
   * @param isAlone no other process has the file open: then SQLite needs no files beside it, and leaves none
   */
  static async openToRead(file: string, isAlone: boolean): Promise<Connection> {
    const name = isAlone ? `${pathToFileURL(file).href}?immutable=1` : pathToFileURL(file).href
    return Connection.#open(file, { name, mode: sqlite3.OPEN_READONLY | sqlite3.OPEN_URI })
  }

  static async #open(file: string, { name, mode }: { name: string; mode: number }): Promise<Connection> {
    const database = await new Promise<sqlite3.Database>((resolve, reject) => {
      const opened = new sqlite3.Database(name, mode, (error) => (error ? reject(error) : resolve(opened)))
    }).catch(async (error: unknown) => {
      throw await storeErrorOf(error, file)
    })
    const connection = new Connection(file, database)
    await connection.all(`PRAGMA busy_timeout = ${busyTimeoutMs}`)
    return connection
  }

  /** All rows of a statement. It is stepped to its end, so that it holds no read transaction open. */
  async all(sql: string, values: readonly Value[] = []): Promise<readonly Row[]> {
    return this.#translated(async () => {
      const statement = await this.#prepare(sql)
      return new Promise<readonly Row[]>((resolve, reject) => {
        statement.all<Row>(checked(values), (error, rows) => (error ? reject(error) : resolve(rows)))
      })
    })
  }

  /** @returns how many rows an INSERT, UPDATE or DELETE touched */
  async run(sql: string, values: readonly Value[] = []): Promise<number> {
    return this.#translated(async () => {
      const statement = await this.#prepare(sql)
      return new Promise<number>((resolve, reject) => {
        statement.run(checked(values), function (error) {
          if (error) reject(error)
          else resolve(this.changes)
        })
      })
    })
  }

  /** Several statements, without values and without rows. */
  async script(sql: string): Promise<void> {
    await this.#translated(() => finished((done) => this.#database.exec(sql, done)))
  }

  /** The statement that runs fails soon, and all later ones at once. A transaction is rolled back when it is closed. */
  interrupt(): void {
    this.#isInterrupted = true
    this.#database.interrupt()
  }

  async close(): Promise<void> {
    const statements = await Promise.allSettled(this.#statements.values())
    this.#statements.clear()
    for (const prepared of statements) if (prepared.status === 'fulfilled') await finalize(prepared.value)
    this.#isInterrupted = false
    await this.#translated(() => finished((done) => this.#database.close(done)))
  }

  #prepare(sql: string): Promise<sqlite3.Statement> {
    const known = this.#statements.get(sql)
    if (known) {
      this.#statements.delete(sql)
      this.#statements.set(sql, known)
      return known
    }
    const prepared = new Promise<sqlite3.Statement>((resolve, reject) => {
      const statement = this.#database.prepare(sql, (error) => (error ? reject(error) : resolve(statement)))
    })
    this.#statements.set(sql, prepared)
    prepared.catch(() => this.#statements.delete(sql))
    this.#forgetOldest()
    return prepared
  }

  /** No owner has so many calls in progress that the oldest statement could still be in use. */
  #forgetOldest(): void {
    const [oldest] = this.#statements
    if (oldest === undefined || this.#statements.size <= statementsMax) return
    const [sql, prepared] = oldest
    this.#statements.delete(sql)
    void prepared.then(finalize, () => undefined)
  }

  async #translated<T>(call: () => Promise<T>): Promise<T> {
    if (this.#isInterrupted) throw interrupted()
    try {
      return await call()
    } catch (error) {
      throw this.#isInterrupted ? interrupted() : await storeErrorOf(error, this.file)
    }
  }
}

function interrupted(): StoreError {
  return new StoreError('closed', 'The opening of the store was called off.')
}

function checked(values: readonly Value[]): readonly Value[] {
  for (const value of values) {
    const isKept = typeof value === 'string' || value === null || Number.isSafeInteger(value)
    if (!isKept) throw new TypeError(`SQLite can't store ${String(value)} without changing it.`)
  }
  return values
}

function finished(call: (done: (error: Error | null) => void) => unknown): Promise<void> {
  return new Promise((resolve, reject) => void call((error) => (error ? reject(error) : resolve())))
}

function finalize(statement: sqlite3.Statement): Promise<void> {
  return new Promise((resolve) => statement.finalize(() => resolve()))
}
