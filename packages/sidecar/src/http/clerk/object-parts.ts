/** Parts that organizations, memberships and invitations have in common. */

import { z } from 'zod'

const metadata = z.record(z.string(), z.unknown()).meta({ id: 'Metadata' })

export const metadataObject = z.object({ public_metadata: metadata, private_metadata: metadata })

/** Users belong to the application. Rolesets knows only the id of a user, which stands for every identifier. */
export const publicUserObject = z
  .object({
    user_id: z.string(),
    identifier: z.string().describe('The id of the user: no other identifier is known.'),
    username: z.null(),
    first_name: z.null(),
    last_name: z.null(),
    profile_image_url: z.null(),
    image_url: z.string().describe('Always empty.'),
    has_image: z.literal(false),
  })
  .meta({ id: 'PublicUserData' })

/** The same user with fewer fields, as invitations show it. */
export const publicInviterObject = publicUserObject
  .omit({ username: true, profile_image_url: true })
  .meta({ id: 'PublicInviterData' })

export function representPublicUser(userId: string) {
  return { ...representPublicInviter(userId), username: null, profile_image_url: null }
}

export function representPublicInviter(userId: string) {
  const names = { first_name: null, last_name: null }
  return { user_id: userId, identifier: userId, ...names, image_url: '', has_image: false as const }
}
