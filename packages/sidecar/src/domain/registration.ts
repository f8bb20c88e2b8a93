/**
 * Registers organizations of which only the id is known. The first write about such an organization does so, because an
 * application's organizations exist before they are registered (rule 3).
 */

import { initialRoleSetOf, put, quoted } from '@rolesets/core'
import type { Catalogue, Change, Organization, RoleSet } from '@rolesets/core'
import { stampNew } from './amend.ts'
import type { Context } from './decided.ts'
import { parseNewId } from './fields.ts'
import { Refusal } from './refusal.ts'

interface Registered {
  readonly organization: Organization
  /** The change that registers it; empty: it was in the store. */
  readonly changes: readonly Change[]
}

/** The organization of a write. An unknown one is registered on the initial set, unless unknown ones are denied. */
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
  parseNewId(id, 'organization_id')
  checkOrganizationsAreEnabled(catalogue, 'organization_id')
  const organization: Organization = {
    ...{ id, name: '', slug: null, roleSetId: roleSet.id, createdBy: '', ...ownSettings(catalogue) },
    ...{ publicMetadata: {}, privateMetadata: {}, ...stampNew(context) },
  }
  return { organization, changes: [put('organization', organization, null)] }
}

/** The values that a new organization copies from the settings unless they are given. */
export function ownSettings({ settings: { maxAllowedMemberships, adminDeleteEnabled } }: Catalogue) {
  return { maxAllowedMemberships, adminDeleteEnabled }
}

export function checkOrganizationsAreEnabled({ settings }: Catalogue, field: string): void {
  if (settings.enabled) return
  const message =
    'Organizations are switched off in the settings, so no new organization can be created. Switch them on first.'
  throw new Refusal('organizations_disabled', message, { field })
}

export function organizationNotFound(id: string): Refusal {
  const message = `There is no organization ${quoted(id)}. Create it, or assign a role set to it, which also registers it.`
  return new Refusal('organization_not_found', message, { field: 'organization_id', facts: { organization: id } })
}
