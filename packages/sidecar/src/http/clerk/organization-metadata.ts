/** The metadata of organizations, which is merged or replaced, and their logos, which are not stored. */

import { z } from 'zod'
import { failure } from '../operation/envelope.ts'
import { clearableMetadata, mergedMetadata } from '../operation/fields.ts'
import { writing, type Operation, type WriteScope } from '../operation/route.ts'
import { organizationAnswer } from './organization-object.ts'
import { organizationParams } from './organization-path.ts'

const path = '/organizations/{organization_id}'

const answer = { ...organizationAnswer, params: organizationParams } as const

const logo = {
  ...answer,
  failures: ['organization_logo_not_kept'],
  handle: rejectLogo,
} as const

export const organizationMetadataOperations: readonly Operation[] = [
  writing('MergeOrganizationMetadata', `PATCH ${path}/metadata`, {
    ...answer,
    summary: 'Merges metadata into the present metadata, at every level; null removes a field',
    body: z.strictObject({ public_metadata: mergedMetadata, private_metadata: mergedMetadata }),
    handle: (input, { service, call }) =>
      service.administration.updateOrganization({ ...input, mergeMetadata: true }, call),
  }),

  writing('ReplaceOrganizationMetadata', `PUT ${path}/metadata`, {
    ...answer,
    summary: 'Replaces each metadata field that is given as a whole',
    body: z.strictObject({ public_metadata: clearableMetadata, private_metadata: clearableMetadata }),
    handle: (input, { service, call }) => service.administration.updateOrganization(input, call),
  }),

  writing('UploadOrganizationLogo', `PUT ${path}/logo`, {
    ...logo,
    ignoresBody: true,
    summary: 'Always rejected: logos are not stored',
  }),

  writing('DeleteOrganizationLogo', `DELETE ${path}/logo`, {
    ...logo,
    summary: 'Always rejected: logos are not stored, so there is none to delete',
  }),
]

async function rejectLogo(
  { organizationId }: { readonly organizationId: string },
  { service, call }: WriteScope,
): Promise<never> {
  await service.administration.getOrganization(organizationId, call)
  const message = 'Rolesets does not store logos: has_image is always false. Store the logo in the application.'
  throw failure('organization_logo_not_kept', message)
}
