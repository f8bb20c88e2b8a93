/** A page of a list, as Clerk's clients read it: without `total_count` they would hand on a bare array. */

import { z } from 'zod'

export function listObject<Item extends z.ZodType>(item: Item) {
  return z.object({ data: z.array(item), total_count: z.int() })
}

interface Listed<View> {
  readonly items: readonly View[]
  readonly total: number
  readonly revision: string
}

/** What a handler of a list answers. */
export function representList<View, Item>({ items, total, revision }: Listed<View>, represent: (view: View) => Item) {
  return { body: { data: items.map(represent), total_count: total }, revision }
}
