/** `/organization_roles`, and the roles that are available in an organization. */

import { z } from 'zod'
import type { RoleView } from '../../service/views.ts'
import { deletionOf } from '../operation/deletion.ts'
import { identifier, optional, optionalFlag, optionalText, references } from '../operation/fields.ts'
import { listing, listObject, reading, writing, type Operation, type Scope } from '../operation/route.ts'
import { catalogueQuery, namedFields, representDescription, representNamed } from './catalogue-object.ts'
import { permissionObject, representPermission } from './permissions.ts'

const roleObject = z
  .object({
    object: z.literal('role'),
    ...namedFields,
    description: z.string().nullable(),
    is_creator_eligible: z.boolean(),
    permissions: z.array(permissionObject),
  })
  .meta({ id: 'Role' })

/** The catalogue can be later than the view. A permission that was deleted in between is left out. */
function representRole(role: RoleView, { service }: Pick<Scope, 'service'>): z.input<typeof roleObject> {
  const { permissions } = service.readModel.catalogue
  return {
    object: 'role',
    ...representNamed(role),
    description: representDescription(role),
    is_creator_eligible: role.creatorEligible,
    permissions: role.permissionIds.flatMap((id) => permissions.byId(id) ?? []).map(representPermission),
  }
}

const path = '/organization_roles/{organization_role_id}'
const params = { organization_role_id: identifier }
const fields = { role: 'organization_role_id', permission: 'permission_id' } as const

const permissionReferences = optional(references).meta({ description: 'Ids or keys of permissions.' })

/** What the two operations on a single permission of a role have in common. */
const holding = {
  path: `${path}/permissions/{permission_id}`,
  params: { ...params, permission_id: identifier },
  response: roleObject,
  fields,
  represent: representRole,
} as const

export const roleOperations: readonly Operation[] = [
  listing({
    operation: 'ListOrganizationRoles',
    path: '/organization_roles',
    summary: 'Lists roles',
    query: catalogueQuery,
    item: roleObject,
    handle: (input, { service, call }) => service.directory.roles(input, call),
    represent: representRole,
  }),

  reading({
    operation: 'GetOrganizationRole',
    path,
    summary: 'Gets a role',
    params,
    response: roleObject,
    failures: ['resource_not_found'],
    fields,
    handle: ({ role }, { service, call }) => service.administration.getRole(role, call),
    represent: representRole,
  }),

  writing({
    operation: 'CreateRole',
    method: 'post',
    path: '/organization_roles',
    summary: 'Creates a role',
    body: z.strictObject({
      name: z.string(),
      key: z.string(),
      description: optionalText,
      permissions: permissionReferences,
      include_in_initial_role_set: optionalFlag,
    }),
    response: roleObject,
    failures: ['resource_not_found', 'form_identifier_exists', 'organization_instance_roles_quota_exceeded'],
    handle: (input, { service, call }) => service.administration.createRole(input, call),
    represent: representRole,
  }),

  writing({
    operation: 'UpdateRole',
    method: 'patch',
    path,
    summary: 'Updates a role; given permissions replace all permissions of the role',
    params,
    body: z.strictObject({
      name: optionalText,
      key: optionalText,
      description: optionalText,
      permissions: permissionReferences,
    }),
    response: roleObject,
    failures: ['resource_not_found', 'form_identifier_exists', 'organization_missing_creator_role_permissions'],
    fields,
    handle: (input, { service, call }) => service.administration.updateRole(input, call),
    represent: representRole,
  }),

  writing({
    operation: 'DeleteRole',
    method: 'delete',
    path,
    summary: 'Deletes a role that no member or invitation has, and removes it from all role sets',
    params,
    ...deletionOf('role'),
    failures: [
      'resource_not_found',
      'organization_role_default_creator_role',
      'organization_role_domain_default_role',
      'organization_role_assigned_members',
      'organization_role_exists_in_invitations',
    ],
    fields,
    handle: (input, { service, call }) => service.administration.deleteRole(input, call),
  }),

  writing({
    ...holding,
    operation: 'AddPermission',
    method: 'post',
    summary: 'Adds a permission to a role',
    failures: [
      'resource_not_found',
      'organization_missing_creator_role_permissions',
      'organization_role_permission_association_exists',
    ],
    handle: (input, { service, call }) => service.administration.addPermission(input, call),
  }),

  writing({
    ...holding,
    operation: 'RemovePermission',
    method: 'delete',
    summary: 'Removes a permission from a role',
    failures: [
      'resource_not_found',
      'organization_missing_creator_role_permissions',
      'organization_role_permission_association_not_found',
    ],
    handle: (input, { service, call }) => service.administration.removePermission(input, call),
  }),

  reading({
    operation: 'ListAvailableRoles',
    path: '/organizations/{organization_id}/roles',
    summary: 'An extension: lists the roles that can be granted in an organization',
    params: { organization_id: z.string() },
    response: listObject(roleObject).extend({
      role_set_key: z.string(),
      default_role_key: z.string(),
      creator_role_key: z.string(),
      has_role_set_migration: z.literal(false),
    }),
    failures: ['resource_not_found'],
    handle: async ({ organizationId }, { service, call }) => {
      const { revision, ...value } = await service.decisions.listAvailableRoles(organizationId, call)
      return { value, revision }
    },
    represent: ({ roles, roleSet }, scope) => ({
      data: roles.map((role) => representRole(role, scope)),
      total_count: roles.length,
      role_set_key: roleSet.key,
      default_role_key: roleSet.defaultRole,
      creator_role_key: roleSet.creatorRole,
      has_role_set_migration: false as const,
    }),
  }),
]
