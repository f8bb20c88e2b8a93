/**
 * Keeps a hostile or broken sidecar from costing the application its memory. Compressed messages are refused: the sidecar
 * sends none, the client says that it takes none, and 8 KB could unpack to 16 MiB. The elements of a reply are counted in its
 * bytes, before it is decoded.
 */

import grpc from '@grpc/grpc-js'
import { elementLimitOf } from '@rolesets/core'
import { loadShapes, scanMessage } from '@rolesets/proto'

/** A part of grpc-js that is private; its version is fixed, and test/client/hostile-replies.test.ts fails if it changes. */
interface LibraryChannel {
  readonly internalChannel: { readonly filterStackFactory: { factories: { createFilter(): PlainMessages }[] } }
}

/** Takes the place of the library's own filter, which unpacks whatever comes. */
export function refuseCompression(client: grpc.Client): void {
  const { internalChannel } = client.getChannel() as unknown as LibraryChannel
  internalChannel.filterStackFactory.factories = [{ createFilter: () => new PlainMessages() }]
}

const frameHeaderBytes = 5

class PlainMessages extends grpc.experimental.BaseFilter {
  override async sendMetadata(given: Promise<grpc.Metadata>): Promise<grpc.Metadata> {
    const metadata = await given
    metadata.set('grpc-accept-encoding', 'identity')
    metadata.set('accept-encoding', 'identity')
    return metadata
  }

  override receiveMetadata(metadata: grpc.Metadata): grpc.Metadata {
    for (const name of ['grpc-encoding', 'grpc-accept-encoding']) metadata.remove(name)
    return metadata
  }

  override async sendMessage<Sent extends { message: Buffer }>(given: Promise<Sent>): Promise<Sent> {
    const sent = await given
    const header = Buffer.alloc(frameHeaderBytes)
    header.writeUInt32BE(sent.message.length, 1)
    return { ...sent, message: Buffer.concat([header, sent.message]) }
  }

  override async receiveMessage(given: Promise<Buffer>): Promise<Buffer> {
    const framed = await given
    if (framed.readUInt8(0) === 0) return framed.subarray(frameHeaderBytes)
    const details = 'The server sent a compressed message, which this client does not take.'
    // The library makes the status of the call of it.
    throw Object.assign(new Error(details), { code: grpc.status.INTERNAL, details })
  }
}

/** Stands for a reply that is not decoded. */
export class RefusedReply {
  readonly problem: string

  constructor(problem: string) {
    this.problem = problem
  }
}

/** More than fit into the largest message, if its elements are keys. */
const fieldsMax = 2_000_000

/** @param path as in `/rolesets.v1.Decisions/Check` */
export function boundedReply(path: string, decode: (bytes: Buffer) => object): (bytes: Buffer) => object {
  const shape = loadShapes().get(path)?.reply
  if (shape === undefined) return decode
  const limits = { fieldsMax, elementsMax: (name: string) => elementLimitOf(name).max }
  return (bytes) => {
    const problem = scanMessage(bytes, shape, limits)
    if (problem === undefined) return decode(bytes)
    if (problem.kind === 'malformed' || problem.kind === 'broken_text')
      return new RefusedReply("its bytes can't be read")
    const what = problem.kind === 'too_many_fields' ? 'it' : `\`${problem.path}\``
    return new RefusedReply(`${what} has more than ${problem.max} elements`)
  }
}
