/** The pending invitations of one organization, by address. One that has changed is taken back and made anew. */

import { isDeepStrictEqual } from 'node:util'
import type { Invitation, Metadata } from '@rolesets/client'
import pMap from 'p-map'
import { isAhead, notOffered, type Place } from './memberships.ts'
import { invitationSchema, type SourceInvitation } from './schema.ts'
import { isRefusal, tryWrite, type ImportContext } from './write.ts'

const concurrency = 8
const dayMs = 86_400_000
const daysMax = 365

export async function importInvitations(context: ImportContext, place: Place): Promise<void> {
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
  let pageToken = ''
  do {
    const request = { organizationId, statuses: ['PENDING'] as const, pageSize: 500, pageToken }
    const page = await admin.listInvitations(request, calls)
    for (const each of page.invitations) found.set(each.emailAddress.toLowerCase(), each)
    pageToken = page.nextPageToken
  } while (pageToken !== '')
  return found
}

async function importInvitation(
  context: ImportContext,
  place: Place & { readonly present: ReadonlyMap<string, Invitation> },
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
  // It came as JSON.
  const metadata = {
    publicMetadata: each.public_metadata as Metadata,
    privateMetadata: each.private_metadata as Metadata,
  }
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
  if (refused !== undefined && !isAhead(context, refused.code)) tally.skip('invitations', label, refused.message)
  else tally.count('invitations', present === undefined ? 'created' : 'changed')
}
