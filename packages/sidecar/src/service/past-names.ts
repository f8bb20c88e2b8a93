/**
 * The keys and names that permissions, roles and role sets had at a revision. They are derived, so files of every age have
 * them: a thing that hasn't changed since is named by the catalogue, and any other by the first change after that revision,
 * which has the thing as it was before. Where the history that is kept doesn't have that change, the nearest known name is used.
 */

import { editOf, type Catalogue, type Change, type Invitation } from '@rolesets/core'
import { statusOf } from '../domain/invitations.ts'
import type { Reader } from '../storage/store.ts'
import { viewInvitation, type InvitationView, type Name, type Naming } from './views.ts'

/** Of a permission, role or role set. Their ids never coincide. */
export interface NamedAt {
  readonly id: string
  readonly revision: number
}

/** Revisions during which a thing had one name. */
interface Span {
  readonly from: number
  /** The change that ended it; undefined: none. */
  readonly endedBy: { readonly revision: number; readonly committedAt: number } | undefined
  /** Undefined: the thing wasn't there. */
  readonly name: Name | undefined
}

interface NameEdit {
  readonly before: Name | null
  readonly after: Name | null
  /** The last one that the thing had. */
  readonly last: Name
}

interface Edits {
  readonly committedAt: number
  readonly byId: ReadonlyMap<string, NameEdit>
}

/** Names are loaded first and looked up later, because views don't wait. */
export class PastNames {
  readonly #reader: Reader
  readonly #catalogue: Catalogue
  readonly #spans = new Map<string, Span[]>()
  /** By revision. A large change set is read once, however many things it names. */
  readonly #edits = new Map<number, Edits>()

  /** @param catalogue the one at the revision of the reader */
  constructor(reader: Reader, catalogue: Catalogue) {
    this.#reader = reader
    this.#catalogue = catalogue
  }

  async load(wanted: readonly NamedAt[]): Promise<void> {
    let rest = this.#withoutKnown(wanted)
    while (rest.length > 0) {
      const earliest = new Map<string, number>()
      for (const { id, revision } of rest) earliest.set(id, Math.min(revision, earliest.get(id) ?? Infinity))
      await this.#settle([...earliest].map(([id, from]) => ({ id, from })))
      rest = this.#withoutKnown(rest)
    }
  }

  /** @param otherwise the revision that names a thing which wasn't there at the first one */
  at(revision: number, otherwise: number): Naming {
    const byId = (id: string) => this.spanAt(id, revision)?.name ?? this.spanAt(id, otherwise)?.name
    return { permissions: { byId }, roles: { byId }, roleSets: { byId } }
  }

  /** Undefined: it wasn't loaded. */
  spanAt(id: string, revision: number): Span | undefined {
    const present = this.#present(id)
    if (present !== undefined && present.revision <= revision)
      return { from: present.revision, endedBy: undefined, name: present }
    return this.#spans
      .get(id)
      ?.find(({ from, endedBy }) => from <= revision && revision < (endedBy?.revision ?? Infinity))
  }

  #present(id: string) {
    const { permissions, roles, roleSets } = this.#catalogue
    return permissions.byId(id) ?? roles.byId(id) ?? roleSets.byId(id)
  }

  #withoutKnown(wanted: readonly NamedAt[]): readonly NamedAt[] {
    return wanted.filter(({ id, revision }) => this.spanAt(id, revision) === undefined)
  }

  /** Finds the first edit of each thing. Change sets that name a thing without an edit of it are passed over. */
  async #settle(beginnings: readonly { readonly id: string; readonly from: number }[]): Promise<void> {
    let open = beginnings.map((each) => ({ ...each, after: each.from }))
    while (open.length > 0) {
      const found = await this.#reader.changedNear('after', new Map(open.map(({ id, after }) => [id, after])))
      const going: typeof open = []
      for (const { id, from } of open) {
        const revision = found.get(id)
        if (revision === undefined) {
          const name = this.#present(id) ?? (await this.#lastName(id, from))
          this.#keep(id, { from, endedBy: undefined, name })
          continue
        }
        const { committedAt, byId } = await this.#editsAt(revision)
        const edit = byId.get(id)
        if (edit === undefined) going.push({ id, from, after: revision })
        else this.#keep(id, { from, endedBy: { revision, committedAt }, name: edit.before ?? undefined })
      }
      open = going
    }
  }

  /** Of a thing that was deleted at this revision or before. */
  async #lastName(id: string, revision: number): Promise<Name | undefined> {
    for (let upTo = revision; ;) {
      const found = (await this.#reader.changedNear('up_to', new Map([[id, upTo]]))).get(id)
      if (found === undefined) return undefined
      const edit = (await this.#editsAt(found)).byId.get(id)
      if (edit !== undefined) return edit.last
      upTo = found - 1
    }
  }

  #keep(id: string, span: Span): void {
    const spans = this.#spans.get(id)
    if (spans === undefined) this.#spans.set(id, [span])
    else spans.push(span)
  }

  async #editsAt(revision: number): Promise<Edits> {
    const known = this.#edits.get(revision)
    if (known !== undefined) return known
    const [changeSet] = await this.#reader.history({}, { size: 1, after: revision + 1 })
    const edits = { committedAt: changeSet?.committedAt ?? 0, byId: nameEditsOf(changeSet?.changes ?? []) }
    this.#edits.set(revision, edits)
    return edits
  }
}

function nameEditsOf(changes: readonly Change[]): Map<string, NameEdit> {
  const edits = new Map<string, NameEdit>()
  for (const change of changes) {
    const edit = editOf(change, 'permission') ?? editOf(change, 'role') ?? editOf(change, 'role_set')
    const last = edit?.after ?? edit?.before
    if (edit === undefined || !last) continue
    const first = edits.get(last.id)
    edits.set(last.id, { before: first ? first.before : edit.before, after: edit.after, last })
  }
  return edits
}

/**
 * One that has ended names its role as it was at its end, the others as it is now. Expiring makes no change, so the changes
 * of the role are followed up to the time at which the invitation expired.
 */
export async function viewInvitations(
  invitations: readonly Invitation[],
  { reader, catalogue, now }: { readonly reader: Reader; readonly catalogue: Catalogue; readonly now: number },
): Promise<InvitationView[]> {
  const names = new PastNames(reader, catalogue)
  const ends = invitations.map((invitation) => ({ invitation, revision: invitation.revision }))
  let open = ends.filter(({ invitation }) => statusOf(invitation, now) !== 'pending')
  const ended = new Set(open)
  while (open.length > 0) {
    await names.load(open.flatMap(({ invitation, revision }) => invitation.roleIds.map((id) => ({ id, revision }))))
    open = open.filter((end) => {
      const { status, roleIds, expiresAt } = end.invitation
      const changes = roleIds.flatMap((id) => names.spanAt(id, end.revision)?.endedBy ?? [])
      const change = changes.sort((a, b) => a.revision - b.revision)[0]
      if (status !== 'pending' || change === undefined || change.committedAt >= expiresAt) return false
      end.revision = change.revision
      return true
    })
  }
  return ends.map((end) => {
    const naming = ended.has(end) ? names.at(end.revision, end.revision) : catalogue
    return viewInvitation(end.invitation, naming, now)
  })
}
