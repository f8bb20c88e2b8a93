/** The pending invitations of one organization, by address. One that has changed is revoked and created again. */

import { isDeepStrictEqual } from 'node:util'
import type { Invitation } from '@rolesets/client'
import pMap from 'p-map'
import { pagesOf } from '../run/pages.ts'
import { notOffered, type ImportedOrganization } from './memberships.ts'
import { invitationSchema, type SourceInvitation } from './schema.ts'
import { isRefusal, metadataOf, settle, tryWrite, type ImportContext } from './write.ts'

const concurrency = 8
const dayMs = 86_400_000
const daysMax = 365

export async function importInvitations(context: ImportContext, place: ImportedOrganization): Promise<void> {
  const path = `organizations/${encodeURIComponent(place.organizationId)}/invitations`
  let present: ReadonlyMap<string, Invitation> | undefined
  for await (const { items } of context.source.pages(path, invitationSchema, { query: { status: 'pending' } })) {
    const known = (present ??= place.isThere ? await pendingOf(context, place.organizationId) : new Map())
    await pMap(items, (each) => importInvitation(context, { ...place, present: known }, each), { concurrency })
  }
}

/** By address, which is the same in capitals. */
async function pendingOf(context: ImportContext, organizationId: string): Promise<ReadonlyMap<string, Invitation>> {
  const { admin, calls } = context
  const found = new Map<string, Invitation>()
  const pages = pagesOf(async (page) => {
    const request = { organizationId, statuses: ['PENDING'] as const, ...page }
    const { invitations: items, nextPageToken } = await admin.listInvitations(request, calls)
    return { items, nextPageToken }
  })
  for await (const items of pages) for (const each of items) found.set(each.emailAddress.toLowerCase(), each)
  return found
}

async function importInvitation(
  context: ImportContext,
  place: ImportedOrganization & { readonly present: ReadonlyMap<string, Invitation> },
  each: SourceInvitation,
): Promise<void> {
  const { admin, calls, tally, nowMs, dryRun } = context
  const { organizationId } = place
  const { email_address: emailAddress, role } = each
  const label = `${organizationId}/${emailAddress}`
  if (!place.offered.has(role)) return tally.skip('invitations', label, notOffered(each, place))
  const days = each.expires_at ? Math.ceil((each.expires_at - nowMs) / dayMs) : undefined
  if (days !== undefined && days < 1) return tally.skip('invitations', label, 'it has expired.')
  if (!place.isThere) return tally.count('invitations', 'created')
  const metadata = metadataOf(each)
  const present = place.present.get(emailAddress.toLowerCase())
  if (present !== undefined) {
    const { publicMetadata, privateMetadata } = present
    if (present.role === role && isDeepStrictEqual(metadata, { publicMetadata, privateMetadata })) {
      return tally.count('invitations', 'unchanged')
    }
    const revoke = { organizationId, invitationId: present.id, dryRun }
    const revoked = await tryWrite(() => admin.revokeInvitation(revoke, calls))
    if (isRefusal(revoked)) return tally.skip('invitations', label, revoked.message)
    if (dryRun) return tally.count('invitations', 'changed')
  }
  const request = {
    ...{ organizationId, emailAddress, role, ...metadata, dryRun },
    ...(each.inviter_id === '' ? {} : { inviterUserId: each.inviter_id }),
    ...(days === undefined ? {} : { expiresInDays: Math.min(days, daysMax) }),
  }
  const refused = await place.quota.write(() => admin.createInvitation(request, calls))
  settle(context, { kind: 'invitations', label, outcome: present === undefined ? 'created' : 'changed' }, refused)
}
