/**
 * Writes the rows of changes, in their order. Each kind is one or a few statements whatever the number of rows, and things
 * of one kind that follow each other share a statement: a call of the driver costs more than a row.
 */

import { type ByKind, type ChangeKind, type ThingName, byKind, editOf, kindOf } from '@rolesets/core'
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

type Family = 'puts' | 'membership_deleted' | 'organization_deleted'

/** Puts of these three don't wait for each other, so they may mix; the others are written one by one. */
const families: Readonly<Record<ChangeKind, Family | undefined>> = {
  organization_put: 'puts',
  membership_put: 'puts',
  invitation_put: 'puts',
  membership_deleted: 'membership_deleted',
  organization_deleted: 'organization_deleted',
  permission_put: undefined,
  permission_deleted: undefined,
  role_put: undefined,
  role_deleted: undefined,
  role_set_put: undefined,
  role_set_deleted: undefined,
  settings_put: undefined,
  organizations_moved: undefined,
  assignment_put: undefined,
  assignment_deleted: undefined,
  members_reassigned: undefined,
  access_key_put: undefined,
}

function familyOf(recorded: Recorded | undefined): Family | undefined {
  return recorded && families[kindOf(recorded.change)]
}

async function writeRun(connection: Connection, run: readonly Recorded[]): Promise<void> {
  const [first] = run
  if (first === undefined) return
  if (familyOf(first) === undefined) return byKind(writers, first.change, connection, first)
  const afterOf = <Name extends ThingName>(name: Name) => run.flatMap(({ change }) => editOf(change, name)?.after ?? [])
  const goneOf = <Name extends ThingName>(name: Name) =>
    run.flatMap(({ change }) => (change.verb === 'deleted' ? (editOf(change, name)?.before ?? []) : []))
  const [organizations, memberships, invitations] = [
    afterOf('organization'),
    afterOf('membership'),
    afterOf('invitation'),
  ]
  const [organizationsGone, membershipsGone] = [goneOf('organization'), goneOf('membership')]
  if (organizations.length > 0) await putOrganizations(connection, organizations)
  if (memberships.length > 0) await putMemberships(connection, memberships)
  if (invitations.length > 0) await putInvitations(connection, invitations)
  if (organizationsGone.length > 0) await deleteOrganizations(connection, organizationsGone)
  if (membershipsGone.length > 0) await deleteMemberships(connection, membershipsGone)
}

/** How each kind is written alone. Those of a family are the same statement with one row. */
const writers: ByKind<Promise<void>, [connection: Connection, stamp: Recorded]> = {
  permission_put: ({ after }, connection) => putPermission(connection, after),
  permission_deleted: ({ before }, connection) => deletePermission(connection, before.id),
  role_put: ({ after }, connection) => putRole(connection, after),
  role_deleted: ({ before }, connection) => deleteRole(connection, before.id),
  role_set_put: ({ after }, connection) => putRoleSet(connection, after),
  role_set_deleted: ({ before }, connection) => deleteRoleSet(connection, before.id),
  settings_put: ({ after }, connection) => putSettings(connection, after),
  access_key_put: ({ after }, connection) => putAccessKey(connection, after),
  organizations_moved: (change, connection, stamp) => moveOrganizations(connection, change, stamp),
  members_reassigned: (change, connection, stamp) => reassign(connection, change, stamp),
  organization_put: ({ after }, connection) => putOrganizations(connection, [after]),
  organization_deleted: ({ before }, connection) => deleteOrganizations(connection, [before]),
  membership_put: ({ after }, connection) => putMemberships(connection, [after]),
  membership_deleted: ({ before }, connection) => deleteMemberships(connection, [before]),
  invitation_put: ({ after }, connection) => putInvitations(connection, [after]),
  assignment_put: noScopes,
  assignment_deleted: noScopes,
}

/** No rule makes one yet. */
function noScopes(): Promise<void> {
  throw new Error('Scopes have no rows yet.')
}
