/**
 * The shape of a described state, for the parser and for the published JSON Schema alike. What a field may hold is said
 * by the domain, so that a file is refused in the words in which the sidecar would refuse it.
 */

import { z } from 'zod'
import { type KeyKind, type LimitName, limits } from '@rolesets/core'
import { parseDescription, parseId, parseKey, parseName, parseOrganizationName, parseSlug } from '../domain/fields.ts'
import { Refusal } from '../domain/refusal.ts'
import { checkLimit } from '../domain/check-limit.ts'

const keyPatterns = {
  permission: '^org:[a-z0-9_]+:[a-z0-9_]+$',
  role: '^org:[a-z0-9_]+$',
  role_set: '^role_set:[a-z0-9_]+$',
} satisfies Record<KeyKind, string>

const name = text(parseName, {
  description: 'Name for people. Not given: as it is, or made from the key.',
  minLength: 1,
  maxLength: limits.nameCharactersMax,
})
const description = text(parseDescription, {
  description: 'Description for people. Not given: as it is, or empty.',
  maxLength: limits.descriptionCharactersMax,
})

export const permissionSchema = z
  .strictObject({
    key: key('permission', 'Says which permission; org:sys_… is reserved.'),
    name: name.optional(),
    description: description.optional(),
  })
  .meta({ description: 'An action on a feature of the application that roles can hold.' })

export const roleSchema = z
  .strictObject({
    key: key('role', 'Says which role.'),
    name: name.optional(),
    description: description.optional(),
    permissions: list(key('permission', 'Key of a permission.'), 'permissionsPerRoleMax')
      .optional()
      .meta({ description: 'All permissions that the role shall hold. Not given: as it is, or none.' }),
  })
  .meta({ description: 'A named collection of permissions that a member of an organization can have.' })

export const roleSetSchema = z
  .strictObject({
    key: key('role_set', 'Says which role set.'),
    name: name.optional(),
    description: description.optional(),
    roles: list(key('role', 'Key of a role.'), 'rolesPerRoleSetMax')
      .min(1)
      .meta({ description: 'Its roles. Others that it has are taken out only with --prune.' }),
    default_role: key('role', 'The role that new members get by default; one of its roles.'),
    creator_role: key('role', 'The role that the creator of an organization gets; one of its roles.'),
    initial: z.boolean().optional().meta({ description: 'Make it the set of new and of unregistered organizations.' }),
    replace: roleMap('For roles that --prune takes out of the set: the role that their holders get.').optional(),
  })
  .meta({ description: 'A named collection of roles. Every organization has exactly one.' })

export const organizationSchema = z
  .strictObject({
    id: text(parseId, {
      description: 'Says which organization; any id that the application uses.',
      minLength: 1,
      maxLength: limits.idCharactersMax,
    }),
    name: text(parseOrganizationName, {
      description: 'Name for people. Not given: as it is, or empty.',
      maxLength: limits.nameCharactersMax,
    }).optional(),
    slug: text((value, field) => value === '' || parseSlug(value, field), {
      description: 'Unique short name for addresses; empty: none. Not given: as it is, or none.',
      maxLength: limits.slugCharactersMax,
      pattern: '^[a-z0-9-]*$',
    }).optional(),
    role_set: key('role_set', 'Its role set. Not given: as it is, or the initial one.').optional(),
    mappings: roleMap('What the holders of roles that its role set lacks get.').optional(),
  })
  .meta({ description: 'A customer of the application: the scope in which members have roles.' })

export const manifestSchema = z
  .strictObject({
    permissions: list(permissionSchema, 'permissionsMax').optional(),
    roles: list(roleSchema, 'rolesMax').optional(),
    role_sets: list(roleSetSchema, 'roleSetsMax').optional(),
    organizations: list(organizationSchema, 'manifestOrganizationsMax').optional(),
  })
  .meta({
    title: 'Rolesets',
    description: 'Permissions, roles, role sets and organizations as they shall be, for `rolesets apply`.',
  })

export type Manifest = z.infer<typeof manifestSchema>

/** The published schema, for editors and other programs. */
export function manifestJsonSchema(): Readonly<Record<string, unknown>> {
  return z.toJSONSchema(manifestSchema, { target: 'draft-7' })
}

/** Text that the domain's parser accepts; `meta` says the same to readers of the JSON Schema. */
function text(parse: (value: unknown, field: string) => unknown, meta: Readonly<Record<string, unknown>>): z.ZodString {
  return z
    .string()
    .superRefine((value, context) => reportRefusal(() => parse(value, ''), context))
    .meta(meta)
}

function key(kind: KeyKind, describes: string): z.ZodString {
  const meta = { description: describes, maxLength: limits.keyCharactersMax, pattern: keyPatterns[kind] }
  return text((value) => parseKey(kind, value, ''), meta)
}

function list<T extends z.ZodType>(item: T, limit: LimitName): z.ZodArray<T> {
  const check = (values: readonly unknown[]): void =>
    checkLimit(limit, values.length, { subject: 'has', unit: 'entries', field: '' })
  return z
    .array(item)
    .superRefine((values, context) => reportRefusal(() => check(values), context))
    .meta({ maxItems: limits[limit] })
}

function roleMap(describes: string): z.ZodRecord<z.ZodString, z.ZodString> {
  return z.record(key('role', 'Key of a role.'), key('role', 'Key of a role.')).meta({ description: describes })
}

function reportRefusal(parse: () => unknown, context: z.RefinementCtx): void {
  try {
    parse()
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    // The path of the issue says which field it is.
    context.addIssue({ code: 'custom', message: error.message.trimStart() })
  }
}
