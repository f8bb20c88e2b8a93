/** `/role_sets`: Clerk's seven operations, and two that delete what is not in use. */

import { z } from 'zod'
import {
  clearableText,
  optionalFlag,
  optionalMappings,
  optionalReference,
  optionalText,
  reference,
  references,
} from '../operation/fields.ts'
import { besideOthers, fault } from '../operation/validation.ts'
import { deletionOf } from '../operation/represent.ts'
import { listing, reading, writing, type Operation } from '../operation/route.ts'
import { catalogueQuery, newName } from './catalogue-object.ts'
import { representRoleSet, representWrittenRoleSet, roleSetObject } from './role-set-object.ts'

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

const answer = { response: roleSetObject, represent: representWrittenRoleSet, fields } as const
const one = { ...answer, params } as const

const deletion = deletionOf('role_set')
const specialRoles = { default_role_key: optionalReference, creator_role_key: optionalReference }

interface WithCreator {
  readonly creator_role_key?: string | null | undefined
  readonly scopes_only?: boolean | undefined
}

/** Clerk's clients always name a creator role; what they can't mean by leaving it out must be said. */
function needsCreator(
  { creator_role_key: creator, scopes_only: isForScopes }: WithCreator,
  context: z.core.$RefinementCtx<WithCreator>,
) {
  const path = ['creator_role_key']
  const issue = isForScopes
    ? creator && fault('form_param_value_invalid', 'is given together with scopes_only. Give one of them.')
    : (creator === undefined && fault('form_param_missing', 'is missing.')) ||
      (creator === null && fault('form_param_nil', 'must not be null.'))
  if (issue) context.addIssue({ ...issue, path })
}

export const roleSetOperations: readonly Operation[] = [
  listing('ListRoleSets', 'GET /role_sets', {
    summary: 'Lists role sets, without counting their members',
    response: roleSetObject,
    query: catalogueQuery,
    handle: (input, { service, call }) => service.directory.roleSets(input, call),
    represent: (roleSet, scope) => representRoleSet(roleSet, scope),
  }),

  reading('GetRoleSet', `GET ${path}`, {
    summary: 'Gets a role set, with the number of members of each role',
    params,
    response: roleSetObject,
    fields,
    handle: ({ roleSet }, { service, call }) => service.directory.roleSet(roleSet, call),
    represent: ({ roleSet, members }, scope) => representRoleSet(roleSet, scope, members),
    changedAt: ({ roleSet }) => roleSet.revision,
  }),

  writing('CreateRoleSet', 'POST /role_sets', {
    ...answer,
    summary: 'Creates a role set',
    body: z
      .strictObject({
        name: newName,
        key: optionalText('role_set'),
        description: clearableText('description'),
        default_role_key: reference,
        creator_role_key: reference.nullish().describe('Required, except with `scopes_only`.'),
        scopes_only: optionalFlag.describe(
          'An extension: the role set has no creator role, so it is for scopes, and no organization can get it.',
        ),
        type: z
          .enum(['initial', 'custom'])
          .nullish()
          .transform((type) => type === 'initial'),
        roles: references('rolesPerRoleSetMax', 1),
      })
      .superRefine(needsCreator, besideOthers),
    failures: [
      'resource_not_found',
      'form_identifier_exists',
      'organization_instance_role_sets_quota_exceeded',
      'organization_missing_creator_role_permissions',
    ],
    handle: ({ scopesOnly: _scopesOnly, creatorRole, ...input }, { service, call }) =>
      service.administration.createRoleSet({ ...input, creatorRole: creatorRole ?? undefined }, call),
  }),

  writing('UpdateRoleSet', `PATCH ${path}`, {
    ...one,
    summary: 'Updates a role set; `type` can only become `initial`',
    body: z.strictObject({
      name: optionalText('name'),
      key: optionalText('role_set'),
      description: clearableText('description'),
      type: z
        .literal('initial')
        .nullish()
        .transform((type) => (type === 'initial' ? true : undefined)),
      ...specialRoles,
    }),
    failures: ['form_identifier_exists', 'organization_missing_creator_role_permissions'],
    handle: (input, { service, call }) => service.administration.updateRoleSet(input, call),
  }),

  writing('DeleteRoleSet', `DELETE ${path}`, {
    ...one,
    summary: 'An extension: deletes a role set that no organization uses',
    ...deletion,
    failures: ['cannot_delete_initial_role_set', 'organization_role_set_assigned_to_organizations'],
    handle: (input, { service, call }) => service.administration.deleteRoleSet(input, call),
  }),

  writing('AddRoles', `POST ${path}/roles`, {
    ...one,
    summary: 'Adds roles to a role set',
    body: z.strictObject({ role_keys: references('rolesPerRoleSetMax', 1), ...specialRoles }),
    failures: ['organization_missing_creator_role_permissions'],
    fields: { ...fields, roles: 'role_keys' },
    handle: (input, { service, call }) => service.administration.addRoles(input, call),
  }),

  writing('ReplaceRole', `POST ${path}/roles/replace`, {
    endsAdministrators: true,
    ...one,
    summary: 'Replaces a role by another one, which its members and invitations get',
    body: z.strictObject({ role_key: reference, to_role_key: reference }),
    failures: [
      'organization_minimum_permissions_needed',
      'organization_role_not_in_role_set',
      'organization_missing_creator_role_permissions',
    ],
    fields: { ...fields, role: 'role_key' },
    handle: (input, { service, call }) => service.administration.replaceRole(input, call),
  }),

  writing('RemoveRole', `DELETE ${path}/roles/{role_key}`, {
    ...one,
    summary: 'An extension: removes a role that no member or invitation has from a role set',
    params: { ...params, role_key: z.string() },
    failures: [
      'organization_role_not_in_role_set',
      'organization_role_default_creator_role',
      'organization_role_domain_default_role',
      'organization_role_on_set_assigned_to_user',
      'organization_role_exists_in_invitations',
    ],
    // The rules name the missing replacement; here the fault is of the role to remove.
    fields: { ...fields, role: 'role_key', to_role: 'role_key' },
    handle: ({ roleSet, role }, { service, call }) => service.administration.replaceRole({ roleSet, role }, call),
  }),

  writing('ReplaceRoleSet', `POST ${path}/replace`, {
    endsAdministrators: true,
    ...one,
    summary: 'Moves all organizations to another role set, and deletes this one',
    body: z.strictObject({
      dest_role_set_key: reference,
      reassignment_mappings: optionalMappings,
      restore_former_roles: optionalFlag.describe(
        'An extension: members and invitations get the roles back that mappings of earlier moves took.',
      ),
    }),
    ...deletion,
    failures: [
      'organization_minimum_permissions_needed',
      'cannot_delete_initial_role_set',
      'organization_role_set_reassignment_mappings_missing',
      'organization_role_set_reassignment_mappings_invalid',
    ],
    handle: async (input, { service, call }) => {
      // The service answers with the destination. The source is looked up before it is deleted.
      const id = service.readModel.catalogue.roleSets.find(input.roleSet)?.id ?? input.roleSet
      const { value, ...written } = await service.administration.replaceRoleSet(input, call)
      return { ...written, value: value === undefined ? undefined : { id } }
    },
  }),
]
