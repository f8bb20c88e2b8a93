/** Reads what came from outside, field by field. What makes no sense is `unavailable`: no decision rests on a guess. */

import { RoleSetsError } from '../errors.ts'
import { parseRevision, type Revision } from '../revision.ts'

export type Fields = { readonly [field: string]: unknown }

export function garbage(what: string): RoleSetsError {
  const message = `What the sidecar sent makes no sense: ${what}. Check that sidecar and client are of matching versions.`
  return new RoleSetsError('unavailable', message, { detail: 'garbage' })
}

export function fieldsOf(value: unknown, what: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw garbage(`${what} is no message`)
  return value as Fields
}

/** A text that must be there. */
export function textOf(fields: Fields, field: string): string {
  const value = fields[field]
  if (typeof value !== 'string' || value === '') throw garbage(`\`${field}\` is missing`)
  return value
}

/** A text that may be empty or left out. */
export function maybeTextOf(fields: Fields, field: string): string {
  const value = fields[field] ?? ''
  if (typeof value !== 'string') throw garbage(`\`${field}\` is no text`)
  return value
}

export function booleanOf(fields: Fields, field: string): boolean {
  const value = fields[field]
  if (typeof value !== 'boolean') throw garbage(`\`${field}\` is neither true nor false`)
  return value
}

export function numberOf(fields: Fields, field: string): number {
  const value = fields[field]
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) throw garbage(`\`${field}\` is no number`)
  return value
}

export function maybeNumberOf(fields: Fields, field: string): number {
  return fields[field] === undefined ? 0 : numberOf(fields, field)
}

export function listOf(fields: Fields, field: string): readonly unknown[] {
  const value = fields[field]
  if (!Array.isArray(value)) throw garbage(`\`${field}\` is no list`)
  return value
}

/** A list of texts, none of them empty. */
export function textsOf(fields: Fields, field: string): readonly string[] {
  return listOf(fields, field).map((value) => {
    if (typeof value !== 'string' || value === '') throw garbage(`\`${field}\` holds something that is no text`)
    return value
  })
}

export function oneOf<Value extends string>(fields: Fields, field: string, values: readonly Value[]): Value {
  const found = values.find((value) => value === fields[field])
  if (found === undefined) throw garbage(`\`${field}\` has no known value`)
  return found
}

export function revisionOf(fields: Fields): Revision {
  const revision = parseRevision(textOf(fields, 'revision'))
  if (revision === undefined) throw garbage('`revision` is no revision')
  return revision
}
