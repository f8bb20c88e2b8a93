/** Writes invitations, and reads those of one organization. Whether an invitation is pending depends on a given time. */

import type { Invitation, InvitationStatus } from '@rolesets/core'
import type { Page } from '../../store.ts'
import { given, hasStatus, where } from '../questions/conditions.ts'
import type { Connection } from '../connection.ts'
import { integer, invitationOf, invitationValues } from './things.ts'

const put = `
INSERT INTO invitations
  (id, organization_id, email_address, role_id, inviter_user_id, status, expires_at, redirect_url, accepted_by_user_id,
   public_metadata, private_metadata, created_at, updated_at, revision)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7,
  value ->> 8, value ->> 9, value ->> 10, value ->> 11, value ->> 12, value ->> 13
FROM json_each(?) WHERE true
ON CONFLICT (id) DO UPDATE SET organization_id = excluded.organization_id, email_address = excluded.email_address,
  role_id = excluded.role_id, inviter_user_id = excluded.inviter_user_id, status = excluded.status,
  expires_at = excluded.expires_at, redirect_url = excluded.redirect_url,
  accepted_by_user_id = excluded.accepted_by_user_id,
  public_metadata = excluded.public_metadata, private_metadata = excluded.private_metadata,
  created_at = excluded.created_at, updated_at = excluded.updated_at, revision = excluded.revision`

/** An address has fewer invitations than an organization, so its index is used. */
const pendingOfAddress = `
SELECT * FROM invitations INDEXED BY invitations_by_address
WHERE organization_id = ? AND email_address = ? COLLATE NOCASE AND status = 'pending' AND expires_at > ?
ORDER BY id LIMIT 1`

const pendingCount = `
SELECT count(*) AS invitations FROM invitations
WHERE organization_id = ? AND status = 'pending' AND expires_at > ?`

export interface InvitationFilter {
  readonly statuses?: readonly InvitationStatus[] | undefined
  readonly now: number
}

export async function putInvitations(connection: Connection, invitations: readonly Invitation[]): Promise<void> {
  await connection.run(put, [JSON.stringify(invitations.map(invitationValues))])
}

export async function pendingInvitation(
  connection: Connection,
  address: { readonly organizationId: string; readonly emailAddress: string },
  now: number,
): Promise<Invitation | undefined> {
  const [row] = await connection.all(pendingOfAddress, [address.organizationId, address.emailAddress, now])
  return row && invitationOf(row)
}

export async function pendingInvitationCount(
  connection: Connection,
  organizationId: string,
  now: number,
): Promise<number> {
  const [row] = await connection.all(pendingCount, [organizationId, now])
  return integer(row ?? {}, 'invitations')
}

/** Ordered by id. */
export async function invitationsOf(
  connection: Connection,
  organizationId: string,
  { page, filter }: { readonly page: Page; readonly filter: InvitationFilter },
): Promise<readonly Invitation[]> {
  const { sql, values } = where([
    given('organization_id = ?', organizationId),
    given('id > ?', page.after ?? ''),
    hasStatus(filter.statuses, filter.now),
  ])
  const rows = await connection.all(`SELECT * FROM invitations ${sql} ORDER BY id LIMIT ?`, [...values, page.size])
  return rows.map(invitationOf)
}
