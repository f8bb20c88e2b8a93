/** What a deletion answers. Only deleted things have a field `deleted`: Clerk's clients treat a thing that has it as deleted. */

import { z } from 'zod'

/** `response` and `represent` of an operation that deletes a thing of this kind. */
export function deletionOf<const Kind extends string>(kind: Kind) {
  const response = z.object({
    object: z.literal(kind),
    id: z.string(),
    deleted: z.literal(true),
    slug: z.string().nullable().optional(),
  })
  const represent = ({ id, slug }: { readonly id: string; readonly slug?: string | null }) =>
    ({ object: kind, id, deleted: true, ...(typeof slug === 'string' ? { slug } : {}) }) as z.input<typeof response>
  return { response, represent }
}
