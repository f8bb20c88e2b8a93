/**
 * What all verbs that change something have in common: the actor, the dry run, the revision of an earlier dry run, the
 * progress line, and that they wait as long as the sidecar lives: a write that is given up may still be done.
 */

import {
  isRoleSetsError,
  type RoleSetsError,
  type AdminOptions,
  type RoleSetsClient,
  type RoleSetsErrorCode,
  type Written,
} from '@rolesets/client'
import { Option, type Command } from 'commander'
import { exitCodes, type ExitCode } from '@rolesets/core'
import { timeoutSecondsMax, type ConnectionOptions } from './connection.ts'
import { impactLines, inOrder, requirementLines, violationLines } from '../output/impact.ts'
import { ExplainedError } from './failure.ts'
import type { Io } from './io.ts'
import { jsonLine } from '../output/json.ts'
import { withProgress } from './progress.ts'
import { actorOption, addVerb, withClient, writeOptions, type Verb } from './verb.ts'
import { parseRevisionField } from '../../domain/fields.ts'

export interface WriteOptions extends ConnectionOptions {
  readonly actor?: string
  readonly dryRun?: true
  readonly expectedRevision?: string
}

interface How {
  readonly dryRun: boolean
  readonly expectedRevision?: string
}

/** Sends the write. */
type Ask<Answer extends Written> = (client: RoleSetsClient, how: How, options: AdminOptions) => Promise<Answer>

interface Telling<Answer extends Written> {
  /** What is so now, or with `dryRun` would be: sentences, one a line. */
  readonly sentences: (answer: Answer, dryRun: boolean) => readonly string[]
  /** What to type when the write is refused and these roles, which are in use, need others for their holders. */
  readonly remedy?: (roles: readonly string[]) => string | undefined
}

interface WriteVerb extends Verb {
  /** Whether it is on a thing that is there, so that this can have changed since it was looked at. */
  readonly onRevision: boolean
}

/** No answer came: the write may have been done. */
const unknownOutcomes: readonly RoleSetsErrorCode[] = ['unavailable', 'deadline_exceeded', 'aborted', 'closed']

const dryRunOption = new Option('--dry-run', 'say what it would do, and change nothing')
const expectedRevisionOption = new Option(
  '--expected-revision <revision>',
  'refuse if it has changed since this revision, which a dry run gave',
)

export function addWriteVerb(parent: Command, io: Io, { onRevision, options = [], ...verb }: WriteVerb): Command {
  const own = [...options, dryRunOption, ...(onRevision ? [expectedRevisionOption] : []), actorOption]
  return addVerb(parent, io, { ...verb, options: own, timeoutSeconds: timeoutSecondsMax })
}

/** Sends the write, and prints the result. */
export async function runWrite<Answer extends Written>(
  io: Io,
  options: WriteOptions,
  { ask, ...telling }: Telling<Answer> & { readonly ask: Ask<Answer> },
): Promise<ExitCode> {
  const answer = await sendWrite(io, options, ask)
  const dryRun = options.dryRun === true
  await io.stdout(options.json ? jsonLine({ dryRun, ...answer }) : writeText(answer, options, telling))
  return exitCodeOfWrite(answer)
}

export async function sendWrite<Answer extends Written>(
  io: Io,
  options: WriteOptions,
  ask: Ask<Answer>,
): Promise<Answer> {
  const how = howOf(options)
  return withClient(io, { options, keyUse: 'required' }, (client) =>
    sendOnce(io, options, { how, send: () => ask(client, how, writeOptions(options, io)) }),
  )
}

/** Shows progress, and adds to an error what the client can't know. */
export async function sendOnce<Answer>(
  io: Io,
  { json }: { readonly json?: true },
  { how, send }: { readonly how: Partial<How>; readonly send: () => Promise<Answer> },
): Promise<Answer> {
  try {
    return await withProgress(io, json === undefined ? {} : { json }, send)
  } catch (error) {
    throw isRoleSetsError(error) ? explained(error, how) : error
  }
}

export function howOf({ dryRun, expectedRevision }: WriteOptions): How {
  if (expectedRevision !== undefined) parseRevisionField(expectedRevision, '--expected-revision')
  return { dryRun: dryRun === true, ...(expectedRevision === undefined ? {} : { expectedRevision }) }
}

/** A dry run that says no is a no. */
export function exitCodeOfWrite({ impact }: Written): ExitCode {
  return impact.violations.length > 0 ? exitCodes.no : exitCodes.yes
}

export function writeText<Answer extends Written>(
  answer: Answer,
  options: Pick<WriteOptions, 'dryRun'>,
  { sentences, remedy }: Telling<Answer>,
): string {
  const { impact } = answer
  const dryRun = options.dryRun === true
  const isRefused = impact.violations.length > 0
  const roles = inOrder(impact.requiredMappings).map(({ role }) => role)
  const remedyLine = isRefused && roles.length > 0 ? remedy?.(roles) : undefined
  const lines = [
    ...(isRefused ? violationLines(impact.violations) : sentences(answer, dryRun)),
    ...impactLines(impact),
    ...(dryRun ? requirementLines(impact) : []),
    ...(remedyLine === undefined ? [] : [remedyLine]),
    ...(dryRun ? [dryRunText(answer)] : []),
  ]
  return `${lines.join('\n')}\n`
}

/** Ends what every dry run says. */
export function dryRunText({ revision }: Pick<Written, 'revision'>): string {
  return `Dry run: nothing was changed. This is what it would do at revision ${revision}.`
}

/** Adds what only the command line knows: which dry run no longer holds, and that a person may run the command again. */
function explained(error: RoleSetsError, { expectedRevision, dryRun }: Partial<How>): RoleSetsError {
  if (error.code === 'revision_conflict' && expectedRevision !== undefined) {
    const after = ` You expected revision ${expectedRevision}. Run it again with --dry-run.`
    return new ExplainedError(error, { after })
  }
  if (dryRun || !unknownOutcomes.includes(error.code)) return error
  return new ExplainedError(error, {
    after: ' It is unknown whether the change was made. Check before you run it again.',
  })
}
