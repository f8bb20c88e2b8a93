/** Reads what the sidecar sent, field by field. Malformed input is `unavailable`: no decision rests on a guess. */

import { parseRevision, type Revision } from '@rolesets/core'
import { RoleSetsError } from '../errors.ts'

export type Fields = { readonly [field: string]: unknown }

export function malformed(what: string): RoleSetsError {
  const message = `The sidecar sent a malformed message: ${what}. Check that sidecar and client have matching versions.`
  return new RoleSetsError('unavailable', message, { detail: 'malformed' })
}

export function fieldsOf(value: unknown, what: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed(`${what} must be an object`)
  return value as Fields
}

/** A text that must be there. */
export function textOf(fields: Fields, field: string): string {
  const value = fields[field]
  if (typeof value !== 'string' || value === '') throw malformed(`\`${field}\` is missing`)
  return value
}

/** A text that may be empty or left out. */
export function maybeTextOf(fields: Fields, field: string): string {
  const value = fields[field] ?? ''
  if (typeof value !== 'string') throw malformed(`\`${field}\` must be a string`)
  return value
}

export function booleanOf(fields: Fields, field: string): boolean {
  const value = fields[field]
  if (typeof value !== 'boolean') throw malformed(`\`${field}\` must be true or false`)
  return value
}

export function numberOf(fields: Fields, field: string): number {
  const value = fields[field]
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0)
    throw malformed(`\`${field}\` must be a number, 0 or more`)
  return value
}

export function maybeNumberOf(fields: Fields, field: string): number {
  return fields[field] === undefined ? 0 : numberOf(fields, field)
}

export function listOf(fields: Fields, field: string): readonly unknown[] {
  const value = fields[field]
  if (!Array.isArray(value)) throw malformed(`\`${field}\` must be a list`)
  return value
}

/** A list of texts, none of them empty. */
export function textsOf(fields: Fields, field: string): readonly string[] {
  return listOf(fields, field).map((value) => {
    if (typeof value !== 'string' || value === '') throw malformed(`\`${field}\` holds something that must be a string`)
    return value
  })
}

export function oneOf<Value extends string>(fields: Fields, field: string, values: readonly Value[]): Value {
  const found = values.find((value) => value === fields[field])
  if (found === undefined) throw malformed(`\`${field}\` has no known value`)
  return found
}

export function revisionOf(fields: Fields): Revision {
  const revision = parseRevision(textOf(fields, 'revision'))
  if (revision === undefined) throw malformed('`revision` must be a revision')
  return revision
}
