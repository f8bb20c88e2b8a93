/** The messages of the feed, parsed. A malformed one ends its stream, and the next stream resumes from the cursor. */

import { formatRevision } from '@rolesets/core'
import { fieldsOf, malformed, number, objectOf, revision } from '../wire/reading.ts'
import { readHeartbeat, readSnapshotChunk, type Heartbeat, type SnapshotChunk } from '../wire/transport.ts'
import { readChangeSet, type ChangeSet } from './changes.ts'

const what = 'a message of the feed'
const readEnvelope = objectOf(what, { revision, sentAtMs: number })
type Envelope = ReturnType<typeof readEnvelope>

export type FeedMessage =
  | (Envelope & { readonly kind: 'snapshot_chunk'; readonly chunk: SnapshotChunk })
  | (Envelope & { readonly kind: 'change_set'; readonly changeSet: ChangeSet })
  | (Envelope & { readonly kind: 'heartbeat'; readonly heartbeat: Heartbeat })

export function parseFeedMessage(message: unknown): FeedMessage {
  const envelope = readEnvelope(message)
  const { heartbeat, snapshotChunk, changeSet } = fieldsOf(message, what)
  if (heartbeat) return { ...envelope, kind: 'heartbeat', heartbeat: readHeartbeat(heartbeat) }
  if (snapshotChunk) return { ...envelope, kind: 'snapshot_chunk', chunk: readSnapshotChunk(snapshotChunk) }
  if (!changeSet) throw malformed(`${what} carries nothing`)
  const parsed = readChangeSet(changeSet)
  if (parsed.revision !== formatRevision(envelope.revision)) throw malformed('a change set has two revisions')
  return { ...envelope, kind: 'change_set', changeSet: parsed }
}
