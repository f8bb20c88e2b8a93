/** What permissions, roles and role sets have in common: fields of their objects, and parameters of their lists. */

import { z } from 'zod'
import { ordering, time } from '../operation/fields.ts'

export const namedFields = {
  id: z.string(),
  name: z.string(),
  key: z.string(),
  created_at: time,
  updated_at: time,
}

interface Named {
  readonly id: string
  readonly name: string
  readonly key: string
  readonly createdAt: number
  readonly updatedAt: number
}

export function representNamed({ id, name, key, createdAt, updatedAt }: Named) {
  return { id, name, key, created_at: createdAt, updated_at: updatedAt }
}

/** Null: no description. */
export function representDescription({ description }: { readonly description: string }): string | null {
  return description === '' ? null : description
}

export const catalogueQuery = { query: z.string().optional(), order_by: ordering('name', 'key') }
