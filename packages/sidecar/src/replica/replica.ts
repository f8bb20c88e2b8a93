/**
 * A replica follows an authority into its own store. Everything above the store answers from there, as on the authority;
 * only the freshness of what it answers from has another source.
 */

import { parseRevision, type Revision } from '@rolesets/core'
import { Follower, systemClock, type Alive, type ClientEvent, type Clock } from '@rolesets/client/feed'
import type { DataSource } from '../service/freshness.ts'
import { upstreamBookmark, type Store } from '../storage/store.ts'
import type { Upstream } from './dial.ts'
import { storeSink } from './store-sink.ts'

export interface ReplicaOptions {
  readonly store: Store
  readonly upstream: Pick<Upstream, 'target' | 'transport'>
  /** How this sidecar treats organizations that it doesn't know. The authority must treat them in the same way. */
  readonly unknownOrganizationsDenied: boolean
  /** Default: the system's. */
  readonly clock?: Clock
  readonly onEvent: (event: ReplicaEvent) => void
}

export type ReplicaEvent =
  /** The feed is up. */
  | { readonly kind: 'connected' }
  /** The feed broke off, or couldn't be had. It is tried again for ever. */
  | { readonly kind: 'disconnected'; readonly why: string }
  /** What the store has can't go on: a snapshot of the authority replaces it. */
  | { readonly kind: 'started_over'; readonly why: string }
  | { readonly kind: 'snapshot'; readonly revision: string }
  /** Up to date with the authority; reported once after each connection. */
  | { readonly kind: 'caught_up'; readonly revision: string }
  /** The authority treats unknown organizations in another way. No decision is made until the settings agree. */
  | { readonly kind: 'settings_differ'; readonly unknownOrganizationsDenied: boolean }

export interface Replica {
  readonly source: DataSource
  /** Begins to follow. */
  start(): void
  /** Settles when nothing is written into the store any more. */
  close(): Promise<void>
}

export async function openReplica({
  store,
  upstream,
  clock = systemClock,
  ...options
}: ReplicaOptions): Promise<Replica> {
  const { onEvent, unknownOrganizationsDenied } = options
  const after = await cursorOf(store)
  const sink = storeSink(store)
  /** When the store was up to date for certain, on this clock; undefined: never, or not any more. */
  let provenAtMs: number | undefined
  let isReported = false
  let follower: Follower | undefined

  function prove({ revision, sentAtLeastMs, stalenessMs, ...alive }: Alive): void {
    const differs = (alive.unknownOrganizationsDenied ?? unknownOrganizationsDenied) !== unknownOrganizationsDenied
    provenAtMs = differs ? undefined : Math.max(provenAtMs ?? -Infinity, sentAtLeastMs - stalenessMs)
    if (isReported) return
    isReported = true
    if (differs) onEvent({ kind: 'settings_differ', unknownOrganizationsDenied: !unknownOrganizationsDenied })
    else onEvent({ kind: 'caught_up', revision: store.lineage.textOf(revision.number) })
  }

  function hear(event: ClientEvent): void {
    switch (event.type) {
      case 'connected':
        isReported = false
        return onEvent({ kind: 'connected' })
      case 'disconnected':
        return onEvent({ kind: 'disconnected', why: event.error.message })
      case 'gap':
        return
      case 'started_over':
        provenAtMs = undefined
        return onEvent({ kind: 'started_over', why: event.error.message })
      case 'snapshot':
        return onEvent({ kind: 'snapshot', revision: event.revision })
    }
  }

  return {
    source: {
      role: 'replica',
      stalenessMs: () => (provenAtMs === undefined ? Infinity : Math.max(0, clock.nowMs() - provenAtMs)),
    },
    start() {
      follower ??= new Follower({
        transport: upstream.transport,
        clock,
        sink: { ...sink, prove },
        random: Math.random,
        after,
        snapshotScope: 'PLACES',
        includeRecord: true,
        onEvent: hear,
      })
    },
    async close() {
      sink.close()
      await follower?.close()
    },
  }
}

/** Where the store goes on; undefined: it has nothing yet. */
async function cursorOf(store: Store): Promise<Revision | undefined> {
  if ((await store.bookmark(upstreamBookmark)) === undefined) return undefined
  return parseRevision(store.lineage.textOf(store.head))
}
