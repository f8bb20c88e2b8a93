/** What the cache keeps of organizations and of their scopes. */

import { notFound, type Present } from './present.ts'
import type { RoleSetAnswers } from './role-set-answers.ts'

/**
 * A role set, as entries refer to it: shared by all of them, so that a change of the set is one change here. Of nearly every
 * organization it is all that is kept.
 */
export class SharedRoleSet {
  /** Id of the set; `unregistered` or `ended` for organizations that the store doesn't have. */
  readonly id: string
  present: Present<RoleSetAnswers> = notFound

  constructor(id: string) {
    this.id = id
  }
}

/** Which role set a scope has of its own. */
export interface ScopeEntry {
  scope: string
  /** Null: the scope has none. */
  own: SharedRoleSet | null
  /** Number of the revision at which it was read, or by which it was changed since. */
  scopeRevision: number
  scopePresent: Present<RoleSetAnswers>
}

const noScope: ScopeEntry = { scope: '', own: null, scopeRevision: 0, scopePresent: notFound }

/**
 * An organization of which more is kept than its role set: it was read ahead of the feed, or scopes of it were asked for. Most are
 * asked about in one scope: the entry of the first one is this object itself, so that nothing else has to be fetched from memory.
 */
export class OrganizationEntry implements ScopeEntry {
  /** Number of the revision at which it was read. It counts only while the catalogue is behind it. */
  revision: number
  present: Present<RoleSetAnswers> = notFound
  /** Empty: none yet. */
  scope = ''
  scopePresent: Present<RoleSetAnswers> = notFound
  roleSet: SharedRoleSet
  own: SharedRoleSet | null = null
  scopeRevision = 0
  #others: Map<string, ScopeEntry> | undefined = undefined

  constructor(roleSet: SharedRoleSet, revision: number) {
    this.roleSet = roleSet
    this.revision = revision
  }

  get scopes(): number {
    return (this.scope === '' ? 0 : 1) + (this.#others?.size ?? 0)
  }

  /** @param scope not empty */
  entryOf(scope: string): ScopeEntry | undefined {
    return this.scope === scope ? this : this.#others?.get(scope)
  }

  /** @param max how many scopes are kept; beyond it, the one that was kept first goes */
  add(entry: ScopeEntry, max: number): void {
    if (this.scope === '') this.#setFirst(entry)
    else this.#others = (this.#others ?? new Map<string, ScopeEntry>()).set(entry.scope, entry)
    if (this.scopes <= max) return
    const [next = noScope] = this.#others?.values() ?? []
    this.#setFirst(next)
    this.#others?.delete(next.scope)
  }

  /** Forgets the scopes that were read before this revision. */
  dropScopesBefore(revision: number): void {
    const { scope, own, scopeRevision, scopePresent } = this
    const all = [{ scope, own, scopeRevision, scopePresent }, ...(this.#others?.values() ?? [])]
    this.#setFirst(noScope)
    this.#others = undefined
    for (const entry of all) if (entry.scope !== '' && entry.scopeRevision >= revision) this.add(entry, Infinity)
  }

  #setFirst({ scope, own, scopeRevision, scopePresent }: ScopeEntry): void {
    Object.assign(this, { scope, own, scopeRevision, scopePresent })
  }
}
