/**
 * The keys that open the API: those that the sidecar was started with, and those that are in the store. It follows the
 * store's feed, so a key works before the call that made it is answered, and a revoked key stops working in the tick in
 * which its revocation is published.
 */

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import { type AccessKey, type ChangeSet, editOf } from '@rolesets/core'
import type { AdoptedContent, Store } from '../storage/store.ts'

/** The owner of a key. */
export interface Identity {
  /** The actor of writes with this key, unless the caller gives another name. */
  readonly name: string
  readonly access: 'secret' | 'read'
  /** Aborted when the key is revoked: what it opened must end. Undefined: a key that can't be revoked. */
  readonly revoked: AbortSignal | undefined
}

/** The owner of a presented key; undefined: the key is unknown. */
export type Identify = (presented: string) => Identity | undefined

/** A key from the settings; its holder could read or replace the store itself, so it can't be revoked. */
interface BootstrapKey {
  /** No stored key can have this name, so that it is unambiguous. */
  readonly name: string
  readonly access: Identity['access']
  readonly key: string
}

export interface KeyRing {
  readonly identify: Identify
  /** Whether there is a key with this access now. */
  readonly has: (access: Identity['access']) => boolean
  /** Stops following the store. */
  readonly close: () => void
}

interface Entry {
  readonly identity: Identity
  readonly digest: Buffer
  readonly revoke: () => void
}

/** The key that a header `authorization` presents; undefined: none, or another scheme. */
export function bearerKey(authorization: string | undefined): string | undefined {
  return /^Bearer +([\x21-\x7e]+)$/i.exec(authorization ?? '')?.[1]
}

export async function openKeyRing(store: Store, bootstrap: readonly BootstrapKey[]): Promise<KeyRing> {
  const fixed = bootstrap.map(({ name, access, key }) => ({
    digest: digestOf(key),
    identity: { name, access, revoked: undefined },
  }))
  const stored = new Map<string, Entry>()
  let revision = 0

  function put(accessKey: AccessKey): void {
    const entry = stored.get(accessKey.id)
    if (accessKey.revokedAt === null) {
      if (entry === undefined) stored.set(accessKey.id, entryOf(accessKey))
      return
    }
    // The key stops working before its revocation is published.
    forget(accessKey.id)
  }

  function apply(changeSet: ChangeSet): void {
    if (changeSet.revision <= revision) return
    revision = changeSet.revision
    for (const change of changeSet.changes) {
      const accessKey = editOf(change, 'access_key')?.after
      if (accessKey) put(accessKey)
    }
  }

  // Subscribes before it reads: a change in between is seen twice and dropped by its number, never missed.
  const early: ChangeSet[] = []
  let take: (changeSet: ChangeSet) => void = (changeSet) => early.push(changeSet)
  const close = store.subscribe((changeSet) => take(changeSet), replace)
  const read = await store.read((reader) => reader.accessKeys())
  // What was replaced meanwhile is newer than what was read.
  if (take !== apply) replace({ revision: read.revision, accessKeys: read.value })
  for (const changeSet of early) apply(changeSet)

  /** These keys, and no others. */
  function replace(content: Pick<AdoptedContent, 'revision' | 'accessKeys'>): void {
    const known = new Set(content.accessKeys.map(({ id }) => id))
    for (const id of stored.keys()) if (!known.has(id)) forget(id)
    for (const accessKey of content.accessKeys) put(accessKey)
    revision = content.revision
    take = apply
  }

  function forget(id: string): void {
    const entry = stored.get(id)
    stored.delete(id)
    entry?.revoke()
  }

  return {
    identify: (presented) => {
      const digest = digestOf(presented)
      let found: Identity | undefined
      // Always compares all keys, so that the time shows nothing about the one that fits.
      for (const entries of [fixed, stored.values()])
        for (const { identity, ...key } of entries) found = timingSafeEqual(digest, key.digest) ? identity : found
      return found
    },
    has: (access) => [...fixed, ...stored.values()].some(({ identity }) => identity.access === access),
    close,
  }
}

/** With a prefix, so that people and scanners recognize a key that was leaked. */
export function newAccessKey(): string {
  return `rsk_${randomBytes(32).toString('base64url')}`
}

/** SHA-256. A key has 256 random bits, so there is nothing to guess and no need for a slow hash. */
export function digestOf(key: string): Buffer {
  return createHash('sha256').update(key).digest()
}

function entryOf({ name, access, digest }: AccessKey): Entry {
  const controller = new AbortController()
  // Every stream that the key opened listens, so many listeners are not a leak.
  setMaxListeners(0, controller.signal)
  const identity = { name, access, revoked: controller.signal }
  return { identity, digest: Buffer.from(digest, 'hex'), revoke: () => controller.abort() }
}
