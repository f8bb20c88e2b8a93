/** Fields that the operations below `/organizations` share. */

import { z } from 'zod'
import type { Metadata } from '@rolesets/core'
import { shownAs } from './fields.ts'
import { fault } from './validation.ts'

export const organizationParams = z.object({ organization_id: z.string() })

/** Names are shown to people in messages: neither markup nor addresses may be smuggled in. */
export const organizationName = z.string().superRefine((name, context) => {
  if (name.trim() === '') context.addIssue(fault('form_param_format_invalid', 'is empty. Give a name.'))
  if (/<\/?[a-z!][^>]*>|\bhttps?:\/\//i.test(name))
    context.addIssue(fault('form_param_format_invalid', 'contains a URL or HTML. Leave it out.'))
})

/** Null means the same as not given. */
export const optionalNumber = z
  .int()
  .nullish()
  .transform((given) => given ?? undefined)

/** Key or id of something; null means the same as not given. */
export const optionalReference = z
  .string()
  .min(1, 'is empty. Name what is meant, or leave the field out.')
  .nullish()
  .transform((given) => given ?? undefined)

/** RFC 3339; null means the same as not given. */
export const optionalTime = z.iso
  .datetime({ offset: true, error: 'is no time. Give it as in 2012-10-20T07:15:20.902Z.' })
  .nullish()
  .transform((given) => (given === null || given === undefined ? undefined : Date.parse(given)))

/** Any JSON object, which is merged into what is there, and so can't be null itself. */
export const mergedMetadata = z
  .custom<Metadata | undefined>()
  .meta(shownAs({ type: 'object', additionalProperties: true }))
  .optional()
  .superRefine((value, context) => {
    const given: unknown = value
    if (given === null) context.addIssue(fault('form_param_nil', 'is null. Give an object.'))
    else if (given !== undefined && !isObject(given))
      context.addIssue(fault('form_param_type_invalid', 'is no object. Give a JSON object.'))
  })

/** Metadata of a body, under the names that the rules have. */
export function metadataOf(body: {
  readonly public_metadata?: Metadata | undefined
  readonly private_metadata?: Metadata | undefined
}) {
  return { publicMetadata: body.public_metadata, privateMetadata: body.private_metadata }
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
