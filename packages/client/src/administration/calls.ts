/** The calls of Administration, typed. */

import type { Backup, BackupOptions } from './backup.ts'
import type * as replies from './replies.ts'
import type * as requests from './requests.ts'

export interface AdminOptions {
  /** Milliseconds; default 10 000. */
  readonly deadlineMs?: number
  readonly signal?: AbortSignal
  /** The actor, for the audit; left out: the name of the key. */
  readonly actor?: string
}

type Call<Request, Reply> = (request: Request, options?: AdminOptions) => Promise<Reply>

/** A dry run that the rules would refuse is answered, without the thing. */
interface Write<Request extends requests.Create, Reply extends replies.Written> {
  (request: Request & { readonly dryRun?: false }, options?: AdminOptions): Promise<Reply>
  (request: Request, options?: AdminOptions): Promise<replies.Preview<Reply>>
}

/**
 * What operators call. Writes need the secret key, as access keys and the history do. They are sent once: after
 * `unavailable` or `deadline_exceeded` it is unknown whether the write took place, so read before you try again. What this
 * client has written, it also sees.
 *
 * All throw RoleSetsError: `invalid_argument`, `unavailable`, `deadline_exceeded`, `aborted`, `closed`, or with the code
 * that the sidecar's reason has.
 */
export interface Administration {
  readonly createPermission: Write<requests.CreatePermission, replies.PermissionWritten>
  readonly getPermission: Call<requests.GetPermission, replies.PermissionRead>
  readonly listPermissions: Call<requests.Page, replies.PermissionsRead>
  readonly updatePermission: Write<requests.UpdatePermission, replies.PermissionWritten>
  /** Also takes it from all roles. */
  readonly deletePermission: Write<requests.DeletePermission, replies.DeletedWritten>
  /** It becomes available once it is added to a role set. */
  readonly createRole: Write<requests.CreateRole, replies.RoleWritten>
  readonly getRole: Call<requests.GetRole, replies.RoleRead>
  readonly listRoles: Call<requests.Page, replies.RolesRead>
  readonly updateRole: Write<requests.UpdateRole, replies.RoleWritten>
  /** Refused while it is a default or creator role, or while a member or a pending invitation has it. */
  readonly deleteRole: Write<requests.DeleteRole, replies.DeletedWritten>
  readonly addPermission: Write<requests.AddPermission, replies.RoleWritten>
  readonly removePermission: Write<requests.RemovePermission, replies.RoleWritten>
  readonly createRoleSet: Write<requests.CreateRoleSet, replies.RoleSetWritten>
  readonly getRoleSet: Call<requests.GetRoleSet, replies.RoleSetRead>
  readonly listRoleSets: Call<requests.Page, replies.RoleSetsRead>
  readonly updateRoleSet: Write<requests.UpdateRoleSet, replies.RoleSetWritten>
  /** Only a role set that no organization uses and that isn't initial. */
  readonly deleteRoleSet: Write<requests.DeleteRoleSet, replies.DeletedWritten>
  readonly addRoles: Write<requests.AddRoles, replies.RoleSetWritten>
  /** Takes a role out of a role set, and gives its holders another one. */
  readonly replaceRole: Write<requests.ReplaceRole, replies.RoleSetWritten>
  /** Moves all organizations of a role set to another one, and deletes it. */
  readonly replaceRoleSet: Write<requests.ReplaceRoleSet, replies.RoleSetWritten>
  readonly createOrganization: Write<requests.CreateOrganization, replies.OrganizationWritten>
  readonly getOrganization: Call<requests.GetOrganization, replies.OrganizationRead>
  readonly listOrganizations: Call<requests.ListOrganizations, replies.OrganizationsRead>
  readonly updateOrganization: Write<requests.UpdateOrganization, replies.OrganizationWritten>
  /** With its memberships and invitations. */
  readonly deleteOrganization: Write<requests.DeleteOrganization, replies.DeletedWritten>
  /** Registers a kind of scopes, or changes what its scopes have that have neither a role set of their own nor a default. */
  readonly setScopeKind: Write<requests.SetScopeKind, replies.ScopeKindWritten>
  /** Refused while there is anything of the kind. */
  readonly deleteScopeKind: Write<requests.DeleteScopeKind, replies.ScopeKindWritten>
  /** With all defaults beside the first page. */
  readonly listScopeKinds: Call<requests.Page, replies.ScopeKindsRead>
  /** Gives the scopes with one key a role set where they have none of their own. */
  readonly setScopeDefault: Write<requests.SetScopeDefault, replies.ScopeDefaultWritten>
  readonly deleteScopeDefault: Write<requests.DeleteScopeDefault, replies.ScopeDefaultWritten>
  /** Those with a name, a role set of their own, or members; without a key not those that only have members. */
  readonly listScopes: Call<requests.ListScopes, replies.ScopesRead>
  /** With members, invitations, name and role set. */
  readonly renameScope: Write<requests.RenameScope, replies.ScopeWritten>
  /**
   * Gives an organization another role set, or a scope one of its own. An organization that isn't registered is registered by
   * this.
   */
  readonly assignRoleSet: Write<requests.AssignRoleSet, replies.OrganizationWritten>
  readonly createMembership: Write<requests.CreateMembership, replies.MembershipWritten>
  readonly getMembership: Call<requests.GetMembership, replies.MembershipRead>
  readonly listMemberships: Call<requests.ListMemberships, replies.MembershipsRead>
  readonly updateMembership: Write<requests.UpdateMembership, replies.MembershipWritten>
  readonly deleteMembership: Write<requests.DeleteMembership, replies.MembershipWritten>
  /** Ends the user's memberships in all organizations, and the pending invitations to the user. */
  readonly removeUser: Write<requests.RemoveUser, replies.UserRemoved>
  readonly createInvitation: Write<requests.CreateInvitation, replies.InvitationWritten>
  /** All or none, in one revision. */
  readonly createInvitations: Write<requests.CreateInvitations, replies.InvitationsWritten>
  readonly getInvitation: Call<requests.GetInvitation, replies.InvitationRead>
  readonly listInvitations: Call<requests.ListInvitations, replies.InvitationsRead>
  readonly revokeInvitation: Write<requests.RevokeInvitation, replies.InvitationWritten>
  /** The role is checked again. */
  readonly acceptInvitation: Write<requests.AcceptInvitation, replies.InvitationAccepted>
  readonly getSettings: Call<requests.GetSettings, replies.SettingsRead>
  readonly updateSettings: Write<requests.UpdateSettings, replies.SettingsWritten>
  /** Its answer is the only place where the key itself is ever shown. */
  readonly createAccessKey: Write<requests.CreateAccessKey, replies.AccessKeyCreated>
  /** Also those that were revoked. */
  readonly listAccessKeys: Call<requests.Page, replies.AccessKeysRead>
  /** From then on it opens nothing, and streams that it opened end. */
  readonly revokeAccessKey: Write<requests.RevokeAccessKey, replies.AccessKeyWritten>
  /** What was changed, by whom and when, with what was before. */
  readonly listChanges: Call<requests.ListChanges, replies.ChangesRead>
  /** Whether a role could be granted in an organization at a time, and which change made it so. */
  readonly explain: Call<requests.Explain, replies.Explained>
  /** Brings everything that is described to the described state, in one revision or not at all. */
  readonly apply: Call<requests.Apply, replies.Applied>
  /**
   * A copy of the whole store, with every write that was answered before. It needs the secret key. Write the chunks to a file
   * that only its owner can read, and use the file only when they have ended.
   */
  readonly backup: (options?: BackupOptions) => Promise<Backup>
}
