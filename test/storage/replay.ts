/** What change sets make of nothing: the state that the rows must be in, told in the plainest way. */

import { applyToCatalogue, emptyCatalogue, type Catalogue } from '../../packages/sidecar/src/domain/catalogue.ts'
import type { Change } from '../../packages/sidecar/src/domain/change.ts'
import type {
  AccessKey,
  Invitation,
  InvitationStatus,
  Membership,
  Organization,
} from '../../packages/sidecar/src/domain/model.ts'

export type Scope = { readonly organizationId: string } | { readonly roleSetId: string }

export const keyOf = ({ organizationId, userId }: Pick<Membership, 'organizationId' | 'userId'>) =>
  `${organizationId} ${userId}`

export class Replay {
  catalogue: Catalogue = emptyCatalogue
  readonly organizations = new Map<string, Organization>()
  readonly memberships = new Map<string, Membership>()
  readonly invitations = new Map<string, Invitation>()
  readonly accessKeys = new Map<string, AccessKey>()

  clone(): Replay {
    const copy = new Replay()
    copy.catalogue = this.catalogue
    for (const [id, organization] of this.organizations) copy.organizations.set(id, organization)
    for (const [key, membership] of this.memberships) copy.memberships.set(key, membership)
    for (const [id, invitation] of this.invitations) copy.invitations.set(id, invitation)
    for (const [id, accessKey] of this.accessKeys) copy.accessKeys.set(id, accessKey)
    return copy
  }

  isIn(scope: Scope, organizationId: string): boolean {
    if ('organizationId' in scope) return scope.organizationId === organizationId
    return this.organizations.get(organizationId)?.roleSetId === scope.roleSetId
  }

  apply(change: Change, write: { readonly revision: number; readonly at: number }): void {
    const stamp = { revision: write.revision, updatedAt: write.at }
    this.catalogue = applyToCatalogue(this.catalogue, [change])
    switch (change.kind) {
      case 'organization_put':
        this.organizations.set(change.organization.id, change.organization)
        break
      case 'organization_deleted':
        this.organizations.delete(change.before.id)
        for (const [key, { organizationId }] of this.memberships)
          if (organizationId === change.before.id) this.memberships.delete(key)
        for (const [id, { organizationId }] of this.invitations)
          if (organizationId === change.before.id) this.invitations.delete(id)
        break
      case 'organizations_moved':
        for (const [id, each] of this.organizations)
          if (each.roleSetId === change.fromRoleSetId)
            this.organizations.set(id, { ...each, ...stamp, roleSetId: change.toRoleSetId })
        break
      case 'membership_put':
        this.memberships.set(keyOf(change.membership), change.membership)
        break
      case 'membership_deleted':
        this.memberships.delete(keyOf(change.before))
        break
      case 'invitation_put':
        this.invitations.set(change.invitation.id, change.invitation)
        break
      case 'access_key_put':
        this.accessKeys.set(change.accessKey.id, change.accessKey)
        break
      case 'members_reassigned':
        this.#reassign(change, stamp)
        break
      default:
        break
    }
  }

  #reassign(
    { scope, mappings }: Extract<Change, { kind: 'members_reassigned' }>,
    stamp: { readonly revision: number; readonly updatedAt: number },
  ): void {
    const targetOf = ({ organizationId, roleId }: { readonly organizationId: string; readonly roleId: string }) =>
      this.isIn(scope, organizationId) ? mappings.find(({ fromRoleId }) => fromRoleId === roleId)?.toRoleId : undefined
    for (const [key, each] of this.memberships) {
      const roleId = targetOf(each)
      if (roleId !== undefined) this.memberships.set(key, { ...each, ...stamp, roleId })
    }
    for (const [id, each] of this.invitations) {
      const roleId = statusOf(each, stamp.updatedAt) === 'pending' ? targetOf(each) : undefined
      if (roleId !== undefined) this.invitations.set(id, { ...each, ...stamp, roleId })
    }
  }
}

/** What a stored invitation is at a time. */
export function statusOf({ status, expiresAt }: Invitation, now: number): InvitationStatus {
  return status === 'pending' && expiresAt <= now ? 'expired' : status
}
