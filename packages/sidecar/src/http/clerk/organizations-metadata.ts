/** The metadata of organizations, which is merged or replaced, and their logos, which aren't kept. */

import { z } from 'zod'
import type { OrganizationView } from '../../service/views.ts'
import { clerkError, ClerkFailure } from '../operation/envelope.ts'
import { optionalMetadata } from '../operation/fields.ts'
import { mergedMetadata, metadataOf, organizationParams } from './organization-fields.ts'
import { organizationObject, representOrganization } from './organization-object.ts'
import { writing, type Operation, type WriteScope } from '../operation/route.ts'

const path = '/organizations/{organization_id}/metadata'
const tag = 'Organizations'

const mergeMetadata = writing({
  operation: 'MergeOrganizationMetadata',
  method: 'patch',
  path,
  tag,
  summary: 'Merges metadata into what is there, at every level; null removes a field',
  params: organizationParams,
  body: z.strictObject({ public_metadata: mergedMetadata, private_metadata: mergedMetadata }),
  response: organizationObject,
  failures: ['resource_not_found'],
  handle: ({ params, body }, { service, call }) => {
    const organizationId = params.organization_id
    const update = { organizationId, ...metadataOf(body), mergeMetadata: true }
    return service.administration.updateOrganization(update, call)
  },
  represent: (view) => representOrganization(view),
})

/** Clerk's clients may send null for a field to empty it. */
const replacedMetadata = z.preprocess((value) => (value === null ? {} : value), optionalMetadata).optional()

const replaceMetadata = writing({
  operation: 'ReplaceOrganizationMetadata',
  method: 'put',
  path,
  tag,
  summary: 'Replaces each metadata field that is given, whole',
  params: organizationParams,
  body: z.strictObject({ public_metadata: replacedMetadata, private_metadata: replacedMetadata }),
  response: organizationObject,
  failures: ['resource_not_found'],
  handle: ({ params, body }, { service, call }) =>
    service.administration.updateOrganization({ organizationId: params.organization_id, ...metadataOf(body) }, call),
  represent: (view) => representOrganization(view),
})

const logo = {
  path: '/organizations/{organization_id}/logo',
  tag,
  params: organizationParams,
  response: organizationObject,
  failures: ['resource_not_found', 'organization_logo_not_kept'],
  handle: refuseLogo,
  represent: (view: OrganizationView) => representOrganization(view),
} as const

const putLogo = writing({
  ...logo,
  operation: 'UploadOrganizationLogo',
  method: 'put',
  ignoresBody: true,
  summary: 'Always refused: logos aren’t kept here',
})

const deleteLogo = writing({
  ...logo,
  operation: 'DeleteOrganizationLogo',
  method: 'delete',
  summary: 'Always refused: there is no logo to delete',
})

export const organizationMetadataOperations: readonly Operation[] = [
  mergeMetadata,
  replaceMetadata,
  putLogo,
  deleteLogo,
]

async function refuseLogo(
  { params }: { readonly params: z.output<typeof organizationParams> },
  { service, call }: WriteScope,
): Promise<never> {
  await service.administration.getOrganization(params.organization_id, call)
  const message = 'Logos aren’t kept here: has_image is always false. Keep the logo in the application.'
  throw new ClerkFailure(clerkError('organization_logo_not_kept', message))
}
