/**
 * Writes the rows of changes, in order. A change is one or a few statements for any number of rows, and things of one kind
 * that follow each other share a statement, because a call of the driver costs more than a row.
 */

import { kindOf, type Change, type ChangeKind, type ChangeOf, type Membership } from '@rolesets/core'
import type { Recorded } from '../../transactions/connection.ts'
import type { Connection } from '../connection.ts'
import { deleteAssignments, putAssignments } from './assignments.ts'
import { deleteRole, deleteRoleSet, putRole, putRoleSet, putSettings } from './catalogue.ts'
import { deleteOrganizations, moveOrganizations, putOrganizations } from './organizations.ts'
import { deletePermission, putPermission } from './permissions.ts'
import { deleteFormerRoles, putFormerRoles, remembering, renameFormerRoles } from './former-roles.ts'
import { reassign, renameScope } from './reassignment.ts'
import { accessKeys, invitations, memberships, scopeDefaults, scopeKinds } from './things.ts'

/** The text of a statement's values is bounded, however many changes a work records. */
const rowsPerStatementMax = 500

interface Writer<Kind extends ChangeKind> {
  /** Changes of the same family that follow each other don't wait for each other, and share a statement for each kind. */
  readonly family?: 'puts' | 'memberships gone' | 'organizations gone'
  /** `stamps` are those of the changes, in their order. */
  readonly write: (
    connection: Connection,
    changes: readonly ChangeOf<Kind>[],
    stamps: readonly Recorded[],
  ) => Promise<void>
}

type Writers = { readonly [Kind in ChangeKind]: Writer<Kind> }

const writers: Writers = {
  organization_put: puts(putOrganizations),
  membership_put: {
    family: 'puts',
    write: async (connection, changes) => {
      await memberships.putAll(
        connection,
        changes.map(({ after }) => after),
      )
      await putFormerRoles(connection, changes)
    },
  },
  invitation_put: {
    family: 'puts',
    write: async (connection, changes) => {
      await invitations.putAll(
        connection,
        changes.map(({ after }) => after),
      )
      await putFormerRoles(connection, changes)
    },
  },
  assignment_put: puts(putAssignments),
  membership_deleted: deletes('memberships gone', async (connection, before: readonly Membership[]) => {
    await memberships.deleteAll(
      connection,
      before.map(({ organizationId, scope, userId }) => [organizationId, scope, userId]),
    )
    await deleteFormerRoles(connection, before)
  }),
  organization_deleted: deletes('organizations gone', deleteOrganizations),
  assignment_deleted: alone((connection, { before }) => deleteAssignments(connection, [before])),
  organizations_moved: alone(moveOrganizations),
  members_reassigned: alone((connection, reassigned, stamp) =>
    remembering(connection, { reassigned, stamp }, () => reassign(connection, reassigned, stamp)),
  ),
  permission_put: alone((connection, { after }) => putPermission(connection, after)),
  permission_deleted: alone((connection, { before }) => deletePermission(connection, before)),
  role_put: alone((connection, { after }) => putRole(connection, after)),
  role_deleted: alone((connection, { before }, stamp) => deleteRole(connection, before, stamp)),
  role_set_put: alone((connection, { after }) => putRoleSet(connection, after)),
  role_set_deleted: alone((connection, { before }) => deleteRoleSet(connection, before)),
  scope_kind_put: alone((connection, { after }) => scopeKinds.put(connection, after)),
  scope_kind_deleted: alone((connection, { before }) => scopeKinds.deleteAll(connection, [[before.kind]])),
  scope_default_put: alone((connection, { after }) => scopeDefaults.put(connection, after)),
  scope_default_deleted: alone((connection, { before }) => scopeDefaults.deleteAll(connection, [[before.scope]])),
  scope_renamed: alone(async (connection, renamed, stamp) => {
    await renameScope(connection, renamed, stamp)
    await renameFormerRoles(connection, renamed, stamp)
  }),
  settings_put: alone((connection, { after }) => putSettings(connection, after)),
  access_key_put: alone((connection, { after }) => accessKeys.put(connection, after)),
  // Says what the rows are, and changes none.
  history_compacted: alone(async () => undefined),
}

export async function writeChanges(connection: Connection, recorded: readonly Recorded[]): Promise<void> {
  for (let start = 0; start < recorded.length;) {
    const run = runFrom(recorded, start)
    await writeRun(connection, run)
    start += run.length
  }
}

/** As many changes from `start` on as can be written together. */
function runFrom(recorded: readonly Recorded[], start: number): readonly Recorded[] {
  const familyAt = (index: number) => {
    const change = recorded[index]?.change
    return change && writers[kindOf(change)].family
  }
  const family = familyAt(start)
  let end = start + 1
  while (family !== undefined && end - start < rowsPerStatementMax && familyAt(end) === family) end++
  return recorded.slice(start, end)
}

async function writeRun(connection: Connection, run: readonly Recorded[]): Promise<void> {
  const byKind = new Map<ChangeKind, Recorded[]>()
  for (const each of run) {
    const kind = kindOf(each.change)
    const others = byKind.get(kind)
    if (others) others.push(each)
    else byKind.set(kind, [each])
  }
  for (const [kind, same] of byKind) {
    // The changes were grouped by their kind, which names the one writer that takes them; the compiler can't connect the two.
    const writer = writers[kind] as {
      write(...args: [Connection, readonly Change[], readonly Recorded[]]): Promise<void>
    }
    await writer.write(
      connection,
      same.map(({ change }) => change),
      same,
    )
  }
}

/** For kinds whose changes are written one by one. */
function alone<One>(write: (connection: Connection, change: One, stamp: Recorded) => Promise<void>) {
  return {
    write: async (connection: Connection, changes: readonly One[], stamps: readonly Recorded[]) => {
      for (const [index, stamp] of stamps.entries()) await write(connection, changes[index] as One, stamp)
    },
  }
}

function puts<Thing>(write: (connection: Connection, after: readonly Thing[]) => Promise<void>) {
  return {
    family: 'puts',
    write: (connection: Connection, changes: readonly { readonly after: Thing }[]) =>
      write(
        connection,
        changes.map(({ after }) => after),
      ),
  } as const
}

function deletes<Thing, Family extends string>(
  family: Family,
  write: (connection: Connection, before: readonly Thing[], stamps: readonly Recorded[]) => Promise<void>,
) {
  return {
    family,
    write: (connection: Connection, changes: readonly { readonly before: Thing }[], stamps: readonly Recorded[]) =>
      write(
        connection,
        changes.map(({ before }) => before),
        stamps,
      ),
  }
}
