/** The calls of the sidecar over gRPC: how their messages are written and read, and what a failure of one means. */

import grpc from '@grpc/grpc-js'
import { loadContract } from '@rolesets/proto'
import { RoleSetsError } from '../errors.ts'
import { errorOfCall } from './call-failure.ts'
import { Connection, type ConnectionOptions } from './connection.ts'
import { fromWire, toWire } from './metadata.ts'
import { boundedReply, RefusedReply } from './plain-messages.ts'
import { malformed } from './reading.ts'
import type { StreamCall, Transport, UnaryCall, WatchCall, WatchMessage, WatchRequest } from './transport.ts'

export interface GrpcTransportOptions extends ConnectionOptions {
  readonly key: string | undefined
}

/** Heartbeats come every second. A stream that was silent for longer when it ended had a broken connection. */
const silenceMs = 2000

/** Thousands of questions come in one call, and nothing in them needs to be converted. */
const plainCalls: readonly string[] = ['Decisions/Check', 'Decisions/BatchCheck']

const converted = { toWire, fromWire }
const asTheyAre = { toWire: (message: object) => message, fromWire: (message: unknown) => message }

type Method = grpc.MethodDefinition<object, object>

export function openGrpcTransport(options: GrpcTransportOptions): Transport {
  return new GrpcTransport(options)
}

class GrpcTransport implements Transport {
  readonly #connection: Connection
  readonly #target: string
  readonly #key: string | undefined
  /** Until the first connection is up, calls wait for it; afterwards a broken one fails at once. */
  #isStarting = true
  #hasStarted = () => {}
  readonly #started = new Promise<void>((resolve) => (this.#hasStarted = resolve))

  constructor({ key, ...options }: GrpcTransportOptions) {
    this.#target = options.target.address
    this.#key = key
    this.#connection = new Connection(options)
  }

  async unary(name: string, request: object, { signal, deadlineMs, actor }: UnaryCall): Promise<unknown> {
    const method = this.#method(name)
    const { toWire, fromWire } = plainCalls.includes(name) ? asTheyAre : converted
    const options = { deadline: Date.now() + deadlineMs }
    if (this.#isStarting) await this.#start(signal)
    return new Promise((resolve, reject) => {
      const call = this.#connection.client.makeUnaryRequest(
        ...encoding(method),
        toWire(request),
        this.#metadata(actor),
        options,
        (error, reply) => {
          signal.removeEventListener('abort', cancel)
          if (error) return reject(this.#errorOf(error))
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
    await this.#connection.connect(signal)
    this.#isStarting = false
    this.#hasStarted()
    onCall()
    const method = this.#method('Changes/Watch')
    const call = this.#connection.client.makeServerStreamRequest(...encoding(method), request, this.#metadata())
    // Without a listener, an error of a stream that is not read any more would end the process.
    call.on('error', () => {})
    const cancel = () => call.cancel()
    signal.addEventListener('abort', cancel, { once: true })
    let heardAtMs = Date.now()
    try {
      // The client parses what comes; the type says what it should be.
      for await (const message of call) {
        heardAtMs = Date.now()
        if (message instanceof RefusedReply) throw malformed(message.problem)
        yield fromWire(message) as WatchMessage
      }
    } catch (error) {
      throw this.#errorOf(error)
    } finally {
      signal.removeEventListener('abort', cancel)
      cancel()
      if (Date.now() - heardAtMs > silenceMs) this.#connection.drop()
    }
  }

  async *openStream(name: string, request: object, { signal }: StreamCall): AsyncGenerator<object, void, undefined> {
    const method = this.#method(name)
    if (this.#isStarting) await this.#start(signal)
    signal.throwIfAborted()
    const call = this.#connection.client.makeServerStreamRequest(...encoding(method), request, this.#metadata())
    call.on('error', () => {})
    const cancel = () => call.cancel()
    signal.addEventListener('abort', cancel, { once: true })
    try {
      for await (const message of call) {
        if (message instanceof RefusedReply) throw malformed(message.problem)
        yield message as object
      }
    } catch (error) {
      throw this.#errorOf(error)
    } finally {
      signal.removeEventListener('abort', cancel)
      cancel()
    }
  }

  close(): void {
    this.#connection.close()
    this.#hasStarted()
  }

  /** The feed connects. A call that can't wait any longer is rejected by its deadline. */
  async #start(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true })
      if (signal.aborted) resolve()
      void this.#started.then(resolve)
    })
  }

  /** While there is no connection, the error says why. */
  #errorOf(failure: unknown): RoleSetsError {
    const error = errorOfCall(failure, this.#target)
    const { finding } = this.#connection
    if (finding === undefined || error.code !== 'unavailable' || error.detail !== undefined) return error
    const { problem, remedy, detail } = finding
    return new RoleSetsError('unavailable', problem, { remedy, detail, cause: failure })
  }

  #method(name: string): Method {
    const method = methods().get(name)
    if (method === undefined) throw new RoleSetsError('unimplemented', `The contract has no call ${name}.`)
    return method
  }

  #metadata(actor?: string): grpc.Metadata {
    const metadata = new grpc.Metadata()
    if (this.#key !== undefined) metadata.set('authorization', `Bearer ${this.#key}`)
    if (actor !== undefined) metadata.set('x-rolesets-actor', actor)
    return metadata
  }
}

function encoding(method: Method): [string, Method['requestSerialize'], Method['responseDeserialize']] {
  return [method.path, method.requestSerialize, method.responseDeserialize]
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
