/** Change sets: what the feed tells, one committed write at a time. */

import type { Membership, Organization, Permission, Role, RoleSet } from './resources.ts'

export interface Deleted {
  readonly id: string
  /** The key that it had last; empty for an organization. */
  readonly key: string
}

/** All organizations of a role set are on another one now. */
export interface OrganizationsMoved {
  readonly fromRoleSetId: string
  readonly toRoleSetId: string
}

/** Members with certain roles, in one organization or in all of a role set, have other roles now. */
export interface MembersReassigned {
  readonly roleSetId?: string
  readonly organizationId?: string
  readonly mappings: readonly { readonly fromRoleId: string; readonly toRoleId: string; readonly members: number }[]
}

export interface MembershipDeleted {
  readonly id: string
  readonly organizationId: string
  readonly userId: string
}

/** One fact: exactly one of these is there. What is put is all of the thing. */
export type Change =
  | { readonly permissionPut: Permission }
  | { readonly permissionDeleted: Deleted }
  | { readonly rolePut: Role }
  | { readonly roleDeleted: Deleted }
  | { readonly roleSetPut: RoleSet }
  | { readonly roleSetDeleted: Deleted }
  | { readonly organizationPut: Organization }
  | { readonly organizationDeleted: Deleted }
  | { readonly organizationsMoved: OrganizationsMoved }
  | { readonly membersReassigned: MembersReassigned }
  | { readonly membershipPut: Membership }
  | { readonly membershipDeleted: MembershipDeleted }

/** One committed write. */
export interface ChangeSet {
  /** The revision that it made, `<epoch>:<number>`. */
  readonly revision: string
  /** Unix milliseconds. */
  readonly committedAtMs: number
  /** Who did it. */
  readonly actor: string
  /** What was called, for example `ReplaceRole`. */
  readonly operation: string
  /** In order. Facts of a kind that this client doesn't know are left out. */
  readonly changes: readonly Change[]
}
