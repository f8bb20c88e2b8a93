/**
 * Fields that many operations share: paging, ordering and filters of the query, and parts of bodies. They check types and
 * shapes only. Whether a key is well formed or a name too long is decided by the rules.
 */

import { z } from 'zod'
import { limits, quoted, type Metadata } from '@rolesets/core'
import { fault } from './validation.ts'

const listSizeDefault = 10

/** `true` or `false`; default: false. */
export const flag = z
  .enum(['true', 'false'])
  .optional()
  .transform((text) => text === 'true')
  .meta(shownAs({ type: 'boolean', default: false }))

export const paging = {
  limit: wholeNumber({ min: 1, max: limits.pageSizeMax }).default(listSizeDefault),
  offset: wholeNumber({ min: 0, max: limits.offsetMax }).default(0),
}

/** A whole number in the query. */
export function wholeNumber({ min, max }: { readonly min: number; readonly max: number }) {
  return z
    .string()
    .transform((text, context) => {
      const number = /^-?\d{1,15}$/.test(text) ? Number(text) : undefined
      if (number === undefined) context.addIssue(fault('form_param_type_invalid', 'must be a whole number.'))
      else if (number < min || number > max)
        context.addIssue(fault('form_param_value_invalid', `is ${number}. It must be from ${min} to ${max}.`))
      return number ?? min
    })
    .meta(shownAs({ type: 'integer', minimum: min, maximum: max }))
}

/** `name`, `+name` or `-name`; default: the newest first. A plus sign that isn't escaped in the URL arrives as a space. */
export function ordering<const Field extends string>(...fields: readonly Field[]) {
  const names = ['created_at' as const, ...fields]
  const newestFirst = { field: 'created_at' as Field | 'created_at', descending: true }
  return z
    .string()
    .optional()
    .transform((text, context) => {
      if (text === undefined) return newestFirst
      const field = names.find((each) => each === text.replace(/^[+ -]/, ''))
      if (field !== undefined) return { field, descending: text.startsWith('-') }
      const message = `must be one of ${names.join(', ')}, optionally with + or - in front.`
      context.addIssue(fault('form_param_value_invalid', message))
      return newestFirst
    })
    .meta(shownAs({ type: 'string', enum: names.flatMap((field) => [field, `+${field}`, `-${field}`]) }))
}

const severalShown = shownAs({ type: 'array', items: { type: 'string' } })

/** A parameter that can be repeated; default: undefined. */
export const several = z
  .union([
    z.string().transform((one) => [one]),
    z.array(z.string()).max(limits.filterValuesMax, 'has too many values.'),
  ])
  .optional()
  .meta(severalShown)

export interface ChoiceField {
  readonly include?: readonly string[] | undefined
  readonly exclude?: readonly string[] | undefined
}

/** The same with signs: `+id` and `id` include a value, `-id` excludes it. */
export const severalSigned = several.transform(includedAndExcluded).meta(severalShown)

/** A plus sign that isn't escaped in the URL arrives as a space. */
export function includedAndExcluded(values: readonly string[] | undefined): ChoiceField | undefined {
  if (values === undefined || values.length === 0) return undefined
  const exclude = values.filter((value) => value.startsWith('-')).map((value) => value.slice(1))
  const include = values.filter((value) => !value.startsWith('-')).map((value) => value.replace(/^[+ ]/, ''))
  return { ...(include.length > 0 && { include }), ...(exclude.length > 0 && { exclude }) }
}

/** An id in a path where Clerk accepts no key. Every key has a colon, and ids have none. */
export const identifier = z.string().superRefine((text, context) => {
  if (text.includes(':')) context.addIssue(fault('resource_not_found', `must be an id; it is ${quoted(text)}.`))
})

/** A field of a body that may be missing or null, which mean the same. */
export function optional<Schema extends z.ZodType>(schema: Schema) {
  return schema.nullish().transform((given) => given ?? undefined)
}

export const optionalText = optional(z.string())
export const optionalFlag = optional(z.boolean())
export const optionalNumber = optional(z.int())

/** Key or id. */
export const optionalReference = optional(
  z.string().min(1, 'must not be empty. Use an existing key or id, or leave the field out.'),
)

/** RFC 3339, as Unix milliseconds. */
export const optionalTime = optional(
  z.iso.datetime({ offset: true, error: 'must be a time like 2012-10-20T07:15:20.902Z.' }).transform(Date.parse),
)

/** Keys or ids, each once. */
export const references = z.array(z.string()).superRefine((items, context) => {
  const seen = new Set<string>()
  const twice = items.find((item) => seen.size === seen.add(item).size)
  if (twice !== undefined) context.addIssue(fault('form_param_duplicate', `has ${quoted(twice)} twice. List it once.`))
})

/** Any JSON object, or null. */
export const optionalMetadata = z
  .custom<Metadata | null | undefined>(
    (value) => value === undefined || value === null || isObject(value),
    'must be a JSON object.',
  )
  .meta(shownAs({ type: ['object', 'null'], additionalProperties: true }))
  .optional()
  .transform((given) => given ?? undefined)

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
export const optionalMappings = optional(z.record(z.string(), z.string()))

/** A time in the query: Unix milliseconds, or ISO 8601 with its offset. */
export const moment = z
  .string()
  .transform((text, context) => {
    const isIso = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+ -]\d{2}:?\d{2})$/.test(text)
    // A plus sign that isn't escaped in the URL arrives as a space.
    const milliseconds = /^\d{1,16}$/.test(text)
      ? Number(text)
      : isIso
        ? Date.parse(text.replace(' ', '+'))
        : Number.NaN
    if (Number.isNaN(milliseconds)) {
      const message = 'must be a time: Unix milliseconds, or ISO 8601 with its offset.'
      context.addIssue(fault('form_param_format_invalid', message))
    }
    return milliseconds
  })
  .meta(shownAs({ anyOf: [{ type: 'integer' }, { type: 'string', format: 'date-time' }] }))

/** Unix milliseconds. */
export const time = z.int()

/** The schema in the document, where it differs from the one that parses. */
function shownAs(shown: Readonly<Record<string, unknown>>) {
  const override = ({ jsonSchema }: { readonly jsonSchema: object }) => {
    for (const key of Object.keys(jsonSchema)) Reflect.deleteProperty(jsonSchema, key)
    Object.assign(jsonSchema, shown)
  }
  return { override }
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
