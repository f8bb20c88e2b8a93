/** One step of an apply: what it does, in words, and the command that does it. */

import type { AssignRoleSet, CreateOrganization, UpdateOrganization } from '../organizations.ts'
import type { CreatePermission, DeletePermission, UpdatePermission } from '../permissions.ts'
import type { ReplaceRole } from '../role-set-replacement.ts'
import type { AddRoles, CreateRoleSet, DeleteRoleSet, UpdateRoleSet } from '../role-sets.ts'
import type { CreateRole, DeleteRole, UpdateRole } from '../roles.ts'

export type PlannedCommand =
  | { readonly operation: 'createPermission'; readonly input: CreatePermission }
  | { readonly operation: 'updatePermission'; readonly input: UpdatePermission }
  | { readonly operation: 'deletePermission'; readonly input: DeletePermission }
  | { readonly operation: 'createRole'; readonly input: CreateRole }
  | { readonly operation: 'updateRole'; readonly input: UpdateRole }
  | { readonly operation: 'deleteRole'; readonly input: DeleteRole }
  | { readonly operation: 'createRoleSet'; readonly input: CreateRoleSet }
  | { readonly operation: 'updateRoleSet'; readonly input: UpdateRoleSet }
  | { readonly operation: 'addRoles'; readonly input: AddRoles }
  | { readonly operation: 'replaceRole'; readonly input: ReplaceRole }
  | { readonly operation: 'deleteRoleSet'; readonly input: DeleteRoleSet }
  | { readonly operation: 'createOrganization'; readonly input: CreateOrganization }
  | { readonly operation: 'updateOrganization'; readonly input: UpdateOrganization }
  | { readonly operation: 'assignRoleSet'; readonly input: AssignRoleSet }

export interface Step {
  readonly action: 'create' | 'update' | 'delete'
  readonly kind: 'permission' | 'role' | 'role_set' | 'organization'
  /** Key, or the id of an organization. */
  readonly key: string
  /** What changes, for people: `roles: + org:analyst`, `name: "Pro" → "Professional"`. */
  readonly details: readonly string[]
  readonly run: PlannedCommand
}
