/** What change sets make of nothing: the state that the rows must be in, told in the plainest way. */

import { applyToCatalogue, emptyCatalogue, type Catalogue } from '../../packages/sidecar/src/domain/catalogue.ts'
import type { Change } from '../../packages/sidecar/src/domain/change.ts'
import type { Membership, Organization } from '../../packages/sidecar/src/domain/model.ts'

export type Scope = { readonly organizationId: string } | { readonly roleSetId: string }

export const keyOf = ({ organizationId, userId }: Pick<Membership, 'organizationId' | 'userId'>) =>
  `${organizationId} ${userId}`

export class Replay {
  catalogue: Catalogue = emptyCatalogue
  readonly organizations = new Map<string, Organization>()
  readonly memberships = new Map<string, Membership>()

  clone(): Replay {
    const copy = new Replay()
    copy.catalogue = this.catalogue
    for (const [id, organization] of this.organizations) copy.organizations.set(id, organization)
    for (const [key, membership] of this.memberships) copy.memberships.set(key, membership)
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
      case 'members_reassigned':
        for (const [key, each] of this.memberships) {
          const mapping = change.mappings.find(({ fromRoleId }) => fromRoleId === each.roleId)
          if (mapping && this.isIn(change.scope, each.organizationId))
            this.memberships.set(key, { ...each, ...stamp, roleId: mapping.toRoleId })
        }
        break
      default:
        break
    }
  }
}
