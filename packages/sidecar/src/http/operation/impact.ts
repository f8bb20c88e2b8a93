/** The answer to a dry run: what the write would do at this revision, or why it would be rejected. */

import { z } from 'zod'
import type { ImpactView } from '../../service/views.ts'
import { errorOfRefusal } from './envelope.ts'
import type { FieldNames } from './names.ts'

const held = { role: z.string(), members: z.int(), invitations: z.int(), organizations: z.int() }

const requiredMapping = z.object(held).meta({ id: 'RequiredMapping' })

const roleImpact = z
  .object({ ...held, to_role: z.string().nullable().meta({ description: 'Null: the members lose the role.' }) })
  .meta({ id: 'RoleImpact' })

const violation = z
  .object({
    code: z.string(),
    message: z.string(),
    long_message: z.string(),
    meta: z.object({ param_name: z.string() }).optional(),
    reason: z.string().meta({ description: 'The reason in gRPC, in lower case.' }),
    facts: z.record(z.string(), z.string()),
  })
  .meta({ id: 'Violation' })

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
    resource: resource.nullable().meta({ description: 'What the write would answer; null: it would be rejected.' }),
    revision: z.string(),
  })
}

export function representImpact(
  impact: ImpactView,
  given: { readonly resource: unknown; readonly revision: string; readonly fields: FieldNames },
) {
  return {
    object: 'impact',
    dry_run: true,
    organizations: impact.organizations,
    members: impact.members,
    invitations: impact.invitations,
    roles: impact.roles.map(({ toRole, ...counts }) => ({ ...counts, to_role: toRole === '' ? null : toRole })),
    required_mappings: impact.requiredMappings,
    violations: impact.violations.map((each) => ({
      ...errorOfRefusal(each, given.fields),
      reason: each.code,
      facts: each.facts,
    })),
    resource: given.resource,
    revision: given.revision,
  }
}
