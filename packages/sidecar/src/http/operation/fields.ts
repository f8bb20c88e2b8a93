/**
 * Fields of bodies, parts of paths, and the numbers of answers. They check types and shapes only. Whether a key is well formed or a text too long
 * is decided by the rules, in the table of limits that the document shows here.
 *
 * Null: a field that can be empty becomes empty; every other one stays as it is.
 */

import { z } from 'zod'
import { limits, quoted, textRules, type LimitName, type Metadata, type TextKind, type TextRule } from '@rolesets/core'
import { shownAs } from './shown-as.ts'
import { fault } from './validation.ts'

/** An id in a path where Clerk accepts no key. Every key has a colon, and ids have none. */
export const identifier = z.string().superRefine((text, context) => {
  if (text.includes(':')) context.addIssue(fault('resource_not_found', `must be an id; it is ${quoted(text)}.`))
})

/** A field of a body that may be missing or null, which mean the same. */
export function optional<Schema extends z.ZodType>(schema: Schema) {
  return schema.nullish().transform((given) => given ?? undefined)
}

/** A text of this kind, or of at most so many characters. */
export function text(kind: TextKind | LimitName) {
  const rule: TextRule = kind in textRules ? textRules[kind as TextKind] : { limit: kind as LimitName }
  const { limit, minLength, pattern } = rule
  return z.string().meta({
    ...(minLength === undefined ? {} : { minLength }),
    maxLength: limits[limit],
    ...(pattern === undefined ? {} : { pattern: pattern.source }),
  })
}

/** A text that can't be empty. */
export function optionalText(kind: TextKind | LimitName) {
  return optional(text(kind))
}

/** A text that can be empty: null empties it. */
export function clearableText(kind: TextKind | LimitName) {
  return text(kind)
    .nullish()
    .transform((given) => (given === null ? '' : given))
}

export const optionalFlag = optional(z.boolean())

/** A whole number; `min` to the limit. */
export function number(limit: LimitName, min = 0) {
  const problem = `must be a whole number from ${min} to ${limits[limit]}.`
  return z.int('must be a whole number.').min(min, problem).max(limits[limit], problem)
}

/** Key or id. An empty one must not reach the rules, where it can mean that none is given. */
export const reference = z
  .string()
  .superRefine((given, context) => {
    if (given === '') context.addIssue(fault('form_param_format_invalid', 'must not be empty. Give a key or an id.'))
  })
  .meta({ minLength: 1, maxLength: limits.keyCharactersMax })
export const optionalReference = optional(reference)

/** RFC 3339, as Unix milliseconds. */
export const optionalTime = optional(
  z.iso.datetime({ offset: true, error: 'must be a time like 2012-10-20T07:15:20.902Z.' }).transform(Date.parse),
)

/** Keys or ids, each once. */
export function references(limit: LimitName, minItems = 0) {
  return z
    .array(reference)
    .superRefine((items, context) => {
      const seen = new Set<string>()
      const twice = items.find((item) => seen.size === seen.add(item).size)
      if (twice === undefined) return
      context.addIssue(fault('form_param_duplicate', `has ${quoted(twice)} twice. List it once.`))
    })
    .meta({ minItems, maxItems: limits[limit] })
}

/** Any JSON object. Null: an empty one. */
export const clearableMetadata = z
  .custom<Metadata | null | undefined>(
    (value) => value === undefined || value === null || isObject(value),
    'must be a JSON object.',
  )
  .meta(shownAs({ type: ['object', 'null'], additionalProperties: true }))
  .optional()
  .transform((given) => (given === null ? {} : given))

/** Any JSON object. It is merged into the present one, so it can't be null itself. */
export const mergedMetadata = z
  .custom<Metadata | undefined>()
  .meta(shownAs({ type: 'object', additionalProperties: true }))
  .optional()
  .superRefine((value: unknown, context) => {
    if (value === null) context.addIssue(fault('form_param_nil', 'must not be null. Send an object.'))
    else if (value !== undefined && !isObject(value))
      context.addIssue(fault('form_param_type_invalid', 'must be a JSON object.'))
  })

/** Role to role, by keys or ids. */
export const optionalMappings = optional(z.record(z.string(), reference).meta({ maxProperties: limits.mappingsMax }))

/** How many, in an answer. */
export const count = z.int().min(0)

/** Unix milliseconds, in an answer. */
export const time = z.int().min(0)

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
