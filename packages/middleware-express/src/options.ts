/**
 * Checks the options of a factory before any request. A missing option, an unknown name, a wrong type or a number out of
 * range throws, and the message shows a call that works: a misspelt security option must not be ignored.
 */

import { IncomingMessage } from 'node:http'
import type { RoleSetsClient } from '@rolesets/client'
import { findScopeFault } from '@rolesets/core'
import type { RoleSetsExpressError } from './errors.ts'
import { problem } from './problem.ts'
import type { Extractor } from './request.ts'
import type { ScopeOption } from './scope.ts'

/** What an option must be, as a test and in words. */
export interface Rule {
  readonly holds: (value: unknown) => boolean
  readonly expected: string
  readonly required?: true
  /** Left out it has a meaning that nobody can want who names it: an undefined value is then a mistake. */
  readonly neverUndefined?: true
}

/** The methods of the client that answer for members as they are now. */
export type MemberMethods = Pick<RoleSetsClient, 'checkMember' | 'checkMemberCached' | 'memberRoles'>

/** The methods of the client that the middlewares use; those about members only where an option asks for it. */
export type RoleSets = Pick<RoleSetsClient, (typeof roleSetsMethods)[number]> & Partial<MemberMethods>

const roleSetsMethods = ['checkCached', 'check', 'checkManyCached', 'checkMany', 'availableRoles'] as const

/** The options of every middleware that asks the client. */
export interface AskingOptions {
  /** The client of `@rolesets/client`. */
  readonly roleSets: RoleSets
  /** Finds the organization, if it is not the route's parameter `:organizationId`. */
  readonly organization?: Extractor | undefined
  /**
   * The scope of the organization that the request is about: a fixed one, or a function that finds it. A request for which it
   * finds none is refused. Left out: the organization as a whole. An undefined value is refused, so that a constant that is
   * missing doesn't open a scope to the roles of the whole.
   */
  readonly scope?: ScopeOption | undefined
  /** Also accept a request about another organization than the one that the caller may act in. Default false. */
  readonly crossOrganization?: boolean | undefined
  /** How long the client's answer may take. Default: the client's deadline, at most 1000. */
  readonly deadlineMs?: number | undefined
}

export const aBoolean: Rule = { holds: (value) => typeof value === 'boolean', expected: 'true or false' }
export const aFunction: Rule = { holds: (value) => typeof value === 'function', expected: 'a function' }
export const aText: Rule = { holds: isText, expected: 'a string that is not empty' }
const aScope: Rule = {
  holds: (value) => typeof value === 'function' || (typeof value === 'string' && findScopeFault(value) === undefined),
  expected: 'the key of a scope, for example "department:cardiology", or a function that finds it',
  neverUndefined: true,
}
export const texts: Rule = {
  holds: (value) => Array.isArray(value) && value.length > 0 && value.every(isText),
  expected: 'a list of at least one string',
}

export const askingRules = {
  roleSets: {
    holds: isClient,
    expected:
      'a client (not a function that makes one), made with createRoleSetsClient({ target }) of @rolesets/client',
    required: true,
  },
  organization: aFunction,
  scope: aScope,
  crossOrganization: aBoolean,
  deadlineMs: aNumber(1, 60_000),
} satisfies Record<keyof AskingOptions, Rule>

/** A whole number from `min` to `max`. */
export function aNumber(min: number, max: number): Rule {
  return {
    holds: (value) => Number.isInteger(value) && Number(value) >= min && Number(value) <= max,
    expected: `a whole number from ${min} to ${max}`,
  }
}

/** One of these strings. */
export function oneOf(...values: readonly string[]): Rule {
  return {
    holds: (value) => typeof value === 'string' && values.includes(value),
    expected: values.map((value) => `'${value}'`).join(' or '),
  }
}

/**
 * The options, checked. `example` is the call that the message shows; its text before the parenthesis is the name of the
 * factory. Throws `option_invalid`.
 */
export function checkOptions<T extends object>(example: string, given: unknown, rules: Record<keyof T, Rule>): T {
  refuseRequest(example, given)
  if (!isObject(given)) throw optionInvalid(example, '"options" must be an object')
  const known = new Map(Object.entries<Rule>(rules))
  if (known.has('roleSets') && isClient(given)) {
    throw optionInvalid(example, '"options" must be an object with the client: write { roleSets }')
  }
  const unknown = Object.keys(given).find((name) => !known.has(name))
  if (unknown !== undefined) {
    const meant = meantBy(unknown, given[unknown], [...known.keys()])
    const question = meant === undefined ? '' : `, did you mean "${meant}"?`
    const options = [...known.keys()].join(', ')
    throw optionInvalid(example, `there is no option "${unknown}"${question}; the options are ${options}`)
  }
  for (const [name, { holds, expected, required, neverUndefined }] of known) {
    const value = given[name]
    const isMissing = required ?? (neverUndefined && name in given)
    if (value === undefined ? isMissing : !holds(value)) throw optionInvalid(example, `"${name}" must be ${expected}`)
  }
  // Each own property has passed its rule.
  return given as T
}

/** Express calls a factory with a request if the application passes the factory itself: `app.use(authenticate)`. */
export function refuseRequest(example: string, given: unknown): void {
  if (!(given instanceof IncomingMessage)) return
  const factory = example.slice(0, example.indexOf('('))
  throw optionInvalid(
    example,
    `it makes a middleware and is not one itself: call it, ${factory}(…) instead of ${factory}`,
  )
}

/** The option that was probably meant: by its value, by its letters, or by its beginning (`jwksUrl`). */
function meantBy(unknown: string, value: unknown, names: readonly string[]): string | undefined {
  if (names.includes('roleSets') && isClient(value)) return 'roleSets'
  const name = plain(unknown)
  return names.find((each) => plain(each) === name) ?? names.find((each) => name.startsWith(plain(each)))
}

/** The same for `roleSets`, `rolesets`, `role_sets` and `roleSet`. */
function plain(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z]/g, '')
    .replace('isation', 'ization')
    .replace(/s$/, '')
}

function isClient(value: unknown): boolean {
  return isObject(value) && roleSetsMethods.every((name) => typeof value[name] === 'function')
}

/** Says which option is wrong and why, and shows a call that works. */
export function optionInvalid(example: string, fault: string): RoleSetsExpressError {
  const factory = example.slice(0, example.indexOf('('))
  return problem('option_invalid', `${factory}(): ${fault}. For example: ${example}`)
}

export function isText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== ''
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
