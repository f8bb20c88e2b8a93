/** Gets the file of `rolesets apply` from disk or standard input, and turns all its faults into one message. */

import { open } from 'node:fs/promises'
import { reasonOf } from './connection.ts'
import { UsageError } from './failure.ts'
import type { Io } from './io.ts'
import { manifestBytesMax, parseManifest, type ParsedManifest } from './manifest.ts'
import type { Manifest } from './manifest-schema.ts'
import type { Fault } from './yaml-source.ts'

const faultsShownMax = 50

export interface ManifestFile {
  /** For messages: the path, or `standard input`. */
  readonly name: string
  readonly manifest: Manifest
  readonly placeOf: ParsedManifest['placeOf']
}

/** @param path `-` reads standard input */
export async function readManifestFile(path: string, io: Io): Promise<ManifestFile> {
  const name = path === '-' ? 'standard input' : path
  const text = decode(path === '-' ? await readAll(io.stdin()) : await readFromDisk(path), name)
  const { manifest, faults, placeOf } = parseManifest(text)
  if (manifest !== undefined) return { name, manifest, placeOf }
  throw new UsageError(messageOf(name, faults), { code: 'invalid_file', faults: faults.slice(0, faultsShownMax) })
}

/** `file:line:column: what is wrong, and what to do`, one line each: editors and terminals jump to such places. */
function messageOf(name: string, faults: readonly Fault[]): string {
  const lines = faults
    .slice(0, faultsShownMax)
    .map(({ line, column, message }) => `${name}:${line}:${column}: ${message}`)
  const more = faults.length - lines.length
  return [...lines, ...(more > 0 ? [`… and ${more} more`] : [])].join('\n')
}

async function readFromDisk(path: string): Promise<Uint8Array> {
  try {
    const file = await open(path)
    try {
      return await readAll(file.createReadStream({ autoClose: false }))
    } finally {
      await file.close()
    }
  } catch (error) {
    if (error instanceof UsageError) throw error
    throw new UsageError(`The file ${path} cannot be read (${reasonOf(error)}). Correct the path, or make it readable.`)
  }
}

async function readAll(chunks: AsyncIterable<string | Uint8Array>): Promise<Uint8Array> {
  const read: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of chunks) {
    const part = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    bytes += part.length
    if (bytes > manifestBytesMax) {
      throw new UsageError(`The file is larger than ${manifestBytesMax} bytes. Split it into several.`)
    }
    read.push(part)
  }
  return Buffer.concat(read)
}

function decode(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new UsageError(`${name} is not UTF-8 text. Save it as UTF-8.`)
  }
}
