/** Reads a file that the user named, up to a limit: a path can also lead to a device without an end. */

import { open } from 'node:fs/promises'
import { UsageError } from './failure.ts'

/** @param what begins the messages: `The file of --key-file, key.txt,` */
export async function readFileBounded(path: string, what: string, bytesMax: number): Promise<Uint8Array> {
  try {
    const file = await open(path)
    try {
      return await readBounded(file.createReadStream({ autoClose: false }), what, bytesMax)
    } finally {
      await file.close()
    }
  } catch (error) {
    if (error instanceof UsageError) throw error
    throw new UsageError(`${what} cannot be read (${reasonOf(error)}). Correct the path, or make it readable.`)
  }
}

export async function readBounded(
  chunks: AsyncIterable<string | Uint8Array>,
  what: string,
  bytesMax: number,
): Promise<Uint8Array> {
  const read: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of chunks) {
    const part = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    bytes += part.length
    if (bytes > bytesMax) throw new UsageError(`${what} is larger than ${bytesMax} bytes. Give a smaller one.`)
    read.push(part)
  }
  return Buffer.concat(read)
}

/** The words of the operating system's error, without the path and the call. */
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return message.replace(/,.*$/s, '')
}
