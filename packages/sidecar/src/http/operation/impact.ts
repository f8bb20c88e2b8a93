/** The answer to a dry run: what the write would do at this revision, or why it would be rejected. */

import { z } from 'zod'
import type { ImpactView } from '../../service/views.ts'
import { errorOfRefusal } from './envelope.ts'
import type { FieldNames } from './names.ts'
import { component } from './represent.ts'

const held = { role: z.string(), members: z.int(), invitations: z.int(), organizations: z.int() }

const requiredMapping = component('RequiredMapping', held)

const roleImpact = component('RoleImpact', {
  ...held,
  to_role: z.string().nullable().meta({ description: 'Null: the members lose the role.' }),
})

/** A failure, in the envelope and in an impact. */
export const errorFields = {
  code: z.string(),
  message: z.string(),
  long_message: z.string(),
  meta: z.object({ param_name: z.string() }).optional(),
}

const violation = component('Violation', {
  ...errorFields,
  reason: z.string().meta({ description: 'The reason in gRPC, in lower case.' }),
  facts: z.record(z.string(), z.string()),
})

/** @param resource the answer of the write itself */
export function impactSchema(resource: z.ZodType) {
  return z.object({
    object: z.literal('impact'),
    dry_run: z.literal(true),
    organizations: z.int(),
    members: z.int(),
    invitations: z.int(),
    roles: z.array(roleImpact),
    required_mappings: z.array(requiredMapping),
    violations: z.array(violation).meta({ description: 'Empty: the write would succeed.' }),
    organizations_without_administrator: z
      .int()
      .meta({ description: 'Organizations that lose their last administrator.' }),
    organization_ids_without_administrator: z
      .array(z.string())
      .meta({ description: 'Their ids, in order; the first 100.' }),
    ended_invitations: z.int().meta({ description: 'Pending invitations that the write ends.' }),
    sent_invitations: z.int().meta({
      description: 'Pending invitations that the user sent whose membership ends, also those that stay.',
    }),
    resource: resource.nullable().meta({ description: 'What the write would answer; null: it would be rejected.' }),
    revision: z.string(),
  })
}

export function representImpact(
  { organizations, members, invitations, roles, requiredMappings, violations, ...more }: ImpactView,
  { fields, ...given }: { readonly resource: unknown; readonly revision: string; readonly fields: FieldNames },
) {
  return {
    object: 'impact',
    dry_run: true,
    ...{ organizations, members, invitations },
    roles: roles.map(({ toRole, ...counts }) => ({ ...counts, to_role: toRole === '' ? null : toRole })),
    required_mappings: requiredMappings,
    violations: violations.map((each) => ({ ...errorOfRefusal(each, fields), reason: each.code, facts: each.facts })),
    organizations_without_administrator: more.organizationsWithoutAdministrator,
    organization_ids_without_administrator: more.organizationIdsWithoutAdministrator,
    ...{ ended_invitations: more.endedInvitations, sent_invitations: more.sentInvitations },
    ...given,
  }
}
