/**
 * Writes the rows of changes, in their order. Each kind is one or a few statements whatever the number of rows, and things
 * of one kind that follow each other share a statement: a call of the driver costs more than a row.
 */

import type { Recorded } from '../../transactions/connection.ts'
import { putAccessKey } from './access-keys.ts'
import {
  deletePermission,
  deleteRole,
  deleteRoleSet,
  putPermission,
  putRole,
  putRoleSet,
  putSettings,
} from './catalogue.ts'
import type { Connection } from '../connection.ts'
import { putInvitations } from './invitations.ts'
import { deleteMemberships, putMemberships } from './memberships.ts'
import { deleteOrganizations, moveOrganizations, putOrganizations } from './organizations.ts'
import { reassign } from './reassignment.ts'

/** The text of a statement's values is bounded, whatever a work records. */
const rowsPerStatementMax = 500

export async function writeChanges(connection: Connection, recorded: readonly Recorded[]): Promise<void> {
  for (let start = 0; start < recorded.length;) {
    const run = runFrom(recorded, start)
    await writeRun(connection, run)
    start += run.length
  }
}

/** As many changes from `start` on as can be written together. */
function runFrom(recorded: readonly Recorded[], start: number): readonly Recorded[] {
  const family = familyOf(recorded[start])
  if (family === undefined) return recorded.slice(start, start + 1)
  let end = start + 1
  while (end - start < rowsPerStatementMax && familyOf(recorded[end]) === family) end++
  return recorded.slice(start, end)
}

/** What is put of these doesn't wait for each other, so the three may mix: each kind is written together. */
function familyOf(recorded: Recorded | undefined): 'puts' | 'membership_deleted' | 'organization_deleted' | undefined {
  switch (recorded?.change.kind) {
    case 'organization_put':
    case 'membership_put':
    case 'invitation_put':
      return 'puts'
    case 'membership_deleted':
    case 'organization_deleted':
      return recorded.change.kind
    default:
      return undefined
  }
}

async function writeRun(connection: Connection, run: readonly Recorded[]): Promise<void> {
  const changes = run.map(({ change }) => change)
  const organizations = changes.flatMap((change) => (change.kind === 'organization_put' ? [change.organization] : []))
  const memberships = changes.flatMap((change) => (change.kind === 'membership_put' ? [change.membership] : []))
  const invitations = changes.flatMap((change) => (change.kind === 'invitation_put' ? [change.invitation] : []))
  const organizationsGone = changes.flatMap((change) => (change.kind === 'organization_deleted' ? [change.before] : []))
  const membershipsGone = changes.flatMap((change) => (change.kind === 'membership_deleted' ? [change.before] : []))
  if (organizations.length > 0) await putOrganizations(connection, organizations)
  if (memberships.length > 0) await putMemberships(connection, memberships)
  if (invitations.length > 0) await putInvitations(connection, invitations)
  if (organizationsGone.length > 0) await deleteOrganizations(connection, organizationsGone)
  if (membershipsGone.length > 0) await deleteMemberships(connection, membershipsGone)
  for (const each of run) await writeOne(connection, each)
}

/** The kinds that are written one by one. */
async function writeOne(connection: Connection, { change, revision, at }: Recorded): Promise<void> {
  switch (change.kind) {
    case 'permission_put':
      return putPermission(connection, change.permission)
    case 'permission_deleted':
      return deletePermission(connection, change.before.id)
    case 'role_put':
      return putRole(connection, change.role)
    case 'role_deleted':
      return deleteRole(connection, change.before.id)
    case 'role_set_put':
      return putRoleSet(connection, change.roleSet)
    case 'role_set_deleted':
      return deleteRoleSet(connection, change.before.id)
    case 'settings_put':
      return putSettings(connection, change.settings)
    case 'access_key_put':
      return putAccessKey(connection, change.accessKey)
    case 'organizations_moved':
      return moveOrganizations(connection, change, { revision, at })
    case 'members_reassigned':
      return reassign(connection, change, { revision, at })
    case 'organization_put':
    case 'organization_deleted':
    case 'membership_put':
    case 'membership_deleted':
    case 'invitation_put':
  }
}
