/** The answer to a dry run: what the write would do at this revision, or why it would be rejected. */

import { z } from 'zod'
import type { ImpactView } from '../../service/views.ts'
import { errorOfRefusal, type Words } from './envelope.ts'
import { count } from './fields.ts'
import { component } from './represent.ts'

const held = { role: z.string(), members: count, invitations: count, organizations: count }

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

const place = component('Place', { organization_id: z.string(), scope: z.string() })

const violation = component('Violation', {
  ...errorFields,
  reason: z.string().meta({ description: 'The reason in gRPC, in lower case.' }),
  facts: z.record(z.string(), z.string()),
})

/**
 * The answer of a write: the thing, or with `?dry_run=true` its impact. `object` tells them apart, so that a generated
 * client has one type for each.
 * @param resource the answer of the write itself
 */
export function writtenSchema(resource: z.ZodType): z.ZodType {
  const schema = written.get(resource) ?? makeWrittenSchema(resource)
  written.set(resource, schema)
  return schema
}

/** Many operations answer with the same thing; the document has one schema for its impact. */
const written = new WeakMap<z.ZodType, z.ZodType>()

function makeWrittenSchema(resource: z.ZodType): z.ZodType {
  const impact = impactSchema(resource)
  const isTold = resource instanceof z.ZodObject && 'object' in resource.shape
  if (isTold) return z.discriminatedUnion('object', [resource as z.ZodObject<{ object: z.ZodLiteral }>, impact])
  // Clerk's lists have no `object`.
  return z.xor([resource, impact])
}

function impactSchema(resource: z.ZodType) {
  const id = `${String(z.globalRegistry.get(resource)?.id)}DryRun`
  return z
    .object({
      object: z.literal('impact'),
      dry_run: z.literal(true),
      organizations: count,
      members: count,
      invitations: count,
      roles: z.array(roleImpact),
      required_mappings: z.array(requiredMapping),
      violations: z.array(violation).meta({ description: 'Empty: the write would succeed.' }),
      organizations_without_administrator: count.meta({
        description: 'Organizations that lose their last administrator.',
      }),
      organization_ids_without_administrator: z
        .array(z.string())
        .meta({ description: 'Their ids, in order; the first 100.' }),
      places: count.optional().meta({
        description:
          'Scopes that get another role set, or whose members have a role that leaves the role set. Absent: none.',
      }),
      first_places: z.array(place).optional().meta({ description: 'The first 100 of them, in order. Absent: none.' }),
      ended_invitations: count.meta({ description: 'Pending invitations that the write ends.' }),
      sent_invitations: count.meta({
        description: 'Pending invitations that the user sent whose membership ends, also those that stay.',
      }),
      resource: resource.nullable().meta({ description: 'What the write would answer; null: it would be rejected.' }),
      revision: z.string(),
    })
    .meta({ id, description: 'The answer to a dry run: what the write would do.' })
}

/** Those who know no scopes see none. */
function placesOf({ places, firstPlaces }: Pick<ImpactView, 'places' | 'firstPlaces'>) {
  if (places === 0) return {}
  return {
    places,
    first_places: firstPlaces.map(({ organizationId, scope }) => ({ organization_id: organizationId, scope })),
  }
}

export function representImpact(
  { organizations, members, invitations, roles, requiredMappings, violations, ...more }: ImpactView,
  { words, ...given }: { readonly resource: unknown; readonly revision: string; readonly words: Words },
) {
  return {
    object: 'impact',
    dry_run: true,
    ...{ organizations, members, invitations },
    roles: roles.map(({ toRole, ...counts }) => ({ ...counts, to_role: toRole === '' ? null : toRole })),
    required_mappings: requiredMappings,
    violations: violations.map((each) => ({ ...errorOfRefusal(each, words), reason: each.code, facts: each.facts })),
    organizations_without_administrator: more.organizationsWithoutAdministrator,
    organization_ids_without_administrator: more.organizationIdsWithoutAdministrator,
    ...placesOf(more),
    ...{ ended_invitations: more.endedInvitations, sent_invitations: more.sentInvitations },
    ...given,
  }
}
