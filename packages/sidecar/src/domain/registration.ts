/**
 * Registers organizations of which only the id is known. The first write about such an organization does so, because an
 * application's organizations exist before they are registered (rule 3). One that was deleted comes back only when it is
 * created on purpose (rule 20).
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

/** What the store has of an id that a write may register. */
export interface RegistrationFacts {
  readonly organization: Organization | undefined
  /** An organization had this id, and was deleted. */
  readonly wasDeleted: boolean
  /** The organization that has this id for its slug. */
  readonly namesake: Organization | undefined
}

/** The organization of a write. An unknown one is registered on the initial set, unless unknown ones are denied. */
export function registerIfUnknown(
  catalogue: Catalogue,
  id: string,
  facts: RegistrationFacts,
  context: Context,
): Registered {
  if (facts.organization !== undefined) return { organization: facts.organization, changes: [] }
  checkCanBeRegistered(id, facts)
  if (context.unknownOrganizations === 'deny') throw organizationNotFound(id)
  return register(catalogue, id, initialRoleSetOf(catalogue), context)
}

/** @throws Refusal `organization_not_found` for one that was deleted, `key_taken` for the slug of another one */
export function checkCanBeRegistered(
  id: string,
  { wasDeleted, namesake }: Omit<RegistrationFacts, 'organization'>,
): void {
  if (wasDeleted) throw organizationDeleted(id)
  if (namesake !== undefined) throw nameTaken('organization_id', id, namesake)
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

/** An id that was deleted is refused wherever an unknown one would be registered or treated as on the initial set. */
export function organizationDeleted(id: string): Refusal {
  const message = `The organization ${quoted(id)} was deleted, and only creating it brings it back. Create it first if it should exist again.`
  const facts = { organization: id, deleted: 'true' }
  return new Refusal('organization_not_found', message, { field: 'organization_id', facts })
}

/**
 * Ids and slugs name organizations alike, so no id is the slug of another organization (I6).
 * @param owner has the name for its id or its slug
 */
export function nameTaken(field: 'id' | 'slug' | 'organization_id', name: string, owner: Organization): Refusal {
  const noun = field === 'slug' ? 'slug' : 'id'
  const other = noun === 'slug' ? 'id' : 'slug'
  const isSame = owner[noun] === name
  const problem = isSame
    ? `is taken by organization ${quoted(owner.id)}`
    : `is the ${other} of organization ${quoted(owner.id)}`
  const remedy = isSame || other === 'id' ? 'update that organization' : 'give that organization another slug first'
  const message = `The ${noun} ${quoted(name)} ${problem}. Choose another one, or ${remedy}.`
  return new Refusal('key_taken', message, { field, facts: { [noun]: name, organization: owner.id } })
}

export function organizationNotFound(id: string): Refusal {
  const message = `There is no organization ${quoted(id)}. Create it, or assign a role set to it, which also registers it.`
  return new Refusal('organization_not_found', message, { field: 'organization_id', facts: { organization: id } })
}
