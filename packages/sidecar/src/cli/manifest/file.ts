/**
 * Gets the manifest of `rolesets apply` from files, folders or standard input, and turns all faults into one message. Several
 * files are one manifest, read as the sidecar reads `ROLESETS_MANIFEST`.
 */

import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { onOneLine, type ParsedManifest } from '@rolesets/core'
import { readBounded, readFileBounded, textOf } from '../../bounded-file.ts'
import { folderFilesMax, manifestNamesIn } from '../../manifest/folder.ts'
import { manifestBytesMax } from '../../manifest/parse.ts'
import { parseManifestFiles, type ManifestText, type NamedFault, type ParsedFiles } from '../../manifest/parse-files.ts'
import { hideMistaken } from '../run/connection.ts'
import { UsageError } from '../run/failure.ts'
import type { Io } from '../run/io.ts'

const faultsShownMax = 50

export interface ManifestSource {
  readonly manifest: ParsedManifest
  readonly find: ParsedFiles['find']
}

/** @param paths of files and folders, at least one; `-` reads standard input */
export async function readManifest(paths: readonly string[], io: Io): Promise<ManifestSource> {
  for (const path of paths) hideMistaken(path, io)
  if (paths.filter((path) => path === '-').length > 1)
    throw new UsageError('Standard input can be read once. Give -f - once.')
  const files: string[] = []
  for (const path of paths) files.push(...(await filesAt(path)))
  const { manifest, faults, find } = parseManifestFiles(await readTexts(files, io))
  if (manifest !== undefined) return { manifest, find }
  throw new UsageError(messageOf(faults), { code: 'invalid_file', faults: faults.slice(0, faultsShownMax) })
}

/** What is not a folder is read, and that tells what is wrong with it. */
async function filesAt(path: string): Promise<readonly string[]> {
  const isFolder = path !== '-' && (await isKind(path, 'isDirectory'))
  if (!isFolder) return [path]
  const names = manifestNamesIn(await readdir(path).catch((error: unknown) => unreadable(path, error)))
  if (names.length > folderFilesMax)
    throw new UsageError(`The folder ${path} has more than ${folderFilesMax} files. Put the manifest into fewer.`)
  const files: string[] = []
  for (const name of names) {
    const file = join(path, name)
    if (await isKind(file, 'isDirectory')) continue
    // A pipe that somebody left there would be waited for.
    if (await isKind(file, 'isFIFO'))
      throw new UsageError(`${file} is not a regular file. Take it away, or name the files one by one.`)
    files.push(file)
  }
  if (files.length > 0) return files
  throw new UsageError(`The folder ${path} has no file whose name ends in .yaml, .yml or .json. Add one.`)
}

async function isKind(path: string, kind: 'isDirectory' | 'isFIFO'): Promise<boolean> {
  return stat(path).then(
    (found) => found[kind](),
    () => false,
  )
}

function unreadable(path: string, error: unknown): never {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown failure'
  throw new UsageError(`The folder ${path} cannot be read (${code}). Correct the path, or make it readable.`)
}

/** Together they may have as many bytes as one file, so that a folder of large files doesn't fill the memory. */
async function readTexts(files: readonly string[], io: Io): Promise<readonly ManifestText[]> {
  const texts: ManifestText[] = []
  let bytesRead = 0
  for (const path of files) {
    const [name, what] = path === '-' ? ['standard input', 'Standard input'] : [path, `The file ${path}`]
    const bounds = { what, bytesMax: manifestBytesMax, signal: io.signal }
    const bytes = path === '-' ? await readBounded(io.stdin(), bounds) : await readFileBounded(path, bounds)
    bytesRead += bytes.length
    if (bytesRead > manifestBytesMax)
      throw new UsageError(
        `The files have more than ${manifestBytesMax} bytes together. Describe less, or apply them one after the other.`,
      )
    texts.push({ name, text: textOf(bytes, what) })
  }
  return texts
}

/** `file:line:column: what is wrong, and what to do`, one line each: editors and terminals jump to such places. */
function messageOf(faults: readonly NamedFault[]): string {
  const lines = faults
    .slice(0, faultsShownMax)
    .map(({ file, line, column, message }) => onOneLine(`${file}:${line}:${column}: ${message}`))
  const more = faults.length - lines.length
  return [...lines, ...(more > 0 ? [`… and ${more} more`] : [])].join('\n')
}
