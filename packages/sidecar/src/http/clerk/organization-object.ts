/** An organization as Clerk's clients read it. Rolesets doesn't store images and activity: these fields are empty or absent. */

import { z } from 'zod'
import type { OrganizationEntry } from '../../service/operations/directory.ts'
import type { OrganizationView } from '../../service/views.ts'
import { count, time } from '../operation/fields.ts'
import { component, representing } from '../operation/represent.ts'
import { metadataObject } from './object-parts.ts'

export const publicOrganizationObject = component('PublicOrganizationData', {
  id: z.string(),
  name: z.string(),
  slug: z.string(),
  image_url: z.string(),
  has_image: z.literal(false),
})

export const organizationObject = component('Organization', {
  object: z.literal('organization'),
  ...publicOrganizationObject.shape,
  slug: z.string().describe('Empty: none.'),
  image_url: z.string().describe('Always empty: images are not stored.'),
  members_count: count.optional().describe('Only with `include_members_count`.'),
  pending_invitations_count: count.optional().describe('Only with `include_members_count`.'),
  missing_member_with_elevated_permissions: z
    .boolean()
    .optional()
    .describe(
      'True: no member has a role that can be a creator role. Only with `include_missing_member_with_elevated_permissions`.',
    ),
  max_allowed_memberships: count.describe('Limit of members and pending invitations together; 0: unlimited.'),
  admin_delete_enabled: z.boolean(),
  ...metadataObject.shape,
  created_by: z.string().describe('Id of a user; empty: unknown.'),
  created_at: time,
  updated_at: time,
  role_set_key: z.string(),
})

const represent = representing(organizationObject)
const representPublic = representing(publicOrganizationObject)

/** @param counts with `undefined`, or none, for what wasn't counted */
export function representOrganization(view: OrganizationView, counts: Omit<OrganizationEntry, 'organization'> = {}) {
  const others = { slug: view.slug ?? '', image_url: '', role_set_key: view.roleSet }
  return represent({ ...view, ...counts }, others)
}

export function representPublicOrganization(view: OrganizationView) {
  return representPublic(view, { slug: view.slug ?? '', image_url: '' })
}

export const organizationAnswer = {
  response: organizationObject,
  represent: (view: OrganizationView) => representOrganization(view),
} as const
