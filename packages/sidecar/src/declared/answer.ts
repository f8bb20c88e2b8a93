/** Parses the files of a manifest. Large ones come here in a thread of their own. */

import type { ManifestPath, ParsedManifest } from '@rolesets/core'
import { FileError, textOf } from '../bounded-file.ts'
import { parseManifestFiles, type ManifestText, type NamedFault, type NamedPlace } from '../manifest/parse-files.ts'
import { parsePath } from '../manifest/yaml-source.ts'
import type { FoundFile } from './look.ts'

export interface Question {
  readonly files: readonly FoundFile[]
  /** A field of the whole manifest, as the service names it: only its place is asked for. */
  readonly field?: string
}

export interface Answer {
  /** Undefined if there is a fault. */
  readonly manifest: ParsedManifest | undefined
  readonly faults: readonly NamedFault[]
  /** The field within its own file. */
  readonly asked?: { readonly path: ManifestPath; readonly place: NamedPlace } | undefined
}

export function answer({ files, field }: Question): Answer {
  const texts: ManifestText[] = []
  const faults: NamedFault[] = []
  for (const { name, bytes } of files) {
    try {
      texts.push({ name, text: textOf(bytes, 'The file') })
    } catch (error) {
      if (!(error instanceof FileError)) throw error
      faults.push({ file: name, line: 1, column: 1, path: '', message: error.message })
    }
  }
  if (faults.length > 0) return { manifest: undefined, faults }
  const { manifest, faults: found, find } = parseManifestFiles(texts)
  const asked = field === undefined ? undefined : find(parsePath(field))
  return { manifest: field === undefined ? manifest : undefined, faults: found, asked }
}
