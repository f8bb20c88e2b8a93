/** Gets the file of `rolesets apply` from disk or standard input, and turns all its faults into one message. */

import { onOneLine, type ParsedManifest } from '@rolesets/core'
import { readBounded, readFileBounded, textOf } from '../../bounded-file.ts'
import type { FileFault } from '../../manifest/fault.ts'
import { manifestBytesMax, parseManifestFile, type ParsedFile } from '../../manifest/parse.ts'
import { hideMistaken } from '../run/connection.ts'
import { UsageError } from '../run/failure.ts'
import type { Io } from '../run/io.ts'

const faultsShownMax = 50

export interface ManifestFile {
  /** For messages: the path, or `standard input`. */
  readonly name: string
  readonly manifest: ParsedManifest
  readonly placeOf: ParsedFile['placeOf']
}

/** @param path `-` reads standard input */
export async function readManifestFile(path: string, io: Io): Promise<ManifestFile> {
  const name = path === '-' ? 'standard input' : path
  const what = path === '-' ? 'Standard input' : `The file ${path}`
  const bounds = { what, bytesMax: manifestBytesMax, signal: io.signal }
  hideMistaken(path, io)
  const bytes = path === '-' ? await readBounded(io.stdin(), bounds) : await readFileBounded(path, bounds)
  const { manifest, faults, placeOf } = parseManifestFile(textOf(bytes, what))
  if (manifest !== undefined) return { name, manifest, placeOf }
  throw new UsageError(messageOf(name, faults), { code: 'invalid_file', faults: faults.slice(0, faultsShownMax) })
}

/** `file:line:column: what is wrong, and what to do`, one line each: editors and terminals jump to such places. */
function messageOf(name: string, faults: readonly FileFault[]): string {
  const lines = faults
    .slice(0, faultsShownMax)
    .map(({ line, column, message }) => onOneLine(`${name}:${line}:${column}: ${message}`))
  const more = faults.length - lines.length
  return [...lines, ...(more > 0 ? [`… and ${more} more`] : [])].join('\n')
}
