/**
 * What a committed write consists of. The rules decide changes, the storage writes them, the feed carries them, and every
 * read model applies them: there is no other way for a fact to get from one to the other.
 *
 * `before` is the thing as it was, or null when it is new: the audit needs it, appliers don't.
 */

import type { AccessKey, Invitation, Membership, Organization, Permission, Role, RoleSet, Settings } from './model.ts'

export type CatalogueChange =
  | { readonly kind: 'permission_put'; readonly permission: Permission; readonly before: Permission | null }
  | { readonly kind: 'permission_deleted'; readonly before: Permission }
  | { readonly kind: 'role_put'; readonly role: Role; readonly before: Role | null }
  | { readonly kind: 'role_deleted'; readonly before: Role }
  | { readonly kind: 'role_set_put'; readonly roleSet: RoleSet; readonly before: RoleSet | null }
  | { readonly kind: 'role_set_deleted'; readonly before: RoleSet }
  | { readonly kind: 'settings_put'; readonly settings: Settings; readonly before: Settings }

export type OrganizationChange =
  | { readonly kind: 'organization_put'; readonly organization: Organization; readonly before: Organization | null }
  /** Its memberships go with it, and all its invitations. `invitations` counts those that were pending. */
  | {
      readonly kind: 'organization_deleted'
      readonly before: Organization
      readonly members: number
      readonly invitations: number
    }
  /** All organizations of a set move at once, as one fact whatever their number. */
  | {
      readonly kind: 'organizations_moved'
      readonly fromRoleSetId: string
      readonly toRoleSetId: string
      readonly organizations: number
    }

export type MembershipChange =
  | { readonly kind: 'membership_put'; readonly membership: Membership; readonly before: Membership | null }
  | { readonly kind: 'membership_deleted'; readonly before: Membership }
  | { readonly kind: 'invitation_put'; readonly invitation: Invitation; readonly before: Invitation | null }
  /**
   * All members with certain roles, and all invitations with them that are pending at the time of the write, in one organization or in all organizations of a set, get other roles. The mappings
   * happen at the same time (a to b and b to a exchanges the two), so a storage applies them in one statement.
   */
  | {
      readonly kind: 'members_reassigned'
      readonly scope: { readonly roleSetId: string } | { readonly organizationId: string }
      /** Never empty; no role is the source of two, none is its own target. */
      readonly mappings: readonly RoleReassignment[]
    }

export interface RoleReassignment {
  readonly fromRoleId: string
  readonly toRoleId: string
  readonly members: number
  readonly invitations: number
}

export interface AccessKeyChange {
  readonly kind: 'access_key_put'
  readonly accessKey: AccessKey
  readonly before: AccessKey | null
}

export type Change = CatalogueChange | OrganizationChange | MembershipChange | AccessKeyChange

/** One committed write. Applied whole or not at all. */
export interface ChangeSet {
  /** Grows by one with each committed write (I7). */
  readonly revision: number
  readonly committedAt: number
  /** Never empty (I8). */
  readonly actor: string
  /** What was called, for example `ReplaceRole`. */
  readonly operation: string
  readonly changes: readonly Change[]
}

/** A change set as the audit keeps it: each is sealed to the one before it, so that none can be altered unseen. */
export interface SealedChangeSet extends ChangeSet {
  /** SHA-256, in hex, of the seal before it and of all that this change set says. */
  readonly seal: string
}
