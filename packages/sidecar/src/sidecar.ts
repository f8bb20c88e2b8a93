/**
 * Assembles the sidecar from the inside out: store, keys, service, HTTP, gRPC. Closing goes in the reverse order, and
 * so does an opening that fails half-way.
 */

import type { Config } from './config.ts'
import { openCertificates } from './certificates.ts'
import { openDeclared } from './declared/open-declared.ts'
import { openGrpcServers } from './grpc/server.ts'
import { Measurements } from './http/measurements.ts'
import type { HttpServer } from './http/listener.ts'
import { MetricsPage } from './http/metrics-page.ts'
import { openProbeServer } from './http/probe-server.ts'
import { openHttpServer, type HttpOptions } from './http/server.ts'
import { openKeys } from './keys.ts'
import { createLog, type Log } from './logging.ts'
import { Readiness } from './readiness.ts'
import { Redaction } from './redaction.ts'
import { dial } from './replica/dial.ts'
import { checkAuthorityFile, openReplicaStore } from './replica/own-file.ts'
import { openReplica } from './replica/replica.ts'
import {
  failedOver,
  firstSourceOf,
  metricsSourceOf,
  noteReplicaEvent,
  noteStoreEvent,
  observerOf,
  readinessLog,
} from './reporting.ts'
import { openCompaction } from './service/compaction.ts'
import type { Freshness } from './service/freshness.ts'
import { openKeyRing, type KeyRing } from './service/key-ring.ts'
import { createNewId } from './service/new-id.ts'
import type { ReadOnly } from './service/operations/read-only.ts'
import { openService } from './service/service.ts'
import { openStore } from './storage/open.ts'
import type { StoreEvent } from './storage/options.ts'
import type { Store } from './storage/store.ts'

export interface Sidecar extends AsyncDisposable {
  /** With the real ports: `127.0.0.1:7450`, `unix:<path>`. */
  readonly grpc: readonly string[]
  /** Undefined: off. */
  readonly http: string | undefined
  /** The listener for probes. Undefined: there is none. */
  readonly probe: string | undefined
  readonly role: Freshness['role']
  /** Settles when nothing is waited for any more, or when the sidecar is closed. @returns whether it is ready */
  whenReady(): Promise<boolean>
  /** Takes no new calls, finishes what runs within the grace, closes the store. Idempotent. */
  close(): Promise<void>
}

export interface SidecarOptions {
  /** Default: JSON lines on stderr, of the level of the configuration. */
  readonly log?: Log
  /** For what waits from the beginning. Default: a new one. */
  readonly readiness?: Readiness
  /** Ends an opening that isn't finished: what is open is closed, and the reason of the signal is thrown. */
  readonly signal?: AbortSignal
  /** Unix milliseconds: says when invitations and memberships are over. Default: the clock of this machine. */
  readonly now?: () => number
}

/**
 * Settles when the sidecar listens. It may still wait for something before it answers: `whenReady`.
 *
 * @throws StoreError, KeyFileError, CertificateError or ListenError, each with a `code` and a sentence
 * that says what to do
 */
export async function openSidecar(config: Config, options: SidecarOptions = {}): Promise<Sidecar> {
  const log = options.log ?? createLog({ level: config.logLevel, redaction: redactionOf(config) })
  const { readiness = new Readiness(), signal, now = Date.now } = options
  const closers: (() => Promise<void> | void)[] = []
  const closeAll = async () => {
    readiness.stop()
    for (let close = closers.pop(); close !== undefined; close = closers.pop()) await close()
  }
  try {
    return await assemble(config, { log, readiness, signal, now, closers, closeAll })
  } catch (error) {
    await closeAll()
    signal?.throwIfAborted()
    throw error
  }
}

function redactionOf({ secretKey, readKey }: Config): Redaction {
  const redaction = new Redaction()
  for (const key of [secretKey, readKey]) redaction.hide(key)
  return redaction
}

interface Assembly {
  readonly log: Log
  readonly readiness: Readiness
  readonly signal: AbortSignal | undefined
  readonly now: () => number
  /** The last one opened is the first one closed. */
  readonly closers: (() => Promise<void> | void)[]
  readonly closeAll: () => Promise<void>
}

async function assemble(
  config: Config,
  { log, readiness, signal, now, closers, closeAll }: Assembly,
): Promise<Sidecar> {
  const measurements = new Measurements()
  const metrics = new MetricsPage(measurements, firstSourceOf(config, readiness))
  const opening = readiness.waitFor('store', storeOpening)
  const probe = await openProbes(config, { readiness, metrics, log })
  closers.push(async () => probe?.close())

  const store = await openOwnStore(config, { signal, measurements, readiness, log })
  closers.push(() => store.close())
  signal?.throwIfAborted()
  const bootstrapKeys = await openKeys(config, log)
  const certificates = config.tls === undefined ? undefined : await openCertificates(config.tls, log)
  closers.push(() => certificates?.close())
  closers.push(
    store.subscribe(({ revision, operation, actor, changes }) => {
      measurements.published(revision)
      log.committed({ revision, operation, actor, changes: changes.length })
    }),
  )
  const { unknownOrganizations, maxStalenessMs } = config
  const settings = { unknownOrganizations, maxStalenessMs, readOnly: readOnlyOf(config) }
  const followed = await openFollowed(config, { store, readiness, log })
  closers.push(async () => followed?.close())
  const { source, upstream: passing } = followed ?? {}
  const service = await openService({ store, ...settings, ...(source && { source }), now, newId: createNewId(now) })
  closers.push(() => service.close())
  const keys = await openKeyRing(store, bootstrapKeys)
  const { identify } = keys
  closers.push(keys.close)
  const { freshness } = service
  readiness.start(() => freshness.isFresh)
  const mode = config.readOnly ? { read_only: true as const } : {}
  readiness.show('read_only', () => mode.read_only)
  const compaction = openCompaction(store, config, log)
  closers.push(compaction.stop)
  const declared = openDeclared(config, { store, administration: service.administration, readiness, log })
  closers.push(() => declared?.close())

  const parts = { store, service, compaction, identify, certificates, measurements, metrics, readiness, log }
  metrics.open(metricsSourceOf(config, { ...parts, declared }))
  const http = await openHttp(config, parts)
  closers.push(async () => http?.close())
  const observer = observerOf(measurements, log)
  const waitingText = () => readiness.waitingText
  const { grpcListen: listen, membersWithoutKey } = config
  const callers = { identify, membersWithoutKey, ...withoutKeys(config, keys) }
  const grpc = await openGrpcServers({ listen, service, passing, ...callers, waitingText, certificates, observer })
  closers.push(async () => {
    log.stopping()
    if (!(await grpc.stop(config.shutdownGraceMs))) log.graceOver()
  })
  const showHealth = () => {
    grpc.setServing(readiness.isReady)
    grpc.setWritable(readiness.isWritable)
  }
  closers.push(readiness.subscribe(showHealth))

  const addresses = { grpc: grpc.addresses, http: http?.address, probe: probe?.address }
  const shown = () => ({ ...addresses, http: http?.address ?? null, epoch: store.epoch, head: store.head, ...mode })
  closers.push(readiness.subscribe(readinessLog(readiness, { log, shown })))
  followed?.start()
  opening.over()
  let closing: Promise<void> | undefined
  const close = () => (closing ??= closeAll().then(() => log.stopped()))
  const whenReady = () => readiness.whenReady()
  return { ...addresses, role: freshness.role, whenReady, close, [Symbol.asyncDispose]: close }
}

/** A sidecar whose state is declared may have no key at all. What it would refuse for a key that doesn't exist, it decides without one. */
function withoutKeys({ readOnly, database }: Config, { has }: Pick<KeyRing, 'has'>) {
  const isWithoutWriters = () => readOnly && !has('secret')
  // A read-only store in memory never has members, so what a plan says about them is nothing.
  return {
    isWithoutWriters,
    previewsWithoutKey: () => isWithoutWriters() && !has('read') && database === 'sqlite::memory:',
  }
}

const storeOpening =
  'It is being opened, which takes a while if it is large or an older version wrote it. Nothing has to be done.'

function readOnlyOf({ readOnly, manifest }: Config): ReadOnly | undefined {
  return readOnly ? { declaredIn: manifest?.path } : undefined
}

interface OpeningParts {
  readonly signal: AbortSignal | undefined
  readonly measurements: Measurements
  readonly readiness: Readiness
  readonly log: Log
}

/** The store of an authority, or the copy of a replica: one is never taken for the other. */
async function openOwnStore(config: Config, { signal, ...parts }: OpeningParts): Promise<Store> {
  const { database, databasePath: path, upstream } = config
  const onEvent = (event: StoreEvent) => noteStoreEvent(event, parts)
  if (upstream === undefined) {
    const store = await openStore(database, { signal, onEvent })
    try {
      await checkAuthorityFile(path, store)
      return store
    } catch (error) {
      await store.close()
      throw error
    }
  }
  const open = async () => openStore(database, { signal, onEvent, holds: 'places' })
  return openReplicaStore({ path, open, onDiscarded: parts.log.replicaDiscarded })
}

interface FollowingParts {
  readonly store: Store
  readonly readiness: Readiness
  readonly log: Log
}

/** What a replica follows, and passes calls on to. It is waited for until the store was up to date once. */
async function openFollowed(config: Config, { store, readiness, log }: FollowingParts) {
  if (config.upstream === undefined) return undefined
  const upstream = dial(config.upstream)
  const waiting = readiness.waitFor('authority', `The authority at ${upstream.target} hasn't answered yet.`)
  const replica = await openReplica({
    ...{ store, upstream, unknownOrganizationsDenied: config.unknownOrganizations === 'deny' },
    onEvent: (event) => noteReplicaEvent(event, { target: upstream.target, waiting, log }),
  })
  const close = async () => {
    await replica.close()
    upstream.close()
  }
  return { upstream, source: replica.source, start: () => replica.start(), close }
}

interface HttpParts extends Pick<HttpOptions, 'service' | 'identify' | 'certificates' | 'measurements' | 'metrics'> {
  readonly readiness: Readiness
  readonly log: Log
}

async function openHttp(config: Config, { log, ...parts }: HttpParts): Promise<HttpServer | undefined> {
  const { httpListen, httpHosts: furtherHosts, httpDefaultVersion: defaultVersion } = config
  if (httpListen === undefined) return undefined
  const { service, identify, certificates, measurements, metrics, readiness } = parts
  return openHttpServer({
    ...{ listen: httpListen, furtherHosts, defaultVersion, failed: failedOver(log) },
    ...{ service, identify, certificates, measurements, metrics, readiness },
    passedOnTo: config.upstream && { authority: config.upstream.http },
  })
}

async function openProbes(
  { probeListen: listen, probeMetrics }: Config,
  { readiness, metrics, log }: Pick<HttpParts, 'readiness' | 'metrics' | 'log'>,
): Promise<HttpServer | undefined> {
  if (listen === undefined) return undefined
  return openProbeServer({ listen, readiness, metrics: probeMetrics ? metrics : undefined, failed: failedOver(log) })
}
