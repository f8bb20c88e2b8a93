/** A table whose rows are things of one kind. Its statements and conversions follow from the columns of its fields. */

import { snakeCase } from '@rolesets/core'
import type { Connection, Row, Value } from '../connection.ts'
import type { Column, SeveralColumns } from './columns.ts'

type Columns<T> = { readonly [Field in keyof T]: Column<T[Field]> | SeveralColumns<T[Field]> }

interface FieldColumns {
  readonly field: string
  readonly columns: readonly string[]
  readonly read: (row: Row) => unknown
  readonly write: (value: unknown) => readonly Value[]
}

export class Table<T extends object> {
  readonly name: string
  readonly #fields: readonly FieldColumns[]
  readonly #sql: Readonly<Record<'put' | 'putAll' | 'find' | 'findAll' | 'deleteAll', string>>

  /** @param key the columns of the primary key */
  constructor(name: string, key: readonly string[], columns: Columns<T>) {
    this.name = name
    // Each kind of column is given only the values of its own field.
    this.#fields = Object.entries<unknown>(columns).map(([field, kind]) => fieldColumns(field, kind as AnyColumn))
    this.#sql = statementsOf(name, { key, columns: this.#fields.flatMap((each) => each.columns) })
  }

  /** @throws MalformedRow */
  readonly thingOf = (row: Row): T => {
    const thing: Record<string, unknown> = {}
    for (const { field, read } of this.#fields) {
      const value = read(row)
      // A field that a thing can be without.
      if (value !== undefined) thing[field] = value
    }
    // There is a column for each field.
    return thing as T
  }

  async put(connection: Connection, thing: T): Promise<void> {
    await connection.run(this.#sql.put, this.#valuesOf(thing))
  }

  /** One statement, for any number of things. */
  async putAll(connection: Connection, things: readonly T[]): Promise<void> {
    await connection.run(this.#sql.putAll, [JSON.stringify(things.map((thing) => this.#valuesOf(thing)))])
  }

  async find(connection: Connection, ...key: readonly string[]): Promise<T | undefined> {
    const [row] = await connection.all(this.#sql.find, key)
    return row && this.thingOf(row)
  }

  /** In no order. @param keys the JSON of a list of keys, each a list of the values of its columns */
  async findAll(connection: Connection, keys: string): Promise<readonly T[]> {
    return this.select(connection, this.#sql.findAll, [keys])
  }

  async deleteAll(connection: Connection, keys: readonly (readonly string[])[]): Promise<void> {
    await connection.run(this.#sql.deleteAll, [JSON.stringify(keys)])
  }

  /** @param sql selects rows of this table */
  async select(connection: Connection, sql: string, values: readonly Value[] = []): Promise<readonly T[]> {
    return (await connection.all(sql, values)).map(this.thingOf)
  }

  #valuesOf(thing: T): readonly Value[] {
    const values = thing as Readonly<Record<string, unknown>>
    return this.#fields.flatMap(({ field, write }) => write(values[field]))
  }
}

type AnyColumn = Column<unknown> | SeveralColumns<unknown>

function fieldColumns(field: string, kind: AnyColumn): FieldColumns {
  if ('columns' in kind) return { field, ...kind }
  const name = snakeCase(field)
  return {
    ...{ field, columns: [name], read: (row) => kind.read(row, name) },
    // A column without a conversion is of a field whose values SQLite can store.
    write: (value) => [kind.write ? kind.write(value) : (value as Value)],
  }
}

function statementsOf(
  name: string,
  { key, columns }: { readonly key: readonly string[]; readonly columns: readonly string[] },
) {
  const insert = `INSERT INTO ${name} (${columns.join(', ')})`
  const others = columns.filter((column) => !key.includes(column))
  const update = `ON CONFLICT (${key.join(', ')}) DO UPDATE SET ${others.map((each) => `${each} = excluded.${each}`).join(', ')}`
  const unpacked = (names: readonly string[]) => names.map((_, place) => `value ->> ${place}`).join(', ')
  const isAsked = key.map((column, place) => `${name}.${column} = asked.value ->> ${place}`).join(' AND ')
  return {
    put: `${insert} VALUES (${columns.map(() => '?').join(', ')}) ${update}`,
    putAll: `${insert} SELECT ${unpacked(columns)} FROM json_each(?) WHERE true ${update}`,
    find: `SELECT * FROM ${name} WHERE ${key.map((column) => `${column} = ?`).join(' AND ')}`,
    findAll: `SELECT ${name}.* FROM json_each(?) AS asked CROSS JOIN ${name} ON ${isAsked}`,
    deleteAll: `DELETE FROM ${name} WHERE (${key.join(', ')}) IN (SELECT ${unpacked(key)} FROM json_each(?))`,
  }
}
