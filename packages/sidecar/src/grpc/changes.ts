/**
 * The service `Changes`. A message is stamped when it is handed to the stream, so a consumer sees how long it was on its
 * way. While the network takes nothing, at most one heartbeat waits: a second one would say nothing more.
 */

import type { ChangesHandlers, SnapshotScope__Output, WatchRequest__Output, WatchResponse } from '@rolesets/proto'
import type { Changes, WatchRequest } from '../service/changes.ts'
import { Refusal } from '../domain/refusal.ts'
import { ServiceError } from '../service/service-error.ts'
import { AccessError } from './access-error.ts'
import { serverStream, type Endpoint, type StreamCall } from './handler.ts'
import { FeedMessages, type FeedView } from './feed-messages.ts'
import { valueOf } from './requests.ts'
import { failureOf } from './status.ts'

interface ChangesOptions {
  readonly changes: Changes
  readonly unknownOrganizationsDenied: boolean
}

export function changesHandlers(
  { changes, unknownOrganizationsDenied }: ChangesOptions,
  endpoint: Endpoint,
): ChangesHandlers {
  const messages = new FeedMessages(unknownOrganizationsDenied)
  return {
    Watch: serverStream(endpoint, 'read', (request: WatchRequest__Output, call) =>
      watch(changes, {
        messages,
        endpoint,
        call,
        request: { after: request.after, snapshotScope: scopeOf(request) },
        view: viewOf(request, call),
      }),
    ),
  }
}

interface Watching {
  readonly messages: FeedMessages
  readonly endpoint: Endpoint
  readonly call: StreamCall
  readonly request: WatchRequest
  readonly view: FeedView
}

async function* watch(
  changes: Changes,
  { messages, endpoint, call, request, view }: Watching,
): AsyncGenerator<WatchResponse, void, undefined> {
  const watcher = endpoint.observer.watcherOpened()
  let sinceHeartbeat = 0
  let reason = 'CALL_CANCELLED'
  try {
    const followed = changes.watch(request, { signal: call.signal, onTooSlow: (error) => call.end(error) })
    for await (const message of followed) {
      const isHeartbeatInLine = sinceHeartbeat > 0 && call.backlog() >= sinceHeartbeat
      if (message.kind !== 'heartbeat') sinceHeartbeat += sinceHeartbeat > 0 ? 1 : 0
      else if (isHeartbeatInLine) continue
      else sinceHeartbeat = 1
      if (message.kind === 'change_set') watcher.handed(message.changeSet.revision)
      yield messages.message(message, { sentAtMs: Math.floor(performance.now()), view })
    }
  } catch (error) {
    reason = failureOf(error).reason
    throw error
  } finally {
    // When the consumer stops reading, the generator is ended from outside; the signal has the reason.
    const { reason: why } = call.signal as { reason: unknown }
    if (why instanceof ServiceError || why instanceof AccessError) reason = failureOf(why).reason
    watcher.ended(reason)
  }
}

/** @throws AccessError where the record is asked for without a key */
function viewOf({ includeRecord }: WatchRequest__Output, { identity }: StreamCall): FeedView {
  if (identity !== undefined) return includeRecord ? 'recorded' : 'keyed'
  if (!includeRecord) return 'anonymous'
  throw new AccessError(
    'key_required',
    'The record needs a key on every listener. Send `authorization: Bearer <key>`, or leave include_record out.',
  )
}

const scopes = {
  SNAPSHOT_SCOPE_UNSPECIFIED: 'catalogue',
  CATALOGUE: 'catalogue',
  CATALOGUE_AND_ORGANIZATIONS: 'catalogue_and_organizations',
  PLACES: 'places',
} as const satisfies Record<SnapshotScope__Output, WatchRequest['snapshotScope']>

function scopeOf({ snapshotScope, includeRecord }: WatchRequest__Output): WatchRequest['snapshotScope'] {
  const must = 'It must be CATALOGUE, CATALOGUE_AND_ORGANIZATIONS or PLACES.'
  const scope = valueOf(scopes, snapshotScope, { field: 'snapshot_scope', must })
  if (scope !== 'places' || includeRecord) return scope
  const message = 'A snapshot of PLACES has records. Set include_record, or ask for another snapshot_scope.'
  throw new Refusal('invalid_field', message, { field: 'include_record' })
}
