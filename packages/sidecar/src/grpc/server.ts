/**
 * The gRPC servers, one for each address, so that admission depends on the listener and not on what the caller says about
 * itself. They open and stop together.
 */

import { setMaxListeners } from 'node:events'
import grpc, { type ServerCredentials, type ServiceDefinition, type UntypedServiceImplementation } from '@grpc/grpc-js'
import { loadContract } from '@rolesets/proto'
import type { CertificateSource, Listen } from '../listening.ts'
import { ServiceError } from '../service/service-error.ts'
import type { Identify } from '../service/key-ring.ts'
import type { Passing } from '../service/passing.ts'
import type { Service } from '../service/service.ts'
import { administrationHandlers } from './administration.ts'
import { createAdmit, type Admission } from './authenticate.ts'
import { changesHandlers } from './changes.ts'
import { TlsCredentials } from './credentials.ts'
import { decisionsHandlers } from './decisions.ts'
import type { Endpoint } from './handler.ts'
import { interceptorOf, type ServedMethod } from './incoming-calls.ts'
import { messageBytesMax } from './request-bounds.ts'
import { Health, healthDefinition } from './health.ts'
import { listen } from './listen.ts'
import type { GrpcObserver } from './observer.ts'
import { passedOn } from './passing.ts'
import { reflectionDefinitions, reflectionHandlers } from './reflection.ts'
import { reusingMessages, reusingReplies } from './replies.ts'
import { undecoded, type RpcMethod } from './strict-requests.ts'

export interface GrpcOptions {
  readonly listen: readonly Listen[]
  readonly service: Service
  readonly identify: Identify
  /** The setting ROLESETS_MEMBERS_WITHOUT_KEY. */
  readonly membersWithoutKey: boolean
  readonly isWithoutWriters: Admission['isWithoutWriters']
  readonly previewsWithoutKey: Endpoint['previewsWithoutKey']
  /** What the sidecar waits for before it answers; undefined: nothing. */
  readonly waitingText: () => string | undefined
  /** Undefined: no TLS. */
  readonly certificates: CertificateSource | undefined
  /** The way of a replica to its authority. Undefined: this sidecar is an authority, and answers all calls. */
  readonly passing: Passing | undefined
  readonly observer: GrpcObserver
}

export interface GrpcServers {
  /** With the real ports, in the order of the options. */
  readonly addresses: readonly string[]
  /** Whether health says SERVING. Until it is told, it says NOT_SERVING. */
  readonly setServing: (isServing: boolean) => void
  /** False: the store refuses every write. */
  readonly setWritable: (isWritable: boolean) => void
  /**
   * Health says NOT_SERVING, streams and waiting calls end with UNAVAILABLE, and running calls may finish.
   * @returns whether everything finished within the grace
   */
  readonly stop: (graceMs: number) => Promise<boolean>
}

const serverOptions = {
  'grpc.max_receive_message_length': messageBytesMax,
  // A peer that has vanished is noticed within half a minute.
  'grpc.keepalive_time_ms': 20_000,
  'grpc.keepalive_timeout_ms': 10_000,
  'grpc.max_concurrent_streams': 1_000,
  // Its counters cost time on every call.
  'grpc.enable_channelz': 0,
}

export async function openGrpcServers(options: GrpcOptions): Promise<GrpcServers> {
  const { Decisions, Administration, Changes } = loadContract()
  const health = new Health(['Decisions', 'Administration', 'Changes'].map((name) => `rolesets.v1.${name}`))
  const stopping = new AbortController()
  // Every waiting call listens, so many listeners are not a leak.
  setMaxListeners(0, stopping.signal)
  const { service, observer } = options
  const unknownOrganizationsDenied = service.unknownOrganizations === 'deny'
  const credentials = credentialsOf(options)

  function serverFor(at: Listen): grpc.Server {
    const isLocal = at.kind === 'unix' || at.isLoopback
    const admit = createAdmit(options.identify, { ...options, isLocal })
    const { waitingText } = options
    const previewsWithoutKey = () => isLocal && options.previewsWithoutKey()
    const endpoint: Endpoint = { admit, waitingText, previewsWithoutKey, observer, stopping: stopping.signal }
    const { server, add } = createServer(endpoint)
    const addDecided = (definition: ServiceDefinition, handlers: object) => {
      if (options.passing === undefined) return add(definition, handlers)
      const passed = passedOn({ definition, handlers }, options.passing, endpoint)
      add(passed.definition, passed.handlers)
    }
    addDecided(reusingReplies(Decisions), decisionsHandlers(service, endpoint))
    addDecided(Administration, administrationHandlers(service, endpoint))
    add(reusingMessages(Changes), changesHandlers({ changes: service.changes, unknownOrganizationsDenied }, endpoint))
    add(healthDefinition, health.handlers(endpoint))
    for (const definition of reflectionDefinitions()) add(definition, reflectionHandlers(endpoint))
    return server
  }

  const servers: grpc.Server[] = []
  const addresses: string[] = []
  try {
    for (const at of options.listen) {
      const server = serverFor(at)
      servers.push(server)
      addresses.push(await listen(server, at, credentials))
    }
  } catch (error) {
    for (const server of servers) server.forceShutdown()
    throw error
  }
  return {
    addresses,
    setServing: (isServing) => health.setServing(isServing),
    setWritable: (isWritable) => health.setWritable(isWritable),
    stop: async (graceMs) => {
      health.setServing(false)
      stopping.abort(new ServiceError('not_serving', 'The sidecar is stopping. Retry later, or use another sidecar.'))
      const finished = await Promise.all(servers.map((server) => shutDown(server, graceMs)))
      return finished.every(Boolean)
    },
  }
}

/** A server without services, and the way to add one. Each handler says which access its call needs. */
export function createServer(endpoint: Endpoint) {
  const methods = new Map<string, ServedMethod>()
  const server = new grpc.Server({ ...serverOptions, interceptors: [interceptorOf(endpoint, methods)] })
  const add = (definition: ServiceDefinition, handlers: object): void => {
    for (const [name, { path, requestDeserialize: decode }] of Object.entries<RpcMethod>(definition)) {
      const { access } = (handlers as Readonly<Record<string, Partial<ServedMethod>>>)[name] ?? {}
      if (access === undefined) throw new Error(`${path} has no access.`)
      methods.set(path, { access, decode })
    }
    server.addService(undecoded(definition), handlers as UntypedServiceImplementation)
  }
  return { server, add }
}

function credentialsOf({ certificates }: GrpcOptions): ServerCredentials {
  return certificates === undefined ? grpc.ServerCredentials.createInsecure() : new TlsCredentials(certificates)
}

/** @returns whether all calls ended by themselves */
async function shutDown(server: grpc.Server, graceMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      server.forceShutdown()
      resolve(false)
    }, graceMs)
    server.tryShutdown(() => {
      clearTimeout(timer)
      resolve(true)
    })
  })
}
