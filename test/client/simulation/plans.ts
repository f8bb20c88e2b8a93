/** What the random writes are made of: over few things, so that they meet. */

import type { Change } from '@rolesets/client'
import type { State } from './naive-store.ts'

export const organizationIds = ['acme', 'globex', 'hooli', 'initech', 'umbrella']
/** Those that have members. */
export const crowded = organizationIds.slice(0, 2)
export const userIds = ['ann', 'bob']
/** One kind is never registered. */
export const scopeKeys = ['team:a', 'team:b', 'unit:a', 'odd:a']
export const kinds = ['team', 'unit']
export const permissionKeys = ['org:a:read', 'org:a:write']
export const roleCount = 4
/** Keys that roles have had and get: renaming goes round among them. */
export const roleKeys = ['org:r0', 'org:r1', 'org:r2', 'org:r3', 'org:r4', 'org:r5']
export const times = { createdAtMs: 1, updatedAtMs: 1, name: '', description: '' }

export interface Plan {
  readonly state: State
  readonly changes: (state: State) => readonly Change[]
}

export interface When {
  readonly head: number
  /** True time. */
  readonly nowMs: number
}

/** Undefined: nothing can be done in this state. */
export type Planned = (state: State, a: number, b: number, when: When) => Plan | undefined

export function assignmentOf(state: State, organizationId: string, scope: string) {
  const roleSetId = state.scopes.get(`${organizationId}\n${scope}`) ?? ''
  return { organizationId, scope, name: '', roleSet: '', roleSetId, updatedAtMs: 1 }
}

export function pick<Item>(items: readonly Item[], number: number): Item {
  const item = items[number % items.length]
  if (item === undefined) throw new Error('There is nothing to pick from.')
  return item
}
