/**
 * Imports the organizations of the source, several at a time, each with its members and invitations, and saves the
 * progress.
 */

import { isDeepStrictEqual } from 'node:util'
import type { Organization } from '@rolesets/client'
import pMap from 'p-map'
import { pagesOf } from '../run/pages.ts'
import type { SourceSets } from './catalogue.ts'
import { readCheckpoint, removeCheckpoint, writeCheckpoint, type ImportPosition } from './checkpoint.ts'
import type { ImportContext } from './context.ts'
import { importInvitations } from './invitations.ts'
import { importMemberships, isMember } from './memberships.ts'
import { Quota } from './quota.ts'
import { organizationSchema, type SourceOrganization } from './schema.ts'
import { find, isRefusal, metadataOf, tryWrite, type Refused } from './write.ts'

const concurrency = 8
/** Organizations between two checkpoints. */
const sliceLength = 20

interface OrganizationsImport {
  readonly sets: SourceSets
  readonly checkpoint: string | undefined
  /** Names the sidecar, so that a checkpoint isn't used for another one. */
  readonly target: string
  readonly report: (done: number, total: number) => void
}

/** @returns where a run before this one had stopped */
export async function importOrganizations(
  context: ImportContext,
  how: OrganizationsImport,
): Promise<ImportPosition | undefined> {
  const { source, tally, dryRun } = context
  const path = dryRun ? undefined : how.checkpoint
  const before = path === undefined ? undefined : await resumable(context, path, how.target)
  let done = before?.organizations ?? 0
  const atSource = new Set<string>()
  for await (const { items, total } of source.pages('organizations', organizationSchema, { from: done })) {
    for (const { id } of items) atSource.add(id)
    for (let at = 0; at < items.length; at += sliceLength) {
      const slice = items.slice(at, at + sliceLength)
      await pMap(slice, (each) => importOrganization(context, how.sets, each), { concurrency })
      done += slice.length
      how.report(done, total)
      const skipped = (before?.skipped ?? 0) + tally.total('skipped')
      const last = slice.at(-1)?.id ?? ''
      const place = { source: source.url, target: how.target, organizations: done, last, skipped }
      if (path !== undefined) await writeCheckpoint(path, place)
    }
  }
  if (path !== undefined) await removeCheckpoint(path)
  if (before === undefined) await findMissing(context, atSource)
  else context.missing.forbid(unseen(before))
  return before
}

function unseen({ organizations }: ImportPosition): string {
  return (
    `This run resumed from a checkpoint, and did not read the first ${organizations} organizations of the source. ` +
    'Run it again: it then reads all of them.'
  )
}

async function findMissing(context: ImportContext, atSource: ReadonlySet<string>): Promise<void> {
  const { source, admin, calls, missing, dryRun } = context
  const pages = pagesOf(async (page) => {
    const { organizations: items, nextPageToken } = await admin.listOrganizations(page, calls)
    return { items, nextPageToken }
  })
  for await (const items of pages) {
    for (const { id } of items) {
      if (atSource.has(id)) continue
      missing.add({
        ...{ kind: 'organizations', id },
        isAtSource: () => source.has('organizations', id),
        end: () => admin.deleteOrganization({ organizationId: id, dryRun }, calls),
      })
    }
  }
}

/** A place that is still the same one; otherwise the import begins at the start. */
async function resumable({ source }: ImportContext, path: string, target: string): Promise<ImportPosition | undefined> {
  const place = await readCheckpoint(path)
  if (place === undefined || place.source !== source.url || place.target !== target) return undefined
  const offset = place.organizations - 1
  if (offset < 0) return undefined
  const { items } = await source.page('organizations', organizationSchema, { offset, limit: 1 })
  return items[0]?.id === place.last ? place : undefined
}

async function importOrganization(context: ImportContext, sets: SourceSets, each: SourceOrganization): Promise<void> {
  const { admin, calls, tally, dryRun } = context
  const wanted = wantedOf(each, sets)
  const offered = sets.roles.get(wanted.roleSet)
  if (offered === undefined) {
    return tally.skip('organizations', each.id, `its role set ${wanted.roleSet} could not be imported.`)
  }
  const present = await find(() => admin.getOrganization({ organizationId: each.id }, calls))
  const isNew = present === undefined
  const current = present?.organization ?? (await create(context, wanted, each.created_by))
  if (current === undefined) return
  // What a new one was refused is not asked for again, and a dry run has made none.
  const rest = isNew ? { ...wanted, slug: current.slug } : wanted
  const isChanged = isNew && dryRun ? false : await update(context, rest, current)
  if (isChanged === undefined) return
  tally.count('organizations', isNew ? 'created' : isChanged ? 'changed' : 'unchanged')

  const quota = new Quota(context, each.id, wanted.maxAllowedMemberships)
  const place = { organizationId: each.id, isThere: !(isNew && dryRun), isNew, roleSet: wanted.roleSet, offered, quota }
  await importMemberships(context, place)
  await importInvitations(context, place)
  await quota.restore()
}

type Wanted = ReturnType<typeof wantedOf>

function wantedOf(each: SourceOrganization, sets: SourceSets) {
  return {
    organizationId: each.id,
    name: each.name,
    slug: each.slug,
    roleSet: each.role_set_key === '' ? sets.initial : each.role_set_key,
    ...metadataOf(each),
    maxAllowedMemberships: each.max_allowed_memberships,
    createdAtMs: each.created_at,
    ...(typeof each.admin_delete_enabled === 'boolean' ? { adminDeleteEnabled: each.admin_delete_enabled } : {}),
  }
}

/** @returns what is there now, or undefined if it was refused, which is reported */
async function create(context: ImportContext, wanted: Wanted, createdBy: string): Promise<Organization | undefined> {
  const { admin, calls, tally, dryRun } = context
  const { organizationId: id, slug, roleSet, adminDeleteEnabled: _later, ...fields } = wanted
  // Its creator becomes a member by this; a creator who has left must not come back.
  const isCreatorMember = createdBy !== '' && !dryRun && (await isMember(context, id, createdBy))
  const request = {
    ...{ id, ...fields, dryRun },
    ...(isCreatorMember ? { createdBy } : {}),
    // In a dry run the set may not be there yet.
    ...(dryRun ? {} : { roleSet }),
  }
  let answer = await tryWrite(() => admin.createOrganization({ ...request, slug }, calls))
  if (isRefusal(answer) && slug !== '' && isAboutSlug(answer)) {
    tally.skip('slugs', `${id}/${slug}`, answer.message)
    answer = await tryWrite(() => admin.createOrganization(request, calls))
  }
  if (!isRefusal(answer)) return answer.organization
  tally.skip('organizations', id, answer.message)
  return undefined
}

/** @returns whether something has changed, or undefined if that was refused, which is reported */
async function update(context: ImportContext, wanted: Wanted, current: Organization): Promise<boolean | undefined> {
  const { admin, calls, tally, dryRun } = context
  const { organizationId, ...fields } = wanted
  const differing = Object.entries(fields).filter(([field, value]) => {
    // The fields are named as those of the thing.
    return !isDeepStrictEqual(value, current[field as keyof Organization])
  })
  if (differing.length === 0) return false
  const { slug, ...others }: Partial<typeof fields> = Object.fromEntries(differing)
  // In a dry run the set may not be there yet.
  if (dryRun && others.roleSet !== undefined) return true
  const request = { organizationId, ...others, dryRun }
  let answer = await tryWrite(() =>
    admin.updateOrganization(slug === undefined ? request : { ...request, slug }, calls),
  )
  if (isRefusal(answer) && slug && isAboutSlug(answer)) {
    tally.skip('slugs', `${organizationId}/${slug}`, answer.message)
    if (differing.length === 1) return false
    answer = await tryWrite(() => admin.updateOrganization(request, calls))
  }
  if (!isRefusal(answer)) return true
  tally.skip('organizations', organizationId, answer.message)
  return undefined
}

/** Whether the slug is all that can't be: the organization is worth more than its slug. */
function isAboutSlug({ code, field }: Refused): boolean {
  return field === 'slug' || code === 'slugs_disabled' || (code === 'key_taken' && field !== 'id')
}
