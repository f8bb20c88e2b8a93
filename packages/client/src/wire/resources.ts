/** The things that Rolesets keeps, as plain objects. Keys may be renamed; ids never change. Times are Unix milliseconds. */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }
export type Metadata = { readonly [key: string]: Json }

export interface Permission {
  readonly id: string
  /** `org:<feature>:<action>` */
  readonly key: string
  readonly name: string
  readonly description: string
  readonly type: 'SYSTEM' | 'CUSTOM'
  readonly createdAtMs: number
  readonly updatedAtMs: number
}

export interface Role {
  readonly id: string
  /** `org:<name>` */
  readonly key: string
  readonly name: string
  readonly description: string
  /** Keys of its permissions, in alphabetical order. */
  readonly permissions: readonly string[]
  /** Ids of the same permissions, in the same order. */
  readonly permissionIds: readonly string[]
  readonly creatorEligible: boolean
  readonly createdAtMs: number
  readonly updatedAtMs: number
}

export interface RoleSet {
  readonly id: string
  /** `role_set:<name>` */
  readonly key: string
  readonly name: string
  readonly description: string
  /** Keys of its roles, in alphabetical order. */
  readonly roles: readonly string[]
  /** Ids of the same roles, in the same order. */
  readonly roleIds: readonly string[]
  readonly defaultRole: string
  readonly defaultRoleId: string
  readonly creatorRole: string
  readonly creatorRoleId: string
  /** Exactly one set is initial: that of new and unregistered organizations. */
  readonly type: 'INITIAL_SET' | 'CUSTOM_SET'
  readonly createdAtMs: number
  readonly updatedAtMs: number
}

export interface Organization {
  readonly id: string
  readonly name: string
  readonly slug: string
  readonly roleSet: string
  readonly roleSetId: string
  readonly publicMetadata: Metadata
  readonly privateMetadata: Metadata
  /** Id of the user that created it; empty: unknown. */
  readonly createdBy: string
  /** How many members and pending invitations it may have together; 0: any number. */
  readonly maxAllowedMemberships: number
  /** Whether its own administrators may delete it. Kept for the application; the sidecar doesn't ask it. */
  readonly adminDeleteEnabled: boolean
  readonly createdAtMs: number
  readonly updatedAtMs: number
}

/** Which role set a part of an organization has of its own. */
export interface Assignment {
  readonly organizationId: string
  /** `<kind>:<name>`. */
  readonly scope: string
  /** Key of the role set. */
  readonly roleSet: string
  readonly roleSetId: string
  readonly updatedAtMs: number
}

export interface Membership {
  readonly id: string
  readonly organizationId: string
  readonly userId: string
  readonly role: string
  readonly roleId: string
  readonly publicMetadata: Metadata
  readonly privateMetadata: Metadata
  readonly createdAtMs: number
  readonly updatedAtMs: number
}

export type InvitationStatus = 'PENDING' | 'ACCEPTED' | 'REVOKED' | 'EXPIRED'

/** An offer to become a member of an organization with a certain role. */
export interface Invitation {
  readonly id: string
  readonly organizationId: string
  readonly emailAddress: string
  /** Key of the role; its id, if the role is gone. */
  readonly role: string
  readonly roleId: string
  /** Empty: unknown. */
  readonly inviterUserId: string
  /** As of when it was read; no change is sent when its time is over. */
  readonly status: InvitationStatus
  /** From when on it can't be accepted and holds no role. */
  readonly expiresAtMs: number
  readonly redirectUrl: string
  /** Empty: it was not accepted. */
  readonly acceptedByUserId: string
  /** Goes to the membership, as `privateMetadata` does. */
  readonly publicMetadata: Metadata
  readonly privateMetadata: Metadata
  readonly createdAtMs: number
  readonly updatedAtMs: number
}

/** What holds for all organizations. */
export interface Settings {
  /** Whether organizations can be created. */
  readonly enabled: boolean
  /** What a new organization gets as its own limit; 0: any number of members. */
  readonly maxAllowedMemberships: number
  /** What a new organization gets as its own. */
  readonly adminDeleteEnabled: boolean
  /** Whether giving an organization a slug is refused. */
  readonly slugDisabled: boolean
  /** Kept for clients that ask for it, as `domainsEnrollmentModes` is. */
  readonly domainsEnabled: boolean
  readonly domainsEnrollmentModes: readonly string[]
  /** Key of the initial set. */
  readonly initialRoleSet: string
  /** Key of the initial set's creator role. */
  readonly creatorRole: string
  /** Key of the initial set's default role. */
  readonly defaultRole: string
  /** 0: never changed. */
  readonly updatedAtMs: number
}

export type Access = 'SECRET' | 'READ'

/** A key that opens the API. The key itself is shown once, when it is made. */
export interface AccessKey {
  readonly id: string
  /** The actor in the history for what is done with it. */
  readonly name: string
  readonly access: Access
  readonly createdAtMs: number
  /** 0: it opens. */
  readonly revokedAtMs: number
}
