/**
 * The organizations that were asked for, in an LRU. Their scopes are kept with them: an organization that is deleted, or forgotten,
 * takes its scopes along.
 */

import type { Place } from '@rolesets/core'
import { LRUCache } from 'lru-cache'
import { OrganizationEntry, type ScopeEntry, type SharedRoleSet } from './entries.ts'
import { notFound } from './present.ts'

/** What is kept under an organization's id. A role set: the organization has it at the revision of the catalogue. */
export type Kept = SharedRoleSet | OrganizationEntry

/** Numbers of revisions. */
export interface Reading {
  /** At which something was read. */
  readonly number: number
  /** Of the catalogue. */
  readonly reached: number
}

export class Organizations {
  readonly #max: number
  readonly #kept: LRUCache<string, Kept>

  /** @param max of organizations, and of scopes of one organization; both together are at most twice as many */
  constructor(max: number) {
    this.#max = max
    this.#kept = new LRUCache({ max, maxSize: 2 * max, sizeCalculation: sizeOf })
  }

  get(organizationId: string): Kept | undefined {
    return this.#kept.get(organizationId)
  }

  /** Of the organization as a whole. Keeps what was read, unless something newer is known. */
  fill(organizationId: string, roleSet: SharedRoleSet, { number, reached }: Reading): void {
    const known = this.#kept.peek(organizationId)
    if (known instanceof OrganizationEntry) {
      if (known.revision < number) Object.assign(known, { roleSet, revision: number, present: notFound })
    } else if (number > reached) this.#kept.set(organizationId, new OrganizationEntry(roleSet, number))
    // A change since then would have marked the lookup, so what is known says the same.
    else if (known === undefined) this.#kept.set(organizationId, roleSet)
  }

  /** The same of a scope, if its organization is known. @param own null: it has no role set of its own */
  fillScope({ organizationId, scope }: Place, own: SharedRoleSet | null, revision: number): void {
    const known = this.#kept.peek(organizationId)
    if (known === undefined) return
    const entry = known instanceof OrganizationEntry ? known : new OrganizationEntry(known, 0)
    const knownScope = entry.entryOf(scope)
    if (knownScope === undefined) {
      entry.add({ scope, own, scopeRevision: revision, scopePresent: notFound }, this.#max)
      this.#countAnew(organizationId, entry)
    } else if (knownScope.scopeRevision < revision) change(knownScope, own, revision)
  }

  /** A change of the feed; as the next ones. Of several changes in one write, the last one counts. */
  assign(organizationId: string, roleSet: SharedRoleSet, revision: number): void {
    const known = this.#kept.peek(organizationId)
    if (known instanceof OrganizationEntry) {
      if (known.revision <= revision) Object.assign(known, { roleSet, revision, present: notFound })
    } else if (known !== undefined) this.#kept.set(organizationId, roleSet)
  }

  assignScope({ organizationId, scope }: Place, own: SharedRoleSet | null, revision: number): void {
    const known = this.#kept.peek(organizationId)
    const entry = known instanceof OrganizationEntry ? known.entryOf(scope) : undefined
    if (entry !== undefined && entry.scopeRevision <= revision) change(entry, own, revision)
  }

  /** The organization is gone, and what its scopes had, too. */
  end(organizationId: string, ended: SharedRoleSet, revision: number): void {
    this.assign(organizationId, ended, revision)
    const known = this.#kept.peek(organizationId)
    if (!(known instanceof OrganizationEntry)) return
    known.dropScopesBefore(revision)
    this.#countAnew(organizationId, known)
  }

  /** The entry isn't ahead of the feed any more, and has no scopes. */
  settle(organizationId: string, roleSet: SharedRoleSet): void {
    this.#kept.set(organizationId, roleSet)
  }

  forget(organizationId: string): void {
    this.#kept.delete(organizationId)
  }

  clear(): void {
    this.#kept.clear()
  }

  /** The LRU counts an object once. */
  #countAnew(organizationId: string, entry: OrganizationEntry): void {
    this.#kept.delete(organizationId)
    this.#kept.set(organizationId, entry)
  }
}

function sizeOf(kept: Kept): number {
  return kept instanceof OrganizationEntry ? 1 + kept.scopes : 1
}

function change(entry: ScopeEntry, own: SharedRoleSet | null, revision: number): void {
  Object.assign(entry, { own, scopeRevision: revision, scopePresent: notFound })
}
