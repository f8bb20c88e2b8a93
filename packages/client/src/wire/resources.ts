/**
 * The things that Rolesets keeps, as plain objects: the fields of each, and how each is read; the types are made of these
 * tables. Keys may be renamed; ids never change. Times are Unix milliseconds.
 */

import {
  flag,
  maybeFlag,
  maybeNumber,
  maybeText,
  objectOf,
  oneOf,
  text,
  texts,
  type ObjectReader,
  type Reader,
  type ValueOf,
} from './reading.ts'

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }
export type Metadata = { readonly [key: string]: Json }

/** What carries the calls has made plain JSON of it. */
const metadata = (value: unknown) => (value ?? {}) as Metadata
const metadataFields = { publicMetadata: metadata, privateMetadata: metadata }
const timeFields = { createdAtMs: maybeNumber, updatedAtMs: maybeNumber }
const wordingFields = { name: maybeText, description: maybeText }

const permissionFields = {
  id: text,
  /** `org:<feature>:<action>` */
  key: text,
  ...wordingFields,
  type: oneOf(['SYSTEM', 'CUSTOM']),
  ...timeFields,
}
export interface Permission extends ValueOf<typeof permissionFields> {}
export const readPermission: ObjectReader<Permission> = objectOf('a permission', permissionFields)

const roleFields = {
  id: text,
  /** `org:<name>` */
  key: text,
  ...wordingFields,
  /** Keys of its permissions, in alphabetical order. */
  permissions: texts,
  /** Ids of the same permissions, in the same order. */
  permissionIds: texts,
  creatorEligible: flag,
  ...timeFields,
}
export interface Role extends ValueOf<typeof roleFields> {}
export const readRole: ObjectReader<Role> = objectOf('a role', roleFields)

export const roleSetTypes = ['INITIAL_SET', 'CUSTOM_SET'] as const

const roleSetFields = {
  id: text,
  /** `role_set:<name>` */
  key: text,
  ...wordingFields,
  /** Keys of its roles, in alphabetical order. */
  roles: texts,
  /** Ids of the same roles, in the same order. */
  roleIds: texts,
  ...{ defaultRole: text, defaultRoleId: text },
  /** Empty, as its id: the set is for scopes only, and can't be initial or the set of an organization as a whole. */
  ...{ creatorRole: maybeText, creatorRoleId: maybeText },
  /** Exactly one set is initial: that of new and unregistered organizations. */
  type: oneOf(roleSetTypes),
  ...timeFields,
}
export interface RoleSet extends ValueOf<typeof roleSetFields> {}
export const readRoleSet: ObjectReader<RoleSet> = objectOf('a role set', roleSetFields)

const organizationFields = {
  id: text,
  ...{ name: maybeText, slug: maybeText, roleSet: maybeText, roleSetId: text },
  ...metadataFields,
  /** Id of the user that created it; empty: unknown. */
  createdBy: maybeText,
  /** How many members and pending invitations it may have together; 0: any number. */
  maxAllowedMemberships: maybeNumber,
  /** Whether its own administrators may delete it. Kept for the application; the sidecar doesn't ask it. */
  adminDeleteEnabled: maybeFlag,
  ...timeFields,
}
export interface Organization extends ValueOf<typeof organizationFields> {}
export const readOrganization: ObjectReader<Organization> = objectOf('an organization', organizationFields)

const assignmentFields = {
  organizationId: text,
  /** `<kind>:<name>`. */
  scope: text,
  /** May be empty. */
  name: maybeText,
  /** Key of the role set; empty, as its id: the scope has a name, and no role set of its own. */
  roleSet: maybeText,
  roleSetId: maybeText,
  updatedAtMs: maybeNumber,
}
/** Which role set a scope of an organization has of its own, and its name. */
export interface Assignment extends ValueOf<typeof assignmentFields> {}
export const readAssignment: ObjectReader<Assignment> = objectOf('an assignment', assignmentFields)

export const scopeFallbackNames = ['ORGANIZATION', 'ROLE_SET', 'NONE'] as const
/** What decides for scopes that have neither a role set of their own nor a default for their key. */
export type ScopeFallbackName = (typeof scopeFallbackNames)[number]

const scopeKindFields = {
  /** For example `department`. */
  kind: text,
  fallback: oneOf(scopeFallbackNames),
  /** Key, with the fallback `ROLE_SET`; else empty, as its id. */
  roleSet: maybeText,
  roleSetId: maybeText,
  updatedAtMs: maybeNumber,
}
/** A registered kind of scopes. */
export interface ScopeKind extends ValueOf<typeof scopeKindFields> {}
export const readScopeKind: ObjectReader<ScopeKind> = objectOf('a kind of scopes', scopeKindFields)

const scopeDefaultFields = {
  /** `<kind>:<name>` */
  scope: text,
  /** Key. */
  roleSet: maybeText,
  roleSetId: text,
  updatedAtMs: maybeNumber,
}
/** The role set of the scopes with exactly this key that have none of their own, in all organizations. */
export interface ScopeDefault extends ValueOf<typeof scopeDefaultFields> {}
export const readScopeDefault: ObjectReader<ScopeDefault> = objectOf('a default of scopes', scopeDefaultFields)

const membershipFields = {
  ...{ id: text, organizationId: text, userId: text },
  /** The first role. */
  ...{ role: maybeText, roleId: maybeText },
  /** The part of the organization, `<kind>:<name>`; empty: the organization as a whole. */
  scope: maybeText,
  /** Keys of all roles, and their ids in the same order. */
  ...{ roles: texts, roleIds: texts },
  /** From when on it counts nowhere and holds no role; 0: it has no end. No change is sent when its time is over. */
  expiresAtMs: maybeNumber,
  ...metadataFields,
  ...timeFields,
}
export interface Membership extends ValueOf<typeof membershipFields> {}
export const readMembership: ObjectReader<Membership> = objectOf('a membership', membershipFields)

export const invitationStatuses = ['PENDING', 'ACCEPTED', 'REVOKED', 'EXPIRED'] as const
export type InvitationStatus = (typeof invitationStatuses)[number]

const invitationFields = {
  ...{ id: text, organizationId: text, emailAddress: text },
  /** Key of the first role; its id, if the role is gone. */
  role: maybeText,
  roleId: maybeText,
  /** The part of the organization, `<kind>:<name>`; empty: the organization as a whole. */
  scope: maybeText,
  /** Keys of all roles, and their ids in the same order. */
  ...{ roles: texts, roleIds: texts },
  /** Empty: unknown. */
  inviterUserId: maybeText,
  /** As of when it was read; no change is sent when its time is over. */
  status: oneOf(invitationStatuses),
  /** From when on it can't be accepted and holds no role. */
  expiresAtMs: maybeNumber,
  redirectUrl: maybeText,
  /** Empty: it was not accepted. */
  acceptedByUserId: maybeText,
  /** Goes to the membership, as `privateMetadata` does. */
  publicMetadata: metadata,
  privateMetadata: metadata,
  ...timeFields,
}
/** An offer to become a member of an organization with a certain role. */
export interface Invitation extends ValueOf<typeof invitationFields> {}
export const readInvitation: ObjectReader<Invitation> = objectOf('an invitation', invitationFields)

export const lastAdministrators = ['WARN', 'REFUSE'] as const
/** `WARN`: the write is done, and its impact says so. `REFUSE`: it is refused, unless the call allows it. */
export type LastAdministrator = (typeof lastAdministrators)[number]

/** A sidecar that doesn't have the setting yet does such a write. */
const maybeLastAdministrator: Reader<LastAdministrator> = (value, field) =>
  value === undefined || value === 'LAST_ADMINISTRATOR_UNSPECIFIED' ? 'WARN' : oneOf(lastAdministrators)(value, field)

const maybeCountOfRoles: Reader<number> = (value, field) => maybeNumber(value, field) || 1

const settingsFields = {
  /** Whether organizations can be created. */
  enabled: maybeFlag,
  /** What a new organization gets as its own limit; 0: any number of members. */
  maxAllowedMemberships: maybeNumber,
  /** What a new organization gets as its own. */
  adminDeleteEnabled: maybeFlag,
  /** Whether giving an organization a slug is refused. */
  slugDisabled: maybeFlag,
  /** What becomes of a write that leaves an organization without its last administrator. */
  lastAdministrator: maybeLastAdministrator,
  /** How many roles a write may give to a member or an invitation. A sidecar that doesn't have the setting yet allows one. */
  maxRolesPerMember: maybeCountOfRoles,
  /** Kept for clients that ask for it, as `domainsEnrollmentModes` is. */
  domainsEnabled: maybeFlag,
  domainsEnrollmentModes: texts,
  /** Key of the initial set. */
  initialRoleSet: maybeText,
  /** Key of the initial set's creator role. */
  creatorRole: maybeText,
  /** Key of the initial set's default role. */
  defaultRole: maybeText,
  /** 0: never changed. */
  updatedAtMs: maybeNumber,
}
/** What holds for all organizations. */
export interface Settings extends ValueOf<typeof settingsFields> {}
export const readSettings: ObjectReader<Settings> = objectOf('settings', settingsFields)

export const grantPolicies = ['SUBSET', 'ANY'] as const
/**
 * What the acting user of a write may give. `SUBSET`: roles within the user's own permissions. `ANY`: each role of the role
 * set, if the user may manage the members.
 */
export type GrantPolicy = (typeof grantPolicies)[number]

export const accesses = ['SECRET', 'READ'] as const
export type Access = (typeof accesses)[number]

const accessKeyFields = {
  id: text,
  /** The actor in the history for what is done with it. */
  name: text,
  access: oneOf(accesses),
  createdAtMs: maybeNumber,
  /** 0: it opens. */
  revokedAtMs: maybeNumber,
}
/** A key that opens the API. The key itself is shown once, when it is made. */
export interface AccessKey extends ValueOf<typeof accessKeyFields> {}
export const readAccessKey: ObjectReader<AccessKey> = objectOf('an access key', accessKeyFields)
