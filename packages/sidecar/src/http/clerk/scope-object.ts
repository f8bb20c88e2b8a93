/** A scope of an organization: an extension, because Clerk's organizations have no parts. */

import { z } from 'zod'
import type { ScopeView } from '../../service/views.ts'
import { count } from '../operation/fields.ts'
import { component, representing } from '../operation/represent.ts'

const scopeObject = component('OrganizationScope', {
  object: z.literal('organization_scope'),
  organization_id: z.string(),
  scope: z.string().describe('`<kind>:<name>`'),
  name: z.string().describe('Empty: none.'),
  role_set_key: z.string().nullable().describe('Null: it has none, so that nothing can be granted there.'),
  origin: z
    .enum(['own', 'default', 'kind', 'organization'])
    .nullable()
    .describe(
      'Why it has this role set: it was assigned one, its key has a default, its kind names one, or its kind follows the organization.',
    ),
  members_count: count,
})

const represent = representing(scopeObject)

export const scopeAnswer = {
  response: scopeObject,
  represent: (scope: ScopeView) =>
    represent(scope, {
      role_set_key: scope.roleSet === '' ? null : scope.roleSet,
      origin: scope.origin ?? null,
      members_count: scope.members,
    }),
} as const
