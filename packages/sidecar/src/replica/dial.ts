/**
 * The connection of a replica to its authority: the feed that it follows, and the calls that it passes on as they came. A
 * call that is passed on keeps its caller's key, deadline and cancellation, and its answer or status comes back unchanged.
 */

import grpc from '@grpc/grpc-js'
import { Connection, openGrpcTransport, parseTarget, type TlsOptions, type Transport } from '@rolesets/client/feed'
import { notReached, PassedStatus, unanswered, type PassedCall, type Passing } from '../service/passing.ts'

export interface Authority {
  /** `host:port` or `unix:<path>`. */
  readonly target: string
  /** A read key is enough. */
  readonly key: string
  /** Undefined: without TLS. */
  readonly tls: TlsOptions | undefined
}

export interface Upstream extends Passing {
  readonly target: string
  readonly transport: Pick<Transport, 'watch'>
  close(): void
}

const asItIs = (bytes: Buffer) => bytes

export function dial({ target, key, tls }: Authority): Upstream {
  const at = parseTarget(target)
  const transport = openGrpcTransport({ target: at, key, tls })
  const connection = new Connection({ target: at, tls })
  return {
    ...{ target, transport, ownKey: key },
    pass: async (call) => pass(await reached(connection, call, target), call, target),
    async *passStream(call) {
      yield* passStream(await reached(connection, call, target), call, target)
    },
    close() {
      transport.close()
      connection.close()
    },
  }
}

/** @throws ServiceError `authority_unavailable`: nothing was sent */
async function reached(connection: Connection, { signal }: PassedCall, target: string): Promise<grpc.Client> {
  if (connection.client.getChannel().getConnectivityState(false) === grpc.connectivityState.READY)
    return connection.client
  try {
    await connection.connect(signal)
    return connection.client
  } catch (error) {
    throw signal.aborted ? signal.reason : notReached(target, error)
  }
}

async function pass(client: grpc.Client, call: PassedCall, target: string): Promise<Buffer> {
  const { path, request, deadline, signal } = call
  return new Promise((resolve, reject) => {
    const done = (error: grpc.ServiceError | null, reply?: Buffer) => {
      signal.removeEventListener('abort', cancel)
      if (error === null && reply !== undefined) resolve(reply)
      else reject(failureOf(error, signal, target))
    }
    const passed = client.makeUnaryRequest(path, asItIs, asItIs, request, headersOf(call), { deadline }, done)
    const cancel = () => passed.cancel()
    signal.addEventListener('abort', cancel, { once: true })
    if (signal.aborted) cancel()
  })
}

async function* passStream(
  client: grpc.Client,
  call: PassedCall,
  target: string,
): AsyncGenerator<Buffer, void, undefined> {
  const { path, request, deadline, signal } = call
  const passed = client.makeServerStreamRequest(path, asItIs, asItIs, request, headersOf(call), { deadline })
  // Without a listener, an error of a stream that is not read any more would end the process.
  passed.on('error', () => {})
  const cancel = () => passed.cancel()
  signal.addEventListener('abort', cancel, { once: true })
  try {
    if (signal.aborted) cancel()
    for await (const message of passed) yield message as Buffer
  } catch (error) {
    throw failureOf(error, signal, target)
  } finally {
    signal.removeEventListener('abort', cancel)
    cancel()
  }
}

function headersOf({ headers }: PassedCall): grpc.Metadata {
  const metadata = new grpc.Metadata()
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value)
  return metadata
}

function failureOf(error: unknown, signal: AbortSignal, target: string): Error {
  // What ends a call is an error.
  if (signal.aborted) return signal.reason as Error
  return isAnswered(error) ? passedStatus(error) : unanswered(target, error)
}

/** A sidecar answers each call with details; a status without them is one that the library made here. */
function isAnswered(error: unknown): error is grpc.ServiceError {
  return error instanceof Error && 'metadata' in error
    ? (error as grpc.ServiceError).metadata.get('grpc-status-details-bin').length > 0
    : false
}

function passedStatus({ code, details, metadata }: grpc.ServiceError): PassedStatus<grpc.StatusObject> {
  return new PassedStatus(details, { code, details, metadata })
}
