/** Replaces the whole content of a storage by a snapshot of another one, within one transaction. */

import type { Change } from '../../domain/change.ts'
import type { Snapshot } from '../store.ts'
import type { State } from './catalogues.ts'
import type { EngineConnection } from './connection.ts'

const thingsPerWriteMax = 500

/** @returns the state that the storage has afterwards */
export async function adopt(connection: EngineConnection, snapshot: Snapshot, epoch: string): Promise<State> {
  const { revision, seal } = snapshot
  await connection.clear({ epoch, revision, seal })
  let changes: Change[] = []
  const write = async () => {
    // Each thing keeps its own stamp: revision and time matter only to set-wide changes.
    await connection.writeChanges(changes.map((change) => ({ change, revision, at: 0 })))
    changes = []
  }
  for await (const change of putsOf(snapshot)) if (changes.push(change) >= thingsPerWriteMax) await write()
  await write()
  return { epoch, revision, seal, catalogue: await connection.catalogue() }
}

async function* putsOf(snapshot: Snapshot): AsyncGenerator<Change> {
  const { permissions, roles, roleSets, settings } = snapshot.catalogue
  const before = null
  for (const permission of permissions.values()) yield { kind: 'permission_put', permission, before }
  for (const role of roles.values()) yield { kind: 'role_put', role, before }
  for (const roleSet of roleSets.values()) yield { kind: 'role_set_put', roleSet, before }
  if (settings.revision > 0) yield { kind: 'settings_put', settings, before: settings }
  for (const accessKey of snapshot.accessKeys) yield { kind: 'access_key_put', accessKey, before }
  for await (const organization of snapshot.organizations) yield { kind: 'organization_put', organization, before }
  for await (const membership of snapshot.memberships) yield { kind: 'membership_put', membership, before }
  for await (const invitation of snapshot.invitations) yield { kind: 'invitation_put', invitation, before }
}
