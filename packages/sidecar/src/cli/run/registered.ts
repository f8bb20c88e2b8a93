/** Writes that would register an organization in passing ask first: the id of an organization that isn't registered may be misspelt. */

import { isRoleSetsError, type Administration, type AdminOptions } from '@rolesets/client'
import { quoted } from '@rolesets/core'
import { UsageError } from './failure.ts'

export async function isRegistered(
  admin: Administration,
  organizationId: string,
  limits: AdminOptions,
): Promise<boolean> {
  try {
    await admin.getOrganization({ organizationId }, limits)
    return true
  } catch (error) {
    if (isRoleSetsError(error) && error.code === 'organization_not_found') return false
    throw error
  }
}

export function notRegistered(organizationId: string, remedy: string): UsageError {
  const message = `The organization ${quoted(organizationId)} isn't registered. Correct its id, or ${remedy}.`
  return new UsageError(message, { code: 'organization_not_found' })
}
