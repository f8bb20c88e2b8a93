/** The calls of Administration, typed. */

import type * as replies from './administration-replies.ts'
import type * as requests from './administration-requests.ts'

export interface AdminOptions {
  /** Milliseconds; default 10 000. */
  readonly deadlineMs?: number
  readonly signal?: AbortSignal
  /** Who does it, for the audit; left out: the name of the key. */
  readonly actor?: string
}

type Call<Request, Reply> = (request: Request, options?: AdminOptions) => Promise<Reply>

/**
 * What operators call. Writes need the secret key, and are sent once: after `unavailable` or `deadline_exceeded` nobody
 * knows whether it was written, so read before you try again. What this client has written, it also sees.
 *
 * All throw RoleSetsError: `invalid_argument`, `unavailable`, `deadline_exceeded`, `aborted`, `closed`, or with the code
 * that the sidecar's reason has.
 */
export interface Administration {
  readonly createPermission: Call<requests.CreatePermission, replies.PermissionWritten>
  readonly getPermission: Call<requests.GetPermission, replies.PermissionRead>
  readonly listPermissions: Call<requests.Page, replies.PermissionsRead>
  readonly updatePermission: Call<requests.UpdatePermission, replies.PermissionWritten>
  /** Also takes it from all roles. */
  readonly deletePermission: Call<requests.DeletePermission, replies.DeletedWritten>
  /** It becomes available once it is added to a role set. */
  readonly createRole: Call<requests.CreateRole, replies.RoleWritten>
  readonly getRole: Call<requests.GetRole, replies.RoleRead>
  readonly listRoles: Call<requests.Page, replies.RolesRead>
  readonly updateRole: Call<requests.UpdateRole, replies.RoleWritten>
  /** Refused while it is a default or creator role, or held by anyone. */
  readonly deleteRole: Call<requests.DeleteRole, replies.DeletedWritten>
  readonly createRoleSet: Call<requests.CreateRoleSet, replies.RoleSetWritten>
  readonly getRoleSet: Call<requests.GetRoleSet, replies.RoleSetRead>
  readonly listRoleSets: Call<requests.Page, replies.RoleSetsRead>
  readonly updateRoleSet: Call<requests.UpdateRoleSet, replies.RoleSetWritten>
  /** Only one that no organization uses and that isn't initial. */
  readonly deleteRoleSet: Call<requests.DeleteRoleSet, replies.DeletedWritten>
  readonly addRoles: Call<requests.AddRoles, replies.RoleSetWritten>
  /** Takes a role out of a role set, and gives its holders another one. */
  readonly replaceRole: Call<requests.ReplaceRole, replies.RoleSetWritten>
  /** Moves all organizations of a role set to another one, and deletes it. */
  readonly replaceRoleSet: Call<requests.ReplaceRoleSet, replies.RoleSetWritten>
  readonly createOrganization: Call<requests.CreateOrganization, replies.OrganizationWritten>
  readonly getOrganization: Call<requests.GetOrganization, replies.OrganizationRead>
  readonly listOrganizations: Call<requests.ListOrganizations, replies.OrganizationsRead>
  readonly updateOrganization: Call<requests.UpdateOrganization, replies.OrganizationWritten>
  /** With its memberships. */
  readonly deleteOrganization: Call<requests.DeleteOrganization, replies.DeletedWritten>
  /** Puts an organization on another role set; one that the store doesn't have is registered by it. */
  readonly assignRoleSet: Call<requests.AssignRoleSet, replies.OrganizationWritten>
  readonly createMembership: Call<requests.CreateMembership, replies.MembershipWritten>
  readonly getMembership: Call<requests.GetMembership, replies.MembershipRead>
  readonly listMemberships: Call<requests.ListMemberships, replies.MembershipsRead>
  readonly updateMembership: Call<requests.UpdateMembership, replies.MembershipWritten>
  readonly deleteMembership: Call<requests.DeleteMembership, replies.MembershipWritten>
  /** Brings everything that is described to the described state, in one revision or not at all. */
  readonly apply: Call<requests.Apply, replies.Applied>
}
