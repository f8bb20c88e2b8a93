/**
 * SQLite without Rolesets: promises over the driver that the store uses, with the same pragmas. Comparisons with the
 * store use this, and so does the code that fills its files.
 */

import sqlite3 from 'sqlite3'

export type Value = string | number | null

export interface Prepared {
  run(values: readonly Value[]): Promise<void>
}

export interface Database {
  run(sql: string, values?: readonly Value[]): Promise<void>
  all(sql: string, values?: readonly Value[]): Promise<readonly Readonly<Record<string, Value>>[]>
  /** Runs statements without values. */
  script(sql: string): Promise<void>
  /** A prepared statement, kept until the database is closed. */
  prepare(sql: string): Prepared
  close(): Promise<void>
}

/** With the durability, the memory and the log settings of the store's writing connection. */
const storePragmas = `
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA foreign_keys = ON;
PRAGMA wal_autocheckpoint = 4000;
PRAGMA journal_size_limit = ${64 << 20};
PRAGMA cache_size = -${32 << 10};`

export async function openDatabase(file: string, pragmas: string = storePragmas): Promise<Database> {
  const database = await new Promise<sqlite3.Database>((resolve, reject) => {
    const opened = new sqlite3.Database(file, (error) => (error ? reject(error) : resolve(opened)))
  })
  const statements: sqlite3.Statement[] = []
  const settled = (begin: (done: (error: Error | null) => void) => void) =>
    new Promise<void>((resolve, reject) => begin((error) => (error ? reject(error) : resolve())))
  const script = (sql: string) => settled((done) => database.exec(sql, done))
  await script(pragmas)
  return {
    script,
    run: (sql, values = []) => settled((done) => database.run(sql, values, done)),
    all: (sql, values = []) =>
      new Promise((resolve, reject) => {
        database.all<Readonly<Record<string, Value>>>(sql, values, (error, rows) =>
          error ? reject(error) : resolve(rows),
        )
      }),
    prepare: (sql) => {
      const statement = database.prepare(sql)
      statements.push(statement)
      return { run: (values) => settled((done) => statement.run(values, done)) }
    },
    close: async () => {
      for (const statement of statements) await settled((done) => statement.finalize(() => done(null)))
      await settled((done) => database.close(done))
    },
  }
}
