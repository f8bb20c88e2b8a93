/** `/organization_roles`. */

import { z } from 'zod'
import type { RoleView } from '../../service/views.ts'
import {
  clearableText,
  identifier,
  optional,
  optionalFlag,
  optionalText,
  references,
  text,
} from '../operation/fields.ts'
import { component, deletionOf, representing } from '../operation/represent.ts'
import { listing, reading, writing, type Operation, type Scope } from '../operation/route.ts'
import { catalogueQuery, newName, describedFields, shownDescription } from './catalogue-object.ts'
import { permissionObject, representPermission } from './permissions.ts'

export const roleObject = component('Role', {
  object: z.literal('role'),
  ...describedFields,
  is_creator_eligible: z.boolean(),
  permissions: z.array(permissionObject),
})

const represent = representing(roleObject)

/** The catalogue can be later than the view. A permission that was deleted in between is left out. */
export function representRole(role: RoleView, { service }: Pick<Scope, 'service'>) {
  const { permissions } = service.readModel.catalogue
  return represent(role, {
    ...shownDescription(role),
    is_creator_eligible: role.creatorEligible,
    permissions: role.permissionIds.flatMap((id) => permissions.byId(id) ?? []).map(representPermission),
  })
}

const path = '/organization_roles/{organization_role_id}'
const params = { organization_role_id: identifier }
const fields = { role: 'organization_role_id', permission: 'permission_id' } as const
const answer = { response: roleObject, represent: representRole } as const
const one = { ...answer, params, fields } as const
const permissionOfOne = { ...one, params: { ...params, permission_id: identifier } } as const

const permissionReferences = optional(references('permissionsPerRoleMax')).meta({
  description: 'Ids or keys of permissions.',
})

export const roleOperations: readonly Operation[] = [
  listing('ListOrganizationRoles', 'GET /organization_roles', {
    ...answer,
    summary: 'Lists roles',
    query: catalogueQuery,
    handle: (input, { service, call }) => service.directory.roles(input, call),
  }),

  reading('GetOrganizationRole', `GET ${path}`, {
    ...one,
    summary: 'Gets a role',
    handle: ({ role }, { service, call }) => service.administration.getRole(role, call),
  }),

  writing('CreateRole', 'POST /organization_roles', {
    ...answer,
    summary: 'Creates a role',
    body: z.strictObject({
      name: newName,
      key: text('role'),
      description: clearableText('description'),
      permissions: permissionReferences,
      include_in_initial_role_set: optionalFlag,
    }),
    failures: ['resource_not_found', 'form_identifier_exists', 'organization_instance_roles_quota_exceeded'],
    handle: (input, { service, call }) => service.administration.createRole(input, call),
  }),

  writing('UpdateRole', `PATCH ${path}`, {
    endsAdministrators: true,
    ...one,
    summary: 'Updates a role; given permissions replace all permissions of the role',
    body: z.strictObject({
      name: optionalText('name'),
      key: optionalText('role'),
      description: clearableText('description'),
      permissions: permissionReferences,
    }),
    failures: [
      'organization_minimum_permissions_needed',
      'form_identifier_exists',
      'organization_missing_creator_role_permissions',
    ],
    handle: (input, { service, call }) => service.administration.updateRole(input, call),
  }),

  writing('DeleteRole', `DELETE ${path}`, {
    ...one,
    summary: 'Deletes a role that no member or invitation has, and removes it from all role sets',
    ...deletionOf('role'),
    failures: [
      'organization_role_default_creator_role',
      'organization_role_domain_default_role',
      'organization_role_assigned_members',
      'organization_role_exists_in_invitations',
    ],
    handle: (input, { service, call }) => service.administration.deleteRole(input, call),
  }),

  writing('AddPermission', `POST ${path}/permissions/{permission_id}`, {
    ...permissionOfOne,
    summary: 'Adds a permission to a role',
    failures: ['organization_missing_creator_role_permissions', 'organization_role_permission_association_exists'],
    handle: (input, { service, call }) => service.administration.addPermission(input, call),
  }),

  writing('RemovePermission', `DELETE ${path}/permissions/{permission_id}`, {
    endsAdministrators: true,
    ...permissionOfOne,
    summary: 'Removes a permission from a role',
    failures: [
      'organization_minimum_permissions_needed',
      'organization_missing_creator_role_permissions',
      'organization_role_permission_association_not_found',
    ],
    handle: (input, { service, call }) => service.administration.removePermission(input, call),
  }),
]
