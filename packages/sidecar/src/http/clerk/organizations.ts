/** `/organizations`. */

import { z } from 'zod'
import type { ApiVersion } from '@rolesets/core'
import type { OrganizationEntry } from '../../service/operations/directory.ts'
import { clerkError, ClerkFailure } from '../operation/envelope.ts'
import {
  clearableMetadata,
  clearableText,
  number,
  optional,
  optionalFlag,
  optionalMappings,
  optionalReference,
  optionalTime,
  text,
} from '../operation/fields.ts'
import { flag, ordering, severalSigned } from '../operation/parameters.ts'
import { deletionOf } from '../operation/represent.ts'
import { listing, reading, writing, type Operation } from '../operation/route.ts'
import { fault } from '../operation/validation.ts'
import { organizationAnswer, representOrganization } from './organization-object.ts'
import { organizationParams as params } from './organization-path.ts'

const path = '/organizations/{organization_id}'

/** From this version on, metadata has operations of its own, and the update rejects it. */
const withoutMetadata: ApiVersion = '2026-05-12'

const fields = {
  role_set: 'role_set_key',
  mappings: 'reassignment_mappings',
  with_member_counts: 'include_members_count',
  with_missing_elevated: 'include_missing_member_with_elevated_permissions',
} as const

const details = {
  include_members_count: flag,
  include_missing_member_with_elevated_permissions: flag,
}

const written = { ...organizationAnswer, fields } as const
const read = {
  ...written,
  represent: ({ organization, ...counts }: OrganizationEntry) => representOrganization(organization, counts),
} as const

/** Applications show names in messages to people, so a name must not bring markup or links with it. */
const organizationName = text('name').superRefine((name, context) => {
  if (name.trim() === '') context.addIssue(fault('form_param_format_invalid', 'must not be empty.'))
  if (/<\/?[a-z!][^>]*>|\bhttps?:\/\//i.test(name))
    context.addIssue(fault('form_param_format_invalid', 'contains a URL or HTML. Remove it.'))
})

const maxAllowedMemberships = optional(number('membershipsPerOrganizationMax')).describe(
  'Limit of members and pending invitations together; 0: unlimited.',
)

export const organizationOperations: readonly Operation[] = [
  listing('ListOrganizations', 'GET /organizations', {
    ...read,
    summary: 'Lists organizations, by default the newest first',
    query: {
      ...details,
      query: z.string().optional().describe('Exactly the id, or a part of the name or the slug.'),
      user_id: severalSigned.describe('Organizations with these members; with - before an id, without.'),
      organization_id: severalSigned.describe('These organizations; with - before an id, all but it.'),
      order_by: ordering('name', 'members_count'),
    },
    fields: { ...fields, user_ids: 'user_id', ids: 'organization_id' },
    handle: (input, { service, call }) => service.directory.organizations(input, call),
  }),

  writing('CreateOrganization', 'POST /organizations', {
    ...written,
    summary: 'Creates an organization, by default with the initial role set',
    body: z.strictObject({
      name: organizationName,
      created_by: clearableText('idCharactersMax').describe(
        'Id of the user who becomes a member with the creator role of the role set.',
      ),
      slug: clearableText('slug_or_none'),
      max_allowed_memberships: maxAllowedMemberships,
      public_metadata: clearableMetadata,
      private_metadata: clearableMetadata,
      created_at: optionalTime,
      role_set_key: optionalReference,
    }),
    failures: ['organization_not_enabled_in_instance', 'organization_slugs_disabled', 'form_identifier_exists'],
    fields: { ...fields, id: '' },
    codes: { role_set_not_found: 'form_param_value_invalid' },
    handle: (input, { service, call }) => service.administration.createOrganization(input, call),
  }),

  reading('GetOrganization', `GET ${path}`, {
    ...read,
    summary: 'Gets an organization',
    params: { organization_id: z.string().describe('Id or slug.') },
    query: details,
    handle: ({ organizationId, ...asked }, { service, call }) =>
      service.directory.organization(organizationId, asked, call),
    changedAt: ({ organization }) => organization.revision,
  }),

  writing('UpdateOrganization', `PATCH ${path}`, {
    endsAdministrators: true,
    ...written,
    summary: 'Updates an organization, or moves it to another role set',
    params,
    body: z.strictObject({
      name: optional(organizationName),
      slug: clearableText('slug_or_none').describe('Empty or null: none.'),
      max_allowed_memberships: maxAllowedMemberships,
      admin_delete_enabled: optionalFlag,
      created_at: optionalTime,
      role_set_key: optionalReference,
      reassignment_mappings: optionalMappings.describe(
        'Role key to role key, for each role in use that the new role set does not have.',
      ),
      restore_former_roles: optionalFlag.describe(
        'An extension, with `role_set_key`: members and invitations get the roles back that mappings of earlier moves took.',
      ),
      public_metadata: clearableMetadata.describe(`Only for API versions before ${withoutMetadata}.`),
      private_metadata: clearableMetadata.describe(`Only for API versions before ${withoutMetadata}.`),
    }),
    failures: [
      'organization_minimum_permissions_needed',
      'organization_slugs_disabled',
      'form_identifier_exists',
      'organization_role_set_reassignment_mappings_missing',
      'organization_role_set_reassignment_mappings_invalid',
    ],
    handle: async (input, { service, call, apiVersion }) => {
      if (apiVersion >= withoutMetadata) rejectMetadata(input)
      return service.administration.updateOrganization(input, call)
    },
  }),

  writing('DeleteOrganization', `DELETE ${path}`, {
    summary: 'Deletes an organization with its memberships and invitations',
    params,
    ...deletionOf('organization'),
    handle: (input, { service, call }) => service.administration.deleteOrganization(input, call),
  }),
]

function rejectMetadata({ publicMetadata, privateMetadata }: Readonly<Record<string, unknown>>): void {
  const metadata = { public_metadata: publicMetadata, private_metadata: privateMetadata }
  const given = Object.entries(metadata).filter(([, value]) => value !== undefined)
  const [first, ...others] = given.map(([name]) => {
    const message = `As of ${withoutMetadata}, ${name} is updated at ${path}/metadata. Remove it here.`
    return clerkError('form_param_unknown', message, name)
  })
  if (first !== undefined) throw new ClerkFailure(first, ...others)
}
