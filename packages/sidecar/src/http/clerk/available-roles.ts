/** The roles that can be granted in an organization, and in a scope of it. */

import { z } from 'zod'
import type { Decisions } from '../../service/decisions/decisions.ts'
import { listObject, reading, type Operation, type Scope } from '../operation/route.ts'
import { organizationParams } from './organization-path.ts'
import { representRole, roleObject } from './roles.ts'

type Available = Omit<Awaited<ReturnType<Decisions['listAvailableRoles']>>, 'revision'>

const answer = {
  response: listObject(roleObject).extend({
    role_set_key: z.string(),
    default_role_key: z.string(),
    creator_role_key: z.string().nullable().describe('Null: the role set is for scopes only.'),
    has_role_set_migration: z.literal(false),
  }),
  represent: ({ roles, roleSet }: Available, scope: Scope) => ({
    data: roles.map((role) => representRole(role, scope)),
    total_count: roles.length,
    role_set_key: roleSet.key,
    default_role_key: roleSet.defaultRole,
    creator_role_key: roleSet.creatorRole === '' ? null : roleSet.creatorRole,
    has_role_set_migration: false as const,
  }),
} as const

async function found(place: { readonly organizationId: string; readonly scope?: string }, { service, call }: Scope) {
  const { revision, ...value } = await service.decisions.listAvailableRoles(place, call)
  return { value, revision }
}

export const availableRoleOperations: readonly Operation[] = [
  reading('ListAvailableRoles', 'GET /organizations/{organization_id}/roles', {
    ...answer,
    summary: 'An extension: lists the roles that can be granted in an organization',
    params: organizationParams,
    handle: found,
  }),

  reading('ListAvailableRolesOfScope', 'GET /organizations/{organization_id}/scopes/{scope}/roles', {
    ...answer,
    summary: 'An extension: lists the roles that can be granted in a scope of an organization',
    params: { ...organizationParams, scope: z.string().describe('`<kind>:<name>`') },
    handle: found,
  }),
]
