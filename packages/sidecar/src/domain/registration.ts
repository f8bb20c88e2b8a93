/**
 * Organizations of which nothing is known but their id, as a first write about them makes them, because an application's
 * organizations exist before anyone registers them (rule 3).
 */

import {
  type Catalogue,
  type Change,
  initialRoleSetOf,
  type Organization,
  quoted,
  type RoleSet,
  put,
} from '@rolesets/core'
import { stampNew } from './amend.ts'
import type { Context } from './decided.ts'
import { Refusal } from './refusal.ts'

interface Registered {
  readonly organization: Organization
  /** What registers it; empty: it was known. */
  readonly changes: readonly Change[]
}

/** The organization that a write is about; one that the store doesn't know is put on the initial set, unless those are denied. */
export function registerIfUnknown(
  catalogue: Catalogue,
  id: string,
  known: Organization | undefined,
  context: Context,
): Registered {
  if (known !== undefined) return { organization: known, changes: [] }
  if (context.unknownOrganizations === 'deny') throw organizationNotFound(id)
  return register(catalogue, id, initialRoleSetOf(catalogue), context)
}

export function register(catalogue: Catalogue, id: string, roleSet: RoleSet, context: Context): Registered {
  checkOrganizationsAreEnabled(catalogue, 'organization_id')
  const organization: Organization = {
    ...{ id, name: '', slug: null, roleSetId: roleSet.id, createdBy: '', ...ownSettings(catalogue) },
    ...{ publicMetadata: {}, privateMetadata: {}, ...stampNew(context) },
  }
  return { organization, changes: [put('organization', organization, null)] }
}

/** What a new organization takes from the settings as its own, unless it is given. */
export function ownSettings({ settings: { maxAllowedMemberships, adminDeleteEnabled } }: Catalogue) {
  return { maxAllowedMemberships, adminDeleteEnabled }
}

export function checkOrganizationsAreEnabled({ settings }: Catalogue, field: string): void {
  if (settings.enabled) return
  const message = 'Organizations are switched off in the settings, so no new one is taken in. Switch them on first.'
  throw new Refusal('organizations_disabled', message, { field })
}

export function organizationNotFound(id: string): Refusal {
  const message = `There is no organization ${quoted(id)}. Create it, or assign it a role set, which registers it.`
  return new Refusal('organization_not_found', message, { field: 'organization_id', facts: { organization: id } })
}
