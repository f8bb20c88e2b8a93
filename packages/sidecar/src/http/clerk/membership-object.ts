/** A membership as Clerk's clients read it: with its whole organization and what is known of its user. */

import { z } from 'zod'
import type { MembershipView, OrganizationView } from '../../service/views.ts'
import { time } from '../operation/fields.ts'
import { metadataObject, publicUserObject, representPublicUser } from './object-parts.ts'
import { organizationObject, representOrganization } from './organization-object.ts'
import type { RoleFacts } from './role-facts.ts'

export const membershipObject = z
  .object({
    object: z.literal('organization_membership'),
    id: z.string(),
    role: z.string().describe('Key.'),
    role_name: z.string(),
    permissions: z.array(z.string()).describe('Keys of all permissions of the role, system permissions included.'),
    public_metadata: metadataObject,
    private_metadata: metadataObject,
    organization: organizationObject,
    public_user_data: publicUserObject,
    created_at: time,
    updated_at: time,
  })
  .meta({ id: 'OrganizationMembership' })

export type MembershipObject = z.infer<typeof membershipObject>

export interface MembershipParts {
  readonly membership: MembershipView
  readonly organization: OrganizationView
  readonly role: RoleFacts
}

export function representMembership({ membership, organization, role }: MembershipParts): MembershipObject {
  return {
    object: 'organization_membership',
    id: membership.id,
    role: membership.role,
    role_name: role.name,
    permissions: [...role.permissions],
    public_metadata: { ...membership.publicMetadata },
    private_metadata: { ...membership.privateMetadata },
    organization: representOrganization(organization),
    public_user_data: representPublicUser(membership.userId),
    created_at: membership.createdAt,
    updated_at: membership.updatedAt,
  }
}
