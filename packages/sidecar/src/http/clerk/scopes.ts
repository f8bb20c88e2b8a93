/** The scopes of organizations: which role set each has and why, a role set of its own, its key and its name. Extensions. */

import { z } from 'zod'
import { clearableText, optional, optionalFlag, optionalMappings, reference, text } from '../operation/fields.ts'
import { paging } from '../operation/parameters.ts'
import { reading, writing, type Operation, type WriteScope } from '../operation/route.ts'
import { organizationParams } from './organization-path.ts'
import { scopeAnswer } from './scope-object.ts'

const path = '/organizations/{organization_id}/scopes'
const one = {
  ...scopeAnswer,
  params: { ...organizationParams, scope: z.string().describe('`<kind>:<name>`') },
  fields: { role_set: 'role_set_key', mappings: 'reassignment_mappings' },
} as const

const mappings = optionalMappings.describe(
  'Role key to role key, for each role in use that the new role set does not have.',
)

const restoring = optionalFlag.describe(
  'Members and invitations get the roles back that mappings of earlier moves took.',
)

export const failuresOfScopeMoves = [
  'organization_scopes_in_use',
  'organization_role_set_reassignment_mappings_missing',
  'organization_role_set_reassignment_mappings_invalid',
] as const

interface Assigning {
  readonly organizationId: string
  readonly scope: string
  /** Not given: its own one is taken away. */
  readonly roleSet?: string
  readonly mappings?: Readonly<Record<string, string>> | undefined
  readonly restoreFormerRoles?: boolean | undefined
}

export const scopeOperations: readonly Operation[] = [
  reading('ListScopes', `GET ${path}`, {
    summary: 'An extension: lists the scopes of an organization that have a name, a role set of their own, or members',
    params: organizationParams,
    query: {
      limit: paging.limit,
      cursor: z.string().default('').meta({ description: 'The next_cursor of the previous page.' }),
    },
    response: z.object({
      data: z.array(scopeAnswer.response),
      next_cursor: z.string().nullable().meta({ description: 'Null: this is the last page.' }),
    }),
    fields: { page_token: 'cursor', page_size: 'limit' },
    handle: async ({ organizationId, ...page }, { service, call }) => {
      const { revision, ...value } = await service.administration.listScopes({ organizationId }, { ...call, ...page })
      return { value, revision }
    },
    represent: ({ items, nextPageToken }) => ({
      data: items.map(scopeAnswer.represent),
      next_cursor: nextPageToken === '' ? null : nextPageToken,
    }),
  }),

  reading('GetScope', `GET ${path}/{scope}`, {
    ...one,
    summary: 'An extension: gets a scope of an organization, with its role set and why it has it',
    handle: (place, { service, call }) => service.directory.scope(place, call),
  }),

  writing('AssignRoleSet', `PUT ${path}/{scope}/role_set`, {
    ...one,
    summary: 'An extension: gives a scope a role set of its own',
    body: z.strictObject({ role_set_key: reference, reassignment_mappings: mappings, restore_former_roles: restoring }),
    failures: failuresOfScopeMoves,
    handle: assign,
  }),

  writing('ClearRoleSet', `DELETE ${path}/{scope}/role_set`, {
    ...one,
    summary: 'An extension: takes the own role set of a scope away; a default or its kind decides again',
    body: z.strictObject({ reassignment_mappings: mappings, restore_former_roles: restoring }),
    failures: failuresOfScopeMoves,
    handle: assign,
  }),

  writing('RenameScope', `PATCH ${path}/{scope}`, {
    ...one,
    summary:
      'An extension: gives a scope another key or another name; members, invitations and its role set come along',
    body: z.strictObject({
      new_scope: optional(text('scopeCharactersMax')).describe('`<kind>:<name>`; nothing may have it.'),
      name: clearableText('nameCharactersMax').describe('Empty or null: none.'),
      reassignment_mappings: mappings,
    }),
    failures: [...failuresOfScopeMoves, 'form_identifier_exists'],
    handle: (input, { service, call }) => service.administration.renameScope(input, call),
  }),
]

/** The service answers with the organization. What the scope has then is decided from its new state, also in a dry run. */
async function assign({ roleSet, ...place }: Assigning, { service, call }: WriteScope) {
  const input = roleSet === undefined ? { ...place, clear: true } : { ...place, roleSet }
  const { value, ...written } = await service.administration.assignRoleSet(input, call)
  if (value === undefined) return { ...written, value }
  const own = roleSet === undefined ? null : (service.readModel.catalogue.roleSets.find(roleSet)?.id ?? null)
  const { value: scope } = await service.directory.scope(place, call, { own })
  return { ...written, value: scope }
}
