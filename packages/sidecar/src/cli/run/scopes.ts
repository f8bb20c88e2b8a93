/** `--scope <kind>:<name>`: the part of an organization that a verb is about. Not given: the organization as a whole. */

import { Option } from 'commander'
import { everyScope } from '@rolesets/core'
import { parseScope } from '../../domain/scopes.ts'

export interface ScopeOptions {
  readonly scope?: string
}

export const scopeOption = new Option(
  '--scope <scope>',
  'a part of the organization, for example department:cardiology',
)

export const scopesOption = new Option(
  '--scope <scope>',
  'those of this part of the organization; * for all, also the whole',
)

/**
 * An empty value is refused: a script whose variable is empty must not reach the organization as a whole.
 * @returns nothing for the organization as a whole
 */
export function scopeOf({ scope }: ScopeOptions): { readonly scope?: string } {
  return scope === undefined ? {} : { scope: parseScope(scope, '--scope') }
}

/** The same for lists, which can be of all scopes. */
export function scopesOf(options: ScopeOptions): { readonly scope?: string } {
  return options.scope === everyScope ? { scope: everyScope } : scopeOf(options)
}

/** `org_acme`, or `department:cardiology of org_acme`. */
export function placeText(organizationId: string, scope: string | undefined): string {
  return scope === undefined || scope === '' ? organizationId : `${scope} of ${organizationId}`
}
