/** How a field is stored in a column. Rows are checked, so that damage in the file isn't taken for a fact. */

import { enrollmentModes, type Metadata, type OrganizationDomain } from '@rolesets/core'
import type { Row, Value } from '../connection.ts'
import { corruptError } from '../errors.ts'

/** A row has a value that this program never writes. It is reported as `corrupt`. */
export class MalformedRow extends Error {
  override readonly name = 'MalformedRow'
}

/** Reports a malformed row as damage of the file. */
export async function unlessMalformed<T>(file: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    throw error instanceof MalformedRow ? corruptError(file, error) : error
  }
}

export function text(row: Row, column: string): string {
  const value = row[column]
  if (typeof value !== 'string') throw new MalformedRow(`${column} must be a string`)
  return value
}

export function integer(row: Row, column: string): number {
  const value = row[column]
  if (typeof value !== 'number') throw new MalformedRow(`${column} must be an integer`)
  return value
}

/** The number in the only row of a statement that counts. */
export function count([row = {}]: readonly Row[], column: string): number {
  return integer(row, column)
}

export interface Column<T> {
  read(row: Row, column: string): T
  /** Undefined: the value is stored as it is. */
  write?(value: T): Value
}

/** A field that more than one column holds. */
export interface SeveralColumns<T> {
  readonly columns: readonly string[]
  readonly read: (row: Row) => T
  readonly write: (value: T) => readonly Value[]
}

export const textColumn: Column<string> = { read: text }

export const integerColumn: Column<number> = { read: integer }

export const flagColumn: Column<boolean> = { read: (row, column) => integer(row, column) !== 0, write: Number }

export const metadataColumn: Column<Metadata> = {
  read: (row, column) => {
    const value = parseJson(row, column)
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new MalformedRow(`${column} must be an object`)
    // An object of JSON has strings for keys.
    return value as Metadata
  },
  write: JSON.stringify,
}

export const textsColumn: Column<readonly string[]> = {
  read: (row, column) => {
    const values = parseJson(row, column)
    const isSound = Array.isArray(values) && values.every((value) => typeof value === 'string')
    if (!isSound) throw new MalformedRow(`${column} must be a list of strings`)
    return values
  },
  write: JSON.stringify,
}

/** The first role, by which nearly all holders are found, and the list of the others. */
export const roleIdsColumns: SeveralColumns<readonly string[]> = {
  columns: ['role_id', 'further_role_ids'],
  read: (row) => [text(row, 'role_id'), ...furtherRoleIds(row)],
  write: ([first = '', ...others]) => [first, JSON.stringify(others)],
}

function furtherRoleIds(row: Row): readonly string[] {
  return row['further_role_ids'] === '[]' ? [] : textsColumn.read(row, 'further_role_ids')
}

/** Absent is NULL: an organization that never had a domain. */
export const domainsColumn: Column<readonly OrganizationDomain[] | undefined> = {
  read: (row, column) => (row[column] === null ? undefined : domainsOf(parseJson(row, column), column)),
  write: (domains) => (domains === undefined ? null : JSON.stringify(domains)),
}

export function domainsOf(value: unknown, column: string): readonly OrganizationDomain[] {
  if (!Array.isArray(value) || !value.every(isDomain)) throw new MalformedRow(`${column} must be a list of domains`)
  return value
}

function isDomain(value: unknown): value is OrganizationDomain {
  if (typeof value !== 'object' || value === null) return false
  const fields = new Map<string, unknown>(Object.entries(value))
  const owner = fields.get('ownershipVerifiedAt')
  return (
    ['id', 'name'].every((field) => typeof fields.get(field) === 'string') &&
    enrollmentModes.some((mode) => mode === fields.get('enrollmentMode')) &&
    typeof fields.get('verified') === 'boolean' &&
    ['createdAt', 'updatedAt'].every((field) => typeof fields.get(field) === 'number') &&
    (owner === null || typeof owner === 'number')
  )
}

export function nullable<T>(kind: Column<T>): Column<T | null> {
  return { read: (row, column) => (row[column] === null ? null : kind.read(row, column)) }
}

export function oneOf<T extends string>(...known: readonly T[]): Column<T> {
  return {
    read: (row, column) => {
      const found = known.find((each) => each === row[column])
      if (found === undefined) throw new MalformedRow(`${column} must be one of ${known.join(', ')}`)
      return found
    },
  }
}

export function unlessNoJson<T>(column: string, parse: () => T): T {
  try {
    return parse()
  } catch {
    throw new MalformedRow(`${column} must be JSON`)
  }
}

function parseJson(row: Row, column: string): unknown {
  const value = text(row, column)
  return unlessNoJson<unknown>(column, () => JSON.parse(value))
}
