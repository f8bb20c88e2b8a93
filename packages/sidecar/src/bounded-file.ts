/**
 * Reads a file that the user named, or standard input, up to a limit: a path can also lead to a device without an end, or to
 * a pipe into which nothing is written. Interrupting the command ends the reading.
 */

import { constants, createReadStream, fstatSync, openSync } from 'node:fs'
import { Socket } from 'node:net'
import { addAbortSignal, type Readable } from 'node:stream'

/** A file that can't be read whole, or whose reading was interrupted. The message says what to do, and shows none of its contents. */
export class FileError extends Error {
  override readonly name = 'FileError'
  readonly code: 'unreadable' | 'too_large' | 'not_text' | 'aborted'

  constructor(code: FileError['code'], message: string, options?: { readonly cause?: unknown }) {
    super(message, options)
    this.code = code
  }
}

interface Bounds {
  /** What begins the messages: `The file of --key-file, key.txt,` */
  readonly what: string
  readonly bytesMax: number
  readonly signal: AbortSignal
}

export async function readFileBounded(path: string, bounds: Bounds): Promise<Uint8Array> {
  try {
    return await readBounded(chunksOf(path, bounds.signal), bounds)
  } catch (error) {
    if (error instanceof FileError) throw error
    const message = `${bounds.what} cannot be read (${reasonOf(error)}). Correct the path, or make it readable.`
    throw new FileError('unreadable', message, { cause: error })
  }
}

export async function readBounded(
  chunks: AsyncIterable<string | Uint8Array>,
  { what, bytesMax, signal }: Bounds,
): Promise<Uint8Array> {
  const read: Uint8Array[] = []
  let bytes = 0
  try {
    for await (const chunk of chunks) {
      const part = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
      bytes += part.length
      if (bytes > bytesMax)
        throw new FileError('too_large', `${what} is larger than ${bytesMax} bytes. Give a smaller one.`)
      read.push(part)
    }
  } catch (error) {
    throw signal.aborted ? new FileError('aborted', 'The reading was interrupted.', { cause: error }) : error
  }
  return Buffer.concat(read)
}

/** @param what begins the message */
export function textOf(bytes: Uint8Array, what: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new FileError('not_text', `${what} is not UTF-8 text. Save it as UTF-8.`)
  }
}

/** Opened without waiting: a pipe that has no writer yet would block a thread, and with it the end of the process. */
function chunksOf(path: string, signal: AbortSignal): Readable {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  const isPipe = fstatSync(fd).isFIFO()
  // A socket waits for what comes through a pipe, and needs no thread for it.
  const stream = isPipe ? new Socket({ fd, readable: true, writable: false }) : createReadStream(path, { fd })
  return addAbortSignal(signal, stream)
}

/** The words of the operating system's error, without the path and the call. */
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return message.replace(/,.*$/s, '')
}
