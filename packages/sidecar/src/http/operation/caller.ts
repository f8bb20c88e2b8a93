/** Who calls: every path below `/v1` needs a key, and the name of the key is the actor unless a header names one. */

import type { IncomingHttpHeaders } from 'node:http'
import { actorProblem, parseActor } from '../../domain/fields.ts'
import { bearerKey } from '../../service/key-ring.ts'
import { clerkError, ClerkFailure } from './envelope.ts'

export interface Caller {
  /** The name of the key. */
  readonly name: string
  readonly access: 'secret' | 'read'
}

/** Whose a presented key is; undefined: nobody's. */
export type Identify = (presented: string) => Caller | undefined

/** @throws ClerkFailure */
export function identifyCaller(headers: IncomingHttpHeaders, identify: Identify): Caller {
  const key = bearerKey(headers.authorization)
  if (key === undefined)
    throw new ClerkFailure(
      clerkError('authorization_header_format_invalid', 'Send the secret key as `Authorization: Bearer <key>`.'),
    )
  const caller = identify(key)
  if (caller !== undefined) return caller
  throw new ClerkFailure(
    clerkError('clerk_key_invalid', 'This key is not known here, or was revoked. Send a key of this sidecar.'),
  )
}

/** @throws ClerkFailure */
export function checkAccess(caller: Caller, wanted: 'secret' | 'read'): void {
  if (wanted === 'read' || caller.access === 'secret') return
  throw new ClerkFailure(
    clerkError('authorization_invalid', 'This key may only read. Send a secret key for writes and for the audit.'),
  )
}

/** The name that goes into the history of changes. @throws ClerkFailure */
export function actorOf(headers: IncomingHttpHeaders, caller: Caller): string {
  const given = headers['x-rolesets-actor']
  if (given === undefined) return caller.name
  const name = typeof given === 'string' ? parseActor(given) : undefined
  if (name !== undefined) return name
  throw new ClerkFailure(clerkError('malformed_request_parameters', actorProblem, 'x-rolesets-actor'))
}
