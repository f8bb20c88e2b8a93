/** Replaces the whole content of a storage by a snapshot of another one, within one transaction. */

import { AppendError, StoreError, type SealedRecord, type SnapshotPart, type StoreSnapshot } from '../store.ts'
import type { State } from './catalogues.ts'
import type { EngineConnection, Position } from './connection.ts'
import type { Holds } from '../options.ts'
import { heldOf } from './held.ts'
import { changesOf } from '../record.ts'
import { sealOf } from './seal.ts'

export interface Adopted {
  readonly snapshot: StoreSnapshot
  /** The name of the other store. */
  readonly epoch: string
}

/** @returns the state that the storage has afterwards */
export async function adopt(connection: EngineConnection, { snapshot, epoch }: Adopted, holds: Holds): Promise<State> {
  const { revision, seal, committedAt, timelines } = snapshot
  let position: Position = { epoch, revision, seal, committedAt }
  await connection.clear(position)
  for await (const part of snapshot.parts) position = await write(connection, part, { position, holds })
  await connection.moveTo(position)
  for (const timeline of timelines) await connection.writeTimeline(timeline)
  await connection.settleBase(await connection.beginBase(), 'adoption')
  return { ...position, timelines, catalogue: await connection.catalogue() }
}

interface Writing {
  readonly position: Position
  readonly holds: Holds
}

/** @returns the position after the part */
async function write(
  connection: EngineConnection,
  part: SnapshotPart,
  { position, holds }: Writing,
): Promise<Position> {
  switch (part.kind) {
    case 'things': {
      const { revision } = position
      // Each thing keeps its own stamp: revision and time matter only to set-wide changes.
      await connection.writeChanges(heldOf(part.changes, holds).map((change) => ({ change, revision, at: 0 })))
      return position
    }
    case 'retired_permissions':
      await connection.writeRetiredPermissions(part.retired)
      return position
    case 'deleted_organizations':
      await connection.writeDeletedOrganizations(part.deleted)
      return position
    case 'change_set': {
      const next = follow(position, part.changeSet)
      const { revision, committedAt: at } = next
      const changes = heldOf(changesOf(part.changeSet.record), holds)
      await connection.writeChanges(changes.map((change) => ({ change, revision, at })))
      return next
    }
  }
}

/** @throws StoreError when the snapshot has no such next change set */
function follow(position: Position, { seal, ...sealable }: SealedRecord): Position {
  const { revision, committedAt } = sealable
  const isNext = revision === position.revision + 1 && sealOf(position.seal, sealable) === seal
  if (isNext) return { ...position, revision, committedAt, seal }
  const message = `The snapshot has a change set of revision ${revision} that doesn't follow revision ${position.revision}.`
  throw new StoreError('failed', `${message} Take another snapshot.`, {
    cause: new AppendError('not_sealed', message),
  })
}
