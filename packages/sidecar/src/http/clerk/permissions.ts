/** `/organization_permissions`. */

import { z } from 'zod'
import type { PermissionView } from '../../service/views.ts'
import { deletionOf } from '../operation/deletion.ts'
import { identifier, optionalText } from '../operation/fields.ts'
import { listing, reading, writing, type Operation } from '../operation/route.ts'
import { catalogueQuery, namedFields, representNamed } from './catalogue-object.ts'

export const permissionObject = z
  .object({
    object: z.literal('permission'),
    ...namedFields,
    description: z.string(),
    type: z.enum(['system', 'user']),
  })
  .meta({ id: 'Permission' })

export function representPermission(permission: PermissionView): z.input<typeof permissionObject> {
  return {
    object: 'permission',
    ...representNamed(permission),
    description: permission.description,
    type: permission.type === 'system' ? 'system' : 'user',
  }
}

const path = '/organization_permissions/{permission_id}'
const params = { permission_id: identifier }
const fields = { permission: 'permission_id' } as const

export const permissionOperations: readonly Operation[] = [
  listing({
    operation: 'ListOrganizationPermissions',
    path: '/organization_permissions',
    summary: 'Lists permissions, including system permissions',
    query: catalogueQuery,
    item: permissionObject,
    handle: (input, { service, call }) => service.directory.permissions(input, call),
    represent: representPermission,
  }),

  reading({
    operation: 'GetOrganizationPermission',
    path,
    summary: 'Gets a permission',
    params,
    response: permissionObject,
    failures: ['resource_not_found'],
    handle: ({ permissionId }, { service, call }) => service.administration.getPermission(permissionId, call),
    represent: representPermission,
  }),

  writing({
    operation: 'CreatePermission',
    method: 'post',
    path: '/organization_permissions',
    summary: 'Creates a permission',
    body: z.strictObject({ name: z.string(), key: z.string(), description: optionalText }),
    response: permissionObject,
    failures: ['form_identifier_exists', 'organization_instance_permissions_quota_exceeded'],
    handle: (input, { service, call }) => service.administration.createPermission(input, call),
    represent: representPermission,
  }),

  writing({
    operation: 'UpdatePermission',
    method: 'patch',
    path,
    summary: 'Updates a permission',
    params,
    body: z.strictObject({ name: optionalText, key: optionalText, description: optionalText }),
    response: permissionObject,
    failures: ['resource_not_found', 'form_identifier_exists', 'organization_system_permission_not_modifiable'],
    fields,
    handle: (input, { service, call }) => service.administration.updatePermission(input, call),
    represent: representPermission,
  }),

  writing({
    operation: 'DeletePermission',
    method: 'delete',
    path,
    summary: 'Deletes a permission, and removes it from all roles',
    params,
    ...deletionOf('permission'),
    failures: ['resource_not_found', 'organization_system_permission_not_modifiable'],
    fields,
    handle: (input, { service, call }) => service.administration.deletePermission(input, call),
  }),
]
