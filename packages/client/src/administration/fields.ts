/**
 * The fields of each request of Administration, with their kinds. A field that isn't in this table is refused: a
 * misspelled `dryRun` must not become a write. The types of the requests are derived from the table.
 */

import type {
  Access,
  GrantPolicy,
  InvitationStatus,
  LastAdministrator,
  Metadata,
  RoleSet,
  ScopeFallbackName,
} from '../wire/resources.ts'

/** Role to role, by key or id. */
export type Mappings = { readonly [role: string]: string }

/**
 * What a field of each kind takes. A `name` must be there, everything else may be left out; a field of the kind `behalf` must be
 * left out to be absent: an undefined id would make a write that is checked for no user. A `keyList` that is left out is
 * another thing than an empty one, as `describedScopes` are; a list of `texts` isn't. A `count` is of 31 bits, a `long` of as
 * many as a number of JavaScript can hold.
 */
interface Scalars {
  readonly name: string
  readonly behalf: string
  readonly text: string
  readonly texts: readonly string[]
  /** Required where the request has no `roles`. */
  readonly unlessRoles: string
  readonly keyList: readonly string[]
  readonly flag: boolean
  readonly count: number
  readonly long: number
  readonly mappings: Mappings
  readonly describedScopes: readonly ObjectOf<typeof describedScope>[]
  readonly metadata: Metadata
  readonly roleSetType: RoleSet['type']
  readonly scopeFallback: ScopeFallbackName
  readonly access: Access
  readonly grantPolicy: GrantPolicy
  readonly lastAdministrator: LastAdministrator
  readonly invitationStatuses: readonly InvitationStatus[]
}

export type ScalarKind = keyof Scalars

/** A list of things with these fields. */
interface Each {
  readonly each: { readonly [field: string]: ScalarKind }
}

export type FieldKind = ScalarKind | Each

type Fields = { readonly [field: string]: FieldKind }

type ValueOf<Kind extends FieldKind> = Kind extends ScalarKind
  ? Scalars[Kind]
  : Kind extends Each
    ? readonly ObjectOf<Kind['each']>[]
    : never

/** An object with these fields. */
export type ObjectOf<Of extends Fields> = {
  readonly [Field in keyof Of as Of[Field] extends 'name' ? Field : never]: ValueOf<Of[Field]>
} & {
  readonly [Field in keyof Of as Of[Field] extends 'name' ? never : Field]?: ValueOf<Of[Field]>
}

/** A scope in the described state of its organization. */
export const describedScope = { key: 'name', name: 'text', roleSet: 'text', mappings: 'mappings' } as const

export const create = {
  /** Check and answer, change nothing. */
  dryRun: 'flag',
} as const
export const write = {
  ...create,
  /** Refuse with `revision_conflict` if the thing has changed since this revision. */
  expectedRevision: 'text',
} as const
/** For moves to another role set. */
const restoring = {
  /** Give members the roles back that mappings of earlier moves took. */
  restoreFormerRoles: 'flag',
} as const
/** For writes that give roles to members or invitations, or take them away. */
const acting = {
  /** The user on whose behalf it is made: must be able to manage the members. Left out: no user is checked. */
  actingUserId: 'behalf',
  /** Left out: `SUBSET`. */
  grantPolicy: 'grantPolicy',
} as const
const ending = {
  /** From when on the membership counts nowhere, Unix milliseconds; 0: it has no end. Left out of an update: as it was. */
  expiresAtMs: 'long',
} as const
/** For writes that can end an organization's last administrator. */
const insisting = {
  ...write,
  /** Do it also if an organization loses its last administrator by it. */
  allowNoAdministrator: 'flag',
} as const
export const page = {
  /** 1 to 500; default 50. */
  pageSize: 'count',
  /** The `nextPageToken` of the page before. */
  pageToken: 'text',
} as const
const wording = { name: 'text', description: 'text' } as const
const renaming = { key: 'text', ...wording } as const
const metadata = { publicMetadata: 'metadata', privateMetadata: 'metadata' } as const
const specialRoles = { defaultRole: 'text', creatorRole: 'text' } as const
const organization = { organizationId: 'name' } as const
/** `<kind>:<name>`, for example `department:cardiology`. Left out or empty: the organization as a whole. */
const inScope = { scope: 'text' } as const
const membership = { ...organization, ...inScope, userId: 'name' } as const
const updateMetadata = {
  /** Replaces all, as `privateMetadata` does, unless they are merged. */
  publicMetadata: 'metadata',
  privateMetadata: 'metadata',
  /** Merge metadata into what is there, at every level; null removes a field. */
  mergeMetadata: 'flag',
} as const
const sending = {
  /** Also revoke the pending invitations that the user sent. */
  revokeSentInvitations: 'flag',
} as const
const rolePermission = { role: 'name', permission: 'name' } as const
/** A scope, if given, must be that of the invitation. */
const invitation = { ...organization, ...inScope, invitationId: 'name' } as const
/** One role as `role`, or several as `roles`, of which `role` is the first if it is given, too. They replace all. */
const givenRoles = { role: 'unlessRoles', roles: 'texts' } as const
export const newInvitation = {
  emailAddress: 'name',
  ...givenRoles,
  /** Id of the inviting user. */
  inviterUserId: 'text',
  /** 1 to 365; default 30. */
  expiresInDays: 'count',
  /** Where the application sends the invited person: an absolute http or https URL. */
  redirectUrl: 'text',
  ...metadata,
} as const

/** All of them; every write takes `dryRun`, and nothing else does. */
export const callFields = {
  createPermission: { key: 'name', ...wording, ...create },
  getPermission: { permission: 'name' },
  listPermissions: page,
  updatePermission: { permission: 'name', ...renaming, ...write },
  deletePermission: { permission: 'name', ...write },
  createRole: { key: 'name', ...wording, permissions: 'texts', includeInInitialRoleSet: 'flag', ...create },
  getRole: { role: 'name' },
  listRoles: page,
  updateRole: {
    role: 'name',
    ...renaming,
    /** All permissions of the role; those that are not listed are taken away. */
    permissions: 'keyList',
    ...insisting,
  },
  deleteRole: { role: 'name', ...write },
  addPermission: { ...rolePermission, ...write },
  removePermission: { ...rolePermission, ...insisting },
  createRoleSet: {
    /** Left out: made from the name. */
    key: 'text',
    ...wording,
    roles: 'texts',
    defaultRole: 'name',
    /** Left out: it has none, and is for scopes only. */
    creatorRole: 'text',
    type: 'roleSetType',
    ...create,
  },
  getRoleSet: { roleSet: 'name' },
  listRoleSets: page,
  updateRoleSet: { roleSet: 'name', ...renaming, ...specialRoles, type: 'roleSetType', ...write },
  deleteRoleSet: { roleSet: 'name', ...write },
  addRoles: { roleSet: 'name', roles: 'texts', ...specialRoles, ...write },
  replaceRole: { roleSet: 'name', role: 'name', toRole: 'text', ...insisting },
  replaceRoleSet: { roleSet: 'name', toRoleSet: 'name', mappings: 'mappings', ...restoring, ...insisting },
  createOrganization: {
    /** The application's own id; left out: one is made. */
    id: 'text',
    name: 'text',
    slug: 'text',
    /** Left out: the initial set. */
    roleSet: 'text',
    /** Id of the user that becomes a member with the set's creator role. */
    createdBy: 'text',
    /** How many members and pending invitations it may have together; 0: any number. Left out: what the settings say. */
    maxAllowedMemberships: 'long',
    /** If it is older than its record here. */
    createdAtMs: 'long',
    ...metadata,
    ...create,
  },
  getOrganization: organization,
  listOrganizations: { ...page, roleSet: 'text' },
  updateOrganization: {
    ...organization,
    name: 'text',
    /** Empty: none. */
    slug: 'text',
    /** As `assignRoleSet` does it, in the same write. */
    roleSet: 'text',
    mappings: 'mappings',
    ...restoring,
    ...{ maxAllowedMemberships: 'long', adminDeleteEnabled: 'flag', createdAtMs: 'long' },
    ...updateMetadata,
    ...insisting,
  },
  deleteOrganization: { ...organization, ...write },
  assignRoleSet: {
    ...organization,
    /** Must be given, but for a scope with `clear`. */
    roleSet: 'text',
    /** `<kind>:<name>`: a scope of the organization gets it. Left out: the organization as a whole. */
    scope: 'text',
    /** Instead of `roleSet`: the scope gives up its own role set. */
    clear: 'flag',
    mappings: 'mappings',
    ...restoring,
    ...insisting,
  },
  setScopeKind: { kind: 'name', fallback: 'scopeFallback', roleSet: 'text', mappings: 'mappings', ...create },
  deleteScopeKind: { kind: 'name', ...create },
  listScopeKinds: page,
  setScopeDefault: { scope: 'name', roleSet: 'name', mappings: 'mappings', ...create },
  deleteScopeDefault: { scope: 'name', mappings: 'mappings', ...create },
  listScopes: { ...organization, ...page },
  renameScope: {
    ...organization,
    scope: 'name',
    /** Left out: it keeps its key. */
    newScope: 'text',
    /** May be empty. Left out: it keeps its name. */
    name: 'text',
    mappings: 'mappings',
    ...create,
  },
  createMembership: {
    ...membership,
    ...givenRoles,
    ...metadata,
    /** Addresses of the user, if they are known: pending invitations to them end. */
    emailAddresses: 'texts',
    ...ending,
    ...create,
    ...acting,
  },
  getMembership: membership,
  listMemberships: {
    ...page,
    /** May be left out if a user is named: memberships in all organizations. */
    organizationId: 'text',
    /** `*`: the organizations as a whole and all of their scopes. Left out: as a whole. */
    scope: 'text',
    /** Only those of this user. */
    userId: 'text',
    role: 'text',
  },
  updateMembership: {
    ...{ ...membership, role: 'text', roles: 'texts', ...updateMetadata },
    ...ending,
    ...insisting,
    ...acting,
  },
  deleteMembership: { ...membership, ...sending, ...insisting, ...acting },
  removeUser: {
    userId: 'name',
    ...sending,
    emailAddresses: 'texts',
    ...create,
    allowNoAdministrator: insisting.allowNoAdministrator,
  },
  createInvitation: { ...organization, ...inScope, ...newInvitation, ...create, ...acting },
  createInvitations: {
    ...organization,
    /** Of all of them. */
    ...inScope,
    /** 1 to 1000 of them. */
    invitations: { each: newInvitation },
    ...create,
    ...acting,
  },
  getInvitation: invitation,
  listInvitations: {
    ...page,
    ...organization,
    /** `*`: the organization as a whole and all of its scopes. Left out: as a whole. */
    scope: 'text',
    /** Left out or empty: all. */
    statuses: 'invitationStatuses',
  },
  revokeInvitation: { ...invitation, ...write, ...acting },
  acceptInvitation: {
    ...invitation,
    /** Becomes a member. The application has to check that the address is theirs. */
    userId: 'name',
    ...write,
  },
  getSettings: {},
  updateSettings: {
    ...{ enabled: 'flag', maxAllowedMemberships: 'long', adminDeleteEnabled: 'flag', slugDisabled: 'flag' },
    ...{ domainsEnabled: 'flag', domainsEnrollmentModes: 'keyList' },
    /** What becomes of a write that leaves an organization without its last administrator. */
    lastAdministrator: 'lastAdministrator',
    /** How many roles a write may give to a member or an invitation, 1 to 10. */
    maxRolesPerMember: 'count',
    /** Becomes the creator role of the initial set, one of its roles. */
    creatorRole: 'text',
    /** Becomes the default role of the initial set, one of its roles. */
    defaultRole: 'text',
    ...write,
  },
  createAccessKey: {
    name: 'name',
    /** Left out: `SECRET`, which opens everything. */
    access: 'access',
    ...create,
  },
  listAccessKeys: page,
  revokeAccessKey: {
    /** Name or id. */
    accessKey: 'name',
    ...write,
  },
  listChanges: {
    ...page,
    /** Key or id of something that was changed; of a user, the id; of an access key, the name or id. */
    thing: 'text',
    actor: 'text',
    /** For example `ReplaceRole`. */
    operation: 'text',
    /** From this time on. */
    fromMs: 'long',
    /** Before this time. */
    toMs: 'long',
    oldestFirst: 'flag',
    /** `<kind>:<name>`: what is of this scope; with the id of an organization as `thing`, in that one. */
    scope: 'text',
  },
  explain: {
    ...organization,
    /** A key that it had at that time will do. */
    role: 'name',
    /** Left out: now. */
    atMs: 'long',
    /** Left out: the organization as a whole. */
    scope: 'text',
  },
  apply: {
    permissions: { each: { key: 'name', ...wording } },
    roles: { each: { key: 'name', ...wording, permissions: 'keyList' } },
    roleSets: {
      each: {
        ...{ key: 'name', ...wording, roles: 'texts', defaultRole: 'name', creatorRole: 'text' },
        initial: 'flag',
        /** For roles that pruning takes out of the set: the role that their holders get. */
        replace: 'mappings',
      },
    },
    scopeKinds: { each: { kind: 'name', fallback: 'scopeFallback', roleSet: 'text', mappings: 'mappings' } },
    scopeDefaults: { each: { scope: 'name', roleSet: 'name', mappings: 'mappings' } },
    organizations: {
      each: {
        ...{ id: 'name', name: 'text', slug: 'text', roleSet: 'text', mappings: 'mappings' },
        /** Those with a name or a role set of their own. Left out: as they are. */
        scopes: 'describedScopes',
      },
    },
    /** Delete what is not described. Organizations are never deleted. */
    prune: 'flag',
    ...insisting,
  },
} as const satisfies { readonly [call: string]: Fields }
