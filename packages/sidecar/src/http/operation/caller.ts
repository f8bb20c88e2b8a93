/** The caller. Every path below `/v1` needs a key; the actor is the name of the key, unless a header gives another. */

import type { IncomingHttpHeaders } from 'node:http'
import { actorProblem, parseActor } from '../../domain/fields.ts'
import { bearerKey, type Identify, type Identity } from '../../service/key-ring.ts'
import { failure } from './envelope.ts'

/** @throws ClerkFailure */
export function identifyCaller(headers: IncomingHttpHeaders, identify: Identify): Identity {
  const key = bearerKey(headers.authorization)
  if (key === undefined)
    throw failure('authorization_header_format_invalid', 'Send the secret key as `Authorization: Bearer <key>`.')
  const caller = identify(key)
  if (caller !== undefined) return caller
  throw failure('clerk_key_invalid', 'This key is unknown or revoked. Send a valid key of this sidecar.')
}

/** @throws ClerkFailure */
export function checkAccess(caller: Identity, wanted: 'secret' | 'read'): void {
  if (wanted === 'read' || caller.access === 'secret') return
  throw failure('authorization_invalid', 'This is a read key. Send a secret key for writes and for the audit.')
}

/** The actor in the history of changes. @throws ClerkFailure */
export function actorOf(headers: IncomingHttpHeaders, caller: Identity): string {
  const given = headers['x-rolesets-actor']
  if (given === undefined) return caller.name
  const name = typeof given === 'string' ? parseActor(given) : undefined
  if (name !== undefined) return name
  throw failure('malformed_request_parameters', actorProblem, 'x-rolesets-actor')
}
