/**
 * What the works of a batch have recorded and the rows don't have yet. Works are many and their rows are few, so rows are
 * written together at the end of the batch. Until then, reads of one thing are answered from here, and any other read that
 * they concern has them written first.
 */

import {
  assignmentOf,
  editOf,
  keyOfPlace,
  type Assignment,
  type Change,
  type Edit,
  type Organization,
  type Place,
  type ThingName,
  type Things,
} from '@rolesets/core'
import type { Recorded } from './connection.ts'
import { KnownThings, rowNames, type Known, type RowName } from './known-things.ts'

export class Pending {
  #recorded: Recorded[] = []
  readonly things = new KnownThings()
  readonly #organizationIdsBySlug = new Map<string, string>()
  readonly #names = new Set<ThingName>()
  #isWide = false

  get length(): number {
    return this.#recorded.length
  }

  /** A change is recorded whose rows are known only to the storage. */
  get isWide(): boolean {
    return this.#isWide
  }

  /** Whether a change is recorded that can change the rows of such things. */
  concerns(...names: readonly ThingName[]): boolean {
    return names.some((name) => this.#names.has(name))
  }

  add(recorded: readonly Recorded[]): void {
    for (const each of recorded) {
      this.#recorded.push(each)
      this.#learn(each.change)
    }
  }

  /** Forgets all but the first `length`. */
  truncate(length: number): void {
    if (length === this.#recorded.length) return
    const kept = this.#recorded.slice(0, length)
    this.take(this.#recorded.length)
    this.add(kept)
  }

  /** Takes the first `length` out, to be written. */
  take(length: number): readonly Recorded[] {
    const taken = this.#recorded.slice(0, length)
    const rest = this.#recorded.slice(length)
    this.#recorded = []
    this.things.clear()
    this.#organizationIdsBySlug.clear()
    this.#names.clear()
    this.#isWide = false
    this.add(rest)
    return taken
  }

  /** The last organization that was put with this slug, if it still has it. */
  organizationBySlug(slug: string): Known<Organization> {
    const found = this.things.find('organization', this.#organizationIdsBySlug.get(slug) ?? '')
    return found?.value?.slug === slug ? found : undefined
  }

  assignment(place: Place): Known<Assignment> {
    if (place.scope !== '') return this.things.find('assignment', keyOfPlace(place))
    const organization = this.things.find('organization', place.organizationId)?.value
    return organization && { value: assignmentOf(organization) }
  }

  #learn(change: Change): void {
    const { verb, thing } = change
    if (thing === 'history') return
    this.#names.add(thing)
    if (
      verb === 'moved' ||
      verb === 'reassigned' ||
      verb === 'renamed' ||
      (verb === 'deleted' && thing === 'organization')
    ) {
      this.#isWide = true
      for (const name of rowNames) this.#names.add(name)
    }
    for (const name of rowNames) this.#note(name, editOf(change, name))
    const organization = editOf(change, 'organization')?.after
    if (organization && organization.slug !== null) this.#organizationIdsBySlug.set(organization.slug, organization.id)
  }

  #note<Name extends RowName>(name: Name, edit: Edit<Things[Name]> | undefined): void {
    const thing = edit?.after ?? edit?.before
    if (thing) this.things.note(name, thing, edit?.after !== null)
  }
}
