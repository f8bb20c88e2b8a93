/** Reads what the sidecar sent, field by field. Malformed input is `unavailable`: no decision rests on a guess. */

import { parseRevision, type Revision } from '@rolesets/core'
import { RoleSetsError } from '../errors.ts'

/** Reads one field; `value` is undefined where the message doesn't have it. @throws RoleSetsError */
export type Reader<Value> = (value: unknown, field: string) => Value

export type ObjectReader<Value> = (value: unknown) => Value

type Readers = { readonly [field: string]: Reader<unknown> }

/** What a table of readers reads. A field that may be undefined is left out then. */
export type ValueOf<Of extends Readers> = {
  readonly [Field in keyof Of as undefined extends ReturnType<Of[Field]> ? never : Field]: ReturnType<Of[Field]>
} & {
  readonly [Field in keyof Of as undefined extends ReturnType<Of[Field]> ? Field : never]?: Exclude<
    ReturnType<Of[Field]>,
    undefined
  >
}

export function malformed(what: string): RoleSetsError {
  const message = `The sidecar sent a malformed message: ${what}. Check that sidecar and client have matching versions.`
  return new RoleSetsError('unavailable', message, { detail: 'malformed' })
}

export function fieldsOf(value: unknown, what: string): { readonly [field: string]: unknown } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed(`${what} must be an object`)
  return value as { readonly [field: string]: unknown }
}

/** Reads an object. `what` says what it is, for the error; other fields than these are ignored. */
export function objectOf<Of extends Readers>(what: string, readers: Of): ObjectReader<ValueOf<Of>> {
  const entries = Object.entries(readers)
  return (value) => {
    const fields = fieldsOf(value, what)
    const read: { [field: string]: unknown } = {}
    for (const [field, reader] of entries) {
      const each = reader(fields[field], field)
      if (each !== undefined) read[field] = each
    }
    // Each field is what its reader says.
    return read as ValueOf<Of>
  }
}

export function listOf<Value>(each: Reader<Value>): Reader<readonly Value[]> {
  return (value, field) => {
    if (!Array.isArray(value)) throw malformed(`\`${field}\` must be a list`)
    return value.map((entry) => each(entry, field))
  }
}

export function frozen<Value extends object>(reader: Reader<Value>): Reader<Readonly<Value>> {
  return (value, field) => Object.freeze(reader(value, field))
}

/** For a field that may be left out, and is left out then. */
export function optional<Value>(reader: Reader<Value>): Reader<Value | undefined> {
  return (value, field) => (value === undefined ? undefined : reader(value, field))
}

export function oneOf<Value extends string>(values: readonly Value[]): Reader<Value> {
  return (value, field) => {
    const found = values.find((each) => each === value)
    if (found === undefined) throw malformed(`\`${field}\` has no known value`)
    return found
  }
}

/** A text that must be there. */
export const text: Reader<string> = (value, field) => {
  if (typeof value !== 'string' || value === '') throw malformed(`\`${field}\` is missing`)
  return value
}

/** A text that may be empty or left out. */
export const maybeText: Reader<string> = (value, field) => {
  if (typeof (value ?? '') !== 'string') throw malformed(`\`${field}\` must be a string`)
  return (value ?? '') as string
}

/** A text that may be empty or left out, and is left out then. */
export const givenText: Reader<string | undefined> = (value, field) => maybeText(value, field) || undefined

/** A list of texts, none of them empty. */
export const texts = listOf<string>((value, field) => {
  if (typeof value !== 'string' || value === '') throw malformed(`\`${field}\` holds something that must be a string`)
  return value
})

export const flag: Reader<boolean> = (value, field) => {
  if (typeof value !== 'boolean') throw malformed(`\`${field}\` must be true or false`)
  return value
}

/** Left out: false, as a sidecar that doesn't have the field yet leaves it. */
export const maybeFlag: Reader<boolean> = (value = false, field) => flag(value, field)

export const number: Reader<number> = (value, field) => {
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value
  throw malformed(`\`${field}\` must be a number, 0 or more`)
}

export const maybeNumber: Reader<number> = (value = 0, field) => number(value, field)

export const revision: Reader<Revision> = (value, field) => {
  const parsed = parseRevision(text(value, field))
  if (parsed === undefined) throw malformed(`\`${field}\` must be a revision`)
  return parsed
}
