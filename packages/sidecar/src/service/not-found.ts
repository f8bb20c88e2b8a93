/** The refusals for things that aren't in the catalogue: what is asked for by id, and isn't there. */

import { Refusal } from '../domain/refusal.ts'

export function organizationNotFound(organizationId: string): Refusal {
  const message = `There is no organization ${JSON.stringify(organizationId)}. Create it, or correct the id.`
  return new Refusal('organization_not_found', message, { field: 'organization_id' })
}

export function membershipNotFound(organizationId: string, userId: string): Refusal {
  const message = `User ${JSON.stringify(userId)} is not a member of organization ${JSON.stringify(organizationId)}.`
  return new Refusal('membership_not_found', message, { field: 'user_id' })
}
