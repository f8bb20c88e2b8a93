/** Scopes in requests, and the refusals of those in which nothing can be granted (rule 14). */

import { everyScope, findScopeFault, findScopeKindFault, kindOfScope, quoted, type ScopeReason } from '@rolesets/core'
import { refusalOf } from './fields.ts'
import { Refusal } from './refusal.ts'

/** The key of a scope; empty or not given: the organization as a whole. */
export function parseScopeOrWhole(value: unknown, field = 'scope'): string {
  return value === undefined || value === '' ? '' : parseScope(value, field)
}

/** The key of a scope, which must be given. */
export function parseScope(value: unknown, field = 'scope'): string {
  const fault = findScopeFault(value)
  if (fault !== undefined) throw refusalOf(field, fault)
  // The fault of what is no text was found.
  return value as string
}

/** The scopes that a list shows: one, `*` for all of them and the organization as a whole, or as `parseScopeOrWhole`. */
export function parseScopeFilter(value: unknown, field = 'scope'): string {
  return value === everyScope ? everyScope : parseScopeOrWhole(value, field)
}

export function parseScopeKind(value: unknown, field = 'kind'): string {
  const fault = findScopeKindFault(value)
  if (fault !== undefined) throw refusalOf(field, fault)
  return value as string
}

/** For a write or a list that needs the role set of a scope. @param organizationId for the message */
export function withoutRoleSet(scope: string, organizationId: string, reason: ScopeReason): Refusal {
  if (reason === 'SCOPE_KIND_UNKNOWN') return scopeKindNotFound(kindOfScope(scope), 'scope', { reason, scope })
  const message = `The scope ${quoted(scope)} of the organization ${quoted(organizationId)} has no role set, so nothing can be granted there. Assign a role set to it, or set a default for it.`
  const facts = { reason, scope, organization: organizationId }
  return new Refusal('scope_without_role_set', message, { field: 'scope', facts })
}

export function scopeKindNotFound(kind: string, field: string, facts: Readonly<Record<string, string>> = {}): Refusal {
  const message = `There is no kind of scopes ${quoted(kind)}. Correct it, or register it with SetScopeKind first.`
  return new Refusal('scope_kind_not_found', message, { field, facts: { kind, ...facts } })
}
