/** Parts that several of the objects of organizations have. */

import { z } from 'zod'

export const metadataObject = z.record(z.string(), z.unknown()).meta({ id: 'Metadata' })

/** Users belong to the application: all that is known of one here is the id, which stands for every identifier. */
export const publicUserObject = z
  .object({
    user_id: z.string(),
    identifier: z.string().describe('The id of the user: nothing else is known here.'),
    username: z.null(),
    first_name: z.null(),
    last_name: z.null(),
    profile_image_url: z.null(),
    image_url: z.string().describe('Always empty.'),
    has_image: z.literal(false),
  })
  .meta({ id: 'PublicUserData' })

export function representPublicUser(userId: string): z.infer<typeof publicUserObject> {
  return {
    ...inviterNamesOf(userId),
    username: null,
    profile_image_url: null,
  }
}

/** The same with fewer fields, as invitations have it. */
export const publicInviterObject = publicUserObject
  .pick({ user_id: true, identifier: true, first_name: true, last_name: true, image_url: true, has_image: true })
  .meta({ id: 'PublicInviterData' })

export function representPublicInviter(userId: string): z.infer<typeof publicInviterObject> {
  return inviterNamesOf(userId)
}

function inviterNamesOf(userId: string) {
  const unknown = { first_name: null, last_name: null }
  return { user_id: userId, identifier: userId, ...unknown, image_url: '', has_image: false as const }
}
