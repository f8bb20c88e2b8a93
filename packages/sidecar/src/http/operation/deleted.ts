/** What the deletion of a thing answers. No live thing has a key `deleted`: Clerk's clients would take it for one of these. */

import { z } from 'zod'

export function deletedSchema<const Kind extends string>(kind: Kind) {
  return z.object({
    object: z.literal(kind),
    id: z.string(),
    deleted: z.literal(true),
    slug: z.string().nullable().optional(),
  })
}

export function representDeleted<const Kind extends string>(object: Kind, id: string) {
  return { object, id, deleted: true } as const
}
