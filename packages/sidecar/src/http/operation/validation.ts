/** What a schema finds wrong, in Clerk's codes: one error for each fault, with the name of the field. */

import type { z } from 'zod'
import { clerkProblems, type ClerkCode } from './codes.ts'
import { clerkError, ClerkFailure, type ClerkError } from './envelope.ts'

/** Of many faults the first ones are told. */
const errorsMax = 20

/** @throws ClerkFailure */
export function parse<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const parsed = schema.safeParse(value, { reportInput: true })
  if (parsed.success) return parsed.data
  const [first, ...others] = parsed.error.issues.flatMap(errorsOf)
  throw new ClerkFailure(
    first ?? clerkError('request_body_invalid', 'The request is invalid.'),
    ...others.slice(0, errorsMax - 1),
  )
}

/** A fault that a schema of ours finds by itself; `code` is one of Clerk's. */
export function fault(code: ClerkCode, message: string) {
  return { code: 'custom' as const, message, params: { clerk: code } }
}

function errorsOf(issue: z.core.$ZodIssue): ClerkError[] {
  const place = nameOf(issue.path)
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => {
      const name = key.slice(0, 100)
      return clerkError('form_param_unknown', `${JSON.stringify(name)} is no field here. Leave it out.`, name)
    })
  // The first branch is the one that is meant; the others are there for leniency.
  const [branch] = issue.code === 'invalid_union' ? issue.errors : []
  if (branch !== undefined && branch.length > 0)
    return branch.flatMap((inner) => errorsOf({ ...inner, path: [...issue.path, ...inner.path] }))
  if (place === undefined) return [clerkError('request_body_invalid', `The body is no ${expectedOf(issue)}.`)]
  return [clerkError(codeOf(issue), `${place.path} ${problemOf(issue)}`, place.name)]
}

/** The name of the field, and its path for people. Undefined: the request as a whole. */
function nameOf(path: readonly PropertyKey[]): { name: string; path: string } | undefined {
  const name = path.find((step) => typeof step === 'string')
  if (name === undefined) return undefined
  const steps = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step).slice(0, 100)}`))
  return { name: name.slice(0, 100), path: steps.join('').replace(/^\./, '') }
}

function codeOf(issue: z.core.$ZodIssue): ClerkCode {
  switch (issue.code) {
    case 'invalid_type':
      if (issue.input === undefined) return 'form_param_missing'
      return issue.input === null ? 'form_param_nil' : 'form_param_type_invalid'
    case 'invalid_value':
      if (issue.input === undefined) return 'form_param_missing'
      return issue.input === null ? 'form_param_nil' : 'form_param_value_invalid'
    case 'too_big':
      if (issue.origin === 'string') return 'form_param_max_length_exceeded'
      return issue.origin === 'array' ? 'form_param_array_size_exceeded' : 'form_param_value_invalid'
    case 'invalid_format':
      return 'form_param_format_invalid'
    case 'custom':
      return ownCode(issue.params)
    default:
      return 'form_param_value_invalid'
  }
}

function ownCode(params: Readonly<Record<string, unknown>> | undefined): ClerkCode {
  const code = params?.['clerk']
  return typeof code === 'string' && code in clerkProblems ? (code as ClerkCode) : 'form_param_type_invalid'
}

function problemOf(issue: z.core.$ZodIssue): string {
  switch (codeOf(issue)) {
    case 'form_param_missing':
      return 'is missing. Give it.'
    case 'form_param_nil':
      return 'is null, which it can’t be. Give a value.'
    case 'form_param_type_invalid':
      return issue.code === 'custom' ? issue.message : `is no ${expectedOf(issue)}.`
    case 'form_param_value_invalid':
      return issue.code === 'invalid_value' ? `isn’t one of ${issue.values.map(String).join(', ')}.` : issue.message
    default:
      return issue.message
  }
}

function expectedOf(issue: z.core.$ZodIssue): string {
  return issue.code === 'invalid_type' ? issue.expected : 'value of the right type'
}
