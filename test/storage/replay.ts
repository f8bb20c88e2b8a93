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
  isCurrentIn,
  keyOfPlace,
  kindOfScope,
  roleSetOfPlace,
  type Place,
  type ByKind,
  type Reassigned,
  type Renamed,
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

  /** As a reassignment means it: with scopes, by the rule of core. */
  isAmong(among: Scope, place: Place): boolean {
    const { organizationId, scope } = place
    if (scope === '') return this.isIn(among, place)
    const ownOf = this.assignments.get(keyOfPlace(place))?.roleSetId ?? null
    const isDefault = this.catalogue.scopeDefaults.has(scope)
    if ('kind' in among) return kindOfScope(scope) === among.kind && ownOf === null && !isDefault
    if ('roleSetId' in among) {
      const organizationRoleSetId = this.organizations.get(organizationId)?.roleSetId ?? ''
      const found = roleSetOfPlace(this.catalogue, { scope, own: ownOf, organizationRoleSetId })
      return 'roleSetId' in found && found.roleSetId === among.roleSetId
    }
    if (!('organizationId' in among)) return among.scope === scope && ownOf === null
    if (among.organizationId !== organizationId) return false
    if ('scope' in among) return among.scope === scope
    const follows = this.catalogue.scopeKinds.get(kindOfScope(scope))?.fallback === 'organization'
    return follows && ownOf === null && !isDefault
  }

  /** Whether a membership counts at a time, by the rule of core. */
  isCurrent(member: Membership, now: number): boolean {
    // The storage keeps also members of scopes that are none of the organization, which no rule lets be.
    const whole = this.memberships.get(keyOf({ ...member, scope: '' })) ?? member
    return isCurrentIn({ held: member, whole }, now)
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
    role_deleted: ({ before }, { updatedAt }) => this.#forgetFormer(before.id, updatedAt),
    role_set_put: inCatalogue,
    role_set_deleted: inCatalogue,
    scope_kind_put: inCatalogue,
    scope_kind_deleted: inCatalogue,
    scope_default_put: inCatalogue,
    scope_default_deleted: inCatalogue,
    scope_renamed: (change, stamp) => this.#rename(change, stamp),
    settings_put: inCatalogue,
    history_compacted: inCatalogue,
  }

  /** Nobody holds the role any more, and those in the scopes of a former member go with the membership of the whole. */
  #forgetFormer(roleId: string, now: number): void {
    const former = [...this.memberships.values()].filter(
      (each) => each.roleIds.includes(roleId) && !this.isCurrent(each, now),
    )
    for (const [key, each] of this.memberships)
      if (former.some((it) => it.scope === '' && keyOf({ ...each, scope: '' }) === keyOf(it)))
        this.memberships.delete(key)
    for (const each of former) this.memberships.delete(keyOf(each))
  }

  #rename({ organizationId, fromScope, toScope }: Renamed, stamp: Stamp): void {
    const inTheWay = [...this.memberships].filter(
      ([, each]) =>
        each.organizationId === organizationId && each.scope === toScope && !this.isCurrent(each, stamp.updatedAt),
    )
    for (const [key] of inTheWay) this.memberships.delete(key)
    const isMeant = (each: Place) => each.organizationId === organizationId && each.scope === fromScope
    for (const [key, each] of [...this.memberships].filter(([, member]) => isMeant(member))) {
      this.memberships.delete(key)
      const renamed = { ...each, ...stamp, scope: toScope }
      this.memberships.set(keyOf(renamed), renamed)
    }
    for (const [id, each] of this.invitations)
      if (isMeant(each)) this.invitations.set(id, { ...each, ...stamp, scope: toScope })
  }

  #reassign({ among, mappings }: Reassigned, stamp: Stamp): void {
    const targets = new Map(mappings.map(({ fromRoleId, toRoleId }) => [fromRoleId, toRoleId]))
    const isMeant = (each: Membership | Invitation) =>
      this.isAmong(among, each) && each.roleIds.some((id) => targets.has(id))
    // A role that someone then has twice is kept once.
    const reassigned = <Holder extends Membership | Invitation>(each: Holder): Holder => {
      const roleIds = [...new Set(each.roleIds.map((id) => targets.get(id) ?? id))]
      return { ...each, ...stamp, roleIds }
    }
    const members = [...this.memberships].filter(([, each]) => isMeant(each) && this.isCurrent(each, stamp.updatedAt))
    for (const [key, each] of members) this.memberships.set(key, reassigned(each))
    for (const [id, each] of this.invitations)
      if (statusOf(each, stamp.updatedAt) === 'pending' && isMeant(each)) this.invitations.set(id, reassigned(each))
  }
}

/** What a stored invitation is at a time. */
export function statusOf({ status, expiresAt }: Invitation, now: number): InvitationStatus {
  return status === 'pending' && expiresAt <= now ? 'expired' : status
}
