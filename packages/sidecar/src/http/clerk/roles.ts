/** `/organization_roles`, and what roles an organization has to choose from. */

import { z } from 'zod'
import type { Catalogue } from '@rolesets/core'
import type { RoleView } from '../../service/views.ts'
import { deletedSchema, representDeleted } from './deleted.ts'
import { identifier, optionalFlag, optionalText, ordering, paging, references, time } from './fields.ts'
import { permissionSchema, representPermission } from './permissions.ts'
import { reading, writing, type Operation, type Scope } from './route.ts'

const roleSchema = z
  .object({
    object: z.literal('role'),
    id: z.string(),
    name: z.string(),
    key: z.string(),
    description: z.string().nullable(),
    is_creator_eligible: z.boolean(),
    permissions: z.array(permissionSchema),
    created_at: time,
    updated_at: time,
  })
  .meta({ id: 'Role' })

/** @param catalogue may be later than the view: a permission that is gone by now is left out */
function representRole(role: RoleView, catalogue: Catalogue): z.input<typeof roleSchema> {
  const { id, name, key, description, creatorEligible, permissionIds, createdAt, updatedAt } = role
  return {
    object: 'role',
    id,
    name,
    key,
    description: description === '' ? null : description,
    is_creator_eligible: creatorEligible,
    permissions: permissionIds.flatMap((permissionId) => {
      const permission = catalogue.permissions.byId(permissionId)
      return permission === undefined ? [] : [representPermission(permission)]
    }),
    created_at: createdAt,
    updated_at: updatedAt,
  }
}

const represent = (role: RoleView, { scope }: { readonly scope: Scope }) =>
  representRole(role, scope.service.readModel.catalogue)

const tag = 'Organization roles'
const path = '/organization_roles/{organization_role_id}'
const byId = z.object({ organization_role_id: identifier })
const holding = z.object({ organization_role_id: identifier, permission_id: identifier })
const fields = { role: 'organization_role_id', permission: 'permission_id' }

export const roleOperations: readonly Operation[] = [
  reading({
    operation: 'ListOrganizationRoles',
    path: '/organization_roles',
    tag,
    summary: 'Lists roles',
    query: z.object({
      ...paging,
      query: z.string().optional(),
      order_by: ordering(['created_at', 'name', 'key'], { field: 'created_at', descending: true }),
    }),
    response: z.object({ data: z.array(roleSchema), total_count: z.int() }),
    handle: async ({ query: { query: text, order_by: order, ...span } }, scope) => {
      const { items, total, revision } = await scope.service.directory.roles({ text, order, ...span }, scope.call)
      return { body: { data: items.map((role) => represent(role, { scope })), total_count: total }, revision }
    },
  }),

  reading({
    operation: 'GetOrganizationRole',
    path,
    tag,
    summary: 'Gets a role',
    params: byId,
    response: roleSchema,
    failures: ['resource_not_found'],
    fields,
    handle: async ({ params }, scope) => {
      const { value, revision } = await scope.service.administration.getRole(params.organization_role_id, scope.call)
      return { body: represent(value, { scope }), revision, changedAt: value.revision }
    },
  }),

  writing({
    operation: 'CreateRole',
    method: 'post',
    path: '/organization_roles',
    tag,
    summary: 'Creates a role',
    body: z.strictObject({
      name: z.string(),
      key: z.string(),
      description: optionalText,
      permissions: references.nullish().meta({ description: 'Ids of permissions; keys are taken, too.' }),
      include_in_initial_role_set: optionalFlag,
    }),
    response: roleSchema,
    failures: ['resource_not_found', 'form_identifier_exists', 'organization_instance_roles_quota_exceeded'],
    handle: ({ body: { permissions, include_in_initial_role_set: includeInInitialRoleSet, ...rest } }, scope) =>
      scope.service.administration.createRole(
        { ...rest, permissions: permissions ?? undefined, includeInInitialRoleSet },
        scope.call,
      ),
    represent,
  }),

  writing({
    operation: 'UpdateRole',
    method: 'patch',
    path,
    tag,
    summary: 'Changes a role; permissions that are given replace all it has',
    params: byId,
    body: z.strictObject({
      name: optionalText,
      key: optionalText,
      description: optionalText,
      permissions: references.nullish().meta({ description: 'Ids of permissions; keys are taken, too.' }),
    }),
    response: roleSchema,
    failures: ['resource_not_found', 'form_identifier_exists', 'organization_missing_creator_role_permissions'],
    fields,
    handle: ({ params, body: { permissions, ...rest } }, { service, call }) =>
      service.administration.updateRole(
        { role: params.organization_role_id, ...rest, permissions: permissions ?? undefined },
        call,
      ),
    represent,
  }),

  writing({
    operation: 'DeleteRole',
    method: 'delete',
    path,
    tag,
    summary: 'Deletes a role that nobody holds, and takes it out of all role sets',
    params: byId,
    response: deletedSchema('role'),
    failures: [
      'resource_not_found',
      'organization_role_default_creator_role',
      'organization_role_domain_default_role',
      'organization_role_assigned_members',
      'organization_role_exists_in_invitations',
    ],
    fields,
    handle: ({ params }, { service, call }) =>
      service.administration.deleteRole({ role: params.organization_role_id }, call),
    represent: ({ id }) => representDeleted('role', id),
  }),

  ...(
    [
      ['post', 'AddPermission', 'Puts a permission on a role', 'organization_role_permission_association_exists'],
      [
        'delete',
        'RemovePermission',
        'Takes a permission from a role',
        'organization_role_permission_association_not_found',
      ],
    ] as const
  ).map(([method, operation, summary, failure]) =>
    writing({
      operation,
      method,
      path: `${path}/permissions/{permission_id}`,
      tag,
      summary,
      params: holding,
      response: roleSchema,
      failures: ['resource_not_found', 'organization_missing_creator_role_permissions', failure],
      fields,
      handle: ({ params }, { service: { administration }, call }) => {
        const input = { role: params.organization_role_id, permission: params.permission_id }
        return method === 'post'
          ? administration.addPermission(input, call)
          : administration.removePermission(input, call)
      },
      represent,
    }),
  ),

  reading({
    operation: 'ListAvailableRoles',
    path: '/organizations/{organization_id}/roles',
    tag,
    summary: 'An extension: lists the roles that can be granted in an organization',
    params: z.object({ organization_id: z.string() }),
    response: z.object({
      data: z.array(roleSchema),
      total_count: z.int(),
      role_set_key: z.string(),
      default_role_key: z.string(),
      creator_role_key: z.string(),
      has_role_set_migration: z.literal(false),
    }),
    failures: ['resource_not_found'],
    handle: async ({ params }, scope) => {
      const { decisions } = scope.service
      const { roles, roleSet, revision } = await decisions.listAvailableRoles(params.organization_id, scope.call)
      return {
        body: {
          data: roles.map((role) => represent(role, { scope })),
          total_count: roles.length,
          role_set_key: roleSet.key,
          default_role_key: roleSet.defaultRole,
          creator_role_key: roleSet.creatorRole,
          has_role_set_migration: false as const,
        },
        revision,
      }
    },
  }),
]
