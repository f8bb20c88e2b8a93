/** The pending invitations of one organization, by address. One that has changed is revoked and created again. */

import { isDeepStrictEqual } from 'node:util'
import type { Invitation } from '@rolesets/client'
import pMap from 'p-map'
import { pagesOf } from '../run/pages.ts'
import type { ImportContext } from './context.ts'
import { rolesAt, whyNotOffered, type ImportedOrganization } from './memberships.ts'
import { invitationSchema, type SourceInvitation } from './schema.ts'
import { isRefusal, metadataOf, settle, tryWrite } from './write.ts'

const concurrency = 8
const dayMs = 86_400_000
const daysMax = 365

export async function importInvitations(context: ImportContext, place: ImportedOrganization): Promise<void> {
  const { organizationId, isThere, isNew } = place
  const present = isThere && !isNew ? await pendingOf(context, organizationId) : new Map<string, Invitation>()
  const atSource = new Set<string>()
  const query = { status: 'pending' }
  for await (const { items } of context.source.pages(invitationsPath(organizationId), invitationSchema, { query })) {
    for (const { email_address: address } of items) atSource.add(address.toLowerCase())
    await pMap(items, (each) => importInvitation(context, { ...place, present }, each), { concurrency })
  }
  for (const [address, each] of present) if (!atSource.has(address)) addMissing(context, each)
}

function addMissing(context: ImportContext, { organizationId, id: invitationId, emailAddress }: Invitation): void {
  const { admin, calls, missing, dryRun } = context
  missing.add({
    kind: 'invitations',
    id: `${organizationId}/${emailAddress}`,
    isAtSource: () => isPending(context, organizationId, emailAddress),
    end: () => admin.revokeInvitation({ organizationId, invitationId, dryRun }, calls),
  })
}

/** Whether this address has a pending invitation at the source, where the invitation has another id. */
async function isPending({ source }: ImportContext, organizationId: string, address: string): Promise<boolean> {
  const query = { status: 'pending', email_address: address }
  for await (const { items } of source.pages(invitationsPath(organizationId), invitationSchema, { query })) {
    if (items.some((each) => each.email_address.toLowerCase() === address.toLowerCase())) return true
  }
  return false
}

function invitationsPath(organizationId: string): string {
  return `organizations/${encodeURIComponent(organizationId)}/invitations`
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
  const { email_address: emailAddress } = each
  const given = rolesAt(each)
  const label = `${organizationId}/${emailAddress}`
  const reason = whyNotOffered(each, place)
  if (reason !== undefined) return tally.skip('invitations', label, reason)
  const days = each.expires_at ? Math.ceil((each.expires_at - nowMs) / dayMs) : undefined
  if (days !== undefined && days < 1) return tally.skip('invitations', label, 'it has expired.')
  if (!place.isThere) return tally.count('invitations', 'created')
  const metadata = metadataOf(each)
  const present = place.present.get(emailAddress.toLowerCase())
  if (present !== undefined) {
    const { roles, publicMetadata, privateMetadata } = present
    if (isDeepStrictEqual({ roles, publicMetadata, privateMetadata }, { roles: given.roles, ...metadata })) {
      return tally.count('invitations', 'unchanged')
    }
    const revoke = { organizationId, invitationId: present.id, dryRun }
    const revoked = await tryWrite(() => admin.revokeInvitation(revoke, calls))
    if (isRefusal(revoked)) return tally.skip('invitations', label, revoked.message)
    if (dryRun) return tally.count('invitations', 'changed')
  }
  const request = {
    ...{ organizationId, emailAddress, ...given, ...metadata, dryRun },
    ...(each.inviter_id === '' ? {} : { inviterUserId: each.inviter_id }),
    ...(days === undefined ? {} : { expiresInDays: Math.min(days, daysMax) }),
  }
  const refused = await place.quota.write(() => admin.createInvitation(request, calls))
  settle(context, { kind: 'invitations', label, outcome: present === undefined ? 'created' : 'changed' }, refused)
}
