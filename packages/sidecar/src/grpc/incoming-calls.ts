/**
 * What happens to a call before its handler has it: it is admitted by its metadata alone, and only then its message is
 * received, unpacked, counted and decoded, each within the bounds of the call. A caller without a key causes no work.
 */

import grpc from '@grpc/grpc-js'
import { ServiceError } from '../service/service-error.ts'
import { AccessError } from './access-error.ts'
import { rememberCaller, type Access } from './authenticate.ts'
import type { Endpoint } from './handler.ts'
import { requestBoundsOf, type RequestBounds } from './request-bounds.ts'
import { brokenRequest, failureOf, requestTooLarge, unknownEncoding } from './status.ts'
import { readRequest, type RpcMethod } from './strict-requests.ts'
import { PackedMessage, unpack } from './unpack.ts'

/** A call of a server: what it needs, and how its requests are decoded. */
export interface ServedMethod {
  readonly access: Access
  readonly decode: RpcMethod['requestDeserialize']
}

/**
 * Private parts of grpc-js, which has one limit for all calls and unpacks before anything of ours runs. Its version is fixed
 * in package.json, and test/grpc/bombs.test.ts fails if they change.
 */
interface LibraryCall {
  readonly decoder: { maxReadMessageLength: number }
  decompressMessage: (framed: Buffer, encoding: string) => PackedMessage
}

type AnyServerCall = Parameters<grpc.ServerInterceptor>[1]

/** It must be the first interceptor, because it needs the library's own call. */
export function interceptorOf(endpoint: Endpoint, methods: ReadonlyMap<string, ServedMethod>): grpc.ServerInterceptor {
  return ({ path, requestStream }, call) => {
    const bounds = requestBoundsOf(path)
    bound(call as unknown as LibraryCall, bounds)
    let received = 0
    return new grpc.ServerInterceptingCall(call, {
      start: (next) =>
        next({
          onReceiveMetadata: (metadata, proceed) => {
            if (isAdmitted(path, { metadata, call, endpoint, methods })) proceed(metadata)
          },
          onReceiveMessage: (message: unknown, proceed) => {
            received++
            // The library refuses a second request of a call that takes one.
            if (!requestStream && received > 1) return proceed(message)
            const request = requestOf(message, { call, endpoint, bounds, path, method: methods.get(path) })
            if (request !== undefined) proceed(request)
          },
          onReceiveHalfClose: (proceed) => proceed(),
          onCancel: () => undefined,
        }),
    })
  }
}

/** Sets the bounds of the call, and keeps its message packed. */
function bound(call: LibraryCall, { bytesMax }: RequestBounds): void {
  call.decoder.maxReadMessageLength = bytesMax
  call.decompressMessage = (framed, encoding) => new PackedMessage(framed.subarray(frameHeaderBytes), encoding)
}

/** Whether the message is packed, and its length. */
const frameHeaderBytes = 5

interface Admission {
  readonly metadata: grpc.Metadata
  readonly call: AnyServerCall
  readonly endpoint: Endpoint
  readonly methods: ReadonlyMap<string, ServedMethod>
}

function isAdmitted(path: string, { metadata, call, endpoint, methods }: Admission): boolean {
  try {
    const method = methods.get(path)
    if (method === undefined) throw new Error(`${path} is served without an access.`)
    if (method.access !== 'open') checkReady(endpoint)
    rememberCaller(metadata, endpoint.admit(metadata, method.access))
    return true
  } catch (error) {
    if (error instanceof AccessError) endpoint.observer.accessRefused({ method: path, code: error.code })
    else if (!(error instanceof ServiceError)) endpoint.observer.callFailed({ method: path, error })
    call.sendStatus(failureOf(error))
    return false
  }
}

/** Before the key is looked at: a key can be one of those that the sidecar still waits for. */
function checkReady({ waitingText }: Endpoint): void {
  const text = waitingText()
  if (text !== undefined) throw new ServiceError('not_ready', text)
}

interface Receiving {
  readonly call: AnyServerCall
  readonly endpoint: Endpoint
  readonly path: string
  readonly bounds: RequestBounds
  readonly method: ServedMethod | undefined
}

/** @returns undefined: the call was refused */
function requestOf(message: unknown, { call, endpoint, path, bounds, method }: Receiving): object | undefined {
  try {
    if (!(message instanceof PackedMessage) || method === undefined) throw new Error('grpc-js has changed.')
    const unpacked = unpack(message, bounds.bytesMax)
    const sentBytes = message.bytes.length
    if (unpacked.kind === 'unpacked') return readRequest(unpacked.bytes, { bounds, decode: method.decode, sentBytes })
    if (unpacked.kind === 'too_large') call.sendStatus(requestTooLarge(unpacked.bytesMax))
    else call.sendStatus(unpacked.kind === 'broken' ? brokenRequest : unknownEncoding(message.encoding))
  } catch (error) {
    endpoint.observer.callFailed({ method: path, error })
    call.sendStatus(failureOf(error))
  }
  return undefined
}
