/**
 * The fields that many operations share: paging, ordering and filters of the query, and parts of bodies. Types and
 * shapes only: whether a key is well formed or a name too long is a question of the rules.
 */

import { z } from 'zod'
import { limits, type Metadata } from '@rolesets/core'
import { fault } from './validation.ts'

const listSizeDefault = 10

/** `true` or `false`; not given: false. */
export const flag = z
  .enum(['true', 'false'])
  .optional()
  .transform((text) => text === 'true')
  .meta(shownAs({ type: 'boolean', default: false }))

export const paging = {
  limit: wholeNumber({ min: 1, max: limits.pageSizeMax }).default(listSizeDefault),
  offset: wholeNumber({ min: 0, max: limits.offsetMax }).default(0),
}

/** A whole number in the query, from `min` to `max`. */
export function wholeNumber({ min, max }: { readonly min: number; readonly max: number }) {
  return z
    .string()
    .transform((text, context) => {
      const number = /^-?\d{1,15}$/.test(text) ? Number(text) : undefined
      if (number === undefined) context.addIssue(fault('form_param_type_invalid', 'is no whole number.'))
      else if (number < min || number > max)
        context.addIssue(fault('form_param_value_invalid', `is ${number}. Give ${min} to ${max}.`))
      return number ?? min
    })
    .meta(shownAs({ type: 'integer', minimum: min, maximum: max }))
}

/** `name`, `+name` or `-name`. A plus sign that wasn't escaped arrives as a space, and is still one. */
export function ordering<const Field extends string>(
  fields: readonly Field[],
  fallback: { field: Field; descending: boolean },
) {
  const allowed = fields.flatMap((field) => [field, `+${field}`, `-${field}`])
  return z
    .string()
    .optional()
    .transform((text, context) => {
      if (text === undefined) return fallback
      const field = fields.find((each) => each === text.replace(/^[+ -]/, ''))
      if (field !== undefined) return { field, descending: text.startsWith('-') }
      context.addIssue(
        fault('form_param_value_invalid', `isn’t one of ${fields.join(', ')}, with + or - before it or nothing.`),
      )
      return fallback
    })
    .meta(shownAs({ type: 'string', enum: allowed }))
}

/** A parameter that may be repeated; not given: undefined. */
export const several = z
  .union([
    z.string().transform((one) => [one]),
    z.array(z.string()).max(limits.filterValuesMax, 'has too many values.'),
  ])
  .optional()
  .meta(shownAs({ type: 'array', items: { type: 'string' } }))

/** The id of a thing in a path where Clerk takes no key: every key has a colon, and no id has. */
export const identifier = z.string().superRefine((text, context) => {
  if (text.includes(':'))
    context.addIssue(fault('resource_not_found', `is ${JSON.stringify(text.slice(0, 128))}, which is no id.`))
})

/** Null means the same as not given. */
export const optionalText = z
  .string()
  .nullish()
  .transform((text) => text ?? undefined)

export const optionalFlag = z
  .boolean()
  .nullish()
  .transform((given) => given ?? undefined)

/** Keys or ids, each once. */
export const references = z.array(z.string()).superRefine((items, context) => {
  if (new Set(items).size < items.length)
    context.addIssue(fault('form_param_duplicate', 'names something twice. Name each once.'))
})

/** Any JSON object; null means the same as not given. */
export const optionalMetadata = z
  .custom<Metadata | null | undefined>(
    (value) => value === undefined || value === null || (typeof value === 'object' && !Array.isArray(value)),
    'is no object. Give a JSON object.',
  )
  .meta(shownAs({ type: ['object', 'null'], additionalProperties: true }))
  .optional()
  .transform((given) => given ?? undefined)

/** Role to role, by keys; null means the same as not given. */
export const optionalMappings = z
  .record(z.string(), z.string())
  .nullish()
  .transform((given) => given ?? undefined)

/** A time in the query: Unix milliseconds, or ISO 8601 with its offset. */
export const moment = z
  .string()
  .transform((text, context) => {
    const isIso = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+ -]\d{2}:?\d{2})$/.test(text)
    // A plus sign that wasn't escaped arrives as a space.
    const milliseconds = /^\d{1,16}$/.test(text)
      ? Number(text)
      : isIso
        ? Date.parse(text.replace(' ', '+'))
        : Number.NaN
    if (Number.isNaN(milliseconds))
      context.addIssue(
        fault('form_param_format_invalid', 'is no time. Give Unix milliseconds, or ISO 8601 with its offset.'),
      )
    return milliseconds
  })
  .meta(shownAs({ anyOf: [{ type: 'integer' }, { type: 'string', format: 'date-time' }] }))

/** Unix milliseconds. */
export const time = z.int()

/** The schema that the document shows, where the one that reads isn't what callers should see. */
export function shownAs(shown: Readonly<Record<string, unknown>>) {
  const override = ({ jsonSchema }: { readonly jsonSchema: object }) => {
    for (const key of Object.keys(jsonSchema)) Reflect.deleteProperty(jsonSchema, key)
    Object.assign(jsonSchema, shown)
  }
  return { override }
}
