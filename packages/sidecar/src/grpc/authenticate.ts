/**
 * Who gets in. On a Unix socket or a loopback address reading needs no key; anywhere else it does. Writing always needs
 * the secret key. A key that is given and isn't known is refused even where none is needed: it is a mistake that would
 * otherwise be found only later, elsewhere.
 */

import type { Metadata } from '@grpc/grpc-js'
import { actorProblem, parseActor } from '../domain/fields.ts'
import { Refusal } from '../domain/refusal.ts'
import { bearerKey, type Identify, type Identity } from '../service/key-ring.ts'
import { AccessError } from './access-error.ts'

/**
 * What a call does: anybody may ask for health, `read` doesn't change anything, `write` does. `confidential` reads what is
 * none of an application's business.
 */
export type Access = 'open' | 'read' | 'confidential' | 'write'

/** Lets a call in. @returns who it is; undefined: nobody who said so. @throws AccessError */
export type Admit = (metadata: Metadata, access: Access) => Identity | undefined

/** @param isLocal whether the listener is a Unix socket or on loopback; the address of the peer says nothing (proxies) */
export function createAdmit(identify: Identify, isLocal: boolean): Admit {
  return (metadata, access) => {
    if (access === 'open') return undefined
    const given = metadata.get('authorization')
    if (given.length === 0 && access === 'read' && isLocal) return undefined
    if (given.length === 0) throw new AccessError('key_required', keyMissing[access])
    const owner = given.length === 1 ? ownerOf(String(given[0]), identify) : undefined
    if (owner === undefined)
      throw new AccessError(
        'key_required',
        'This key is not known here. Send `authorization: Bearer <key>` with a key of this sidecar.',
      )
    if (access !== 'read' && owner.access !== 'secret')
      throw new AccessError('write_key_required', `${secretKeyNeeded[access]} Send a secret key.`)
    return owner
  }
}

/** The name that goes into the history of changes: what the caller says, or else the name of his key. */
export function actorOf({
  metadata,
  identity,
}: {
  readonly metadata: Metadata
  readonly identity: Identity | undefined
}): string {
  const given = metadata.get('x-rolesets-actor')
  if (given.length === 0 && identity !== undefined) return identity.name
  const name = given.length === 1 ? parseActor(String(given[0])) : undefined
  if (name !== undefined) return name
  throw new Refusal('invalid_field', actorProblem, { field: 'x-rolesets-actor' })
}

const keyMissing = {
  read: 'This address needs a key. Send `authorization: Bearer <key>` with a read key or a secret key.',
  confidential: 'This needs a secret key. Send it as `authorization: Bearer <key>`.',
  write: 'Writing needs a secret key. Send it as `authorization: Bearer <key>`.',
} as const

const secretKeyNeeded = {
  confidential: 'This key may read, but not this.',
  write: 'This key may read but not write.',
} as const

function ownerOf(authorization: string, identify: Identify): Identity | undefined {
  const key = bearerKey(authorization)
  return key === undefined ? undefined : identify(key)
}
