/**
 * gRPC, and the only file that knows it. The channel is kept from waiting longer than the feed does: grpc-js would
 * otherwise stay in a back-off of minutes after the sidecar is up again (grpc-node#1591).
 */

import grpc from '@grpc/grpc-js'
import { loadContract } from '@rolesets/proto'
import { RoleSetsError } from '../errors.ts'
import { errorOfCall } from './call-failure.ts'
import { fromWire, toWire } from './metadata.ts'
import { boundedReply, refuseCompression, RefusedReply } from './plain-messages.ts'
import { malformed } from './reading.ts'
import type { Target } from './target.ts'
import type { Transport, UnaryCall, WatchCall, WatchMessage, WatchRequest } from './transport.ts'

/** PEM. */
export interface TlsOptions {
  /** Certificates to trust; left out: the system's. */
  readonly ca?: string | Buffer
  /** The client's certificate, with `key`, for mutual TLS. */
  readonly cert?: string | Buffer
  readonly key?: string | Buffer
  /** The name that the sidecar's certificate must have; left out: the host of the target. */
  readonly serverName?: string
}

export interface GrpcTransportOptions {
  readonly target: Target
  readonly key: string | undefined
  readonly tls: TlsOptions | undefined
}

/** How long one stream waits for the connection before it says that the sidecar can't be reached. */
const connectMs = 3000

/** How often, and how many times, a closed channel is looked at: longer than any look-up of a name. */
const closingLookEveryMs = 100
const closingLooksMax = 600

/** With many organizations in one batch, the default of 4 MiB would do for answers only just. */
const messageBytesMax = 16 * 1024 * 1024

const channelOptions: grpc.ChannelOptions = {
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1000,
  // A name may lead somewhere else after a restart.
  'grpc.dns_min_time_between_resolutions_ms': 1000,
  'grpc.service_config_disable_resolution': 1,
  // The client has its own way to try again.
  'grpc.enable_retries': 0,
  // A peer that is stopped, or behind a broken link, is noticed by its missing answers to pings.
  'grpc.keepalive_time_ms': 5000,
  'grpc.keepalive_timeout_ms': 2000,
  // Two clients of one process fail and recover each for itself.
  'grpc.use_local_subchannel_pool': 1,
  'grpc.max_receive_message_length': messageBytesMax,
}

/** Thousands of questions come in one call, and nothing in them needs to be converted. */
const plainCalls: readonly string[] = ['Decisions/Check', 'Decisions/BatchCheck']

const converted = { toWire, fromWire }
const asTheyAre = { toWire: (message: object) => message, fromWire: (message: unknown) => message }

type Method = grpc.MethodDefinition<object, object>

export function openGrpcTransport(options: GrpcTransportOptions): Transport {
  return new GrpcTransport(options)
}

class GrpcTransport implements Transport {
  readonly #client: grpc.Client
  readonly #target: string
  readonly #key: string | undefined
  /** Until the first connection is up, calls wait for it; afterwards a broken one fails at once. */
  #isStarting = true
  #isClosed = false

  constructor({ target, key, tls }: GrpcTransportOptions) {
    this.#target = target.address
    this.#key = key
    this.#client = new grpc.Client(target.address, credentialsOf(tls), {
      ...channelOptions,
      ...(target.isLocal && { 'grpc.enable_http_proxy': 0 }),
      ...(tls?.serverName !== undefined && {
        'grpc.ssl_target_name_override': tls.serverName,
        'grpc.default_authority': tls.serverName,
      }),
    })
    refuseCompression(this.#client)
  }

  unary(name: string, request: object, { signal, deadlineMs, actor }: UnaryCall): Promise<unknown> {
    const method = this.#method(name)
    const { toWire, fromWire } = plainCalls.includes(name) ? asTheyAre : converted
    const options = { deadline: Date.now() + deadlineMs }
    return new Promise((resolve, reject) => {
      const call = this.#client.makeUnaryRequest(
        ...encoding(method),
        toWire(request),
        this.#metadata(this.#isStarting, actor),
        options,
        (error, reply) => {
          signal.removeEventListener('abort', cancel)
          if (error) return reject(errorOfCall(error, this.#target))
          this.#isStarting = false
          if (reply instanceof RefusedReply) return reject(malformed(reply.problem))
          resolve(fromWire(reply))
        },
      )
      const cancel = () => call.cancel()
      signal.addEventListener('abort', cancel, { once: true })
      if (signal.aborted) cancel()
    })
  }

  async *watch(request: WatchRequest, { signal, onCall }: WatchCall): AsyncGenerator<WatchMessage, void, undefined> {
    await this.#connect(signal)
    onCall()
    const method = this.#method('Changes/Watch')
    const call = this.#client.makeServerStreamRequest(...encoding(method), request, this.#metadata(false))
    // Without a listener, an error of a stream that is not read any more would end the process.
    call.on('error', () => {})
    const cancel = () => call.cancel()
    signal.addEventListener('abort', cancel, { once: true })
    try {
      // The client parses what comes; the type says what it should be.
      for await (const message of call) {
        if (message instanceof RefusedReply) throw malformed(message.problem)
        yield fromWire(message) as WatchMessage
      }
    } catch (error) {
      throw errorOfCall(error, this.#target)
    } finally {
      signal.removeEventListener('abort', cancel)
      cancel()
    }
  }

  /** A channel that is closed while it looks up a name opens again with the result: then it is closed once more. */
  close(): void {
    this.#isClosed = true
    this.#client.close()
    const channel = this.#client.getChannel()
    let looks = 0
    const guard = setInterval(() => {
      if (channel.getConnectivityState(false) !== grpc.connectivityState.SHUTDOWN) channel.close()
      if (++looks === closingLooksMax) clearInterval(guard)
    }, closingLookEveryMs).unref()
  }

  #method(name: string): Method {
    const method = methods().get(name)
    if (method === undefined) throw new RoleSetsError('unimplemented', `The contract has no call ${name}.`)
    return method
  }

  #metadata(waitForReady: boolean, actor?: string): grpc.Metadata {
    const metadata = new grpc.Metadata({ waitForReady })
    if (this.#key !== undefined) metadata.set('authorization', `Bearer ${this.#key}`)
    if (actor !== undefined) metadata.set('x-rolesets-actor', actor)
    return metadata
  }

  /** Not grpc-js's `waitForReady`: that one begins to connect again when the channel is closed while it waits. */
  async #connect(signal: AbortSignal): Promise<void> {
    const channel = this.#client.getChannel()
    const deadlineMs = Date.now() + connectMs
    for (;;) {
      if (signal.aborted || this.#isClosed) {
        throw new RoleSetsError('aborted', 'The connection attempt was abandoned: no call waits for it.')
      }
      const state = channel.getConnectivityState(true)
      if (state === grpc.connectivityState.READY) break
      await new Promise<void>((resolve, reject) => {
        const look = () => resolve()
        signal.addEventListener('abort', look, { once: true })
        channel.watchConnectivityState(state, deadlineMs, (error) => {
          signal.removeEventListener('abort', look)
          const failure = { code: grpc.status.UNAVAILABLE, details: 'The deadline for connecting passed.' }
          if (error) reject(errorOfCall(failure, this.#target))
          else resolve()
        })
      })
    }
    this.#isStarting = false
  }
}

function encoding(method: Method): [string, Method['requestSerialize'], Method['responseDeserialize']] {
  return [method.path, method.requestSerialize, method.responseDeserialize]
}

function credentialsOf(tls: TlsOptions | undefined): grpc.ChannelCredentials {
  if (tls === undefined) return grpc.credentials.createInsecure()
  const pem = (text: string | Buffer | undefined) => (text === undefined ? null : Buffer.from(text))
  return grpc.credentials.createSsl(pem(tls.ca), pem(tls.key), pem(tls.cert))
}

let loadedMethods: ReadonlyMap<string, Method> | undefined

/** By `<service>/<rpc>`. Made for the first call, as loading the contract takes a while. */
function methods(): ReadonlyMap<string, Method> {
  return (loadedMethods ??= new Map(
    Object.entries<object>({ ...loadContract() }).flatMap(([service, rpcs]) =>
      // What the contract has under the name of a service are its calls.
      Object.entries(rpcs as { [rpc: string]: Method }).map(([rpc, method]) => {
        const responseDeserialize = boundedReply(method.path, method.responseDeserialize)
        return [`${service}/${rpc}`, { ...method, responseDeserialize }] as const
      }),
    ),
  ))
}
