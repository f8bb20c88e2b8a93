/**
 * Parameters of the query, one rule for each kind: flags, whole numbers, times, orders and lists. They check types and
 * shapes only. `query.ts` reads their names.
 */

import { z } from 'zod'
import { limits, quoted } from '@rolesets/core'
import { shownAs } from './shown-as.ts'
import { fault } from './validation.ts'

const listSizeDefault = 10

/** `true` or `1`, `false` or `0`; default: false. */
export const flag = z
  .enum(['true', 'false', '1', '0'])
  .optional()
  .transform((text) => text === 'true' || text === '1')
  .meta(shownAs({ type: 'boolean', default: false }))

/** The same, where not given is a third state: no filter. */
export const optionalFlagFilter = z
  .enum(['true', 'false', '1', '0'])
  .optional()
  .transform((text) => (text === undefined ? undefined : text === 'true' || text === '1'))
  .meta(shownAs({ type: 'boolean' }))

export const paging = {
  limit: wholeNumber({ min: 1, max: limits.pageSizeMax, standard: listSizeDefault }),
  offset: wholeNumber({ min: 0, max: limits.offsetMax, standard: 0 }),
}

interface Span {
  readonly min: number
  readonly max: number
}

/** A whole number that may be missing. */
function wholeNumber(span: Span & { readonly standard: number }) {
  const { min: minimum, max: maximum, standard } = span
  return z
    .string()
    .default(String(standard))
    .transform(numberIn(span))
    .meta(shownAs({ type: 'integer', minimum, maximum, default: standard }))
}

/** The same without a default. */
export function optionalNumberFilter(span: Span) {
  return z
    .string()
    .transform(numberIn(span))
    .optional()
    .meta(shownAs({ type: 'integer', minimum: span.min, maximum: span.max }))
}

function numberIn({ min, max }: Span) {
  return (text: string, context: z.RefinementCtx): number => {
    const number = /^-?\d{1,16}$/.test(text) ? Number(text) : undefined
    if (number === undefined) context.addIssue(fault('form_param_type_invalid', 'must be a whole number.'))
    else if (number < min || number > max)
      context.addIssue(fault('form_param_value_invalid', `is ${number}. It must be from ${min} to ${max}.`))
    return number ?? min
  }
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
    .meta(shownAs(orderShown(names)))
}

/** How the document shows an order. */
export function orderShown(names: readonly string[]) {
  return {
    type: 'string',
    enum: names.flatMap((field) => [field, `+${field}`, `-${field}`]),
    default: '-created_at',
  }
}

/** A text that an answer must match. An empty one would be no filter. */
export const exactText = z.string().min(1, 'must not be empty. Leave it out to list all.').optional()

const severalTexts = z
  .union([z.string().transform((one) => [one]), z.array(z.string())])
  .pipe(z.array(z.string()).max(limits.filterValuesMax, `has more than ${limits.filterValuesMax} values.`))

const severalShown = { type: 'array', items: { type: 'string' }, maxItems: limits.filterValuesMax }

/** Ids or addresses: the parameter is repeated. A comma could be part of an id, or separate two, so none is accepted. */
export const several = severalTexts
  .superRefine((values, context) => {
    const unclear = values.find((value) => value.includes(','))
    if (unclear === undefined) return
    const message = `has a comma: ${quoted(unclear)}. Repeat the parameter for each value.`
    context.addIssue(fault('form_param_format_invalid', message))
  })
  .optional()
  .meta(shownAs(severalShown))

/** Words without commas, such as keys: the parameter is repeated, or commas separate its values. */
export const severalWords = severalTexts
  .transform((values) => values.flatMap((value) => value.split(',')))
  .optional()
  .meta(shownAs(severalShown))

/** Words of a choice. */
export function severalOf<const Word extends string>(...words: readonly [Word, ...Word[]]) {
  return severalWords
    .pipe(z.array(z.enum(words)).optional())
    .meta(shownAs({ ...severalShown, items: { type: 'string', enum: words } }))
}

/** Words of a choice, with signs. */
export function severalSignedOf<const Word extends string>(...words: readonly Word[]) {
  const shown = { type: 'string', enum: words.flatMap((word) => [word, `-${word}`]) }
  return severalWords
    .superRefine((values, context) => {
      const strange = values?.find((value) => !words.some((word) => word === value.replace(/^[-+ ]/, '')))
      if (strange === undefined) return
      const message = `has ${quoted(strange)}. It must have ${words.join(', ')}, optionally with - in front.`
      context.addIssue(fault('form_param_value_invalid', message))
    })
    .transform(includedAndExcluded)
    .meta(shownAs({ ...severalShown, items: shown }))
}

export interface ChoiceField<Value = string> {
  readonly include?: readonly Value[] | undefined
  readonly exclude?: readonly Value[] | undefined
}

/** Ids with signs: `+id` and `id` include a value, `-id` excludes it. */
export const severalSigned = several.transform(includedAndExcluded).meta(shownAs(severalShown))

/** A plus sign that isn't escaped in the URL arrives as a space. */
export function includedAndExcluded(values: readonly string[] | undefined): ChoiceField | undefined {
  if (values === undefined || values.length === 0) return undefined
  const exclude = values.filter((value) => value.startsWith('-')).map((value) => value.slice(1))
  const include = values.filter((value) => !value.startsWith('-')).map((value) => value.replace(/^[+ ]/, ''))
  return { ...(include.length > 0 && { include }), ...(exclude.length > 0 && { exclude }) }
}

/** A time: Unix milliseconds, or ISO 8601 with its offset. */
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
