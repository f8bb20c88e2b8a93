/**
 * What `rolesets apply` and `rolesets plan` share: both ask the sidecar what the file would do, and print it in the same
 * words. A plan ends there.
 */

import {
  isRoleSetsError,
  RoleSetsError,
  type Administration,
  type Applied,
  type RoleSetsClient,
  type RoleSetsErrorCode,
  type Violation,
} from '@rolesets/client'
import { pathText, snakeCase } from '@rolesets/core'
import { Option } from 'commander'
import { readManifest, type ManifestSource } from '../manifest/file.ts'
import { nothingText, planText, refusedText } from '../output/plan-text.ts'
import { ExplainedError } from '../run/failure.ts'
import { withClient, type Given } from '../run/verb.ts'
import { actingAs, sendOnce, type WriteOptions } from '../run/write.ts'
import { parsePath } from '../../manifest/yaml-source.ts'

export interface DescribedOptions extends WriteOptions {
  readonly file: readonly string[]
  readonly prune?: true
}

type ApplyRequest = Parameters<Administration['apply']>[0]

/** Asks the sidecar to apply the file, or what that would do. */
export type Ask = (how: Pick<ApplyRequest, 'dryRun' | 'expectedRevision'>) => Promise<Applied>

interface Described {
  readonly file: ManifestSource
  readonly ask: Ask
}

export const describedOptions = [
  new Option(
    '-f, --file <path>',
    'the file, YAML or JSON, or a folder with files; - reads standard input; can be repeated',
  )
    .argParser(collectPath)
    .makeOptionMandatory(),
  new Option('--prune', 'delete what the file does not describe'),
]

function collectPath(path: string, before: readonly string[] = []): readonly string[] {
  return [...before, path]
}

/** Reads the files, does the work with a client, and adds to a refusal its place in the file. */
export async function withDescribed<T>(
  { io, options, needsKey }: Given<DescribedOptions> & { readonly needsKey: boolean },
  work: (described: Described) => Promise<T>,
): Promise<T> {
  const file = await readManifest(options.file, io)
  return withClient(io, { options, needsKey }, async (client) => {
    try {
      return await work({ file, ask: askingFor({ io, options, client, file }) })
    } catch (error) {
      throw isRoleSetsError(error) ? new ExplainedError(error, placedWords(error, file)) : error
    }
  })
}

interface Asking extends Given<DescribedOptions> {
  readonly client: RoleSetsClient
  readonly file: ManifestSource
}

function askingFor({ io, options, client, file }: Asking): Ask {
  // The client leaves out what is undefined; its type doesn't say so.
  const insisted = options.allowNoAdministrator === undefined ? {} : { allowNoAdministrator: true }
  const { scopeKinds, ...others } = file.manifest
  const named = scopeKinds.map(({ fallback, ...kind }) => ({ ...kind, fallback: fallback.toUpperCase() }))
  const described = { ...others, scopeKinds: named, prune: options.prune === true, ...insisted } as ApplyRequest
  const limits = actingAs(options, { deadlineMs: options.timeout * 1_000, signal: io.signal })
  return (how) => sendOnce(io, options, { how, send: () => client.admin.apply({ ...described, ...how }, limits) })
}

/** What a preview says: why it would be refused, or all that it would do, or that there is nothing to do. */
export function previewText(preview: Applied, file: ManifestSource): string {
  const refusals = refusalsOf(preview)
  if (refusals.length === 0) return preview.steps.length > 0 ? planText(preview) : nothingText(preview)
  return refusedText(
    preview,
    refusals.map((refusal) => {
      const { before, problem = refusal.message } = placedWords(refusal, file)
      return { message: `${before}${problem}` }
    }),
  )
}

/** Why it would be refused, as the real call would throw it. */
export function refusalsOf({ impact }: Applied): readonly RoleSetsError[] {
  return impact.violations.map(refusalOf)
}

function refusalOf({ reason, message, field }: Violation): RoleSetsError {
  const fields = field === '' ? [] : [{ field, description: message }]
  return new RoleSetsError(reason.toLowerCase() as RoleSetsErrorCode, message, { fields })
}

interface PlacedWords {
  readonly before: string
  readonly problem?: string
}

/** `file:line:column: ` of the field at fault, if it is one of the files (`roles[2].key`), and its sentence. */
function placedWords({ fields: [field], problem }: RoleSetsError, { find }: ManifestSource): PlacedWords {
  const path = field === undefined ? [] : parsePath(snakeCase(field.field))
  const found = path.length < 3 ? undefined : find(path)
  if (found === undefined) return { before: '' }
  const { file, line, column } = found.place
  // Of several files, the number of a thing is another one in its own file.
  return { before: `${file}:${line}:${column}: `, problem: problem.replace(pathText(path), pathText(found.path)) }
}
