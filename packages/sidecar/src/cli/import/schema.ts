/** The answers of a server with Clerk's Backend API, as far as an import reads them. Other fields are ignored. */

import { z } from 'zod'

const text = z.string().max(4_096)
const name = text.min(1)
const optionalText = text.nullish().transform((value) => value ?? '')
const count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER)
const metadata = z
  .record(z.string(), z.unknown())
  .nullish()
  .transform((value) => value ?? {})
const named = { id: name, key: name, name: text, description: optionalText }
const reference = z.object({ key: name })
/** An extension of Rolesets, where there are several. The first one is `role`. */
const severalRoles = z.array(name).max(100).nullish()

export const permissionSchema = z.object(named)
export const roleSchema = z.object({ ...named, permissions: z.array(reference).max(1_000) })
export const roleSetSchema = z.object({
  ...named,
  roles: z.array(reference).max(1_000),
  default_role: reference.nullish(),
  creator_role: reference.nullish(),
  type: text,
})
export const organizationSchema = z.object({
  id: name,
  name: text,
  slug: optionalText,
  max_allowed_memberships: count.nullish().transform((value) => value ?? 0),
  admin_delete_enabled: z.boolean().nullish(),
  public_metadata: metadata,
  private_metadata: metadata,
  created_by: optionalText,
  created_at: count,
  /** Empty: the initial set. */
  role_set_key: optionalText,
})
export const membershipSchema = z.object({
  id: name,
  role: name,
  roles: severalRoles,
  /** Unix milliseconds, as a sidecar says it; not given: it has no end. */
  expires_at: count.nullish(),
  public_metadata: metadata,
  private_metadata: metadata,
  public_user_data: z.object({ user_id: name }),
})
export const invitationSchema = z.object({
  id: name,
  email_address: name,
  role: name,
  roles: severalRoles,
  inviter_id: optionalText,
  public_metadata: metadata,
  private_metadata: metadata,
  /** Unix milliseconds; not given: never. */
  expires_at: count.nullish(),
})

/** No page is larger than what was asked for. */
export function pageSchema<Item extends z.ZodType>(item: Item, itemsMax: number) {
  return z.object({ data: z.array(item).max(itemsMax), total_count: count })
}

export type SourceRole = z.infer<typeof roleSchema>
export type SourceRoleSet = z.infer<typeof roleSetSchema>
export type SourceOrganization = z.infer<typeof organizationSchema>
export type SourceMembership = z.infer<typeof membershipSchema>
export type SourceInvitation = z.infer<typeof invitationSchema>
