/**
 * The things of the store, as the rules see them. They refer to each other by id, so a renamed key follows everywhere
 * (rule 9). Times are Unix milliseconds. `revision` is the number of the write that changed the thing last.
 */

export type Metadata = Readonly<Record<string, unknown>>

/** What every thing with an id has. */
interface Identified {
  readonly id: string
  readonly createdAt: number
  readonly updatedAt: number
  readonly revision: number
}

interface Named extends Identified {
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
  /** Null: the set is for scopes only (rule 14), so it can't be initial or the set of an organization as a whole. */
  readonly creatorRoleId: string | null
  readonly type: 'initial' | 'custom'
}

/** An organization, or a part of it that can have a role set of its own (rule 14). */
export interface Place {
  readonly organizationId: string
  /** `<kind>:<name>`; empty: the organization as a whole. */
  readonly scope: string
}

/** In a query about an organization: the organization as a whole and all of its scopes. No scope has this key. */
export const everyScope = '*'

/** Which role set a place has, and what people call it. */
export interface Assignment extends Place {
  /** May be empty. Of an organization as a whole always: its name is a part of the organization. */
  readonly name: string
  /** Null: a scope that has a name, and no role set of its own. */
  readonly roleSetId: string | null
  readonly updatedAt: number
  readonly revision: number
}

/** What decides for the scopes of a kind that have neither a role set of their own nor a default (rule 14). */
export const scopeFallbacks = ['organization', 'role_set', 'none'] as const

export type ScopeFallback = (typeof scopeFallbacks)[number]

/** A registered kind of scopes, for example `department`. */
export interface ScopeKind {
  readonly kind: string
  readonly fallback: ScopeFallback
  /** With the fallback `role_set`; else null. */
  readonly roleSetId: string | null
  readonly updatedAt: number
  readonly revision: number
}

/** The role set of the scopes with exactly this key that have none of their own, in all organizations. */
export interface ScopeDefault {
  /** `<kind>:<name>` */
  readonly scope: string
  readonly roleSetId: string
  readonly updatedAt: number
  readonly revision: number
}

/** How users with an address of a domain become members. */
export const enrollmentModes = [
  'manual_invitation',
  'automatic_invitation',
  'automatic_suggestion',
  'enterprise_sso',
] as const

export type EnrollmentMode = (typeof enrollmentModes)[number]

/** A domain of addresses, as a part of its organization. */
export interface OrganizationDomain {
  readonly id: string
  /** In lower case. */
  readonly name: string
  readonly enrollmentMode: EnrollmentMode
  /** Whether the application has verified that the domain belongs to the organization. */
  readonly verified: boolean
  /** Unix milliseconds; null: the owner wasn't verified by a call of its own. */
  readonly ownershipVerifiedAt: number | null
  readonly createdAt: number
  readonly updatedAt: number
}

export interface Organization extends Identified {
  /** May be empty. */
  readonly name: string
  /** Unique among organizations, or null. */
  readonly slug: string | null
  /** Its assignment as a whole, in the empty scope: see `assignmentEffectOf`. */
  readonly roleSetId: string
  /** Id of the user who created it; empty: unknown. */
  readonly createdBy: string
  /** Members and pending invitations together; 0: any number. */
  readonly maxAllowedMemberships: number
  /** Whether its own administrators may delete it. Kept for the application; no rule reads it. */
  readonly adminDeleteEnabled: boolean
  /** In the order of their creation. Absent: it never had one. */
  readonly domains?: readonly OrganizationDomain[]
  readonly publicMetadata: Metadata
  readonly privateMetadata: Metadata
}

/** Of a user in a place. A user has at most one membership in each place. */
export interface Membership extends Identified, Place {
  readonly userId: string
  /** 1 to 10, each once (rule 17). Clients that know one role see the first. */
  readonly roleIds: readonly string[]
  /** Unix milliseconds; null: it has no end. From this moment on it counts nowhere and holds no role (rule 22). */
  readonly expiresAt: number | null
  readonly publicMetadata: Metadata
  readonly privateMetadata: Metadata
}

/** The role that clients see that know one role. */
export function firstRoleIdOf({ roleIds }: { readonly roleIds: readonly string[] }): string {
  // Never empty (I10).
  return roleIds[0] as string
}

/** `expired` is never stored: an invitation that is pending and past its time is expired (see `statusOf`). */
export type InvitationStatus = 'pending' | 'accepted' | 'revoked' | 'expired'

/** Into a place. */
export interface Invitation extends Identified, Place {
  /** As it was given; compared without regard to case. */
  readonly emailAddress: string
  /** 1 to 10, each once. A role may be gone once the invitation isn't pending any more. */
  readonly roleIds: readonly string[]
  /** Id of the user who invited; empty: unknown. */
  readonly inviterUserId: string
  readonly status: Exclude<InvitationStatus, 'expired'>
  /** Unix milliseconds. From this moment on it can't be accepted, and holds no role. */
  readonly expiresAt: number
  /** Where the application sends the invited person; empty: nowhere. Rolesets sends nothing. */
  readonly redirectUrl: string
  /** Id of the user who accepted it; empty: it wasn't accepted. */
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
  /** How many roles a write may give to a member or an invitation, 1 to 10 (rule 17). */
  readonly maxRolesPerMember: number
  /** What becomes of a write that leaves an organization without its last administrator (rule 19). */
  readonly lastAdministrator: LastAdministrator
  /** False: domains enroll no members. */
  readonly domainsEnabled: boolean
  /** Which modes a domain can have; empty: all. */
  readonly domainsEnrollmentModes: readonly string[]
  readonly updatedAt: number
  /** 0: unchanged since the store was made. */
  readonly revision: number
}

/** `warn`: the write is done, and its impact says so. `refuse`: it is refused unless the call insists. */
export type LastAdministrator = 'warn' | 'refuse'

/** A key that opens the API. The key itself is shown once, when it is made, and kept nowhere. */
export interface AccessKey extends Identified {
  /** Unique, also among revoked keys: the audit names it. */
  readonly name: string
  readonly access: 'secret' | 'read'
  /** SHA-256 of the key, in hex. */
  readonly digest: string
  /** Unix milliseconds; null: it is not revoked. */
  readonly revokedAt: number | null
}

/** How an organization is treated that isn't in the store (rule 3). */
export type UnknownOrganizations = 'initial' | 'deny'

/** All things by name. Adding one here makes the compiler ask for it at each border. */
export interface Things {
  readonly permission: Permission
  readonly role: Role
  readonly role_set: RoleSet
  readonly scope_kind: ScopeKind
  readonly scope_default: ScopeDefault
  readonly settings: Settings
  readonly organization: Organization
  readonly assignment: Assignment
  readonly membership: Membership
  readonly invitation: Invitation
  readonly access_key: AccessKey
}

export type ThingName = keyof Things
