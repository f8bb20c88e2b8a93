/** Why the store isn't as the manifest says: the words for the log, and those for anyone who can reach the probes. */

import { onOneLine } from '@rolesets/core'
import type { NamedFault, NamedPlace } from '../manifest/parse-files.ts'

export interface ProblemDetails {
  /** Of the first fault. */
  readonly place?: NamedPlace | undefined
  readonly faults?: readonly NamedFault[]
  /** The message without anything that is written in the files. Default: the message, which has nothing of it. */
  readonly open?: string
  readonly cause?: unknown
}

export class ManifestProblem extends Error {
  override readonly name = 'ManifestProblem'
  /** `unreadable_file`, `invalid_file`, or the code of a refusal or of a failure of the store. */
  readonly code: string
  readonly place: NamedPlace | undefined
  readonly faults: readonly NamedFault[]
  readonly open: string

  constructor(code: string, message: string, details: ProblemDetails = {}) {
    super(message, 'cause' in details ? { cause: details.cause } : {})
    this.code = code
    const { place } = details
    // A fault is a place, too, and says more than may be shown.
    this.place = place && { file: place.file, line: place.line, column: place.column }
    this.faults = details.faults ?? []
    this.open = details.open ?? message
  }
}

/** @param path of the manifest; the error of a file in it names that file */
export function unreadable(path: string, error: unknown): ManifestProblem {
  const { code, path: found } = error as { readonly code?: unknown; readonly path?: unknown }
  const name = onOneLine(typeof found === 'string' ? found : path)
  const message =
    code === 'ENOENT' || code === 'ENOTDIR'
      ? `There is no file or folder ${name}. Put the manifest there, or correct ROLESETS_MANIFEST.`
      : `${name} can't be read (${typeof code === 'string' ? code : 'unknown failure'}). Make it readable for the user of the sidecar.`
  return new ManifestProblem('unreadable_file', message, { cause: error })
}

/** @param message has nothing of what is written in the files */
export function invalid(message: string): ManifestProblem {
  return new ManifestProblem('invalid_file', message)
}
