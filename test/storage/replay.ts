/** Applies change sets to an empty state, in the simplest way: the rows must be in the same state. */

import {
  type AccessKey,
  applyToCatalogue,
  type Catalogue,
  type Change,
  emptyCatalogue,
  type Invitation,
  type InvitationStatus,
  type Membership,
  type Organization,
  type Assignment,
  byKind,
  everyScope,
  keyOfPlace,
  type Place,
  type ByKind,
  type Reassigned,
} from '@rolesets/core'
import type { Where } from '../../packages/sidecar/src/storage/store.ts'

export type Scope = Reassigned['among'] | Where

export const keyOf = ({ organizationId, scope, userId }: Pick<Membership, 'organizationId' | 'scope' | 'userId'>) =>
  `${organizationId} ${scope} ${userId}`

interface Stamp {
  readonly revision: number
  readonly updatedAt: number
}

/** `applyToCatalogue` has done it, or there is nothing to do. */
function inCatalogue(): void {}

export class Replay {
  catalogue: Catalogue = emptyCatalogue
  readonly organizations = new Map<string, Organization>()
  readonly deletedOrganizations = new Set<string>()
  /** Of scopes, by the keys of their places. */
  readonly assignments = new Map<string, Assignment>()
  readonly memberships = new Map<string, Membership>()
  readonly invitations = new Map<string, Invitation>()
  readonly accessKeys = new Map<string, AccessKey>()

  clone(): Replay {
    const copy = new Replay()
    copy.catalogue = this.catalogue
    for (const [id, organization] of this.organizations) copy.organizations.set(id, organization)
    for (const id of this.deletedOrganizations) copy.deletedOrganizations.add(id)
    for (const [key, assignment] of this.assignments) copy.assignments.set(key, assignment)
    for (const [key, membership] of this.memberships) copy.memberships.set(key, membership)
    for (const [id, invitation] of this.invitations) copy.invitations.set(id, invitation)
    for (const [id, accessKey] of this.accessKeys) copy.accessKeys.set(id, accessKey)
    return copy
  }

  /** The scopes of the organizations of a set aren't meant. */
  isIn(among: Scope, { organizationId, scope }: Place): boolean {
    if ('organizationId' in among) {
      const asked = 'scope' in among ? among.scope : ''
      return among.organizationId === organizationId && (asked === everyScope || (asked ?? '') === scope)
    }
    if ('scope' in among || 'kind' in among || scope !== '') return false
    return this.organizations.get(organizationId)?.roleSetId === among.roleSetId
  }

  apply(change: Change, write: { readonly revision: number; readonly at: number }): void {
    const stamp = { revision: write.revision, updatedAt: write.at }
    this.catalogue = applyToCatalogue(this.catalogue, [change])
    byKind(this.#appliers, change, stamp)
  }

  readonly #appliers: ByKind<void, [Stamp]> = {
    organization_put: ({ after }) => {
      this.organizations.set(after.id, after)
      this.deletedOrganizations.delete(after.id)
    },
    organization_deleted: ({ before }) => {
      this.organizations.delete(before.id)
      this.deletedOrganizations.add(before.id)
      for (const [key, { organizationId }] of this.memberships)
        if (organizationId === before.id) this.memberships.delete(key)
      for (const [id, { organizationId }] of this.invitations)
        if (organizationId === before.id) this.invitations.delete(id)
      for (const [key, { organizationId }] of this.assignments)
        if (organizationId === before.id) this.assignments.delete(key)
    },
    organizations_moved: ({ fromRoleSetId, toRoleSetId }, stamp) => {
      for (const [id, each] of this.organizations)
        if (each.roleSetId === fromRoleSetId) this.organizations.set(id, { ...each, ...stamp, roleSetId: toRoleSetId })
      for (const [key, each] of this.assignments)
        if (each.roleSetId === fromRoleSetId) this.assignments.set(key, { ...each, ...stamp, roleSetId: toRoleSetId })
    },
    membership_put: ({ after }) => void this.memberships.set(keyOf(after), after),
    membership_deleted: ({ before }) => void this.memberships.delete(keyOf(before)),
    members_reassigned: (change, stamp) => this.#reassign(change, stamp),
    invitation_put: ({ after }) => void this.invitations.set(after.id, after),
    access_key_put: ({ after }) => void this.accessKeys.set(after.id, after),
    assignment_put: ({ after }) => void this.assignments.set(keyOfPlace(after), after),
    assignment_deleted: ({ before }) => void this.assignments.delete(keyOfPlace(before)),
    permission_put: inCatalogue,
    permission_deleted: inCatalogue,
    role_put: inCatalogue,
    role_deleted: inCatalogue,
    role_set_put: inCatalogue,
    role_set_deleted: inCatalogue,
    scope_kind_put: inCatalogue,
    scope_kind_deleted: inCatalogue,
    scope_default_put: inCatalogue,
    scope_default_deleted: inCatalogue,
    scope_renamed: inCatalogue,
    settings_put: inCatalogue,
    history_compacted: inCatalogue,
  }

  #reassign({ among, mappings }: Reassigned, stamp: Stamp): void {
    const targets = new Map(mappings.map(({ fromRoleId, toRoleId }) => [fromRoleId, toRoleId]))
    const isMeant = (each: Membership | Invitation) =>
      this.isIn(among, each) && each.roleIds.some((id) => targets.has(id))
    // A role that someone then has twice is kept once.
    const reassigned = <Holder extends Membership | Invitation>(each: Holder): Holder => {
      const roleIds = [...new Set(each.roleIds.map((id) => targets.get(id) ?? id))]
      return { ...each, ...stamp, roleIds }
    }
    for (const [key, each] of this.memberships) if (isMeant(each)) this.memberships.set(key, reassigned(each))
    for (const [id, each] of this.invitations)
      if (statusOf(each, stamp.updatedAt) === 'pending' && isMeant(each)) this.invitations.set(id, reassigned(each))
  }
}

/** What a stored invitation is at a time. */
export function statusOf({ status, expiresAt }: Invitation, now: number): InvitationStatus {
  return status === 'pending' && expiresAt <= now ? 'expired' : status
}
