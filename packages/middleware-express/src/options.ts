/**
 * Checks what a factory is given, before any request: an unknown name, a wrong type or a number out of range throws, and
 * the message shows a call that works. A misspelt security option must not be silently ignored.
 */

import type { RoleSetsClient } from '@rolesets/client'
import type { RoleSetsExpressError } from './errors.ts'
import { problem } from './problem.ts'

/** What a value must be, as a test and in words. */
export interface Rule {
  readonly holds: (value: unknown) => boolean
  readonly expected: string
}

/** What of the client the middlewares use. */
export type RoleSets = Pick<RoleSetsClient, (typeof roleSetsMethods)[number]>

const roleSetsMethods = ['checkCached', 'check', 'checkManyCached', 'checkMany', 'availableRoles'] as const

export const aBoolean: Rule = { holds: (value) => typeof value === 'boolean', expected: 'true or false' }
export const aFunction: Rule = { holds: (value) => typeof value === 'function', expected: 'a function' }
export const aText: Rule = { holds: isText, expected: 'a text that is not empty' }
export const texts: Rule = {
  holds: (value) => Array.isArray(value) && value.length > 0 && value.every(isText),
  expected: 'a list of at least one text',
}
export const aTextOrTexts: Rule = {
  holds: (value) => aText.holds(value) || texts.holds(value),
  expected: 'a text or a list of at least one',
}
export const aRoleSetsClient: Rule = {
  holds: (value) => isObject(value) && roleSetsMethods.every((name) => typeof value[name] === 'function'),
  expected: 'a client: createRoleSetsClient({ target }) of @rolesets/client makes one',
}
export const aDeadlineMs: Rule = aNumber(1, 60_000)

/** A whole number from `min` to `max`. */
export function aNumber(min: number, max: number): Rule {
  return {
    holds: (value) => Number.isInteger(value) && Number(value) >= min && Number(value) <= max,
    expected: `a whole number from ${min} to ${max}`,
  }
}

/** One of these texts. */
export function oneOf(...values: readonly string[]): Rule {
  return {
    holds: (value) => typeof value === 'string' && values.includes(value),
    expected: values.map((value) => `'${value}'`).join(' or '),
  }
}

/**
 * The options, checked. `example` is the call that the message shows; its text up to the parenthesis names the factory.
 * Throws `option_invalid`.
 */
export function checkOptions<T extends object>(example: string, given: unknown, rules: Record<keyof T, Rule>): T {
  if (!isObject(given)) throw optionInvalid(example, 'options', 'an object')
  const known: Record<string, Rule> = rules
  for (const [name, value] of Object.entries(given)) {
    const rule = Object.hasOwn(known, name) ? known[name] : undefined
    if (!rule)
      throw optionInvalid(example, name, `left out: there is no such option, only ${Object.keys(known).join(', ')}`)
    if (value !== undefined && !rule.holds(value)) throw optionInvalid(example, name, rule.expected)
  }
  // Each own property was just held against its rule.
  return given as T
}

/** Says which option must be what, and shows a call that works. */
export function optionInvalid(example: string, name: string, expected: string): RoleSetsExpressError {
  const factory = example.slice(0, example.indexOf('('))
  return problem('option_invalid', `${factory}(): "${name}" must be ${expected}. For example: ${example}`)
}

export function isText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== ''
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
