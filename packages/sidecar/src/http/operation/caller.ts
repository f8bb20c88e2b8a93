/** The caller. Every path below `/v1` needs a key; the actor is the name of the key, unless a header gives another. */

import type { IncomingHttpHeaders } from 'node:http'
import { limits } from '@rolesets/core'
import type { Acting } from '../../domain/acting.ts'
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

const actingHeader = 'x-rolesets-acting-user'
const policyHeader = 'x-rolesets-grant-policy'
const actingProblem = `The header ${actingHeader} must be the id of a user: 1 to ${limits.idCharactersMax} printable ASCII characters. For other ids, use gRPC.`
const policyProblem = `The header ${policyHeader} must be subset or any.`

/**
 * The user on whose behalf a write is made, and what this user may give. Where nothing is checked for a user, a caller must not
 * believe that it is.
 * @param isOnBehalf whether the operation can be made on behalf of a user
 * @throws ClerkFailure
 */
export function actingOf(headers: IncomingHttpHeaders, isOnBehalf: boolean): Acting {
  const [actingUserId, grantPolicy] = [headers[actingHeader], headers[policyHeader]]
  const given = actingUserId === undefined ? policyHeader : actingHeader
  if (!isOnBehalf && headers[given] !== undefined) {
    const message = `The header ${given} doesn't belong to this operation, which checks no user on whose behalf it is made. Leave it out.`
    throw failure('form_param_unknown', message, given)
  }
  if (actingUserId !== undefined && !isPrintable(actingUserId))
    throw failure('malformed_request_parameters', actingProblem, actingHeader)
  if (grantPolicy !== undefined && grantPolicy !== 'subset' && grantPolicy !== 'any')
    throw failure('malformed_request_parameters', policyProblem, policyHeader)
  return { actingUserId, grantPolicy }
}

/** Node reads other bytes of a header as other characters than the sender meant. */
function isPrintable(text: string | string[]): text is string {
  return typeof text === 'string' && text.length <= limits.idCharactersMax && /^[\x20-\x7e]*[\x21-\x7e]$/.test(text)
}
