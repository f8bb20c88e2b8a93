/** The members of one organization, by user: role and metadata. */

import { isDeepStrictEqual } from 'node:util'
import type { Metadata } from '@rolesets/client'
import pMap from 'p-map'
import type { Quota } from './import-quota.ts'
import { membershipSchema, type SourceMembership } from './import-schema.ts'
import { find, isRefusal, tryWrite, type ImportContext } from './import-write.ts'

const concurrency = 8

/** The organization that members and invitations are brought to. */
export interface Place {
  readonly organizationId: string
  /** Not in a dry run that would only make it. */
  readonly isThere: boolean
  readonly roleSet: string
  /** Keys of the roles of its set. */
  readonly offered: ReadonlySet<string>
  readonly quota: Quota
}

export async function importMemberships(context: ImportContext, place: Place): Promise<void> {
  const path = membershipsPath(place.organizationId)
  for await (const { items } of context.source.pages(path, membershipSchema)) {
    await pMap(items, (each) => importMembership(context, place, each), { concurrency })
  }
}

/** Whether somebody is a member at the source. */
export async function isMember({ source }: ImportContext, organizationId: string, userId: string): Promise<boolean> {
  const query = { user_id: userId }
  const { items } = await source.page(membershipsPath(organizationId), membershipSchema, { offset: 0, query })
  return items.some(({ public_user_data: user }) => user.user_id === userId)
}

export function notOffered({ role }: { role: string }, { roleSet }: Place): string {
  return `at the source, its role ${role} is not in ${roleSet}, the role set of the organization.`
}

async function importMembership(context: ImportContext, place: Place, each: SourceMembership): Promise<void> {
  const { admin, calls, tally, dryRun } = context
  const { role, public_user_data: user } = each
  const key = { organizationId: place.organizationId, userId: user.user_id }
  const told = `${key.organizationId}/${key.userId}`
  if (!place.offered.has(role)) return tally.skip('memberships', told, notOffered(each, place))
  if (!place.isThere) return tally.count('memberships', 'created')
  // It came as JSON.
  const metadata = {
    publicMetadata: each.public_metadata as Metadata,
    privateMetadata: each.private_metadata as Metadata,
  }
  const present = await find(() => admin.getMembership(key, calls))
  if (present === undefined) {
    const refused = await place.quota.write(() => admin.createMembership({ ...key, role, ...metadata, dryRun }, calls))
    if (refused !== undefined && !isAhead(context, refused.code)) tally.skip('memberships', told, refused.message)
    else tally.count('memberships', 'created')
    return
  }
  const { membership } = present
  const { publicMetadata, privateMetadata } = membership
  if (membership.role === role && isDeepStrictEqual(metadata, { publicMetadata, privateMetadata })) {
    return tally.count('memberships', 'unchanged')
  }
  const answer = await tryWrite(() => admin.updateMembership({ ...key, role, ...metadata, dryRun }, calls))
  if (isRefusal(answer) && !isAhead(context, answer.code)) tally.skip('memberships', told, answer.message)
  else tally.count('memberships', 'changed')
}

/** Whether a dry run is refused only because what it would do before was not done. */
export function isAhead({ dryRun }: ImportContext, code: string): boolean {
  return dryRun && ['role_not_found', 'role_not_in_role_set'].includes(code)
}

function membershipsPath(organizationId: string): string {
  return `organizations/${encodeURIComponent(organizationId)}/memberships`
}
