/** `/organization_permissions`. */

import { z } from 'zod'
import type { PermissionView } from '../../service/views.ts'
import { deletedSchema, representDeleted } from '../operation/deleted.ts'
import { identifier, optionalText, ordering, paging, time } from '../operation/fields.ts'
import { reading, writing, type Operation } from '../operation/route.ts'

export const permissionSchema = z
  .object({
    object: z.literal('permission'),
    id: z.string(),
    name: z.string(),
    key: z.string(),
    description: z.string(),
    type: z.enum(['system', 'user']),
    created_at: time,
    updated_at: time,
  })
  .meta({ id: 'Permission' })

export function representPermission(permission: PermissionView): z.input<typeof permissionSchema> {
  const { id, name, key, description, type, createdAt, updatedAt } = permission
  return {
    object: 'permission',
    id,
    name,
    key,
    description,
    type: type === 'system' ? 'system' : 'user',
    created_at: createdAt,
    updated_at: updatedAt,
  }
}

const tag = 'Organization permissions'
const byId = z.object({ permission_id: identifier })

export const permissionOperations: readonly Operation[] = [
  reading({
    operation: 'ListOrganizationPermissions',
    path: '/organization_permissions',
    tag,
    summary: 'Lists permissions, those of the system included',
    query: z.object({
      ...paging,
      query: z.string().optional(),
      order_by: ordering(['created_at', 'name', 'key'], { field: 'created_at', descending: true }),
    }),
    response: z.object({ data: z.array(permissionSchema), total_count: z.int() }),
    handle: async ({ query: { query: text, order_by: order, ...span } }, { service, call }) => {
      const { items, total, revision } = await service.directory.permissions({ text, order, ...span }, call)
      return { body: { data: items.map(representPermission), total_count: total }, revision }
    },
  }),

  reading({
    operation: 'GetOrganizationPermission',
    path: '/organization_permissions/{permission_id}',
    tag,
    summary: 'Gets a permission',
    params: byId,
    response: permissionSchema,
    failures: ['resource_not_found'],
    handle: async ({ params }, { service, call }) => {
      const { value, revision } = await service.administration.getPermission(params.permission_id, call)
      return { body: representPermission(value), revision, changedAt: value.revision }
    },
  }),

  writing({
    operation: 'CreatePermission',
    method: 'post',
    path: '/organization_permissions',
    tag,
    summary: 'Creates a permission',
    body: z.strictObject({ name: z.string(), key: z.string(), description: optionalText }),
    response: permissionSchema,
    failures: ['form_identifier_exists', 'organization_instance_permissions_quota_exceeded'],
    handle: ({ body }, { service, call }) => service.administration.createPermission(body, call),
    represent: representPermission,
  }),

  writing({
    operation: 'UpdatePermission',
    method: 'patch',
    path: '/organization_permissions/{permission_id}',
    tag,
    summary: 'Changes a permission',
    params: byId,
    body: z.strictObject({ name: optionalText, key: optionalText, description: optionalText }),
    response: permissionSchema,
    failures: ['resource_not_found', 'form_identifier_exists', 'organization_system_permission_not_modifiable'],
    fields: { permission: 'permission_id' },
    handle: ({ params, body }, { service, call }) =>
      service.administration.updatePermission({ permission: params.permission_id, ...body }, call),
    represent: representPermission,
  }),

  writing({
    operation: 'DeletePermission',
    method: 'delete',
    path: '/organization_permissions/{permission_id}',
    tag,
    summary: 'Deletes a permission, and takes it from all roles',
    params: byId,
    response: deletedSchema('permission'),
    failures: ['resource_not_found', 'organization_system_permission_not_modifiable'],
    fields: { permission: 'permission_id' },
    handle: ({ params }, { service, call }) =>
      service.administration.deletePermission({ permission: params.permission_id }, call),
    represent: ({ id }) => representDeleted('permission', id),
  }),
]
