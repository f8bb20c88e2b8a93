/**
 * Finds the scope that a request is about, where the application works with scopes: parts of an organization with members and
 * a role set of their own. A scope that can't be read is refused: the request must never fall through to the whole
 * organization.
 */

import type { IncomingMessage } from 'node:http'
import { findScopeFault } from '@rolesets/core'
import { whenThere, type Eventually } from './outcome.ts'
import { problem } from './problem.ts'
import { extractFrom, type Extractor } from './request.ts'

/** The key of one scope, `<kind>:<name>`, or a function that finds it in a request. */
export type ScopeOption = string | Extractor

/** The key of the scope; undefined only without the option. Throws `scope_missing` or `scope_invalid`. */
export function scopeOf(req: IncomingMessage, option: ScopeOption | undefined): Eventually<string | undefined> {
  if (typeof option !== 'function') return option
  return whenThere(extractFrom(req, option), scopeFrom)
}

function scopeFrom(value: unknown): string {
  if (value === undefined || value === null || value === '') {
    throw problem('scope_missing', 'The request does not name a scope, and the option "scope" expects one.')
  }
  const fault = findScopeFault(value)
  if (fault === undefined) return value as string
  throw problem('scope_invalid', `The key of the scope ${fault.problem}`)
}
