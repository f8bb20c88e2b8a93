/** `/organization_permissions`. */

import { z } from 'zod'
import type { PermissionView } from '../../service/views.ts'
import { clearableText, identifier, optionalText, text } from '../operation/fields.ts'
import { component, deletionOf, representing } from '../operation/represent.ts'
import { listing, reading, writing, type Operation } from '../operation/route.ts'
import { catalogueQuery, namedFields, newName } from './catalogue-object.ts'

export const permissionObject = component('Permission', {
  object: z.literal('permission'),
  ...namedFields,
  description: z.string(),
  type: z.enum(['system', 'user']),
})

const represent = representing(permissionObject)

export function representPermission(permission: PermissionView) {
  return represent(permission, { type: permission.type === 'system' ? 'system' : 'user' })
}

const answer = { response: permissionObject, represent: representPermission } as const
const path = '/organization_permissions/{permission_id}'
const params = { permission_id: identifier }
const fields = { permission: 'permission_id' } as const
const one = { ...answer, params, fields } as const

export const permissionOperations: readonly Operation[] = [
  listing('ListOrganizationPermissions', 'GET /organization_permissions', {
    ...answer,
    summary: 'Lists permissions, including system permissions',
    query: catalogueQuery,
    handle: (input, { service, call }) => service.directory.permissions(input, call),
  }),

  reading('GetOrganizationPermission', `GET ${path}`, {
    ...one,
    summary: 'Gets a permission',
    handle: ({ permission }, { service, call }) => service.administration.getPermission(permission, call),
  }),

  writing('CreatePermission', 'POST /organization_permissions', {
    ...answer,
    summary: 'Creates a permission',
    body: z.strictObject({ name: newName, key: text('permission'), description: clearableText('description') }),
    failures: ['form_identifier_exists', 'organization_instance_permissions_quota_exceeded'],
    handle: (input, { service, call }) => service.administration.createPermission(input, call),
  }),

  writing('UpdatePermission', `PATCH ${path}`, {
    ...one,
    summary: 'Updates a permission',
    body: z.strictObject({
      name: optionalText('name'),
      key: optionalText('permission'),
      description: clearableText('description'),
    }),
    failures: ['form_identifier_exists', 'organization_system_permission_not_modifiable'],
    handle: (input, { service, call }) => service.administration.updatePermission(input, call),
  }),

  writing('DeletePermission', `DELETE ${path}`, {
    ...one,
    summary: 'Deletes a permission, and removes it from all roles',
    ...deletionOf('permission'),
    failures: ['organization_system_permission_not_modifiable'],
    handle: (input, { service, call }) => service.administration.deletePermission(input, call),
  }),
]
