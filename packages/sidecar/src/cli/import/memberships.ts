/** The members of one organization, by user: role and metadata. */

import { isDeepStrictEqual } from 'node:util'
import pMap from 'p-map'
import type { Quota } from './quota.ts'
import { membershipSchema, type SourceMembership } from './schema.ts'
import { find, isRefusal, metadataOf, settle, tryWrite, type ImportContext, type Refused } from './write.ts'

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
  for await (const { items } of context.source.pages(path, membershipSchema)) {
    await pMap(items, (each) => importMembership(context, place, each), { concurrency })
  }
}

/** Whether this user is a member at the source. */
export async function isMember({ source }: ImportContext, organizationId: string, userId: string): Promise<boolean> {
  const query = { user_id: userId }
  const { items } = await source.page(membershipsPath(organizationId), membershipSchema, { offset: 0, query })
  return items.some(({ public_user_data: user }) => user.user_id === userId)
}

export function notOffered({ role }: { role: string }, { roleSet }: ImportedOrganization): string {
  return `at the source, its role ${role} is not in ${roleSet}, the role set of the organization.`
}

async function importMembership(
  context: ImportContext,
  place: ImportedOrganization,
  each: SourceMembership,
): Promise<void> {
  const { admin, calls, tally, dryRun } = context
  const { role, public_user_data: user } = each
  const key = { organizationId: place.organizationId, userId: user.user_id }
  const label = `${key.organizationId}/${key.userId}`
  if (!place.offered.has(role)) return tally.skip('memberships', label, notOffered(each, place))
  if (!place.isThere) return tally.count('memberships', 'created')
  const metadata = metadataOf(each)
  const wanted = { ...key, role, ...metadata, dryRun }
  const report = (outcome: 'created' | 'changed', refused: Refused | undefined) =>
    settle(context, { kind: 'memberships', label, outcome }, refused)
  const look = () => find(() => admin.getMembership(key, calls))
  let present = place.isNew ? undefined : await look()
  if (present === undefined) {
    const refused = await place.quota.write(() => admin.createMembership(wanted, calls))
    if (refused?.code !== 'membership_exists') return report('created', refused)
    present = await look()
  }
  const { role: held, publicMetadata, privateMetadata } = present?.membership ?? wanted
  if (held === role && isDeepStrictEqual(metadata, { publicMetadata, privateMetadata })) {
    return tally.count('memberships', 'unchanged')
  }
  // The source decides who administers its organizations; members come one by one, in no order.
  const answer = await tryWrite(() => admin.updateMembership({ ...wanted, allowNoAdministrator: true }, calls))
  report('changed', isRefusal(answer) ? answer : undefined)
}

function membershipsPath(organizationId: string): string {
  return `organizations/${encodeURIComponent(organizationId)}/memberships`
}
