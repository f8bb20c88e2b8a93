/** A membership as Clerk's clients read it: with its whole organization, and the little that is known of its user. */

import { z } from 'zod'
import type { MembershipEntry } from '../../service/directory.ts'
import type { Service } from '../../service/service.ts'
import { time } from '../operation/fields.ts'
import { metadataObject, publicUserObject, representMetadata, representPublicUser } from './object-parts.ts'
import { organizationObject, representOrganization } from './organization-object.ts'
import { roleFacts } from './role-facts.ts'

export const membershipObject = z
  .object({
    object: z.literal('organization_membership'),
    id: z.string(),
    role: z.string().describe('Key.'),
    role_name: z.string(),
    permissions: z.array(z.string()).describe('Keys of all permissions of the role, including system permissions.'),
    ...metadataObject.shape,
    organization: organizationObject,
    public_user_data: publicUserObject,
    created_at: time,
    updated_at: time,
  })
  .meta({ id: 'OrganizationMembership' })

export function representMembership(
  { membership, organization }: MembershipEntry,
  { service }: { readonly service: Service },
): z.infer<typeof membershipObject> {
  const { name, permissions } = roleFacts(membership.roleId, service)
  return {
    object: 'organization_membership',
    id: membership.id,
    role: membership.role,
    role_name: name,
    permissions: [...permissions],
    ...representMetadata(membership),
    organization: representOrganization(organization),
    public_user_data: representPublicUser(membership.userId),
    created_at: membership.createdAt,
    updated_at: membership.updatedAt,
  }
}
