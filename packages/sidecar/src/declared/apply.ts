/** Brings the store to the state of a parsed manifest, as `rolesets apply` does: one change set, or none. */

import { rowOf, storeCodes, type ParsedManifest } from '@rolesets/core'
import type { Refusal } from '../domain/refusal.ts'
import type { Administration } from '../service/administration.ts'
import { asTold, ServiceError, StoreError } from '../service/service-error.ts'
import type { FoundFile } from './look.ts'
import { find, placeText } from './parse.ts'
import { ManifestProblem } from './problem.ts'

/** A manifest without faults, and where it comes from. */
export interface Wanted {
  readonly manifest: ParsedManifest
  readonly files: readonly FoundFile[]
  readonly hash: string
}

export interface Done {
  readonly revision: string
  readonly created: number
  readonly changed: number
  readonly deleted: number
  /** Things that aren't described, and stay. */
  readonly leftAlone: number
}

const actor = 'manifest'

interface How {
  readonly prune: boolean
  readonly signal: AbortSignal
}

/** @throws Refusal, StoreError, the reason of the signal */
export async function apply(
  { apply: write }: Pick<Administration, 'apply'>,
  { manifest }: Wanted,
  { prune, signal }: How,
): Promise<Done> {
  const call = { actor, dryRun: false, isDeclared: true as const, signal }
  const { value, revision } = await write({ manifest, isParsed: true, prune }, call)
  const { steps = [], leftAlone = [] } = value ?? {}
  const count = (action: string) => steps.filter((step) => step.action === action).length
  return {
    revision,
    created: count('create'),
    changed: count('update'),
    deleted: count('delete'),
    leftAlone: leftAlone.length,
  }
}

/** A refusal in the words of the command line: with the place in the file, where the fault has one. */
export async function problemOfRefusal(
  { code, message, field }: Refusal,
  { files }: Wanted,
  signal: AbortSignal,
): Promise<ManifestProblem> {
  const found = field === undefined ? undefined : await find(field, files, signal)
  const at = found ? ` at ${placeText(found.place).slice(0, -2)}` : ''
  const { meaning, remedy } = rowOf(code)
  const open = `The manifest is refused${at} (${code}): ${meaning} ${remedy} Nothing was changed; the log names the things.`
  // In a folder, the number of a thing is another one in its own file.
  const own = found && field !== undefined ? message.replace(field, found.field) : message
  return new ManifestProblem(code, `${found ? placeText(found.place) : ''}${own}`, { place: found?.place, open })
}

/** A failure that passes, or that only an operator can end; the manifest isn't at fault. */
export function problemOfFailure(error: unknown): ManifestProblem {
  const told = asTold(error)
  if (told instanceof ServiceError) return new ManifestProblem(told.code, told.message, { cause: error })
  if (error instanceof StoreError && storeCodes[error.code] !== 'internal_failure') {
    const code = storeCodes[error.code]
    const open = `The store can't be written (${code}). ${rowOf(code).remedy} It is tried again.`
    return new ManifestProblem(code, error.message, { open, cause: error })
  }
  const open = 'The manifest could not be applied for an unexpected reason. It is tried again; the log has the record.'
  const message = error instanceof Error ? error.message : String(error)
  return new ManifestProblem('internal_failure', message, { open, cause: error })
}
