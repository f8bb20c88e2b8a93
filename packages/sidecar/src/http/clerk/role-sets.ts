/** `/role_sets`: Clerk's seven operations, and two that delete what is not in use. */

import { z } from 'zod'
import { deletionOf } from '../operation/deletion.ts'
import { optionalMappings, optionalText, references } from '../operation/fields.ts'
import { listing, reading, writing, type Operation } from '../operation/route.ts'
import { catalogueQuery } from './catalogue-object.ts'
import { representRoleSet, representWrittenRoleSet as represent, roleSetObject } from './role-set-object.ts'

const path = '/role_sets/{role_set_key_or_id}'
const params = { role_set_key_or_id: z.string() }
const fields = {
  role_set: 'role_set_key_or_id',
  default_role: 'default_role_key',
  creator_role: 'creator_role_key',
  to_role: 'to_role_key',
  to_role_set: 'dest_role_set_key',
  mappings: 'reassignment_mappings',
  initial: 'type',
} as const

const specialRoles = { default_role_key: optionalText, creator_role_key: optionalText }
const specialFailures = ['form_param_value_invalid', 'organization_missing_creator_role_permissions'] as const

export const roleSetOperations: readonly Operation[] = [
  listing({
    operation: 'ListRoleSets',
    path: '/role_sets',
    summary: 'Lists role sets, without counting their members',
    query: catalogueQuery,
    item: roleSetObject,
    handle: (input, { service, call }) => service.directory.roleSets(input, call),
    represent: (roleSet, { service }) => representRoleSet(roleSet, service),
  }),

  reading({
    operation: 'GetRoleSet',
    path,
    summary: 'Gets a role set, with the number of members of each role',
    params,
    response: roleSetObject,
    failures: ['resource_not_found'],
    fields,
    handle: ({ roleSet }, { service, call }) => service.directory.roleSet(roleSet, call),
    represent: ({ roleSet, members }, { service }) => representRoleSet(roleSet, service, members),
    changedAt: ({ roleSet }) => roleSet.revision,
  }),

  writing({
    operation: 'CreateRoleSet',
    method: 'post',
    path: '/role_sets',
    summary: 'Creates a role set',
    body: z.strictObject({
      name: z.string(),
      key: optionalText,
      description: optionalText,
      default_role_key: z.string(),
      creator_role_key: z.string(),
      type: z
        .enum(['initial', 'custom'])
        .nullish()
        .transform((type) => type === 'initial'),
      roles: references,
    }),
    response: roleSetObject,
    failures: [
      'resource_not_found',
      'form_identifier_exists',
      'organization_instance_role_sets_quota_exceeded',
      ...specialFailures,
    ],
    fields,
    handle: (input, { service, call }) => service.administration.createRoleSet(input, call),
    represent,
  }),

  writing({
    operation: 'UpdateRoleSet',
    method: 'patch',
    path,
    summary: 'Updates a role set; `type` can only become `initial`',
    params,
    body: z.strictObject({
      name: optionalText,
      key: optionalText,
      description: optionalText,
      type: z
        .literal('initial')
        .nullish()
        .transform((type) => (type === 'initial' ? true : undefined)),
      ...specialRoles,
    }),
    response: roleSetObject,
    failures: ['resource_not_found', 'form_identifier_exists', ...specialFailures],
    fields,
    handle: (input, { service, call }) => service.administration.updateRoleSet(input, call),
    represent,
  }),

  writing({
    operation: 'DeleteRoleSet',
    method: 'delete',
    path,
    summary: 'An extension: deletes a role set that no organization uses',
    params,
    ...deletionOf('role_set'),
    failures: [
      'resource_not_found',
      'cannot_delete_initial_role_set',
      'organization_role_set_assigned_to_organizations',
    ],
    fields,
    handle: (input, { service, call }) => service.administration.deleteRoleSet(input, call),
  }),

  writing({
    operation: 'AddRoles',
    method: 'post',
    path: `${path}/roles`,
    summary: 'Adds roles to a role set',
    params,
    body: z.strictObject({ role_keys: references, ...specialRoles }),
    response: roleSetObject,
    failures: ['resource_not_found', ...specialFailures],
    fields: { ...fields, roles: 'role_keys' },
    handle: (input, { service, call }) => service.administration.addRoles(input, call),
    represent,
  }),

  writing({
    operation: 'ReplaceRole',
    method: 'post',
    path: `${path}/roles/replace`,
    summary: 'Replaces a role by another one, which its members and invitations get',
    params,
    body: z.strictObject({ role_key: z.string(), to_role_key: z.string() }),
    response: roleSetObject,
    failures: [
      'resource_not_found',
      'organization_role_not_in_role_set',
      'organization_missing_creator_role_permissions',
    ],
    fields: { ...fields, role: 'role_key' },
    handle: (input, { service, call }) => service.administration.replaceRole(input, call),
    represent,
  }),

  writing({
    operation: 'RemoveRole',
    method: 'delete',
    path: `${path}/roles/{role_key}`,
    summary: 'An extension: removes a role that no member or invitation has from a role set',
    params: { ...params, role_key: z.string() },
    response: roleSetObject,
    failures: [
      'resource_not_found',
      'organization_role_not_in_role_set',
      'organization_role_default_creator_role',
      'organization_role_domain_default_role',
      'organization_role_on_set_assigned_to_user',
      'organization_role_exists_in_invitations',
    ],
    // The rules name the missing replacement; here the fault is of the role to remove.
    fields: { ...fields, role: 'role_key', to_role: 'role_key' },
    handle: ({ roleSet, role }, { service, call }) => service.administration.replaceRole({ roleSet, role }, call),
    represent,
  }),

  writing({
    operation: 'ReplaceRoleSet',
    method: 'post',
    path: `${path}/replace`,
    summary: 'Moves all organizations to another role set, and deletes this one',
    params,
    body: z.strictObject({ dest_role_set_key: z.string(), reassignment_mappings: optionalMappings }),
    ...deletionOf('role_set'),
    failures: [
      'resource_not_found',
      'cannot_delete_initial_role_set',
      'organization_role_set_reassignment_mappings_missing',
      'organization_role_set_reassignment_mappings_invalid',
    ],
    fields,
    handle: async (input, { service, call }) => {
      // The service answers with the destination. The source is looked up before it is deleted.
      const id = service.readModel.catalogue.roleSets.find(input.roleSet)?.id ?? input.roleSet
      const { value, ...written } = await service.administration.replaceRoleSet(input, call)
      return { ...written, value: value === undefined ? undefined : { id } }
    },
  }),
]
