/** What the calls of Administration answer with. */

import type { Membership, Organization, Permission, Role, RoleSet } from './resources.ts'

/** The holders of one role who get another one. */
export interface RoleImpact {
  readonly role: string
  readonly toRole: string
  readonly members: number
  readonly invitations: number
  readonly organizations: number
}

/** What a write does, or as a dry run would do, beyond the thing itself. */
export interface Impact {
  /** Organizations whose available roles change, or that move to another set. */
  readonly organizations: number
  readonly members: number
  readonly invitations: number
  readonly roles: readonly RoleImpact[]
}

export interface Written {
  readonly impact: Impact
  /** The revision at which it is committed; as a dry run, the present one. */
  readonly revision: string
}

export interface Read {
  /** The revision at which it was read. */
  readonly revision: string
}

export interface ReadPage extends Read {
  /** Empty: there is no more. */
  readonly nextPageToken: string
}

/** The thing as it is after the write; after its end, as it was last. */
export type PermissionWritten = Written & { readonly permission: Permission }
export type RoleWritten = Written & { readonly role: Role }
export type RoleSetWritten = Written & { readonly roleSet: RoleSet }
export type OrganizationWritten = Written & { readonly organization: Organization }
export type MembershipWritten = Written & { readonly membership: Membership }
export type DeletedWritten = Written & { readonly id: string }

export type PermissionRead = Read & { readonly permission: Permission }
export type RoleRead = Read & { readonly role: Role }
export type RoleSetRead = Read & { readonly roleSet: RoleSet }
export type OrganizationRead = Read & { readonly organization: Organization }
export type MembershipRead = Read & { readonly membership: Membership }

/** Ordered by id. */
export type PermissionsRead = ReadPage & { readonly permissions: readonly Permission[] }
export type RolesRead = ReadPage & { readonly roles: readonly Role[] }
export type RoleSetsRead = ReadPage & { readonly roleSets: readonly RoleSet[] }
export type OrganizationsRead = ReadPage & { readonly organizations: readonly Organization[] }
export type MembershipsRead = ReadPage & { readonly memberships: readonly Membership[] }

export interface AppliedStep {
  readonly action: 'CREATE' | 'UPDATE' | 'DELETE'
  readonly kind: 'permission' | 'role' | 'role_set' | 'organization'
  /** Key, or the id of an organization. */
  readonly key: string
  /** What changes, in words: one entry for each field. */
  readonly details: readonly string[]
}

export type Applied = Written & {
  /** Empty: everything is as described. */
  readonly steps: readonly AppliedStep[]
  /** Things that are there but not described, and were left alone. */
  readonly leftAlone: readonly string[]
}
