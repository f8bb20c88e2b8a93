/**
 * A thin layer over the callbacks of grpc-js: a call is an async function with an AbortSignal, a server stream an async
 * generator that is pulled no faster than the network takes its messages. Admission, deadlines, cancellation and the
 * translation of errors are done here, once.
 */

import type { EventEmitter } from 'node:events'
import type {
  handleServerStreamingCall,
  handleUnaryCall,
  Metadata,
  sendUnaryData,
  ServerUnaryCall,
  ServerWritableStream,
} from '@grpc/grpc-js'
import type { Identity } from '../service/key-ring.ts'
import { DeadlinePassed, ServiceError } from '../service/service-error.ts'
import { AccessError } from './access-error.ts'
import { rememberedCaller, type Access, type Admit } from './authenticate.ts'
import { UnreadableRequest } from './strict-requests.ts'
import type { GrpcObserver } from './observer.ts'
import { failureOf, isUnexpected, type Failure } from './status.ts'

/** What the handlers of one listener share. */
export interface Endpoint {
  readonly admit: Admit
  /** What the sidecar waits for before it answers; undefined: nothing. */
  readonly waitingText: () => string | undefined
  /** What `Apply` would do is told without a key: there is no key, and nothing that needs one. */
  readonly previewsWithoutKey: () => boolean
  readonly observer: GrpcObserver
  /** Aborted with ServiceError `not_serving` when the server begins to stop. */
  readonly stopping: AbortSignal
}

export interface Call {
  readonly metadata: Metadata
  /** The owner of its key; undefined: an anonymous caller. */
  readonly identity: Identity | undefined
  /** Aborted at the deadline and when the caller cancels. */
  readonly signal: AbortSignal
  /** The same, and aborted when the server begins to stop: for calls that can wait for a long time. */
  readonly waitSignal: AbortSignal
  /** Unix milliseconds; Infinity: the caller waits without an end. */
  readonly deadline: number
}

export interface StreamCall extends Pick<Call, 'metadata' | 'identity' | 'signal' | 'deadline'> {
  /** How many messages the network hasn't taken yet. */
  readonly backlog: () => number
  /** Ends the stream with this error, also while it waits for the network. */
  readonly end: (error: ServiceError) => void
}

/** A handler says what its call needs. `incoming-calls.ts` admits the caller before it receives the request. */
type Admitting<Handler> = Handler & { readonly access: Access }

export function admitting<Handler extends object>(access: Access, handler: Handler): Admitting<Handler> {
  return Object.assign(handler, { access })
}

/** `work` may answer at once: what is in memory doesn't pay for a promise. */
export function unary<Request, Response>(
  endpoint: Endpoint,
  access: Access,
  work: (request: Request, call: Call) => Response | Promise<Response>,
): Admitting<handleUnaryCall<Request, Response>> {
  return admitting(access, (call, callback) => {
    const context = new CallContext(endpoint, call)
    try {
      context.identify()
      const response = work(readable(call.request), context)
      if (response instanceof Promise) answerLater(response, { context, callback })
      else callback(null, response)
    } catch (error) {
      callback(context.fail(error))
    }
  })
}

function answerLater<Response>(
  response: Promise<Response>,
  { context, callback }: { context: CallContext; callback: sendUnaryData<Response> },
): void {
  response
    .then(
      (value) => callback(null, value),
      (error: unknown) => callback(context.fail(error)),
    )
    .finally(() => context.settle())
}

/** The stream ends when the generator does, with its error if it throws. */
export function serverStream<Request, Response>(
  endpoint: Endpoint,
  access: Access,
  produce: (request: Request, call: StreamCall) => AsyncIterable<Response>,
): Admitting<handleServerStreamingCall<Request, Response>> {
  return admitting(access, (call) => {
    const context = new CallContext(endpoint, call)
    pump(call, { context, produce }).then(
      () => call.end(),
      // grpc-js sends the status of an emitted error after the messages before it.
      (error: unknown) => call.emit('error', context.fail(error)),
    )
  })
}

interface Pumping<Request, Response> {
  readonly context: CallContext
  readonly produce: (request: Request, call: StreamCall) => AsyncIterable<Response>
}

async function pump<Request, Response>(
  call: ServerWritableStream<Request, Response>,
  { context, produce }: Pumping<Request, Response>,
): Promise<void> {
  const signal = context.waitSignal
  try {
    context.identify()
    context.endOnRevocation()
    const stream: StreamCall = {
      metadata: call.metadata,
      identity: context.identity,
      signal,
      deadline: context.deadline,
      backlog: () => call.writableLength,
      end: (error) => context.abort(error),
    }
    for await (const message of produce(readable(call.request), stream))
      if (!call.write(message)) await drained(call, signal)
  } catch (error) {
    // What waited for the signal reports only that it was aborted.
    throw signal.reason instanceof AccessError ? signal.reason : error
  } finally {
    context.settle()
  }
}

/** Waits until the network has taken what was written. */
async function drained(call: Pick<EventEmitter, 'on' | 'off'>, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const settle = () => {
      call.off('drain', drain)
      signal.removeEventListener('abort', abort)
    }
    const drain = () => (settle(), resolve())
    const abort = () => (settle(), reject(signal.reason as Error))
    if (signal.aborted) return reject(signal.reason as Error)
    call.on('drain', drain)
    signal.addEventListener('abort', abort, { once: true })
  })
}

type AnyCall = Pick<ServerUnaryCall<unknown, unknown>, 'metadata' | 'getDeadline' | 'getPath' | 'cancelled'> & {
  on(event: 'cancelled', listener: () => void): unknown
}

/** Longer waits overflow Node's timers; they are as good as none. */
const timerMsMax = 2_147_483_647

/** Timers and listeners are made only when a signal is used: most calls are answered without one. */
export class CallContext implements Call {
  readonly endpoint: Endpoint
  readonly #call: AnyCall
  #controller: AbortController | undefined
  #timer: NodeJS.Timeout | undefined
  #onStopping: (() => void) | undefined
  #onRevoked: (() => void) | undefined
  #identity: Identity | undefined

  constructor(endpoint: Endpoint, call: AnyCall) {
    this.endpoint = endpoint
    this.#call = call
  }

  get metadata(): Metadata {
    return this.#call.metadata
  }

  get identity(): Identity | undefined {
    return this.#identity
  }

  get deadline(): number {
    return Number(this.#call.getDeadline())
  }

  /** The caller was admitted before its request came, and its key can have been revoked since. @throws AccessError */
  identify(): void {
    this.#identity = rememberedCaller(this.metadata)
    if (this.#identity?.revoked?.aborted === true) throw keyRevoked()
  }

  /** A long call ends when the key that opened it is revoked. To be called once, after `identify`. */
  endOnRevocation(): void {
    const revoked = this.#identity?.revoked
    if (revoked === undefined) return
    this.#onRevoked = () => this.abort(keyRevoked())
    revoked.addEventListener('abort', this.#onRevoked, { once: true })
  }

  get signal(): AbortSignal {
    this.#controller ??= this.#begin()
    return this.#controller.signal
  }

  get waitSignal(): AbortSignal {
    const { signal } = this
    const { stopping } = this.endpoint
    if (this.#onStopping === undefined) {
      this.#onStopping = () => this.abort(stopping.reason as ServiceError)
      stopping.addEventListener('abort', this.#onStopping, { once: true })
      if (stopping.aborted) this.#onStopping()
    }
    return signal
  }

  abort(reason: ServiceError | DeadlinePassed | AccessError): void {
    this.#controller?.abort(reason)
  }

  /** The failure for the caller. What it doesn't say is reported to the observer. */
  fail(error: unknown): Failure {
    const failure = failureOf(error instanceof DeadlinePassed ? deadlinePassed(error) : error)
    const method = this.#call.getPath()
    if (isUnexpected(failure)) this.endpoint.observer.callFailed({ method, error })
    if (error instanceof AccessError) this.endpoint.observer.accessRefused({ method, code: error.code })
    return failure
  }

  /** Removes timers and listeners at the end of the call. */
  settle(): void {
    clearTimeout(this.#timer)
    if (this.#onStopping) this.endpoint.stopping.removeEventListener('abort', this.#onStopping)
    if (this.#onRevoked) this.#identity?.revoked?.removeEventListener('abort', this.#onRevoked)
  }

  #begin(): AbortController {
    const controller = new AbortController()
    const cancel = () => controller.abort(new ServiceError('call_cancelled', 'The caller cancelled the call.'))
    if (this.#call.cancelled) cancel()
    else this.#call.on('cancelled', cancel)
    // One millisecond early: grpc-js ends the call at the deadline without a reason.
    const leftMs = this.deadline - Date.now() - 1
    if (leftMs < timerMsMax) this.#timer = setTimeout(() => controller.abort(new DeadlinePassed()), leftMs)
    return controller
  }
}

function deadlinePassed(cause: DeadlinePassed): ServiceError {
  return new ServiceError('deadline', 'The deadline of the call has passed.', { cause })
}

function keyRevoked(): AccessError {
  return new AccessError('key_required', 'This key was revoked. Use another one.')
}

/** @throws Refusal when the request can't be read */
export function readable<Request>(request: Request): Request {
  if (request instanceof UnreadableRequest) throw request.refusal
  return request
}
