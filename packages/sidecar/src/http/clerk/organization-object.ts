/** An organization as Clerk's clients read it. Rolesets doesn't store images and activity: these fields are empty or absent. */

import { z } from 'zod'
import type { OrganizationEntry } from '../../service/directory.ts'
import type { OrganizationView } from '../../service/views.ts'
import { time } from '../operation/fields.ts'
import { metadataObject, representMetadata } from './object-parts.ts'

export const publicOrganizationObject = z
  .object({
    id: z.string(),
    name: z.string(),
    slug: z.string(),
    image_url: z.string(),
    has_image: z.literal(false),
  })
  .meta({ id: 'PublicOrganizationData' })

export const organizationObject = z
  .object({
    object: z.literal('organization'),
    ...publicOrganizationObject.shape,
    slug: z.string().describe('Empty: none.'),
    image_url: z.string().describe('Always empty: images are not stored.'),
    members_count: z.int().optional().describe('Only with `include_members_count`.'),
    pending_invitations_count: z.int().optional().describe('Only with `include_members_count`.'),
    missing_member_with_elevated_permissions: z
      .boolean()
      .optional()
      .describe(
        'True: no member has a role that can be a creator role. Only with `include_missing_member_with_elevated_permissions`.',
      ),
    max_allowed_memberships: z.int().describe('Limit of members and pending invitations together; 0: unlimited.'),
    admin_delete_enabled: z.boolean(),
    ...metadataObject.shape,
    created_by: z.string().describe('Id of a user; empty: unknown.'),
    created_at: time,
    updated_at: time,
    role_set_key: z.string(),
  })
  .meta({ id: 'Organization' })

type Counts = Omit<OrganizationEntry, 'organization'>

export function representOrganization(view: OrganizationView, counts: Counts = {}): z.infer<typeof organizationObject> {
  const { membersCount, pendingInvitationsCount, missingMemberWithElevatedPermissions: missing } = counts
  return {
    object: 'organization',
    ...representPublicOrganization(view),
    ...(membersCount === undefined ? {} : { members_count: membersCount }),
    ...(pendingInvitationsCount === undefined ? {} : { pending_invitations_count: pendingInvitationsCount }),
    ...(missing === undefined ? {} : { missing_member_with_elevated_permissions: missing }),
    max_allowed_memberships: view.maxAllowedMemberships,
    admin_delete_enabled: view.adminDeleteEnabled,
    ...representMetadata(view),
    created_by: view.createdBy,
    created_at: view.createdAt,
    updated_at: view.updatedAt,
    role_set_key: view.roleSet,
  }
}

export function representPublicOrganization({ id, name, slug }: OrganizationView) {
  return { id, name, slug: slug ?? '', image_url: '', has_image: false as const }
}
