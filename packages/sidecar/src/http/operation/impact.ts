/** What a dry run answers: what the write would do, or why it would be refused, at this revision. */

import { z } from 'zod'
import type { ImpactView } from '../../service/views.ts'
import { errorOfRefusal, type FieldNames } from './envelope.ts'

const held = { role: z.string(), members: z.int(), invitations: z.int(), organizations: z.int() }

const requiredMapping = z.object(held).meta({ id: 'RequiredMapping' })

const roleImpact = z
  .object({ ...held, to_role: z.string().nullable().meta({ description: 'Null: its holders lose it.' }) })
  .meta({ id: 'RoleImpact' })

const violation = z
  .object({
    code: z.string(),
    message: z.string(),
    long_message: z.string(),
    meta: z.object({ param_name: z.string() }).optional(),
    reason: z.string().meta({ description: 'The reason that gRPC gives, in lower case.' }),
    facts: z.record(z.string(), z.string()),
  })
  .meta({ id: 'Violation' })

/** @param resource of what the write itself answers */
export function impactSchema(resource: z.ZodType) {
  return z.object({
    object: z.literal('impact'),
    dry_run: z.literal(true),
    organizations: z.int(),
    members: z.int(),
    invitations: z.int(),
    roles: z.array(roleImpact),
    required_mappings: z.array(requiredMapping),
    violations: z.array(violation).meta({ description: 'Empty: the write would be done.' }),
    resource: resource.nullable().meta({ description: 'What the write would answer; null when it would be refused.' }),
    revision: z.string(),
  })
}

export function representImpact(
  impact: ImpactView,
  told: { readonly resource: unknown; readonly revision: string; readonly fields: FieldNames },
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
      ...errorOfRefusal(each, told.fields),
      reason: each.code,
      facts: each.facts,
    })),
    resource: told.resource,
    revision: told.revision,
  }
}
