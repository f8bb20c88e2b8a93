/** An organization as Clerk's clients read it. What this store doesn't keep (images, activity) is told as absent. */

import { z } from 'zod'
import type { OrganizationView } from '../../service/views.ts'
import { time } from '../operation/fields.ts'
import { metadataObject } from './object-parts.ts'

export const organizationObject = z
  .object({
    object: z.literal('organization'),
    id: z.string(),
    name: z.string(),
    slug: z.string().describe('Empty: none.'),
    image_url: z.string().describe('Always empty: images are not kept.'),
    has_image: z.literal(false),
    members_count: z.int().optional().describe('Only where it was asked for.'),
    pending_invitations_count: z.int().optional().describe('Only where `include_members_count` was asked for.'),
    missing_member_with_elevated_permissions: z
      .boolean()
      .optional()
      .describe('Whether no member holds a creator eligible role. Only where it was asked for.'),
    max_allowed_memberships: z.int().describe('Members and pending invitations together; 0: any number.'),
    admin_delete_enabled: z.boolean(),
    public_metadata: metadataObject,
    private_metadata: metadataObject,
    created_by: z.string().describe('Id of a user; empty: nobody is known.'),
    created_at: time,
    updated_at: time,
    role_set_key: z.string(),
  })
  .meta({ id: 'Organization' })

export type OrganizationObject = z.infer<typeof organizationObject>

export const publicOrganizationObject = z
  .object({
    id: z.string(),
    name: z.string(),
    slug: z.string(),
    image_url: z.string(),
    has_image: z.literal(false),
  })
  .meta({ id: 'PublicOrganizationData' })

/** What is counted only when a caller asks. */
export interface OrganizationCounts {
  readonly membersCount?: number | undefined
  readonly pendingInvitationsCount?: number | undefined
  readonly missingMemberWithElevatedPermissions?: boolean | undefined
}

export function representOrganization(view: OrganizationView, counts: OrganizationCounts = {}): OrganizationObject {
  const { membersCount, pendingInvitationsCount, missingMemberWithElevatedPermissions: missing } = counts
  return {
    object: 'organization',
    ...namesOf(view),
    ...(membersCount === undefined ? {} : { members_count: membersCount }),
    ...(pendingInvitationsCount === undefined ? {} : { pending_invitations_count: pendingInvitationsCount }),
    ...(missing === undefined ? {} : { missing_member_with_elevated_permissions: missing }),
    max_allowed_memberships: view.maxAllowedMemberships,
    admin_delete_enabled: view.adminDeleteEnabled,
    public_metadata: { ...view.publicMetadata },
    private_metadata: { ...view.privateMetadata },
    created_by: view.createdBy,
    created_at: view.createdAt,
    updated_at: view.updatedAt,
    role_set_key: view.roleSet,
  }
}

export function representPublicOrganization(view: OrganizationView): z.infer<typeof publicOrganizationObject> {
  return namesOf(view)
}

function namesOf({ id, name, slug }: OrganizationView) {
  return { id, name, slug: slug ?? '', image_url: '', has_image: false as const }
}
