/**
 * The types of the requests of Administration. Keys and ids are interchangeable; in updates, what is left out stays as it
 * is. The fields are in fields.ts, and the meaning of each is explained in administration.proto.
 */

import type { ScopeFallbackName } from '../wire/resources.ts'
import type { callFields, create, describedScope, newInvitation, ObjectOf, page, write } from './fields.ts'

export type { Mappings } from './fields.ts'

type Calls = typeof callFields
type RequestOf<Call extends keyof Calls> = ObjectOf<Calls[Call]>
type EntryOf<Field extends 'permissions' | 'roles' | 'roleSets' | 'scopeKinds' | 'scopeDefaults' | 'organizations'> =
  ObjectOf<Calls['apply'][Field]['each']>

/** For writes that make something. */
export type Create = ObjectOf<typeof create>
/** For writes on something that is there. */
export type Write = ObjectOf<typeof write>
export type Page = ObjectOf<typeof page>

export type CreatePermission = RequestOf<'createPermission'>
export type GetPermission = RequestOf<'getPermission'>
export type UpdatePermission = RequestOf<'updatePermission'>
export type DeletePermission = RequestOf<'deletePermission'>
export type CreateRole = RequestOf<'createRole'>
export type GetRole = RequestOf<'getRole'>
export type UpdateRole = RequestOf<'updateRole'>
export type DeleteRole = RequestOf<'deleteRole'>
export type AddPermission = RequestOf<'addPermission'>
export type RemovePermission = RequestOf<'removePermission'>
export type CreateRoleSet = RequestOf<'createRoleSet'> & { readonly roles: readonly string[] }
export type GetRoleSet = RequestOf<'getRoleSet'>
export type UpdateRoleSet = RequestOf<'updateRoleSet'> & { readonly type?: 'INITIAL_SET' }
export type DeleteRoleSet = RequestOf<'deleteRoleSet'>
export type AddRoles = RequestOf<'addRoles'> & { readonly roles: readonly string[] }
export type ReplaceRole = RequestOf<'replaceRole'>
export type ReplaceRoleSet = RequestOf<'replaceRoleSet'>
export type CreateOrganization = RequestOf<'createOrganization'>
export type GetOrganization = RequestOf<'getOrganization'>
export type ListOrganizations = RequestOf<'listOrganizations'>
export type UpdateOrganization = RequestOf<'updateOrganization'>
export type DeleteOrganization = RequestOf<'deleteOrganization'>
export type AssignRoleSet = RequestOf<'assignRoleSet'>
export type SetScopeKind = RequestOf<'setScopeKind'>
export type DeleteScopeKind = RequestOf<'deleteScopeKind'>
export type SetScopeDefault = RequestOf<'setScopeDefault'>
export type DeleteScopeDefault = RequestOf<'deleteScopeDefault'>
export type ListScopes = RequestOf<'listScopes'>
export type RenameScope = RequestOf<'renameScope'>
export type CreateMembership = RequestOf<'createMembership'>
export type GetMembership = RequestOf<'getMembership'>
export type ListMemberships = RequestOf<'listMemberships'>
export type UpdateMembership = RequestOf<'updateMembership'>
export type DeleteMembership = RequestOf<'deleteMembership'>
export type RemoveUser = RequestOf<'removeUser'>
export type NewInvitation = ObjectOf<typeof newInvitation>
export type CreateInvitation = RequestOf<'createInvitation'>
export type CreateInvitations = RequestOf<'createInvitations'> & { readonly invitations: readonly NewInvitation[] }
export type GetInvitation = RequestOf<'getInvitation'>
export type ListInvitations = RequestOf<'listInvitations'>
export type RevokeInvitation = RequestOf<'revokeInvitation'>
export type AcceptInvitation = RequestOf<'acceptInvitation'>
/** `{}` */
export type GetSettings = { readonly [field: string]: never }
export type UpdateSettings = RequestOf<'updateSettings'>
export type CreateAccessKey = RequestOf<'createAccessKey'>
export type RevokeAccessKey = RequestOf<'revokeAccessKey'>
/** All that is given must hold. */
export type ListChanges = RequestOf<'listChanges'>
export type Explain = RequestOf<'explain'>

export type PermissionManifest = EntryOf<'permissions'>
export type RoleManifest = EntryOf<'roles'>
export type RoleSetManifest = EntryOf<'roleSets'> & { readonly roles: readonly string[] }
export type ScopeKindManifest = EntryOf<'scopeKinds'> & { readonly fallback: ScopeFallbackName }
export type ScopeDefaultManifest = EntryOf<'scopeDefaults'>
export type ScopeManifest = ObjectOf<typeof describedScope>
export type OrganizationManifest = EntryOf<'organizations'>
/** All that is given must be as described. */
export type Apply = RequestOf<'apply'> & {
  readonly roleSets?: readonly RoleSetManifest[]
  readonly scopeKinds?: readonly ScopeKindManifest[]
}
