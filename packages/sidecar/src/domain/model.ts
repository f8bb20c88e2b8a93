/**
 * The things of the store, as the rules see them. They refer to each other by id, so a renamed key follows everywhere
 * (rule 9). Times are Unix milliseconds; `revision` is the number of the write that changed the thing last.
 */

export type Metadata = Readonly<Record<string, unknown>>

interface Thing {
  readonly id: string
  readonly createdAt: number
  readonly updatedAt: number
  readonly revision: number
}

interface Named extends Thing {
  readonly key: string
  readonly name: string
  readonly description: string
}

export interface Permission extends Named {
  readonly type: 'system' | 'custom'
}

export interface Role extends Named {
  /** In the order of the permissions' keys at the time of writing; without duplicates. */
  readonly permissionIds: readonly string[]
}

export interface RoleSet extends Named {
  /** Without duplicates, never empty (rule 2). */
  readonly roleIds: readonly string[]
  readonly defaultRoleId: string
  readonly creatorRoleId: string
  readonly type: 'initial' | 'custom'
}

export interface Organization extends Thing {
  /** May be empty. */
  readonly name: string
  /** Unique among organizations, or null. */
  readonly slug: string | null
  readonly roleSetId: string
  /** Id of the user who created it; empty: nobody is known. */
  readonly createdBy: string
  /** Members and pending invitations together; 0: any number. */
  readonly maxAllowedMemberships: number
  /** Whether its own administrators may delete it: kept for the application, no rule here asks it. */
  readonly adminDeleteEnabled: boolean
  readonly publicMetadata: Metadata
  readonly privateMetadata: Metadata
}

export interface Membership extends Thing {
  readonly organizationId: string
  readonly userId: string
  readonly roleId: string
  readonly publicMetadata: Metadata
  readonly privateMetadata: Metadata
}

/** `expired` is never stored: an invitation that is pending and past its time is expired (see `statusOf`). */
export type InvitationStatus = 'pending' | 'accepted' | 'revoked' | 'expired'

export interface Invitation extends Thing {
  readonly organizationId: string
  /** As it was given; compared without regard to case. */
  readonly emailAddress: string
  /** Of a role that may be gone, once the invitation isn't pending any more. */
  readonly roleId: string
  /** Id of the user who invited; empty: nobody is known. */
  readonly inviterUserId: string
  readonly status: Exclude<InvitationStatus, 'expired'>
  /** Unix milliseconds. From this moment on it can't be accepted, and holds no role. */
  readonly expiresAt: number
  /** Where the application sends the invited person; empty: nowhere. Nothing is sent from here. */
  readonly redirectUrl: string
  /** Id of the user who accepted it; empty: nobody has. */
  readonly acceptedByUserId: string
  /** Goes to the membership on acceptance. */
  readonly publicMetadata: Metadata
  readonly privateMetadata: Metadata
}

/** What holds for all organizations. There is one such thing, whose id is `settings`. */
export interface Settings {
  /** False: no organization can be created. */
  readonly enabled: boolean
  /** What a new organization gets as its own; 0: any number. */
  readonly maxAllowedMemberships: number
  /** What a new organization gets as its own. */
  readonly adminDeleteEnabled: boolean
  /** True: no organization can be given a slug. */
  readonly slugDisabled: boolean
  /** Kept for clients that ask for them; no rule here asks them. */
  readonly domainsEnabled: boolean
  readonly domainsEnrollmentModes: readonly string[]
  readonly updatedAt: number
  /** 0: as every store begins. */
  readonly revision: number
}

/** A key that opens the API. The key itself is shown once, when it is made, and kept nowhere. */
export interface AccessKey extends Thing {
  /** Unique, also among those that were revoked: the audit names it. */
  readonly name: string
  readonly access: 'secret' | 'read'
  /** SHA-256 of the key, in hex. */
  readonly digest: string
  /** Unix milliseconds; null: it opens. */
  readonly revokedAt: number | null
}

/** What a decision needs to know when an organization isn't in the store (rule 3). */
export type UnknownOrganizations = 'initial' | 'deny'
