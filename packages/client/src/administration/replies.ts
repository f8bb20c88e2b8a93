/** The replies of the calls of Administration. */

import type { Reason } from '@rolesets/core'
import type { AuditedChangeSet } from '../feed/changes.ts'
import type {
  AccessKey,
  Invitation,
  Membership,
  Organization,
  Permission,
  Role,
  RoleSet,
  ScopeDefault,
  ScopeKind,
  Settings,
} from '../wire/resources.ts'

/** The members and invitations with one role that get another one. */
export interface RoleImpact {
  readonly role: string
  /** Empty: they lose it with their organization. */
  readonly toRole: string
  readonly members: number
  readonly invitations: number
  readonly organizations: number
}

/** A role in use for which no other role is named. */
export interface RequiredMapping {
  readonly role: string
  readonly members: number
  readonly invitations: number
  readonly organizations: number
}

/** One reason why a write would be refused. */
export interface Violation {
  /** In capitals, as in errors.proto; in lower case it is the code that the write itself would be refused with. */
  readonly reason: string
  /** What is wrong, and what to do. */
  readonly message: string
  /** Of the request, as the proto names it; may be empty. */
  readonly field: string
  readonly facts: { readonly [name: string]: string }
}

/** A scope of an organization, and the role set that it has. */
export interface Scope {
  readonly organizationId: string
  /** `<kind>:<name>` */
  readonly scope: string
  /** May be empty. */
  readonly name: string
  /** Key; empty, as its id: it has none, so that nothing can be granted there. */
  readonly roleSet: string
  readonly roleSetId: string
  /** Why it has it: its own, the default of its key, what its kind names, or that of its organization, which it follows. */
  readonly origin: 'ORIGIN_UNSPECIFIED' | 'OWN' | 'DEFAULT' | 'KIND' | 'ORGANIZATION'
  /** 0 for callers without a key. */
  readonly members: number
}

/** What a write does, or as a dry run would do, beyond the thing itself. */
export interface Impact {
  /** Organizations whose available roles change, or that move to another set. */
  readonly organizations: number
  readonly members: number
  /** Pending ones. */
  readonly invitations: number
  readonly roles: readonly RoleImpact[]
  /** Roles in use that the destination lacks: each needs a mapping, whether one is given or not. */
  readonly requiredMappings: readonly RequiredMapping[]
  /** Why the write would be refused. Only in the answer to a dry run. */
  readonly violations: readonly Violation[]
  /** Scopes that get another role set, or in which a replaced role is held; the first 100 of them, in order. */
  readonly places: number
  readonly firstPlaces: readonly { readonly organizationId: string; readonly scope: string }[]
  /** Organizations that lose their last administrator by it. */
  readonly organizationsWithoutAdministrator: number
  /** Their ids, in order; the first 100. */
  readonly organizationIdsWithoutAdministrator: readonly string[]
  /** Pending invitations that it ends. */
  readonly endedInvitations: number
  /** Pending invitations that the user sent whose membership ends, also those that stay. */
  readonly sentInvitations: number
}

export interface Written {
  readonly impact: Impact
  /** The revision at which it is committed; as a dry run, the present one. */
  readonly revision: string
}

/** The answer to a dry run: without the thing, if the rules would refuse the write. `impact.violations` says why. */
export type Preview<Reply extends Written> = Written & Partial<Omit<Reply, keyof Written>>

export interface Read {
  /** The revision at which it was read. */
  readonly revision: string
}

export interface ReadPage extends Read {
  /** Empty: this is the last page. */
  readonly nextPageToken: string
}

/** The thing as it is after the write; after its end, as it was last. */
export type PermissionWritten = Written & { readonly permission: Permission }
export type RoleWritten = Written & { readonly role: Role }
export type RoleSetWritten = Written & { readonly roleSet: RoleSet }
export type OrganizationWritten = Written & { readonly organization: Organization }
export type ScopeKindWritten = Written & { readonly scopeKind: ScopeKind }
export type ScopeDefaultWritten = Written & { readonly scopeDefault: ScopeDefault }
export type ScopeWritten = Written & { readonly scope: Scope }
export type MembershipWritten = Written & { readonly membership: Membership }
export type DeletedWritten = Written & { readonly id: string }
export type UserRemoved = Written & { readonly userId: string }
export type InvitationWritten = Written & { readonly invitation: Invitation }
/** In the order of the request. */
export type InvitationsWritten = Written & { readonly invitations: readonly Invitation[] }
export type InvitationAccepted = Written & { readonly invitation: Invitation; readonly membership: Membership }
export type SettingsWritten = Written & { readonly settings: Settings }
export type AccessKeyWritten = Written & { readonly accessKey: AccessKey }
/** `key` is the key itself. Keep it: it is kept nowhere else. Empty in a dry run. */
export type AccessKeyCreated = AccessKeyWritten & { readonly key: string }

export type PermissionRead = Read & { readonly permission: Permission }
export type RoleRead = Read & { readonly role: Role }
export type RoleSetRead = Read & { readonly roleSet: RoleSet }
export type OrganizationRead = Read & { readonly organization: Organization }
export type MembershipRead = Read & { readonly membership: Membership }
export type InvitationRead = Read & { readonly invitation: Invitation }
export type SettingsRead = Read & { readonly settings: Settings }

/** Ordered by id. */
export type PermissionsRead = ReadPage & { readonly permissions: readonly Permission[] }
export type RolesRead = ReadPage & { readonly roles: readonly Role[] }
export type RoleSetsRead = ReadPage & { readonly roleSets: readonly RoleSet[] }
export type OrganizationsRead = ReadPage & { readonly organizations: readonly Organization[] }
/** `scopeDefaults`: all of them, with the first page. */
export type ScopeKindsRead = ReadPage & {
  readonly scopeKinds: readonly ScopeKind[]
  readonly scopeDefaults: readonly ScopeDefault[]
}
export type ScopesRead = ReadPage & { readonly scopes: readonly Scope[] }
export type MembershipsRead = ReadPage & { readonly memberships: readonly Membership[] }
export type InvitationsRead = ReadPage & { readonly invitations: readonly Invitation[] }
export type AccessKeysRead = ReadPage & { readonly accessKeys: readonly AccessKey[] }

/** The newest first, unless the oldest were asked for. */
export type ChangesRead = ReadPage & {
  readonly changeSets: readonly AuditedChangeSet[]
  /** The oldest revision of which the history is kept. */
  readonly oldestRevision: string
}

/** `revision` is that of the time that was asked for. */
export interface Explained extends Read {
  readonly allowed: boolean
  readonly reason: Reason
  /**
   * Key that the role set of the organization or the scope had at that time; empty: the organization was unknown and is
   * denied, or the scope had none.
   */
  readonly roleSet: string
  /** The write that made the answer what it is; left out: it was so before the history that is kept. */
  readonly because?: AuditedChangeSet
  /** The answer in a sentence. */
  readonly explanation: string
  /** Whether the store had the organization at that time. */
  readonly organizationRegistered: boolean
  /** Of a scope: why it had its role set. */
  readonly origin: Scope['origin']
  /** Of a scope: the write that gave it its role set, or left it without one; left out: it was before the kept history. */
  readonly placeBecause?: AuditedChangeSet
}

export interface AppliedStep {
  readonly action: 'CREATE' | 'UPDATE' | 'DELETE'
  readonly kind: 'permission' | 'role' | 'role_set' | 'scope_kind' | 'scope_default' | 'organization' | 'scope'
  /** Key, or the id of an organization; of a scope `<organization>/<scope>`, split at the last `/`. */
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
