/** The members of one organization, by user: roles and metadata. Those of its scopes aren't read. */

import { isDeepStrictEqual } from 'node:util'
import pMap from 'p-map'
import { pagesOf } from '../run/pages.ts'
import type { ImportContext } from './context.ts'
import type { Quota } from './quota.ts'
import { membershipSchema, type SourceMembership } from './schema.ts'
import { find, isRefusal, metadataOf, settle, tryWrite, type Refused } from './write.ts'

/** Those that wait for the disk at the same time share a transaction. */
const concurrency = 16

/** The organization that members and invitations are brought to. */
export interface ImportedOrganization {
  readonly organizationId: string
  /** Not in a dry run that would only make it. */
  readonly isThere: boolean
  /** It has no member yet but its creator, so that members needn't be looked up one by one. */
  readonly isNew: boolean
  readonly roleSet: string
  /** Keys of the roles of its set. */
  readonly offered: ReadonlySet<string>
  readonly quota: Quota
}

export async function importMemberships(context: ImportContext, place: ImportedOrganization): Promise<void> {
  const path = membershipsPath(place.organizationId)
  const atSource = new Set<string>()
  for await (const { items } of context.source.pages(path, membershipSchema)) {
    for (const { public_user_data: user } of items) atSource.add(user.user_id)
    await pMap(items, (each) => importMembership(context, place, each), { concurrency })
  }
  if (place.isThere && !place.isNew) await findMissing(context, place, atSource)
}

/** Whether this user is a member at the source. */
export async function isMember({ source }: ImportContext, organizationId: string, userId: string): Promise<boolean> {
  // Before an id, a minus means all but it.
  const query = { user_id: /^[+-]/.test(userId) ? `+${userId}` : userId }
  for await (const { items } of source.pages(membershipsPath(organizationId), membershipSchema, { query })) {
    if (items.some(({ public_user_data: user }) => user.user_id === userId)) return true
  }
  return false
}

async function findMissing(
  context: ImportContext,
  { organizationId }: ImportedOrganization,
  atSource: ReadonlySet<string>,
): Promise<void> {
  const { admin, calls, missing, dryRun } = context
  const pages = pagesOf(async (page) => {
    const { memberships: items, nextPageToken } = await admin.listMemberships({ organizationId, ...page }, calls)
    return { items, nextPageToken }
  })
  for await (const items of pages) {
    for (const { userId } of items) {
      if (atSource.has(userId)) continue
      // The source decides who administers its organizations.
      const request = { organizationId, userId, allowNoAdministrator: true, dryRun }
      missing.add({
        kind: 'memberships',
        id: `${organizationId}/${userId}`,
        isAtSource: () => isMember(context, organizationId, userId),
        end: () => admin.deleteMembership(request, calls),
      })
    }
  }
}

interface SourceRoles {
  readonly role: string
  readonly roles?: readonly string[] | null | undefined
}

/** All roles of a member or an invitation at the source, as a write takes them. */
export function rolesAt({ role, roles }: SourceRoles) {
  return roles && roles.length > 1 ? { role, roles } : { role, roles: [role] }
}

/** @returns why the sidecar can't give these roles; undefined: it can */
export function whyNotOffered(each: SourceRoles, { offered, roleSet }: ImportedOrganization): string | undefined {
  const outside = rolesAt(each).roles.find((role) => !offered.has(role))
  if (outside === undefined) return undefined
  return `at the source, its role ${outside} is not in ${roleSet}, the role set of the organization.`
}

async function importMembership(
  context: ImportContext,
  place: ImportedOrganization,
  each: SourceMembership,
): Promise<void> {
  const { admin, calls, tally, dryRun } = context
  const { public_user_data: user } = each
  const key = { organizationId: place.organizationId, userId: user.user_id }
  const label = `${key.organizationId}/${key.userId}`
  const reason = whyNotOffered(each, place)
  if (reason !== undefined) return tally.skip('memberships', label, reason)
  if (!place.isThere) return tally.count('memberships', 'created')
  const metadata = metadataOf(each)
  // Clerk knows no ends: an end that was given here stays.
  const end = each.expires_at ? { expiresAtMs: each.expires_at } : {}
  const wanted = { ...key, ...rolesAt(each), ...metadata, ...end, dryRun }
  const report = (outcome: 'created' | 'changed', refused: Refused | undefined) =>
    settle(context, { kind: 'memberships', label, outcome }, refused)
  const look = () => find(() => admin.getMembership(key, calls))
  let present = place.isNew ? undefined : await look()
  if (present === undefined) {
    const refused = await place.quota.write(() => admin.createMembership(wanted, calls))
    if (refused?.code !== 'membership_exists') return report('created', refused)
    present = await look()
  }
  const { roles, publicMetadata, privateMetadata, expiresAtMs } = present?.membership ?? { ...wanted, expiresAtMs: 0 }
  const had = { roles, publicMetadata, privateMetadata, expiresAtMs }
  if (isDeepStrictEqual(had, { expiresAtMs, roles: wanted.roles, ...metadata, ...end })) {
    return tally.count('memberships', 'unchanged')
  }
  // The source decides who administers its organizations; members come one by one, in no order.
  const answer = await tryWrite(() => admin.updateMembership({ ...wanted, allowNoAdministrator: true }, calls))
  report('changed', isRefusal(answer) ? answer : undefined)
}

function membershipsPath(organizationId: string): string {
  return `organizations/${encodeURIComponent(organizationId)}/memberships`
}
