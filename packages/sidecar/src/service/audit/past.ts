/**
 * What was at a revision, derived from the kept change sets and from the present. Each change set has the things as
 * they were before and after, so a thing at a revision is the `after` of the last change up to it, or else the `before` of
 * the first one behind it, or else what it is now.
 *
 * A change that moves all places of a set names none of them; the revision that such a change stamps on an organization and
 * on the assignment of a scope shows that it was among them.
 */

import {
  editOf,
  initialRoleSetOf,
  type Catalogue,
  type Change,
  type Place,
  type RoleSet,
  type SealedChangeSet,
} from '@rolesets/core'
import type { HistoryQuery, Reader } from '../../storage/store.ts'

/** What a fact was, and the change set that made it so; undefined: it was so before the history that is kept. */
export interface Standing<T> {
  readonly value: T
  readonly since: SealedChangeSet | undefined
}

/** What was right before a change and right after it. */
export interface BeforeAfter<T> {
  readonly before: T
  readonly after: T
}

/** The kept history doesn't have the answer. */
export class NotKept extends Error {
  override readonly name = 'NotKept'
}

interface Event {
  readonly changeSet: SealedChangeSet
  readonly change: Change
  /** In its change set. */
  readonly place: number
}

const eventsPageSize = 50

/** By what the changes of something are found. */
type Search = Pick<HistoryQuery, 'subject' | 'scope' | 'exceptOperations'>

/** What has a role set, as it was at one time. `revision`: of the last change, also of one that names it not. */
interface Holder {
  readonly roleSetId: string | null
  readonly revision: number
}

/** An organization, or the assignment of a scope, through time. */
interface Track {
  /** For messages. */
  readonly name: string
  readonly search: Search
  readonly editOf: (change: Change) => BeforeAfter<Holder | null> | undefined
  /** As it was before the first change behind the moment that names it, or as it is now. @throws NotKept */
  readonly next: () => Promise<Holder | null>
}

/** Calls about members, of which a scope can have many. None of them changes the role set of a scope. */
export const callsAboutMembers = [
  'CreateMembership',
  'UpdateMembership',
  'DeleteMembership',
  'CreateInvitation',
  'CreateInvitations',
  'RevokeInvitation',
  'AcceptInvitation',
  'RemoveUser',
]

/** The store as it was right after a revision. */
export class Moment {
  readonly revision: number
  readonly #reader: Reader
  readonly #catalogue: Catalogue

  /**
   * @param catalogue the present one
   * @param revision not before the oldest change set that is kept
   */
  constructor(reader: Reader, catalogue: Catalogue, revision: number) {
    this.#reader = reader
    this.#catalogue = catalogue
    this.revision = revision
  }

  /**
   * @param stepOf reads the fact from a change; undefined: the change doesn't concern it
   * @param present the fact as it is now
   */
  async standing<T>(
    subject: string | Search,
    stepOf: (change: Change) => BeforeAfter<T> | undefined,
    present: T,
  ): Promise<Standing<T>> {
    let value: { readonly is: T } | undefined
    for await (const { changeSet, change } of this.#backwards(subject, this.revision)) {
      const step = stepOf(change)
      if (step === undefined) continue
      value ??= { is: step.after }
      if (step.before !== step.after) return { value: value.is, since: changeSet }
    }
    if (value !== undefined) return { value: value.is, since: undefined }
    for await (const { change } of this.#forwards(subject, this.revision)) {
      const step = stepOf(change)
      if (step !== undefined) return { value: step.before, since: undefined }
    }
    return { value: present, since: undefined }
  }

  /**
   * The id of an organization's role set; null when it wasn't in the store.
   * @throws NotKept
   */
  async assignment(organizationId: string): Promise<Standing<string | null>> {
    const editOf = (change: Change) => editOfId(change, 'organization', organizationId)
    const next = async () => {
      const first = await this.#firstBehind(organizationId, editOf)
      return first === undefined ? ((await this.#reader.organization(organizationId)) ?? null) : first.before
    }
    return this.#roleSetOf({ name: organizationId, search: { subject: organizationId }, editOf, next })
  }

  /**
   * The id of the role set that a scope had of its own; null: none.
   * @param organizationSince since which revision the store has the organization; undefined: since before the kept history
   * @throws NotKept
   */
  async ownRoleSet(place: Place, organizationSince: number | undefined): Promise<Standing<string | null>> {
    const search = searchOfScope(place)
    const editOf = (change: Change) => editOfScope(change, place)
    if (organizationSince !== undefined) {
      const last = await this.#lastUpTo(search, editOf)
      // What the scopes of an organization had that was deleted has ended with it.
      if (last === undefined || last.revision < organizationSince) return { value: null, since: undefined }
    }
    const name = `${place.scope} of ${place.organizationId}`
    const held = await this.#roleSetOf({ name, search, editOf, next: () => this.#nextOfScope(place, name) })
    if (held.value !== null) return held
    return this.standing(search, (change) => mapped(editOf(change), ownOf), null)
  }

  /** Since when a scope has had a role set of its own, whichever. */
  async hasOwnRoleSet(place: Place): Promise<Standing<boolean>> {
    const stepOf = (change: Change) => mapped(editOfScope(change, place), (it) => ownOf(it) !== null)
    return this.standing(searchOfScope(place), stepOf, true)
  }

  /** Whether the kept history has a deletion of the organization before a revision. */
  async wasDeletedBefore(organizationId: string, revision: number): Promise<boolean> {
    for await (const { change } of this.#backwards(organizationId, revision - 1)) {
      const edit = editOfId(change, 'organization', organizationId)
      if (edit !== undefined) return edit.after === null
    }
    return false
  }

  /** The id of the set that was the initial one. */
  async initialRoleSet(): Promise<string> {
    let id = initialRoleSetOf(this.#catalogue).id
    let upTo = this.#reader.revision
    for (;;) {
      const turn = await this.#becameInitial(id, upTo)
      if (turn === undefined) return id
      const before = turn.changes.flatMap((change) => editOf(change, 'role_set')?.before ?? []).find(isInitial)
      if (before === undefined) throw new NotKept('No role set was initial.')
      id = before.id
      upTo = turn.revision - 1
    }
  }

  /** Where the organizations of a set are, from an event on up to this moment. */
  async #moved(roleSetId: string, { changeSet, place }: Event): Promise<Standing<string>> {
    let value = roleSetId
    let from = { revision: changeSet.revision, place }
    let since: SealedChangeSet | undefined
    for (;;) {
      const move = await this.#moveFrom(value, from)
      if (move === undefined) return { value, since }
      value = move.toRoleSetId
      since = move.changeSet
      from = { revision: since.revision, place: move.place }
    }
  }

  async #moveFrom(roleSetId: string, from: { readonly revision: number; readonly place: number }) {
    for await (const { changeSet, change, place } of this.#forwards(roleSetId, from.revision - 1)) {
      if (changeSet.revision > this.revision) return undefined
      if (changeSet.revision === from.revision && place <= from.place) continue
      if (change.verb === 'moved' && change.fromRoleSetId === roleSetId)
        return { changeSet, place, toRoleSetId: change.toRoleSetId }
    }
    return undefined
  }

  async #roleSetOf(track: Track): Promise<Standing<string | null>> {
    let found: Standing<string | null> | undefined
    /** The stamp that it had before the last event that was looked at, where its set was the same. */
    let stamp = 0
    for await (const event of this.#backwards(track.search, this.revision)) {
      const { changeSet, change } = event
      const edit = track.editOf(change)
      if (edit === undefined) continue
      const { after, before } = edit
      if (after === null) return found ?? { value: null, since: changeSet }
      if (found === undefined) {
        found = after.roleSetId === null ? { value: null, since: undefined } : await this.#moved(after.roleSetId, event)
        if (found.since !== undefined || found.value === null) return found
      } else if (after.revision !== stamp || after.roleSetId !== found.value) break
      if (before?.roleSetId !== after.roleSetId) return { ...found, since: changeSet }
      stamp = before.revision
    }
    if (found !== undefined) return { ...found, since: await this.#changeSet(stamp) }
    return this.#assignmentBefore(await track.next(), track.name)
  }

  /** A scope ends with its organization, which no change of the scope tells. */
  async #nextOfScope(place: Place, name: string): Promise<Holder | null> {
    const { organizationId } = place
    const first = await this.#firstBehind(searchOfScope(place), (change) => editOfScope(change, place))
    const isEnd = (change: Change) => {
      const edit = editOfId(change, 'organization', organizationId)
      return edit?.after === null ? edit : undefined
    }
    const end = await this.#firstBehind(organizationId, isEnd)
    if (end !== undefined && (first === undefined || end.revision < first.revision)) throw roleSetNotKept(name)
    return first === undefined ? ((await this.#reader.assignment(place)) ?? null) : first.before
  }

  async #lastUpTo<T>(subject: string | Search, editOf: (change: Change) => BeforeAfter<T> | undefined) {
    return this.#first(this.#backwards(subject, this.revision), editOf)
  }

  /** The first edit behind this moment. */
  async #firstBehind<T>(subject: string | Search, editOf: (change: Change) => BeforeAfter<T> | undefined) {
    return this.#first(this.#forwards(subject, this.revision), editOf)
  }

  async #first<T>(events: AsyncGenerator<Event>, editOf: (change: Change) => BeforeAfter<T> | undefined) {
    for await (const { changeSet, change } of events) {
      const edit = editOf(change)
      if (edit !== undefined) return { ...edit, revision: changeSet.revision }
    }
    return undefined
  }

  /** @param later as it was later, while no change up to this moment names it */
  async #assignmentBefore(later: Holder | null, name: string): Promise<Standing<string | null>> {
    if (later === null) return { value: null, since: undefined }
    if (later.revision <= this.revision) return { value: later.roleSetId, since: await this.#changeSet(later.revision) }
    const movedBy = await this.#changeSet(later.revision)
    const moves = movedBy?.changes.filter((change) => change.verb === 'moved') ?? []
    const [move, ...others] = moves.filter(({ toRoleSetId }) => toRoleSetId === later.roleSetId)
    if (move === undefined || others.length > 0) throw roleSetNotKept(name)
    const { fromRoleSetId } = move
    if (moves.some(({ toRoleSetId }) => toRoleSetId === fromRoleSetId)) throw roleSetNotKept(name)
    // Organizations that came to that set meanwhile can't be distinguished from those that had it before.
    for await (const { changeSet, change } of this.#forwards(fromRoleSetId, this.revision)) {
      if (changeSet.revision >= later.revision) break
      if (change.verb === 'moved' && change.toRoleSetId === fromRoleSetId) throw roleSetNotKept(name)
    }
    return { value: fromRoleSetId, since: undefined }
  }

  async #becameInitial(roleSetId: string, upTo: number): Promise<SealedChangeSet | undefined> {
    for await (const { changeSet, change } of this.#backwards(roleSetId, upTo)) {
      if (changeSet.revision <= this.revision) return undefined
      const step = mapped(editOfId(change, 'role_set', roleSetId), isInitial)
      if (step !== undefined && !step.before && step.after) return changeSet
    }
    return undefined
  }

  async #changeSet(revision: number): Promise<SealedChangeSet | undefined> {
    const [found] = await this.#reader.history({}, { size: 1, after: revision + 1 })
    return found?.revision === revision ? found : undefined
  }

  /** The changes of a subject, the newest first. */
  #backwards(subject: string | Search, upTo: number): AsyncGenerator<Event> {
    return this.#events(subject, { after: upTo + 1, oldestFirst: false })
  }

  /** The changes of a subject, the oldest first. */
  #forwards(subject: string | Search, after: number): AsyncGenerator<Event> {
    return this.#events(subject, { after, oldestFirst: true })
  }

  async *#events(subject: string | Search, from: { after: number; oldestFirst: boolean }): AsyncGenerator<Event> {
    const search = typeof subject === 'string' ? { subject } : subject
    const page = { size: eventsPageSize, ...from }
    for (;;) {
      const changeSets = await this.#reader.history(search, page)
      for (const changeSet of changeSets) {
        const events = changeSet.changes.map((change, place) => ({ changeSet, change, place }))
        yield* from.oldestFirst ? events : events.reverse()
        page.after = changeSet.revision
      }
      if (changeSets.length < eventsPageSize) return
    }
  }
}

export function isInitial(roleSet: RoleSet | null): boolean {
  return roleSet?.type === 'initial'
}

/** What a change does to the assignment of a scope. */
function editOfScope(change: Change, { organizationId, scope }: Place) {
  const edit = editOf(change, 'assignment')
  const it = edit?.after ?? edit?.before
  return it?.organizationId === organizationId && it.scope === scope ? edit : undefined
}

function searchOfScope({ organizationId, scope }: Place): Search {
  return { subject: organizationId, scope, exceptOperations: callsAboutMembers }
}

/** Of an assignment that may be missing. */
function ownOf(assignment: Holder | null): string | null {
  return assignment?.roleSetId ?? null
}

/** What a change does to one thing; undefined: the change isn't about it. */
export function editOfId<Name extends 'role' | 'role_set' | 'organization'>(change: Change, name: Name, id: string) {
  const edit = editOf(change, name)
  return (edit?.after ?? edit?.before)?.id === id ? edit : undefined
}

export function isThere(thing: object | null): boolean {
  return thing !== null
}

/** A fact that is read from a thing, before and after a change. */
export function mapped<From, To>(
  step: BeforeAfter<From> | undefined,
  read: (value: From) => To,
): BeforeAfter<To> | undefined {
  return step === undefined ? undefined : { before: read(step.before), after: read(step.after) }
}

/** @param name of the organization or the scope */
function roleSetNotKept(name: string): NotKept {
  return new NotKept(`The kept history doesn't say which role set ${name} had at that time`)
}
