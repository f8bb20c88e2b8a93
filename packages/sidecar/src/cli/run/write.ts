/**
 * What all verbs that change something have in common: the actor, the dry run, the revision of an earlier dry run, the
 * progress line and a long time limit, because a write may still be done after its caller has stopped waiting.
 */

import {
  isRoleSetsError,
  type RoleSetsError,
  type Administration,
  type AdminOptions,
  type RoleSetsErrorCode,
  type Written,
} from '@rolesets/client'
import { Option } from 'commander'
import { exitCodes, type ExitCode } from '@rolesets/core'
import { timeoutSecondsMax, type ConnectionOptions } from './connection.ts'
import { impactLines, inOrder, requirementLines, violationLines, withShownImpact } from '../output/impact.ts'
import { linesText } from '../output/lines.ts'
import { ExplainedError } from './failure.ts'
import type { Io } from './io.ts'
import { withProgress } from './progress.ts'
import { actorOption, askingVerb, type AddVerb, type Given, type Verb } from './verb.ts'
import { invalid, parseId, parseRevisionField } from '../../domain/fields.ts'

export interface WriteOptions extends ConnectionOptions {
  readonly actor?: string
  readonly dryRun?: true
  readonly expectedRevision?: string
  readonly allowNoAdministrator?: true
}

interface How {
  readonly dryRun: boolean
  readonly expectedRevision?: string
  readonly allowNoAdministrator?: true
}

/** What is so now, and what would be so after a dry run: sentences without the full stop. */
interface Outcome {
  readonly is: string
  readonly would: string
  /** What follows the sentence with its revision. Default: a full stop. */
  readonly after?: string
  /** Lines that follow the sentence once it is done. */
  readonly lines?: readonly string[]
}

interface Write<Answer extends Written> {
  readonly ask: (admin: Administration, how: How, limits: AdminOptions) => Promise<Answer>
  readonly outcome: (answer: Answer) => Outcome
  /** What to type when the write is refused and these roles, which are in use, have to be mapped. */
  readonly remedy?: (roles: readonly string[]) => string | undefined
  /** Prints the document of `--json`, or the text, in another way. */
  readonly show?: (
    answer: Answer,
    shown: { readonly document: object } | { readonly text: string },
  ) => void | Promise<void>
}

export interface WriteVerb extends Verb {
  /** Whether it is on a thing that exists, so that this can have changed since an earlier dry run. */
  readonly onRevision: boolean
  /** It can end an organization's last administrator (rule 19). */
  readonly endsAdministrators?: true
}

/** No answer came: the write may have been done. */
const unknownOutcomes: readonly RoleSetsErrorCode[] = ['unavailable', 'deadline_exceeded', 'aborted', 'closed']

const dryRunOption = new Option('--dry-run', 'say what it would do, and change nothing')
const expectedRevisionOption = new Option(
  '--expected-revision <revision>',
  'refuse if the thing has changed since this revision of a dry run',
)

export const allowNoAdministratorOption = new Option(
  '--allow-no-administrator',
  'do it also if an organization loses its last administrator',
)

/** For verbs that give roles to members or invitations, or take them away (rule 18). */
export const actingOptions = [
  new Option('--acting-user <user>', 'id of the user on whose behalf: must be able to manage the members'),
  new Option('--grant-policy <policy>', 'what this user may give (default: subset)').choices(['subset', 'any']),
]

export interface ActingOptions {
  readonly actingUser?: string
  readonly grantPolicy?: 'subset' | 'any'
}

/** The user on whose behalf a write is made, as its request names the user. */
export function onBehalfOf({ actingUser, grantPolicy }: ActingOptions) {
  if (actingUser === undefined && grantPolicy !== undefined)
    throw invalid('--grant-policy', 'needs --acting-user. Name the user on whose behalf the command runs.')
  const policies = { subset: 'SUBSET', any: 'ANY' } as const
  return {
    ...(actingUser !== undefined && { actingUserId: parseId(actingUser, '--acting-user') }),
    ...(grantPolicy !== undefined && { grantPolicy: policies[grantPolicy] }),
  }
}

/** A verb that checks what was typed, sends one write, and prints what it did. */
export function writeVerb<Options extends WriteOptions, Args extends unknown[], Answer extends Written>(
  verb: WriteVerb,
  check: (given: Given<Options>, ...args: Args) => Write<Answer>,
): AddVerb {
  return askingVerb<Options, Args>(writing(verb), (given, ...args) => {
    const { ask, ...write } = check(given, ...args)
    const { io, options } = given
    const how = howOf(options)
    return async ({ client, limits, print }) => {
      const send = () => ask(client.admin, how, actingAs(options, limits))
      const answer = await sendOnce(io, options, { how, send })
      const text = writeText(answer, how, write)
      const document = { dryRun: how.dryRun, ...withShownImpact(answer) }
      if (write.show) await write.show(answer, options.json ? { document } : { text })
      else await print(document, text)
      return exitCodeOfWrite(answer)
    }
  })
}

/** The verb with what all writes have: their options, the secret key, and an hour of patience. */
export function writing({
  onRevision,
  endsAdministrators,
  options = [],
  ...verb
}: WriteVerb): Verb & { readonly needsKey: true } {
  const own = [
    ...options,
    ...(endsAdministrators ? [allowNoAdministratorOption] : []),
    dryRunOption,
    ...(onRevision ? [expectedRevisionOption] : []),
    actorOption,
  ]
  return { ...verb, options: own, timeoutSeconds: timeoutSecondsMax, needsKey: true }
}

/** Names the actor with each write, if one is given. */
export function actingAs({ actor }: { readonly actor?: string }, limits: AdminOptions): AdminOptions {
  return { ...limits, ...(actor === undefined ? {} : { actor }) }
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

export function howOf({ dryRun, expectedRevision, allowNoAdministrator }: WriteOptions): How {
  if (expectedRevision !== undefined) parseRevisionField(expectedRevision, '--expected-revision')
  return {
    dryRun: dryRun === true,
    ...(expectedRevision === undefined ? {} : { expectedRevision }),
    ...(allowNoAdministrator === undefined ? {} : { allowNoAdministrator }),
  }
}

/** A dry run that says no is a no. */
export function exitCodeOfWrite({ impact }: Written): ExitCode {
  return impact.violations.length > 0 ? exitCodes.no : exitCodes.yes
}

function writeText<Answer extends Written>(
  answer: Answer,
  { dryRun }: How,
  { outcome, remedy }: Pick<Write<Answer>, 'outcome' | 'remedy'>,
): string {
  const { impact, revision } = answer
  const isRefused = impact.violations.length > 0
  const roles = inOrder(impact.requiredMappings).map(({ role }) => role)
  const remedyLine = isRefused && roles.length > 0 ? remedy?.(roles) : undefined
  const { is, would, after = '.', lines: details = [] } = outcome(answer)
  const sentence = dryRun ? `${would}.` : `${is} (revision ${revision})${after}`
  const lines = [
    ...(isRefused ? violationLines(impact.violations) : [sentence, ...(dryRun ? [] : details)]),
    ...impactLines(impact),
    ...(dryRun ? requirementLines(impact) : []),
    ...(remedyLine === undefined ? [] : [remedyLine]),
    ...(dryRun ? [dryRunText(answer)] : []),
  ]
  return linesText(lines)
}

/** Ends what every dry run says. */
export function dryRunText({ revision }: Pick<Written, 'revision'>): string {
  return `Dry run: nothing was changed. This is what it would do at revision ${revision}.`
}

/** Adds what only a write knows: which dry run no longer holds, and that it may have been made. */
function explained(error: RoleSetsError, { expectedRevision, dryRun }: Partial<How>): RoleSetsError {
  if (error.code === 'revision_conflict' && expectedRevision !== undefined) {
    const after = ` Run the command again with --dry-run.`
    return new ExplainedError(error, { after })
  }
  if (dryRun || !unknownOutcomes.includes(error.code)) return error
  return new ExplainedError(error, {
    after: ' It is unknown whether the change was made. Check before you run it again.',
  })
}
