/**
 * What the works of a batch have recorded and the rows don't have yet. Works are many and their rows are few, so rows are
 * written together at the end of the batch. Until then, reads of one thing are answered from here, and any other read that
 * they concern has them written first.
 */

import {
  type Change,
  type Invitation,
  type Membership,
  type Organization,
  type ByKind,
  byKind,
  keyOfPlace,
  type Assignment,
  type Place,
} from '@rolesets/core'
import type { Recorded } from './connection.ts'

/** Undefined where nothing is known here; a thing that was deleted is known to be absent. */
export type Known<T> = { readonly value: T | undefined } | undefined

export class Pending {
  #recorded: Recorded[] = []
  readonly #organizations = new Map<string, Organization>()
  readonly #organizationIdsBySlug = new Map<string, string>()
  readonly #assignments = new Map<string, Assignment | undefined>()
  readonly #memberships = new Map<string, Membership | undefined>()
  readonly #invitations = new Map<string, Invitation>()
  #hasAccessKeys = false
  #isWide = false

  /** What each kind of change says of the rows; the catalogue is kept elsewhere. */
  readonly #lessons: ByKind<unknown> = {
    organization_put: ({ after }) => {
      this.#organizations.set(after.id, after)
      if (after.slug !== null) this.#organizationIdsBySlug.set(after.slug, after.id)
    },
    organization_deleted: () => (this.#isWide = true),
    organizations_moved: () => (this.#isWide = true),
    assignment_put: ({ after }) => this.#assignments.set(keyOfPlace(after), after),
    assignment_deleted: ({ before }) => this.#assignments.set(keyOfPlace(before), undefined),
    membership_put: ({ after }) => this.#memberships.set(keyOf(after.organizationId, after.userId), after),
    membership_deleted: ({ before }) => this.#memberships.set(keyOf(before.organizationId, before.userId), undefined),
    members_reassigned: () => (this.#isWide = true),
    invitation_put: ({ after }) => this.#invitations.set(after.id, after),
    access_key_put: () => (this.#hasAccessKeys = true),
    permission_put: ignore,
    permission_deleted: ignore,
    role_put: ignore,
    role_deleted: ignore,
    role_set_put: ignore,
    role_set_deleted: ignore,
    settings_put: ignore,
  }

  get length(): number {
    return this.#recorded.length
  }

  /** A change is recorded whose rows are known only to the storage. */
  get isWide(): boolean {
    return this.#isWide
  }

  get hasOrganizations(): boolean {
    return this.#isWide || this.#organizations.size > 0
  }

  get hasAssignments(): boolean {
    return this.#isWide || this.#assignments.size > 0
  }

  get hasMemberships(): boolean {
    return this.#isWide || this.#memberships.size > 0
  }

  get hasInvitations(): boolean {
    return this.#isWide || this.#invitations.size > 0
  }

  get hasAccessKeys(): boolean {
    return this.#hasAccessKeys
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
    this.#organizations.clear()
    this.#organizationIdsBySlug.clear()
    this.#assignments.clear()
    this.#memberships.clear()
    this.#invitations.clear()
    this.#hasAccessKeys = false
    this.#isWide = false
    this.add(rest)
    return taken
  }

  organization(id: string): Known<Organization> {
    const organization = this.#organizations.get(id)
    return organization && { value: organization }
  }

  /** The last organization that was put with this slug, if it still has it. */
  organizationBySlug(slug: string): Known<Organization> {
    const organization = this.#organizations.get(this.#organizationIdsBySlug.get(slug) ?? '')
    return organization?.slug === slug ? { value: organization } : undefined
  }

  assignment(place: Place): Known<Assignment> {
    const key = keyOfPlace(place)
    if (place.scope !== '') return this.#assignments.has(key) ? { value: this.#assignments.get(key) } : undefined
    const organization = this.#organizations.get(place.organizationId)
    if (organization === undefined) return undefined
    const { roleSetId, updatedAt, revision } = organization
    return { value: { organizationId: place.organizationId, scope: '', roleSetId, updatedAt, revision } }
  }

  membership(organizationId: string, userId: string): Known<Membership> {
    const key = keyOf(organizationId, userId)
    return this.#memberships.has(key) ? { value: this.#memberships.get(key) } : undefined
  }

  invitation(id: string): Known<Invitation> {
    const invitation = this.#invitations.get(id)
    return invitation && { value: invitation }
  }

  #learn(change: Change): void {
    byKind(this.#lessons, change)
  }
}

/** Of a membership. */
export function keyOf(organizationId: string, userId: string): string {
  return JSON.stringify([organizationId, userId])
}

function ignore(): void {}
