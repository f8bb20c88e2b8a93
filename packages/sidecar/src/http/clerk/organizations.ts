/** The operations on organizations. */

import { z } from 'zod'
import type { OrganizationEntry } from '../../service/directory.ts'
import { deletedSchema, representDeleted } from '../operation/deleted.ts'
import { clerkError, ClerkFailure } from '../operation/envelope.ts'
import {
  flag,
  optionalFlag,
  optionalMappings,
  optionalMetadata,
  optionalText,
  ordering,
  paging,
  several,
} from '../operation/fields.ts'
import { listObject, representList } from '../operation/list-object.ts'
import { organizationObject, representOrganization } from './organization-object.ts'
import {
  metadataOf,
  optionalNumber,
  optionalTime,
  organizationName,
  organizationParams,
  optionalReference,
} from './organization-fields.ts'
import { reading, writing, type Operation } from '../operation/route.ts'
import { includedAndExcluded } from './signed-values.ts'
import type { ApiVersion } from '../operation/version.ts'

const tag = 'Organizations'

/** From this version on metadata has operations of its own, and the update refuses it. */
const withoutMetadata: ApiVersion = '2026-05-12'

const fields = { role_set: 'role_set_key', mappings: 'reassignment_mappings' }

const details = {
  include_members_count: flag,
  include_missing_member_with_elevated_permissions: flag,
}

const listOrganizations = reading({
  operation: 'ListOrganizations',
  path: '/organizations',
  tag,
  summary: 'Lists organizations, the newest first unless another order is asked for',
  query: z.object({
    ...paging,
    ...details,
    query: z.string().optional().describe('Exactly the id, or a part of the name or the slug.'),
    user_id: several.describe('Organizations with these members; with - before an id, without.'),
    organization_id: several.describe('These organizations; with - before an id, all but it.'),
    order_by: ordering(['created_at', 'name', 'members_count'], { field: 'created_at', descending: true }),
  }),
  response: listObject(organizationObject),
  handle: async ({ query }, { service, call }) => {
    const { query: text, user_id, organization_id, order_by: order, limit, offset } = query
    const filters = { text, userIds: includedAndExcluded(user_id), ids: includedAndExcluded(organization_id) }
    const asked = { ...filters, ...detailsOf(query), order, limit, offset }
    return representList(await service.directory.organizations(asked, call), representEntry)
  },
})

const createOrganization = writing({
  operation: 'CreateOrganization',
  method: 'post',
  path: '/organizations',
  tag,
  summary: 'Creates an organization, on the initial role set unless another one is named',
  body: z.object({
    name: organizationName,
    created_by: optionalText.describe('Id of the user who becomes a member with the set’s creator role.'),
    slug: optionalText,
    max_allowed_memberships: optionalNumber.describe('Members and pending invitations together; 0: any number.'),
    public_metadata: optionalMetadata,
    private_metadata: optionalMetadata,
    created_at: optionalTime,
    role_set_key: optionalReference,
  }),
  response: organizationObject,
  failures: ['organization_not_enabled_in_instance', 'organization_slugs_disabled', 'form_identifier_exists'],
  fields,
  handle: ({ body }, { service, call }) => {
    const { name, slug, created_by: createdBy, created_at: createdAt, role_set_key: roleSet } = body
    const { max_allowed_memberships: maxAllowedMemberships } = body
    const own = { name, slug, roleSet, createdBy, createdAt, maxAllowedMemberships }
    return service.administration.createOrganization({ ...own, ...metadataOf(body) }, call)
  },
  represent: (view) => representOrganization(view),
})

const getOrganization = reading({
  operation: 'GetOrganization',
  path: '/organizations/{organization_id}',
  tag,
  summary: 'Gets an organization',
  params: z.object({ organization_id: z.string().describe('Id or slug.') }),
  query: z.object(details),
  response: organizationObject,
  failures: ['resource_not_found'],
  handle: async ({ params, query }, { service, call }) => {
    const { value, revision } = await service.directory.organization(params.organization_id, detailsOf(query), call)
    return { body: representEntry(value), revision, changedAt: value.organization.revision }
  },
})

const updateOrganization = writing({
  operation: 'UpdateOrganization',
  method: 'patch',
  path: '/organizations/{organization_id}',
  tag,
  summary: 'Changes an organization, or moves it to another role set',
  params: organizationParams,
  body: z.strictObject({
    name: organizationName.nullish().transform((name) => name ?? undefined),
    slug: optionalText.describe('Empty: none.'),
    max_allowed_memberships: optionalNumber,
    admin_delete_enabled: optionalFlag,
    created_at: optionalTime,
    role_set_key: optionalReference,
    reassignment_mappings: optionalMappings.describe(
      'Role key to role key: what the holders of roles that the new set lacks get.',
    ),
    public_metadata: optionalMetadata.describe(`Only for API versions before ${withoutMetadata}.`),
    private_metadata: optionalMetadata.describe(`Only for API versions before ${withoutMetadata}.`),
  }),
  response: organizationObject,
  failures: [
    'resource_not_found',
    'organization_slugs_disabled',
    'form_identifier_exists',
    'organization_role_set_reassignment_mappings_missing',
    'organization_role_set_reassignment_mappings_invalid',
  ],
  fields,
  handle: ({ params, body }, { service, call, apiVersion }) => {
    const metadata = metadataOf(body)
    if (apiVersion >= withoutMetadata) refuseMetadata(metadata)
    const { name, slug, role_set_key: roleSet, reassignment_mappings: mappings, created_at: createdAt } = body
    const { max_allowed_memberships: maxAllowedMemberships, admin_delete_enabled: adminDeleteEnabled } = body
    const own = { name, slug, roleSet, mappings, createdAt, maxAllowedMemberships, adminDeleteEnabled }
    const organizationId = params.organization_id
    return service.administration.updateOrganization({ organizationId, ...own, ...metadata }, call)
  },
  represent: (view) => representOrganization(view),
})

const deleteOrganization = writing({
  operation: 'DeleteOrganization',
  method: 'delete',
  path: '/organizations/{organization_id}',
  tag,
  summary: 'Deletes an organization with its memberships and invitations',
  params: organizationParams,
  response: deletedSchema('organization'),
  failures: ['resource_not_found'],
  handle: ({ params }, { service, call }) =>
    service.administration.deleteOrganization({ organizationId: params.organization_id }, call),
  represent: ({ id, slug }) => ({ ...representDeleted('organization', id), ...(slug === null ? {} : { slug }) }),
})

export const organizationOperations: readonly Operation[] = [
  listOrganizations,
  createOrganization,
  getOrganization,
  updateOrganization,
  deleteOrganization,
]

function representEntry({ organization, ...counts }: OrganizationEntry) {
  return representOrganization(organization, counts)
}

function detailsOf(query: {
  readonly include_members_count: boolean
  readonly include_missing_member_with_elevated_permissions: boolean
}) {
  return {
    withMemberCounts: query.include_members_count,
    withMissingElevated: query.include_missing_member_with_elevated_permissions,
  }
}

function refuseMetadata(metadata: ReturnType<typeof metadataOf>): void {
  const given = [
    metadata.publicMetadata === undefined ? [] : ['public_metadata'],
    metadata.privateMetadata === undefined ? [] : ['private_metadata'],
  ].flat()
  const [first, ...others] = given.map((name) =>
    clerkError('form_param_unknown', `As of ${withoutMetadata}, ${name} is changed at …/metadata. Leave it out.`, name),
  )
  if (first !== undefined) throw new ClerkFailure(first, ...others)
}
