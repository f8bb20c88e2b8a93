/**
 * Keys of scopes, the parts of organizations (rule 14): `<kind>:<name>`, for example `department:cardiology`. The empty text
 * is the organization as a whole. Kinds are registered in the catalogue; names are open, and mean what the application says.
 */

import { findExcess, findFault, type Fault, type TextRule } from './faults.ts'
import { quoted } from './wording.ts'

export interface ScopeKey {
  readonly kind: string
  readonly name: string
}

const form = 'Write it as <kind>:<name>, for example department:cardiology'

/** For JSON Schema: what can be said of a kind and of a key by a pattern. */
export const scopePatterns = {
  kind: /^[a-z0-9_]+$/,
  key: /^[a-z0-9_]+:[^/]+$/,
}

const kindRule: TextRule = {
  limit: 'scopeKindCharactersMax',
  minLength: 1,
  problem: (text) =>
    scopePatterns.kind.test(text)
      ? undefined
      : `is ${quoted(text)}. Write it with a-z, 0-9 and _ only, for example department.`,
}

/** Of the key as a whole. It allows the longest kind with the longest name. */
const keyRule: TextRule = { limit: 'scopeCharactersMax', minLength: 1, unseen: 'joiners', problem: keyProblem }

/** What is wrong with a kind of scopes; undefined: nothing. */
export function findScopeKindFault(value: unknown): Fault | undefined {
  return findFault(kindRule, value)
}

/**
 * What is wrong with the key of a scope; undefined: nothing. The empty text, which is the organization as a whole, is no key
 * of a scope: whoever takes both asks for it first.
 */
export function findScopeFault(value: unknown): Fault | undefined {
  const fault = findFault(keyRule, value)
  if (fault !== undefined) return fault
  const { kind, name } = partsOfScope(value as string)
  const ofKind = findFault(kindRule, kind)
  if (ofKind !== undefined) return { ...ofKind, problem: `has a kind that ${ofKind.problem}` }
  return findExcess('scopeNameCharactersMax', [...name].length, 'characters after the colon')
}

/** Kind and name of a scope's key, split at its first colon. */
export function partsOfScope(scope: string): ScopeKey {
  return { kind: kindOfScope(scope), name: scope.slice(scope.indexOf(':') + 1) }
}

export function kindOfScope(scope: string): string {
  return scope.slice(0, Math.max(scope.indexOf(':'), 0))
}

function keyProblem(text: string): string | undefined {
  const colon = text.indexOf(':')
  const name = text.slice(colon + 1)
  if (colon < 1 || name === '') return `is ${quoted(text)}. ${form}.`
  if (name.includes('/')) return `is ${quoted(text)}. A name can't have a /, which is reserved.`
  return name === name.trim() ? undefined : `is ${quoted(text)}. A name must not begin or end with white space.`
}
