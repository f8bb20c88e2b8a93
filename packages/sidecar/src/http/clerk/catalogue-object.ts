/** What permissions, roles and role sets have in common: fields of their objects, and parameters of their lists. */

import { z } from 'zod'
import { text, time } from '../operation/fields.ts'
import { ordering } from '../operation/parameters.ts'

export const namedFields = { id: z.string(), name: z.string(), key: z.string(), created_at: time, updated_at: time }

export const describedFields = { ...namedFields, description: z.string().nullable() }

/** Null: no description. */
export function shownDescription({ description }: { readonly description: string }) {
  return { description: description === '' ? null : description }
}

/** Of a new thing. */
export const newName = text('nameCharactersMax').describe('Empty: made from the key.')

export const catalogueQuery = { query: z.string().optional(), order_by: ordering('name', 'key') }
