/** What the parts of the sidecar report, and to whom: to the log, the metrics and the probes. */

import type { CertificateWatch } from './certificates.ts'
import type { Config } from './config.ts'
import type { Declared } from './declared/open-declared.ts'
import type { GrpcObserver } from './grpc/observer.ts'
import type { Measurements } from './http/measurements.ts'
import type { StateSource } from './http/metrics-source.ts'
import type { Log } from './logging.ts'
import type { HealthFacts, Readiness, Wait } from './readiness.ts'
import type { ReplicaEvent } from './replica/replica.ts'
import type { Compaction } from './service/compaction.ts'
import type { Service } from './service/service.ts'
import { asTold, ServiceError, type StoreError } from './service/service-error.ts'
import type { StoreEvent } from './storage/options.ts'
import type { Store } from './storage/store.ts'

interface ReadinessReport {
  readonly log: Log
  readonly shown: () => Parameters<Log['listening']>[0]
}

/** What the sidecar waits for is logged once for each reason, and so is that it is ready. */
export function readinessLog(readiness: Readiness, { log, shown }: ReadinessReport): () => void {
  let told: string | undefined = ''
  return () => {
    const { waitingText, isStopping } = readiness
    if (isStopping || waitingText === told) return
    told = waitingText
    if (waitingText === undefined) log.listening(shown())
    else log.waiting(waitingText, { ...shown(), waiting_for: readiness.waitingFor }, readiness.isHeldUp)
  }
}

interface MetricsParts {
  readonly store: Store
  readonly service: Service
  readonly compaction: Compaction
  readonly declared: Declared | undefined
  readonly certificates: CertificateWatch | undefined
  readonly readiness: Readiness
}

/** What the metrics show while the store is being opened. */
export function firstSourceOf({ readOnly }: Config, readiness: Readiness): StateSource {
  return { health: () => readiness.facts(), readOnly }
}

/** What the metrics show of the other rooms. */
export function metricsSourceOf(config: Config, parts: MetricsParts): StateSource {
  const { store, service, compaction, declared, certificates, readiness } = parts
  const { readModel, freshness } = service
  const limits = { countMax: config.historyMaxCount, ageMsMax: config.historyMaxAgeMs }
  return {
    ...firstSourceOf(config, readiness),
    headRevision: () => readModel.revision,
    stalenessMs: () => freshness.stalenessMs,
    cache: () => readModel.statistics,
    diskUsage: () => store.diskUsage(),
    history: () => ({ ...limits, ...compaction.facts() }),
    manifest: declared && (() => declared.measurements),
    certificateValidTo: certificates && (() => certificates.validTo),
  }
}

/** What happens to calls over gRPC. */
export function observerOf(measurements: Measurements, log: Log): GrpcObserver {
  return {
    decided: (reason, source, answerMs) => measurements.decided(reason, source, answerMs),
    memberDecided: (reason) => measurements.memberDecided(reason),
    batchAnswered: (answerMs) => measurements.batchAnswered(answerMs),
    wrote: (operation, result) => measurements.wrote(operation, result),
    watcherOpened: () => measurements.watcherOpened(),
    backupSent: (facts) => {
      measurements.backedUp()
      log.backupSent(facts)
    },
    accessRefused: (facts) => {
      measurements.accessRefused()
      log.accessRefused(facts)
    },
    callFailed: (facts) => {
      measurements.callFailed()
      log.callFailed(facts)
    },
  }
}

interface StoreListeners {
  readonly measurements: Measurements
  readonly readiness: Readiness
  readonly log: Log
}

export function noteStoreEvent(event: StoreEvent, { measurements, readiness, log }: StoreListeners): void {
  if (event.kind === 'committed') return measurements.committed(event)
  if (event.kind === 'call_failed') return measurements.storeFailed(event.error.code)
  if (event.kind === 'rolled_back') measurements.rolledBack()
  log.storeEvent(event)
  if (event.kind === 'writes_stopped') readiness.setWritable(false, shownOf(event.error))
  if (event.kind === 'writes_resumed') readiness.setWritable(true)
}

function shownOf(error: StoreError): HealthFacts['error'] {
  const told = asTold(error)
  return told instanceof ServiceError ? { code: told.code, message: told.message } : undefined
}

/** Where an HTTP server reports unexpected errors. */
export function failedOver(log: Log): (error: unknown, method: string) => void {
  return (error, method) => log.callFailed({ method, error })
}

interface ReplicaListeners {
  readonly target: string
  /** Over when the store was up to date once. */
  readonly waiting: Wait
  readonly log: Log
}

export function noteReplicaEvent(event: ReplicaEvent, { target, waiting, log }: ReplicaListeners): void {
  log.replicaEvent({ target, ...event })
  switch (event.kind) {
    case 'caught_up':
      return waiting.over()
    case 'disconnected':
      return waiting.because(`The authority at ${target} can't be followed. ${event.why} It is tried again for ever.`)
    case 'settings_differ':
      return waiting.because(
        `The authority at ${target} ${event.unknownOrganizationsDenied ? 'denies' : 'accepts'} organizations that it doesn't know, and this sidecar doesn't. Give both the same ROLESETS_UNKNOWN_ORGANIZATIONS.`,
      )
    case 'connected':
    case 'started_over':
    case 'snapshot':
  }
}
