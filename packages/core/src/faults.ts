/** What keys, ids, names and other texts may be. A problem begins with its verb, because the name of the field is its subject. */

import { hasUnseen } from './characters.ts'
import type { RefusalCode } from './error-codes.ts'
import { limits, type LimitName } from './limits.ts'
import { quoted } from './wording.ts'

export interface Fault {
  readonly code: RefusalCode
  /** `is empty. Give at least one role.` */
  readonly problem: string
  /** For programs: the limit, the keys of roles. */
  readonly facts?: Readonly<Record<string, string>>
}

/** Each kind of text has a limit (rule 13), and some have a form. */
export interface TextRule {
  readonly limit: LimitName
  readonly minLength?: 1
  readonly pattern?: RegExp
  /** Line breaks and tabs, which are control characters, may be in it. */
  readonly allowsLines?: true
  /**
   * Which characters that are not seen may be in it, besides lines: those that writing needs, or all but controls, because
   * the text names a thing that may have been made when they were not refused yet. Not given: none.
   */
  readonly unseen?: 'joiners' | 'all'
  /** Said of a text that has the right length and characters but isn't acceptable. */
  readonly problem?: (text: string) => string | undefined
}

export const textRules = {
  permission: keyed(/^org:[a-z0-9_]+:[a-z0-9_]+$/, 'org:<feature>:<action>'),
  role: keyed(/^org:[a-z0-9_]+$/, 'org:<name>'),
  role_set: keyed(/^role_set:[a-z0-9_]+$/, 'role_set:<name>'),
  name: {
    limit: 'nameCharactersMax',
    minLength: 1,
    unseen: 'joiners',
    problem: (text) =>
      text.trim() === '' ? `is empty. Give a name of 1 to ${limits.nameCharactersMax} characters.` : undefined,
  },
  description: { limit: 'descriptionCharactersMax', allowsLines: true, unseen: 'joiners' },
  /** The name of an organization may be empty. */
  organization_name: { limit: 'nameCharactersMax', unseen: 'joiners' },
  /** The id of an organization or a user, as the application made it. */
  id: {
    limit: 'idCharactersMax',
    minLength: 1,
    problem(text) {
      if (text === '') return `is missing. Give an id of 1 to ${limits.idCharactersMax} characters.`
      return text.trim() === text ? undefined : `is ${quoted(text)}. It must not begin or end with a space.`
    },
  },
  slug: formed('slugCharactersMax', /^[a-z0-9-]+$/, 'Use one or more of a-z, 0-9 and -.'),
  role_set_or_none: keyed(/^(?:role_set:[a-z0-9_]+)?$/, 'role_set:<name>'),
  slug_or_none: formed('slugCharactersMax', /^[a-z0-9-]*$/, 'Use a-z, 0-9 and - only.'),
} as const satisfies Readonly<Record<string, TextRule>>

export type TextKind = keyof typeof textRules
export type KeyKind = 'permission' | 'role' | 'role_set'

export function findTextFault(kind: TextKind, value: unknown): Fault | undefined {
  return findFault(textRules[kind], value)
}

export function findFault(rule: TextRule, value: unknown): Fault | undefined {
  if (typeof value !== 'string') return malformed('must be a string.')
  const tooLong = findExcess(rule.limit, countCharacters(value), 'characters')
  if (tooLong) return tooLong
  const unfit = unfitCharactersIn(rule.allowsLines ? value.replace(/[\n\r\t]/g, '') : value, rule.unseen)
  if (unfit) return malformed(`is ${quoted(value)}, which contains ${unfit}. Remove them.`)
  const problem = rule.problem?.(value)
  return problem === undefined ? undefined : malformed(problem)
}

/** The fault of a count over its limit. */
export function findExcess(limit: LimitName, given: number, unit: string): Fault | undefined {
  const max = limits[limit]
  if (given <= max) return undefined
  const problem = `has ${given} ${unit}; at most ${max} are allowed (limit ${limit}).`
  return { code: 'limit_exceeded', problem, facts: { limit, max: String(max), given: String(given) } }
}

export function malformed(problem: string): Fault {
  return { code: 'invalid_field', problem }
}

function keyed(pattern: RegExp, form: string) {
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

/** Whether this can be the id or the key of a thing: 1 to 255 characters, not blank, all of them fit. */
export function isIdentifier(value: unknown): value is string {
  return (
    typeof value === 'string' && value.trim() !== '' && !findFault({ limit: 'idCharactersMax', unseen: 'all' }, value)
  )
}

/** @returns what a text contains that no text may contain, or undefined */
function unfitCharactersIn(text: string, unseen: TextRule['unseen']): string | undefined {
  if (/^[\x20-\x7e]*$/.test(text)) return undefined
  // They would hide in logs and lists.
  if (/\p{Cc}/u.test(text)) return 'control characters'
  // A lone surrogate can't be written as UTF-8, so the text would come back changed.
  if (/\p{Surrogate}/u.test(text)) return 'half of a character'
  if (unseen === 'all' || !hasUnseen(text, { joiners: unseen === 'joiners' })) return undefined
  return 'characters that are not seen'
}

/** Unicode characters: an emoji outside of the basic plane counts as one. */
function countCharacters(text: string): number {
  let count = text.length
  for (let place = 0; place < text.length - 1; place++) {
    if ((text.codePointAt(place) ?? 0) <= 0xffff) continue
    count--
    place++
  }
  return count
}
