/**
 * One gRPC call as frames over HTTP/2, so that a test can send what no library would: compressed bombs, several messages, a
 * request that never ends.
 */

import { once } from 'node:events'
import http2 from 'node:http2'
import grpc from '@grpc/grpc-js'

export interface RawCall {
  readonly path: string
  readonly frames: readonly Buffer[]
  readonly headers?: Readonly<Record<string, string>>
}

export interface RawAnswer {
  /** The name of the status: `RESOURCE_EXHAUSTED`. */
  readonly status: string
  readonly message: string
}

interface Teardown {
  teardown(undo: () => unknown): void
}

export interface RawConnection {
  readonly call: (call: RawCall) => Promise<RawAnswer>
  /** Begins a call and leaves it open. */
  readonly begin: (call: RawCall) => http2.ClientHttp2Stream
}

export function rawConnection(t: Teardown, target: string): RawConnection {
  const session = http2.connect(`http://${target}`)
  session.on('error', () => undefined)
  t.teardown(() => session.destroy())
  const begin = ({ path, frames, headers = {} }: RawCall) => {
    const stream = session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...headers,
    })
    for (const frame of frames) stream.write(frame)
    return stream
  }
  const call = async (sent: RawCall) => {
    const stream = begin(sent)
    const answer: Record<string, string | string[] | undefined> = {}
    for (const event of ['response', 'trailers'])
      stream.on(event, (headers: http2.IncomingHttpHeaders) => Object.assign(answer, headers))
    stream.on('error', () => undefined)
    stream.resume()
    stream.end()
    await once(stream, 'close')
    return {
      status: grpc.status[Number(answer['grpc-status'])] ?? 'NONE',
      message: decodeURI([answer['grpc-message']].flat().join()),
    }
  }
  return { call, begin }
}

/** A message as gRPC frames it. */
export function framed(message: Buffer, isCompressed = false): Buffer {
  const header = Buffer.alloc(5)
  header.writeUInt8(isCompressed ? 1 : 0, 0)
  header.writeUInt32BE(message.length, 1)
  return Buffer.concat([header, message])
}

/** That many empty elements of a list, two bytes each. @param field number of the list in its message */
export function emptyElements(field: number, count: number): Buffer {
  return Buffer.alloc(2 * count, Buffer.from([(field << 3) | 2, 0]))
}
