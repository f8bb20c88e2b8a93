/** One step of an apply: what it does, in words, and the command that does it. */

import type { AssignRoleSetInput, CreateOrganizationInput, UpdateOrganizationInput } from '../organizations.ts'
import type { CreatePermissionInput, DeletePermissionInput, UpdatePermissionInput } from '../permissions.ts'
import type { ReplaceRoleInput } from '../role-set-replacement.ts'
import type { AddRolesInput, CreateRoleSetInput, DeleteRoleSetInput, UpdateRoleSetInput } from '../role-sets.ts'
import type { CreateRoleInput, DeleteRoleInput, UpdateRoleInput } from '../roles.ts'
import type { AssignScopeInput, RenameScopeInput } from '../scope-assignments.ts'
import type {
  DeleteScopeDefaultInput,
  DeleteScopeKindInput,
  SetScopeDefaultInput,
  SetScopeKindInput,
} from '../scope-kinds.ts'

interface Inputs {
  readonly createPermission: CreatePermissionInput
  readonly updatePermission: UpdatePermissionInput
  readonly deletePermission: DeletePermissionInput
  readonly createRole: CreateRoleInput
  readonly updateRole: UpdateRoleInput
  readonly deleteRole: DeleteRoleInput
  readonly createRoleSet: CreateRoleSetInput
  readonly updateRoleSet: UpdateRoleSetInput
  readonly addRoles: AddRolesInput
  readonly replaceRole: ReplaceRoleInput
  readonly deleteRoleSet: DeleteRoleSetInput
  readonly createOrganization: CreateOrganizationInput
  readonly updateOrganization: UpdateOrganizationInput
  readonly assignRoleSet: AssignRoleSetInput
  readonly assignToScope: AssignScopeInput
  readonly setScopeKind: SetScopeKindInput
  readonly deleteScopeKind: DeleteScopeKindInput
  readonly setScopeDefault: SetScopeDefaultInput
  readonly deleteScopeDefault: DeleteScopeDefaultInput
  readonly renameScope: RenameScopeInput
}

type Operation = keyof Inputs

export type PlannedCommand = {
  readonly [Name in Operation]: { readonly operation: Name; readonly input: Inputs[Name] }
}[Operation]

export interface ApplyStep {
  readonly action: 'create' | 'update' | 'delete'
  readonly kind: 'permission' | 'role' | 'role_set' | 'scope_kind' | 'scope_default' | 'organization' | 'scope'
  /** Key, or the id of an organization; of a scope `<organization>/<scope>`. */
  readonly key: string
  /** What changes, for people: `roles: + org:analyst`, `name: "Pro" → "Professional"`. */
  readonly details: readonly string[]
  readonly run: PlannedCommand
}

/** What each operation does to which kind of thing. */
const effects = {
  createPermission: ['create', 'permission'],
  updatePermission: ['update', 'permission'],
  deletePermission: ['delete', 'permission'],
  createRole: ['create', 'role'],
  updateRole: ['update', 'role'],
  deleteRole: ['delete', 'role'],
  createRoleSet: ['create', 'role_set'],
  updateRoleSet: ['update', 'role_set'],
  addRoles: ['update', 'role_set'],
  replaceRole: ['update', 'role_set'],
  deleteRoleSet: ['delete', 'role_set'],
  createOrganization: ['create', 'organization'],
  updateOrganization: ['update', 'organization'],
  assignRoleSet: ['update', 'organization'],
  assignToScope: ['update', 'scope'],
  setScopeKind: ['update', 'scope_kind'],
  deleteScopeKind: ['delete', 'scope_kind'],
  setScopeDefault: ['update', 'scope_default'],
  deleteScopeDefault: ['delete', 'scope_default'],
  renameScope: ['update', 'scope'],
} as const satisfies Record<Operation, readonly [ApplyStep['action'], ApplyStep['kind']]>

interface Shown {
  readonly key: string
  readonly details?: readonly string[]
  /** Where the operation can do several things. */
  readonly action?: ApplyStep['action']
}

export function step<Name extends Operation>(
  operation: Name,
  input: Inputs[Name],
  { key, details = [], action: special }: Shown,
): ApplyStep {
  const [usual, kind] = effects[operation]
  // The operation and its input belong together, which the type of the union can't express for a name that varies.
  return { action: special ?? usual, kind, key, details, run: { operation, input } as PlannedCommand }
}
