/**
 * What the calls of Administration take. Keys and ids are interchangeable; in updates, what is left out stays as it is.
 * The meaning of each field is explained in administration.proto.
 */

import type { Access, InvitationStatus, Metadata } from '../wire/resources.ts'

/** For writes that make something. */
export interface Create {
  /** Check and answer, change nothing. */
  readonly dryRun?: boolean
}

/** For writes on something that is there. */
export interface Write extends Create {
  /** Refuse with `revision_conflict` if the thing has changed since this revision. */
  readonly expectedRevision?: string
}

export interface Page {
  /** 1 to 500; default 50. */
  readonly pageSize?: number
  /** The `nextPageToken` of the page before. */
  readonly pageToken?: string
}

interface Wording {
  readonly name?: string
  readonly description?: string
}

interface UpdateMetadata {
  /** Replaces all, as `privateMetadata` does, unless they are merged. */
  readonly publicMetadata?: Metadata
  readonly privateMetadata?: Metadata
  /** Merge metadata into what is there, at every level; null removes a field. */
  readonly mergeMetadata?: boolean
}

/** Role to role, by key or id. */
export type Mappings = { readonly [role: string]: string }

interface Renaming extends Wording {
  readonly key?: string
}

export interface CreatePermission extends Create, Wording {
  readonly key: string
}
export interface GetPermission {
  readonly permission: string
}
export interface UpdatePermission extends Write, Renaming {
  readonly permission: string
}
export interface DeletePermission extends Write {
  readonly permission: string
}

export interface CreateRole extends Create, Wording {
  readonly key: string
  readonly permissions?: readonly string[]
  readonly includeInInitialRoleSet?: boolean
}
export interface GetRole {
  readonly role: string
}
export interface UpdateRole extends Write, Renaming {
  readonly role: string
  /** All permissions of the role; those that are not listed are taken away. */
  readonly permissions?: readonly string[]
}
export interface DeleteRole extends Write {
  readonly role: string
}

export interface AddPermission extends Write {
  readonly role: string
  readonly permission: string
}
export interface RemovePermission extends Write {
  readonly role: string
  readonly permission: string
}

export interface CreateRoleSet extends Create, Wording {
  /** Left out: made from the name. */
  readonly key?: string
  readonly roles: readonly string[]
  readonly defaultRole: string
  readonly creatorRole: string
  readonly type?: 'INITIAL_SET' | 'CUSTOM_SET'
}
export interface GetRoleSet {
  readonly roleSet: string
}
export interface UpdateRoleSet extends Write, Renaming {
  readonly roleSet: string
  readonly defaultRole?: string
  readonly creatorRole?: string
  readonly type?: 'INITIAL_SET'
}
export interface DeleteRoleSet extends Write {
  readonly roleSet: string
}
export interface AddRoles extends Write {
  readonly roleSet: string
  readonly roles: readonly string[]
  readonly defaultRole?: string
  readonly creatorRole?: string
}
export interface ReplaceRole extends Write {
  readonly roleSet: string
  readonly role: string
  readonly toRole?: string
}
export interface ReplaceRoleSet extends Write {
  readonly roleSet: string
  readonly toRoleSet: string
  readonly mappings?: Mappings
}

export interface CreateOrganization extends Create {
  /** The application's own id; left out: one is made. */
  readonly id?: string
  readonly name?: string
  readonly slug?: string
  /** Left out: the initial set. */
  readonly roleSet?: string
  /** Id of the user that becomes a member with the set's creator role. */
  readonly createdBy?: string
  readonly publicMetadata?: Metadata
  readonly privateMetadata?: Metadata
  /** How many members and pending invitations it may have together; 0: any number. Left out: what the settings say. */
  readonly maxAllowedMemberships?: number
  /** If it is older than its record here. */
  readonly createdAtMs?: number
}
export interface GetOrganization {
  readonly organizationId: string
}
export interface ListOrganizations extends Page {
  readonly roleSet?: string
}
export interface UpdateOrganization extends Write, UpdateMetadata {
  readonly organizationId: string
  readonly name?: string
  /** Empty: none. */
  readonly slug?: string
  /** As `assignRoleSet` does it, in the same write. */
  readonly roleSet?: string
  readonly mappings?: Mappings
  readonly maxAllowedMemberships?: number
  readonly adminDeleteEnabled?: boolean
  readonly createdAtMs?: number
}
export interface DeleteOrganization extends Write {
  readonly organizationId: string
}
export interface AssignRoleSet extends Write {
  readonly organizationId: string
  readonly roleSet: string
  readonly mappings?: Mappings
}

export interface CreateMembership extends Create {
  readonly organizationId: string
  readonly userId: string
  readonly role: string
  readonly publicMetadata?: Metadata
  readonly privateMetadata?: Metadata
}
export interface GetMembership {
  readonly organizationId: string
  readonly userId: string
}
export interface ListMemberships extends Page {
  readonly organizationId: string
  readonly role?: string
}
export interface UpdateMembership extends Write, UpdateMetadata {
  readonly organizationId: string
  readonly userId: string
  readonly role?: string
}
export interface DeleteMembership extends Write {
  readonly organizationId: string
  readonly userId: string
}

export interface NewInvitation {
  readonly emailAddress: string
  readonly role: string
  /** Id of the inviting user. */
  readonly inviterUserId?: string
  /** 1 to 365; default 30. */
  readonly expiresInDays?: number
  /** Where the application sends the invited person: an absolute http or https URL. */
  readonly redirectUrl?: string
  readonly publicMetadata?: Metadata
  readonly privateMetadata?: Metadata
}
export interface CreateInvitation extends Create, NewInvitation {
  readonly organizationId: string
}
export interface CreateInvitations extends Create {
  readonly organizationId: string
  /** 1 to 1000 of them. */
  readonly invitations: readonly NewInvitation[]
}
export interface GetInvitation {
  readonly organizationId: string
  readonly invitationId: string
}
export interface ListInvitations extends Page {
  readonly organizationId: string
  /** Left out or empty: all. */
  readonly statuses?: readonly InvitationStatus[]
}
export interface RevokeInvitation extends Write {
  readonly organizationId: string
  readonly invitationId: string
}
export interface AcceptInvitation extends Write {
  readonly organizationId: string
  readonly invitationId: string
  /** Becomes a member. The application has to check that the address is theirs. */
  readonly userId: string
}

/** `{}` */
export type GetSettings = { readonly [field: string]: never }
export interface UpdateSettings extends Write {
  readonly enabled?: boolean
  readonly maxAllowedMemberships?: number
  readonly adminDeleteEnabled?: boolean
  readonly slugDisabled?: boolean
  readonly domainsEnabled?: boolean
  readonly domainsEnrollmentModes?: readonly string[]
  /** Becomes the creator role of the initial set, one of its roles. */
  readonly creatorRole?: string
  /** Becomes the default role of the initial set, one of its roles. */
  readonly defaultRole?: string
}

export interface CreateAccessKey extends Create {
  readonly name: string
  /** Left out: `SECRET`, which opens everything. */
  readonly access?: Access
}
export interface RevokeAccessKey extends Write {
  /** Name or id. */
  readonly accessKey: string
}

/** All that is given must hold. */
export interface ListChanges extends Page {
  /** Key or id of something that was changed; of a user, the id; of an access key, the name or id. */
  readonly thing?: string
  readonly actor?: string
  /** For example `ReplaceRole`. */
  readonly operation?: string
  /** From this time on. */
  readonly fromMs?: number
  /** Before this time. */
  readonly toMs?: number
  readonly oldestFirst?: boolean
}
export interface Explain {
  readonly organizationId: string
  /** A key that it had at that time will do. */
  readonly role: string
  /** Left out: now. */
  readonly atMs?: number
}

export interface PermissionManifest extends Wording {
  readonly key: string
}
export interface RoleManifest extends Wording {
  readonly key: string
  readonly permissions?: readonly string[]
}
export interface RoleSetManifest extends Wording {
  readonly key: string
  readonly roles: readonly string[]
  readonly defaultRole: string
  readonly creatorRole: string
  readonly initial?: boolean
  /** For roles that pruning takes out of the set: the role that their holders get. */
  readonly replace?: Mappings
}
export interface OrganizationManifest {
  readonly id: string
  readonly name?: string
  readonly slug?: string
  readonly roleSet?: string
  readonly mappings?: Mappings
}
export interface Apply extends Write {
  readonly permissions?: readonly PermissionManifest[]
  readonly roles?: readonly RoleManifest[]
  readonly roleSets?: readonly RoleSetManifest[]
  readonly organizations?: readonly OrganizationManifest[]
  /** Delete what is not described. Organizations are never deleted. */
  readonly prune?: boolean
}
