/**
 * Unpacks a compressed request within bounds. A small message can unpack to a thousand times its size, so it may unpack to its
 * call's limit, and no further than a hundred times its own size once that is more than a mebibyte. It happens at once, in
 * one piece, so many such requests never hold memory at the same time.
 */

import { gunzipSync, inflateSync } from 'node:zlib'

/** A message as it came, with the encoding that its frame and its headers name. */
export class PackedMessage {
  readonly bytes: Buffer
  /** `identity`: not compressed. */
  readonly encoding: string

  constructor(bytes: Buffer, encoding: string) {
    this.bytes = bytes
    this.encoding = encoding
  }
}

export type Unpacked =
  | { readonly kind: 'unpacked'; readonly bytes: Buffer }
  | { readonly kind: 'too_large'; readonly bytesMax: number }
  | { readonly kind: 'broken' }
  | { readonly kind: 'unknown_encoding' }

const ratioMax = 100
const unpackedBytesAlwaysAllowed = 1024 * 1024
const chunkBytes = 64 * 1024

export function unpack({ bytes, encoding }: PackedMessage, bytesMax: number): Unpacked {
  if (encoding === 'identity') return { kind: 'unpacked', bytes }
  const inflate = inflaters[encoding]
  if (inflate === undefined) return { kind: 'unknown_encoding' }
  const most = Math.min(bytesMax, Math.max(bytes.length * ratioMax, unpackedBytesAlwaysAllowed))
  try {
    return { kind: 'unpacked', bytes: inflate(bytes, { maxOutputLength: most, chunkSize: chunkBytes }) }
  } catch (error) {
    const isTooLarge = error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE'
    return isTooLarge ? { kind: 'too_large', bytesMax: most } : { kind: 'broken' }
  }
}

/** Without a prototype: the name comes from the caller. */
const inflaters = Object.assign(Object.create(null) as Record<string, typeof gunzipSync | undefined>, {
  gzip: gunzipSync,
  deflate: inflateSync,
})
