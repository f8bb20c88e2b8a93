/** `/role_sets`: Clerk's seven operations, and two ways to take away what nobody uses. */

import { z } from 'zod'
import type { Catalogue } from '@rolesets/core'
import type { RoleSetView } from '../../service/views.ts'
import { deletedSchema, representDeleted } from './deleted.ts'
import { optionalMappings, optionalText, ordering, paging, references, time } from './fields.ts'
import { reading, writing, type Operation, type WriteScope } from './route.ts'

const roleSetItemSchema = z
  .object({
    object: z.literal('role_set_item'),
    id: z.string(),
    name: z.string(),
    key: z.string(),
    description: z.string().nullable(),
    members_count: z.int().nullable(),
    has_members: z.boolean().nullable(),
    created_at: time,
    updated_at: time,
  })
  .meta({ id: 'RoleSetItem' })

const roleSetSchema = z
  .object({
    object: z.literal('role_set'),
    id: z.string(),
    name: z.string(),
    key: z.string(),
    description: z.string().nullable(),
    roles: z.array(roleSetItemSchema),
    default_role: roleSetItemSchema.nullable(),
    creator_role: roleSetItemSchema.nullable(),
    type: z.enum(['initial', 'custom']),
    role_set_migration: z.null().meta({ description: 'Members move in one transaction: there is never a migration.' }),
    created_at: time,
    updated_at: time,
  })
  .meta({ id: 'RoleSet' })

/**
 * @param from the catalogue may be later than the view: a role that is gone by now is left out. `members` by role id;
 * undefined: nobody counted
 */
function representRoleSet(
  roleSet: RoleSetView,
  from: { readonly catalogue: Catalogue; readonly members?: ReadonlyMap<string, number> | undefined },
): z.input<typeof roleSetSchema> {
  const { id, name, key, description, type, createdAt, updatedAt } = roleSet
  const item = (roleId: string): z.input<typeof roleSetItemSchema> | null => {
    const role = from.catalogue.roles.byId(roleId)
    if (role === undefined) return null
    const count = from.members === undefined ? null : (from.members.get(roleId) ?? 0)
    return {
      object: 'role_set_item',
      id: roleId,
      name: role.name,
      key: role.key,
      description: role.description === '' ? null : role.description,
      members_count: count,
      has_members: count === null ? null : count > 0,
      created_at: role.createdAt,
      updated_at: role.updatedAt,
    }
  }
  return {
    object: 'role_set',
    id,
    name,
    key,
    description: description === '' ? null : description,
    roles: roleSet.roleIds.map(item).filter((each) => each !== null),
    default_role: item(roleSet.defaultRoleId),
    creator_role: item(roleSet.creatorRoleId),
    type,
    role_set_migration: null,
    created_at: createdAt,
    updated_at: updatedAt,
  }
}

/** An edit costs the same whatever the number of organizations, so after it the members of large sets aren't counted. */
const countedOrganizationsMax = 1_000

/**
 * After a write the members are counted anew; what a dry run only would do has no count. The write is done by then, so it
 * is answered also when they can't be counted, for example because somebody has deleted the set meanwhile.
 */
async function represent(roleSet: RoleSetView, { scope }: { readonly scope: WriteScope }) {
  const { service, call } = scope
  const members = call.dryRun ? undefined : await countMembers(roleSet, scope)
  return representRoleSet(roleSet, { catalogue: service.readModel.catalogue, members })
}

function countMembers({ id }: RoleSetView, { service, call }: WriteScope) {
  return service.directory.roleSet(id, call, { organizationsMax: countedOrganizationsMax }).then(
    ({ value }) => value.members,
    () => undefined,
  )
}

const tag = 'Role sets'
const path = '/role_sets/{role_set_key_or_id}'
const named = z.object({ role_set_key_or_id: z.string() })
const fields = {
  role_set: 'role_set_key_or_id',
  default_role: 'default_role_key',
  creator_role: 'creator_role_key',
  to_role: 'to_role_key',
  to_role_set: 'dest_role_set_key',
  mappings: 'reassignment_mappings',
}

const specialRoles = { default_role_key: optionalText, creator_role_key: optionalText }
const specialFailures = ['form_param_value_invalid', 'organization_missing_creator_role_permissions'] as const

export const roleSetOperations: readonly Operation[] = [
  reading({
    operation: 'ListRoleSets',
    path: '/role_sets',
    tag,
    summary: 'Lists role sets; members aren’t counted here',
    query: z.object({
      ...paging,
      query: z.string().optional(),
      order_by: ordering(['created_at', 'name', 'key'], { field: 'created_at', descending: true }),
    }),
    response: z.object({ data: z.array(roleSetSchema), total_count: z.int() }),
    handle: async ({ query: { query: text, order_by: order, ...span } }, { service, call }) => {
      const { items, total, revision } = await service.directory.roleSets({ text, order, ...span }, call)
      const { catalogue } = service.readModel
      return {
        body: { data: items.map((each) => representRoleSet(each, { catalogue })), total_count: total },
        revision,
      }
    },
  }),

  reading({
    operation: 'GetRoleSet',
    path,
    tag,
    summary: 'Gets a role set, with how many members have which role',
    params: named,
    response: roleSetSchema,
    failures: ['resource_not_found'],
    fields,
    handle: async ({ params }, { service, call }) => {
      const { value, revision } = await service.directory.roleSet(params.role_set_key_or_id, call)
      const { roleSet, members } = value
      const body = representRoleSet(roleSet, { catalogue: service.readModel.catalogue, members })
      return { body, revision, changedAt: roleSet.revision }
    },
  }),

  writing({
    operation: 'CreateRoleSet',
    method: 'post',
    path: '/role_sets',
    tag,
    summary: 'Creates a role set',
    body: z.strictObject({
      name: z.string(),
      key: optionalText,
      description: optionalText,
      default_role_key: z.string(),
      creator_role_key: z.string(),
      type: z.enum(['initial', 'custom']).nullish(),
      roles: references,
    }),
    response: roleSetSchema,
    failures: [
      'resource_not_found',
      'form_identifier_exists',
      'organization_instance_role_sets_quota_exceeded',
      ...specialFailures,
    ],
    fields,
    handle: ({ body }, { service, call }) => {
      const { default_role_key: defaultRole, creator_role_key: creatorRole, type, ...rest } = body
      const input = { ...rest, defaultRole, creatorRole, initial: type === 'initial' }
      return service.administration.createRoleSet(input, call)
    },
    represent,
  }),

  writing({
    operation: 'UpdateRoleSet',
    method: 'patch',
    path,
    tag,
    summary: 'Changes a role set; `type` can only become `initial`',
    params: named,
    body: z.strictObject({
      name: optionalText,
      key: optionalText,
      description: optionalText,
      type: z.literal('initial').nullish(),
      ...specialRoles,
    }),
    response: roleSetSchema,
    failures: ['resource_not_found', 'form_identifier_exists', ...specialFailures],
    fields,
    handle: ({ params, body }, { service, call }) => {
      const { default_role_key: defaultRole, creator_role_key: creatorRole, type, ...rest } = body
      const initial = type === 'initial' ? true : undefined
      const input = { roleSet: params.role_set_key_or_id, ...rest, defaultRole, creatorRole, initial }
      return service.administration.updateRoleSet(input, call)
    },
    represent,
  }),

  writing({
    operation: 'DeleteRoleSet',
    method: 'delete',
    path,
    tag,
    summary: 'An extension: deletes a role set that no organization uses',
    params: named,
    response: deletedSchema('role_set'),
    failures: [
      'resource_not_found',
      'cannot_delete_initial_role_set',
      'organization_role_set_assigned_to_organizations',
    ],
    fields,
    handle: ({ params }, { service, call }) =>
      service.administration.deleteRoleSet({ roleSet: params.role_set_key_or_id }, call),
    represent: ({ id }) => representDeleted('role_set', id),
  }),

  writing({
    operation: 'AddRoles',
    method: 'post',
    path: `${path}/roles`,
    tag,
    summary: 'Adds roles to a role set',
    params: named,
    body: z.strictObject({ role_keys: references, ...specialRoles }),
    response: roleSetSchema,
    failures: ['resource_not_found', ...specialFailures],
    fields: { ...fields, roles: 'role_keys' },
    handle: ({ params, body }, { service, call }) => {
      const { role_keys: roles, default_role_key: defaultRole, creator_role_key: creatorRole } = body
      return service.administration.addRoles(
        { roleSet: params.role_set_key_or_id, roles, defaultRole, creatorRole },
        call,
      )
    },
    represent,
  }),

  writing({
    operation: 'ReplaceRole',
    method: 'post',
    path: `${path}/roles/replace`,
    tag,
    summary: 'Replaces a role by another; its holders and its places move',
    params: named,
    body: z.strictObject({ role_key: z.string(), to_role_key: z.string() }),
    response: roleSetSchema,
    failures: [
      'resource_not_found',
      'organization_role_not_in_role_set',
      'organization_missing_creator_role_permissions',
    ],
    fields: { ...fields, role: 'role_key' },
    handle: ({ params, body: { role_key: role, to_role_key: toRole } }, { service, call }) =>
      service.administration.replaceRole({ roleSet: params.role_set_key_or_id, role, toRole }, call),
    represent,
  }),

  writing({
    operation: 'RemoveRole',
    method: 'delete',
    path: `${path}/roles/{role_key}`,
    tag,
    summary: 'An extension: takes a role that nobody holds out of a role set',
    params: z.object({ role_set_key_or_id: z.string(), role_key: z.string() }),
    response: roleSetSchema,
    failures: [
      'resource_not_found',
      'organization_role_not_in_role_set',
      'organization_role_default_creator_role',
      'organization_role_domain_default_role',
      'organization_role_on_set_assigned_to_user',
      'organization_role_exists_in_invitations',
    ],
    fields: { ...fields, role: 'role_key', to_role: 'role_key' },
    handle: ({ params: { role_set_key_or_id: roleSet, role_key: role } }, { service, call }) =>
      service.administration.replaceRole({ roleSet, role }, call),
    represent,
  }),

  writing({
    operation: 'ReplaceRoleSet',
    method: 'post',
    path: `${path}/replace`,
    tag,
    summary: 'Moves all organizations to another role set, and deletes this one',
    params: named,
    body: z.strictObject({ dest_role_set_key: z.string(), reassignment_mappings: optionalMappings }),
    response: deletedSchema('role_set'),
    failures: [
      'resource_not_found',
      'cannot_delete_initial_role_set',
      'organization_role_set_reassignment_mappings_missing',
      'organization_role_set_reassignment_mappings_invalid',
    ],
    fields,
    handle: async ({ params: { role_set_key_or_id: roleSet }, body }, { service, call }) => {
      // The service answers with the destination; the source has to be known before it is gone.
      const id = service.readModel.catalogue.roleSets.find(roleSet)?.id ?? roleSet
      const { dest_role_set_key: toRoleSet, reassignment_mappings: mappings } = body
      const { value, ...written } = await service.administration.replaceRoleSet({ roleSet, toRoleSet, mappings }, call)
      return { ...written, value: value === undefined ? undefined : { id } }
    },
    represent: ({ id }) => representDeleted('role_set', id),
  }),
]
