/** What can be wrong with a single value. A problem begins with its verb, because the name of the field is its subject. */

import { limits, type LimitName } from './limits.ts'
import type { RefusalCode } from './refusal-codes.ts'
import { quoted } from './wording.ts'

export interface Fault {
  readonly code: RefusalCode
  /** `is empty. Name at least one role.` */
  readonly problem: string
  /** For programs: the limit, the keys of roles. */
  readonly facts?: Readonly<Record<string, string>>
}

export type KeyKind = 'permission' | 'role' | 'role_set'

/** Each kind of text has a limit (rule 13), and some have a form. */
export interface TextRule {
  readonly limit: LimitName
  readonly minLength?: 1
  readonly pattern?: RegExp
  /** Control characters other than these are refused: they would hide in logs and lists. */
  readonly allowsLines?: true
  /** Said of a text that has the right length and characters but isn't acceptable. */
  readonly problem?: (text: string) => string | undefined
}

export const textRules = {
  permission: keyRule(/^org:[a-z0-9_]+:[a-z0-9_]+$/, 'org:<feature>:<action>'),
  role: keyRule(/^org:[a-z0-9_]+$/, 'org:<name>'),
  role_set: keyRule(/^role_set:[a-z0-9_]+$/, 'role_set:<name>'),
  name: {
    limit: 'nameCharactersMax',
    minLength: 1,
    problem: (text) =>
      text.trim() === '' ? `is empty. Give a name of 1 to ${limits.nameCharactersMax} characters.` : undefined,
  },
  description: { limit: 'descriptionCharactersMax', allowsLines: true },
  /** The name of an organization may be empty. */
  organization_name: { limit: 'nameCharactersMax' },
  /** The id of an organization or a user, as the application made it. */
  id: {
    limit: 'idCharactersMax',
    minLength: 1,
    problem(text) {
      if (text === '') return `is missing. Give an id of 1 to ${limits.idCharactersMax} characters.`
      return text.trim() === text ? undefined : `is ${quoted(text)}. Give it without spaces at its start and end.`
    },
  },
  slug: formed('slugCharactersMax', /^[a-z0-9-]+$/, 'Use a-z, 0-9 and - only, at least one of them.'),
  slug_or_none: formed('slugCharactersMax', /^[a-z0-9-]*$/, 'Use a-z, 0-9 and - only.'),
} as const satisfies Readonly<Record<string, TextRule>>

export type TextKind = keyof typeof textRules

export function findTextFault(kind: TextKind, value: unknown): Fault | undefined {
  return findFault(textRules[kind], value)
}

export function findFault(rule: TextRule, value: unknown): Fault | undefined {
  if (typeof value !== 'string') return malformed('must be a text. Give a string.')
  const tooLong = findExcess(rule.limit, countCharacters(value), 'characters')
  if (tooLong) return tooLong
  if ((rule.allowsLines ? /[^\P{Cc}\n\r\t]/u : /\p{Cc}/u).test(value))
    return malformed(`is ${quoted(value)}. Remove its control characters.`)
  // A lone surrogate can't be written as UTF-8, so the text would come back changed.
  if (/\p{Surrogate}/u.test(value)) return malformed(`is ${quoted(value)}, which isn't well-formed Unicode.`)
  const problem = rule.problem?.(value)
  return problem === undefined ? undefined : malformed(problem)
}

/** The fault of a count over its limit. */
export function findExcess(limit: LimitName, given: number, unit: string, verb = 'has'): Fault | undefined {
  const max = limits[limit]
  if (given <= max) return undefined
  const problem = `${verb} ${given} ${unit}; the limit ${limit} is ${max}. Stay within it.`
  return { code: 'limit_exceeded', problem, facts: { limit, max: String(max), given: String(given) } }
}

export function malformed(problem: string): Fault {
  return { code: 'invalid_field', problem }
}

function keyRule(pattern: RegExp, form: string) {
  return formed('keyCharactersMax', pattern, `Write it as ${form}, with a-z, 0-9 and _ only.`)
}

function formed(limit: LimitName, pattern: RegExp, remedy: string): TextRule & { readonly pattern: RegExp } {
  return { limit, pattern, problem: (text) => (pattern.test(text) ? undefined : `is ${quoted(text)}. ${remedy}`) }
}

export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/** Unicode characters: an emoji outside the basic plane counts as one. */
function countCharacters(text: string): number {
  let count = text.length
  for (let place = 0; place < text.length - 1; place++) {
    if ((text.codePointAt(place) ?? 0) <= 0xffff) continue
    count--
    place++
  }
  return count
}
