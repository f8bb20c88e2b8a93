/**
 * Which callers are admitted. On a Unix socket or a loopback address, questions about roles and the catalogue need no key;
 * what is about people, and everything on any other address, needs one. Writing always needs the secret key. An unknown key is
 * rejected even where none is needed, so that the mistake is found at once.
 */

import type { Metadata } from '@grpc/grpc-js'
import { actorProblem, parseActor } from '../domain/fields.ts'
import { Refusal } from '../domain/refusal.ts'
import { bearerKey, type Identify, type Identity } from '../service/key-ring.ts'
import { AccessError } from './access-error.ts'

/**
 * What a call needs: `open` nothing (health), `read` a key on listeners beyond this machine, `personal` a key on every
 * listener (members, invitations, what happened in the past), `member` the same, but where a setting makes it a `read`
 * (what one user holds), `write` the secret key. `confidential` reads what applications must not see and needs the secret
 * key, too. `preview` is a write that a key which may only read can ask for as a dry run: it needs a key on every
 * listener, and `checkMayWrite` where it is not a dry run. Where nobody can write, both are let in without a key on this
 * machine, to be told so: see `isWithoutWriters`.
 */
export type Access = 'open' | 'read' | 'member' | 'personal' | 'confidential' | 'write' | 'preview'

/** Admits a call. @returns the owner of its key; undefined: an anonymous caller. @throws AccessError */
export type Admit = (metadata: Metadata, access: Access) => Identity | undefined

export interface Admission {
  /** Whether the listener is a Unix socket or on loopback; the address of the peer says nothing (proxies). */
  readonly isLocal: boolean
  /** The setting ROLESETS_MEMBERS_WITHOUT_KEY. */
  readonly membersWithoutKey: boolean
  /**
   * The sidecar is read-only, and there is no key with which anybody could write. Then a local caller without a key hears
   * that it is read-only, because no key would help.
   */
  readonly isWithoutWriters: () => boolean
}

export function createAdmit(identify: Identify, admission: Admission): Admit {
  const isOpenHere = openAccessesOf(admission)
  return (metadata, access) => {
    if (access === 'open') return undefined
    const given = metadata.get('authorization')
    if (given.length === 0) {
      if (isOpenHere(access)) return undefined
      throw new AccessError('key_required', keyMissing[access])
    }
    const owner = given.length === 1 ? ownerOf(String(given[0]), identify) : undefined
    if (owner === undefined)
      throw new AccessError(
        'key_required',
        'Rejected: no valid key. Send `authorization: Bearer <key>` with a key of this sidecar.',
      )
    if ((access === 'confidential' || access === 'write') && owner.access !== 'secret')
      throw new AccessError('write_key_required', `${secretKeyNeeded[access]} Send a secret key.`)
    return owner
  }
}

function openAccessesOf({ isLocal, membersWithoutKey, isWithoutWriters }: Admission): (access: Access) => boolean {
  return (access) => {
    if (!isLocal) return false
    if (access === 'write' || access === 'preview') return isWithoutWriters()
    return access === 'read' || (access === 'member' && membersWithoutKey)
  }
}

/** For a dry run of a caller without a key. @throws AccessError unless it is a preview, and these need no key here */
export function checkMayAskWithoutKey(access: 'write' | 'preview', previewsWithoutKey: boolean): void {
  if (access !== 'preview' || !previewsWithoutKey) throw new AccessError('key_required', keyMissing[access])
}

/** For a call that was admitted as a `preview`, and is none. @throws AccessError */
export function checkMayWrite(owner: Identity | undefined): void {
  if (owner?.access !== 'secret')
    throw new AccessError('write_key_required', `${secretKeyNeeded.write} Send a secret key.`)
}

/** Who was admitted: the metadata of a call is the same object until its end. */
const callers = new WeakMap<Metadata, { readonly identity: Identity | undefined }>()

export function rememberCaller(metadata: Metadata, identity: Identity | undefined): void {
  callers.set(metadata, { identity })
}

/** @returns undefined: an anonymous caller */
export function rememberedCaller(metadata: Metadata): Identity | undefined {
  const caller = callers.get(metadata)
  if (caller === undefined) throw new Error('The call reached its handler without having been admitted.')
  return caller.identity
}

/** The name that goes into the history of changes: the one that the caller gives, or else the name of its key. */
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
  read: 'This listener needs a key. Send `authorization: Bearer <key>` with a read key or a secret key.',
  personal:
    'Members, invitations and the past need a key on every listener. Send `authorization: Bearer <key>` with a read key or a secret key.',
  member:
    'What a user holds needs a key on every listener, unless ROLESETS_MEMBERS_WITHOUT_KEY is set for a Unix socket or loopback. Send `authorization: Bearer <key>` with a read key or a secret key.',
  confidential: 'This call needs a secret key. Send it as `authorization: Bearer <key>`.',
  write: 'Writing needs a secret key. Send it as `authorization: Bearer <key>`.',
  preview:
    'This call needs a key on every listener. Send `authorization: Bearer <key>` with a secret key, or with a read key for a dry run.',
} as const

const secretKeyNeeded = {
  confidential: 'A read key is not enough for this call.',
  write: 'A read key is not enough for writing.',
} as const

function ownerOf(authorization: string, identify: Identify): Identity | undefined {
  const key = bearerKey(authorization)
  return key === undefined ? undefined : identify(key)
}
