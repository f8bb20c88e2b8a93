/** Steps that make, change and move the described organizations. */

import { describeKey, describeText } from './details.ts'
import { usefulMappings } from './scope-kinds.ts'
import { step, type ApplyStep } from './step.ts'
import type { Catalogue, Organization, OrganizationManifest } from '@rolesets/core'

/** What the store has of the described organizations. */
export interface OrganizationsFound {
  readonly organization: (id: string) => Organization | undefined
  /** To describe one is to want it: it comes back (rule 20). */
  readonly wasDeleted: (id: string) => boolean
}

export function planOrganizations(
  catalogue: Catalogue,
  wanted: readonly OrganizationManifest[],
  { organization: find, wasDeleted }: OrganizationsFound,
): ApplyStep[] {
  const present = wanted.map((item) => ({ item, before: find(item.id) }))
  const wantedNames = new Set(wanted.flatMap(({ id, slug }) => [id, ...(slug === undefined ? [] : [slug])]))
  const releases = present.flatMap(({ item, before }) => planSlugRelease(item, before, wantedNames))
  const released = new Set(releases.map(({ key }) => key))
  const steps = present.flatMap(({ item, before }) => {
    if (before === undefined) return [planCreation(item, wasDeleted(item.id))]
    const current = released.has(before.id) ? { ...before, slug: null } : before
    return [...planUpdate(item, current), ...planMove(catalogue, item, current)]
  })
  return [...releases, ...steps]
}

/** A slug that another described organization wants, also as its id, is given up first: slugs can be exchanged. */
function planSlugRelease(
  { slug }: OrganizationManifest,
  before: Organization | undefined,
  wantedNames: ReadonlySet<string>,
): ApplyStep[] {
  if (!before || before.slug === null || slug === undefined || slug === before.slug) return []
  if (!wantedNames.has(before.slug)) return []
  const details = describeText('slug', before.slug, '')
  return [step('updateOrganization', { organizationId: before.id, slug: null }, { key: before.id, details })]
}

function planCreation({ id, name, slug, roleSet }: OrganizationManifest, wasDeleted: boolean): ApplyStep {
  const details = [
    ...(wasDeleted ? ['it was deleted, and is created again'] : []),
    ...describeText('name', undefined, name),
    ...describeText('slug', undefined, slug),
    ...describeKey('role set', undefined, roleSet),
  ]
  return step('createOrganization', { id, name, slug, roleSet }, { key: id, details })
}

function planUpdate({ id, name, slug }: OrganizationManifest, before: Organization): ApplyStep[] {
  const details = [...describeText('name', before.name, name), ...describeText('slug', before.slug ?? '', slug)]
  if (details.length === 0) return []
  return [step('updateOrganization', { organizationId: id, name, slug }, { key: id, details })]
}

function planMove(
  catalogue: Catalogue,
  { id, roleSet, mappings }: OrganizationManifest,
  before: Organization,
): ApplyStep[] {
  if (roleSet === undefined) return []
  const current = catalogue.roleSets.byId(before.roleSetId)?.key
  if (current === roleSet) return []
  const input = { organizationId: id, roleSet, mappings: usefulMappings(catalogue, mappings) }
  return [step('assignRoleSet', input, { key: id, details: describeKey('role set', current, roleSet) })]
}
