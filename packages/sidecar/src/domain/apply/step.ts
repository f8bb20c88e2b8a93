/** One step of an apply: what it does, in words, and the command that does it. */

import type { AssignRoleSet, CreateOrganization, UpdateOrganization } from '../organizations.ts'
import type { CreatePermission, DeletePermission, UpdatePermission } from '../permissions.ts'
import type { ReplaceRole } from '../role-set-replacement.ts'
import type { AddRoles, CreateRoleSet, DeleteRoleSet, UpdateRoleSet } from '../role-sets.ts'
import type { CreateRole, DeleteRole, UpdateRole } from '../roles.ts'

interface Inputs {
  readonly createPermission: CreatePermission
  readonly updatePermission: UpdatePermission
  readonly deletePermission: DeletePermission
  readonly createRole: CreateRole
  readonly updateRole: UpdateRole
  readonly deleteRole: DeleteRole
  readonly createRoleSet: CreateRoleSet
  readonly updateRoleSet: UpdateRoleSet
  readonly addRoles: AddRoles
  readonly replaceRole: ReplaceRole
  readonly deleteRoleSet: DeleteRoleSet
  readonly createOrganization: CreateOrganization
  readonly updateOrganization: UpdateOrganization
  readonly assignRoleSet: AssignRoleSet
}

type Operation = keyof Inputs

export type PlannedCommand = {
  readonly [Name in Operation]: { readonly operation: Name; readonly input: Inputs[Name] }
}[Operation]

export interface ApplyStep {
  readonly action: 'create' | 'update' | 'delete'
  readonly kind: 'permission' | 'role' | 'role_set' | 'organization'
  /** Key, or the id of an organization. */
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
} as const satisfies Record<Operation, readonly [ApplyStep['action'], ApplyStep['kind']]>

export function step<Name extends Operation>(
  operation: Name,
  input: Inputs[Name],
  { key, details = [] }: { readonly key: string; readonly details?: readonly string[] },
): ApplyStep {
  const [action, kind] = effects[operation]
  // The operation and its input belong together, which the type of the union can't express for a name that varies.
  return { action, kind, key, details, run: { operation, input } as PlannedCommand }
}
