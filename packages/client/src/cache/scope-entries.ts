/**
 * The scopes that were asked for, in an LRU of their own, made when the first one is kept: which role set each has of its own. An
 * entry counts only together with that of its organization, and not if it is older than that one allows: so an organization that
 * ends, or that is forgotten, takes its scopes with it, and nobody has to look for them.
 */

import { keyOfPlace, type Place } from '@rolesets/core'
import { LRUCache } from 'lru-cache'
import type { CatalogueAtRevision } from './catalogue.ts'
import type { Entry, SharedRoleSet } from './entries.ts'
import type { RoleSetAnswers } from './role-set-answers.ts'
import type { RoleSetMoves } from './role-set-moves.ts'

interface ScopeEntry {
  /** Null: the scope has none. */
  own: SharedRoleSet | null
  /** Number of the revision at which it was read, or by which it was changed since. */
  revision: number
  /** What the organization and the catalogue gave last. */
  answers: RoleSetAnswers | undefined
  answersOf: { readonly catalogue: CatalogueAtRevision; readonly whole: SharedRoleSet } | undefined
}

export class ScopeEntries {
  readonly #max: number
  #entries: LRUCache<string, ScopeEntry> | undefined

  constructor(max: number) {
    this.#max = max
  }

  /** At the revision of the catalogue; undefined: the sidecar must be asked. */
  answersOf(
    place: Place,
    whole: Entry,
    { catalogue, moves }: { readonly catalogue: CatalogueAtRevision; readonly moves: RoleSetMoves },
  ): RoleSetAnswers | undefined {
    const entry = this.#entries?.get(keyOfPlace(place))
    if (entry === undefined || entry.revision < whole.scopesFrom || entry.revision > catalogue.number) return undefined
    const { answersOf } = entry
    if (answersOf?.catalogue === catalogue && answersOf.whole === whole.roleSet) return entry.answers
    entry.answers = catalogue.answersOfScope({
      scope: place.scope,
      whole: moves.destination(whole.roleSet.id),
      own: entry.own && moves.destination(entry.own.id),
    })
    entry.answersOf = { catalogue, whole: whole.roleSet }
    return entry.answers
  }

  /** Keeps what was read, unless something newer is known. */
  fill(place: Place, own: SharedRoleSet | null, revision: number): void {
    const entries = (this.#entries ??= new LRUCache({ max: this.#max }))
    const key = keyOfPlace(place)
    const known = entries.peek(key)
    if (known === undefined || known.revision < revision)
      entries.set(key, { own, revision, answers: undefined, answersOf: undefined })
  }

  /** A change of the feed. */
  assign(place: Place, own: SharedRoleSet | null, revision: number): void {
    const entry = this.#entries?.peek(keyOfPlace(place))
    // Of several changes in one write, the last one counts.
    if (entry === undefined || entry.revision > revision) return
    Object.assign(entry, { own, revision, answers: undefined, answersOf: undefined })
  }

  clear(): void {
    this.#entries?.clear()
  }
}
