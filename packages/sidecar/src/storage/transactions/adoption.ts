/** Replaces the whole content of a storage by a snapshot of another one, within one transaction. */

import { put, type Change } from '@rolesets/core'
import type { DeletedOrganization, StoreSnapshot, Stream } from '../store.ts'
import type { State } from './catalogues.ts'
import type { EngineConnection } from './connection.ts'

const thingsPerWriteMax = 500

/** @returns the state that the storage has afterwards */
export async function adopt(connection: EngineConnection, snapshot: StoreSnapshot, epoch: string): Promise<State> {
  const { revision, seal } = snapshot
  const position = { epoch, revision, seal, committedAt: 0 }
  await connection.clear(position)
  let changes: Change[] = []
  const write = async () => {
    // Each thing keeps its own stamp: revision and time matter only to set-wide changes.
    await connection.writeChanges(changes.map((change) => ({ change, revision, at: 0 })))
    changes = []
  }
  for await (const change of putsOf(snapshot)) if (changes.push(change) >= thingsPerWriteMax) await write()
  await write()
  await writeDeleted(connection, snapshot.deletedOrganizations)
  await connection.writeRetiredPermissions(snapshot.catalogue.retiredPermissions)
  await connection.settleBase(await connection.beginBase(), 'adoption')
  return { ...position, timelines: [], catalogue: await connection.catalogue() }
}

async function writeDeleted(connection: EngineConnection, deleted: Stream<DeletedOrganization>): Promise<void> {
  let some: DeletedOrganization[] = []
  const write = async () => {
    await connection.writeDeletedOrganizations(some)
    some = []
  }
  for await (const each of deleted) if (some.push(each) >= thingsPerWriteMax) await write()
  await write()
}

async function* putsOf(snapshot: StoreSnapshot): AsyncGenerator<Change> {
  const { permissions, roles, roleSets, scopeKinds, scopeDefaults, settings } = snapshot.catalogue
  for (const each of permissions.values()) yield put('permission', each, null)
  for (const each of roles.values()) yield put('role', each, null)
  for (const each of roleSets.values()) yield put('role_set', each, null)
  for (const each of scopeKinds.values()) yield put('scope_kind', each, null)
  for (const each of scopeDefaults.values()) yield put('scope_default', each, null)
  if (settings.revision > 0) yield put('settings', settings, null)
  for (const each of snapshot.accessKeys) yield put('access_key', each, null)
  for await (const each of snapshot.organizations) yield put('organization', each, null)
  for await (const each of snapshot.assignments) yield put('assignment', each, null)
  for await (const each of snapshot.memberships) yield put('membership', each, null)
  for await (const each of snapshot.invitations) yield put('invitation', each, null)
}
