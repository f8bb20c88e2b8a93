/** Who calls: every path below `/v1` needs a key, and the name of the key is the actor unless a header names one. */

import type { IncomingHttpHeaders } from 'node:http'
import { limits } from '../../domain/limits.ts'
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
  const key = /^Bearer +([\x21-\x7e]+)$/i.exec(headers.authorization ?? '')?.[1]
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
  const max = limits.actorCharactersMax
  if (typeof given === 'string' && given.length <= max && /^[\x20-\x7e]*[\x21-\x7e][\x20-\x7e]*$/.test(given))
    return given.trim()
  throw new ClerkFailure(
    clerkError(
      'malformed_request_parameters',
      `x-rolesets-actor is no name. Give one name of 1 to ${max} printable ASCII characters.`,
      'x-rolesets-actor',
    ),
  )
}
