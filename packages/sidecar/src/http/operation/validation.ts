/** The faults that a schema finds, in Clerk's codes: one error for each fault, with the name of the field. */

import type { z } from 'zod'
import { quoted, type ClerkCode } from '@rolesets/core'
import { clerkError, ClerkFailure, failure, type ClerkError } from './envelope.ts'

/** Only the first faults are reported. */
const errorsMax = 20

/** @throws ClerkFailure */
export function parse<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const parsed = schema.safeParse(value, { reportInput: true })
  if (parsed.success) return parsed.data
  const [first, ...others] = parsed.error.issues.flatMap(errorsOf)
  if (first === undefined) throw failure('request_body_invalid', 'The request is invalid.')
  throw new ClerkFailure(first, ...others.slice(0, errorsMax - 1))
}

/** An issue that a schema of ours reports itself. @param message continues the sentence that starts with the field */
export function fault(code: ClerkCode, message: string) {
  return { code: 'custom' as const, message, params: { clerk: code } }
}

/** For a check of several fields together: it runs also where fields have faults, so that all are reported at once. */
export const besideOthers = {
  when: ({ value }: z.core.ParsePayload) => typeof value === 'object' && value !== null,
}

/** `dry_run`, `dryRun`, `X-Dry-Run`: everything that a caller could mean by it. */
export function isAboutDryRun(name: string): boolean {
  return /dry[-_ ]?run/i.test(name)
}

function errorsOf(issue: z.core.$ZodIssue): ClerkError[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => {
      const name = key.slice(0, 100)
      const remedy = isAboutDryRun(key) ? 'A dry run is asked for in the query: ?dry_run=true.' : 'Remove it.'
      return clerkError('form_param_unknown', `${quoted(name)} is not a field of this request. ${remedy}`, name)
    })
  // The first branch is the documented type; the others exist for leniency.
  const [branch] = issue.code === 'invalid_union' ? issue.errors : []
  if (branch !== undefined && branch.length > 0)
    return branch.flatMap((inner) => errorsOf({ ...inner, path: [...issue.path, ...inner.path] }))
  const place = nameOf(issue.path)
  if (place === undefined) return [clerkError('request_body_invalid', `The body must be ${expectedOf(issue)}.`)]
  const code = codeOf(issue)
  return [clerkError(code, `${place.path} ${problemOf(issue, code)}`, place.name)]
}

/** The name of the field, and the path to show in the message. Undefined: the fault is of the request as a whole. */
function nameOf(path: readonly PropertyKey[]): { name: string; path: string } | undefined {
  const name = path.find((step) => typeof step === 'string')
  if (name === undefined) return undefined
  const steps = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step).slice(0, 100)}`))
  return { name: name.slice(0, 100), path: steps.join('').replace(/^\./, '') }
}

function codeOf(issue: z.core.$ZodIssue): ClerkCode {
  if (issue.code === 'invalid_type' || issue.code === 'invalid_value') {
    if (issue.input === undefined) return 'form_param_missing'
    if (issue.input === null) return 'form_param_nil'
    return issue.code === 'invalid_type' ? 'form_param_type_invalid' : 'form_param_value_invalid'
  }
  if (issue.code === 'too_big' && issue.origin === 'string') return 'form_param_max_length_exceeded'
  if (issue.code === 'too_big' && issue.origin === 'array') return 'form_param_array_size_exceeded'
  if (issue.code === 'invalid_format') return 'form_param_format_invalid'
  if (issue.code !== 'custom') return 'form_param_value_invalid'
  // Ours, if `fault` made it.
  return (issue.params?.['clerk'] as ClerkCode | undefined) ?? 'form_param_type_invalid'
}

function problemOf(issue: z.core.$ZodIssue, code: ClerkCode): string {
  if (code === 'form_param_missing') return 'is missing.'
  if (code === 'form_param_nil') return 'must not be null.'
  if (issue.code === 'invalid_type') return `must be ${expectedOf(issue)}.`
  return issue.code === 'invalid_value' ? `must be one of ${issue.values.map(String).join(', ')}.` : issue.message
}

function expectedOf(issue: z.core.$ZodIssue): string {
  if (issue.code !== 'invalid_type') return 'a value of the right type'
  return typeNames[issue.expected] ?? `a ${issue.expected}`
}

const typeNames: Readonly<Record<string, string>> = {
  array: 'an array',
  boolean: 'true or false',
  int: 'a whole number',
  object: 'an object',
  record: 'an object',
}
