/** How a verb fails: one clear sentence on standard error, or one line of JSON, and the exit code that belongs to it. */

import { isRoleSetsError, RoleSetsError, type Remedy, type RoleSetsErrorCode } from '@rolesets/client'
import { exitCodeOf, exitCodes, onOneLine, snakeCase, type ExitCode } from '@rolesets/core'
import { FileError } from '../../bounded-file.ts'
import { Refusal } from '../../domain/refusal.ts'
import type { NamedFault } from '../../manifest/parse-files.ts'
import type { Io } from './io.ts'
import { jsonLine } from '../output/json.ts'

/** The command line or a file is wrong; the message says what to do. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
  readonly code: 'usage' | 'invalid_file' | 'key_required' | 'organization_not_found'
  readonly faults: readonly NamedFault[]

  constructor(message: string, options: { code?: UsageError['code']; faults?: readonly NamedFault[] } = {}) {
    super(message)
    this.code = options.code ?? 'usage'
    this.faults = options.faults ?? []
  }
}

export interface ExplainingWords {
  readonly before?: string
  readonly after?: string
  /** In the place of the error's own sentence. */
  readonly problem?: string
}

/** An error of the client with what the command line has to add to its sentence. */
export class ExplainedError extends RoleSetsError {
  readonly before: string
  readonly after: string

  constructor(error: RoleSetsError, words: ExplainingWords) {
    const { code, problem, cause, detail, fields, remedy } = error
    super(code, words.problem ?? problem, { cause, detail, fields, remedy })
    const { before = '', after = '' } = error instanceof ExplainedError ? error : {}
    this.before = words.before ?? before
    this.after = words.after ?? after
  }
}

/** Whether the sidecar answered, and said no to this write. Another write may well be accepted. */
export function isRefused({ code }: RoleSetsError): boolean {
  // A read-only sidecar refuses them all.
  return code !== 'read_only' && exitCodeOf(code) !== exitCodes.unanswered
}

/** The flag of the sidecar's key: `--key`, unless that one is the key of another server. */
export type KeyFlag = '--key' | '--target-key'

const keyRemedy = (flag: KeyFlag) =>
  `Give the right one with ${flag}-file <path>, or in ROLESETS_KEY_FILE or ROLESETS_KEY.`
/** What to do, as the command line says it. */
const ownRemedies = {
  more_time: 'Try again, or allow more with --timeout.',
  encryption: 'Give --tls, or --insecure.',
  reach_sidecar: 'Start it, or correct the target: the gRPC address, with --tls only if the sidecar has TLS.',
  matching_sidecar: 'Correct the target, or update the sidecar.',
  look_at_log: "See the sidecar's log.",
  with_tls: 'Give --tls, or --tls-ca <path> if its authority is your own.',
  without_tls: 'Leave the --tls options out, or correct the target.',
  trust_authority: 'Give the certificate of its authority with --tls-ca <path>.',
  right_name: 'Correct the target, or give the name that the certificate has with --tls-server-name <name>.',
  renew_certificate: 'Renew it, or correct the clock of this machine.',
  client_certificate: 'Give one with --tls-cert <path> and --tls-key <path>.',
  matching_pair: 'Give the private key of the certificate with --tls-key <path>.',
  grpc_port: 'Give the gRPC address as the target, by default port 7450.',
  new_client: 'Run the command again.',
} satisfies Record<Exclude<Remedy, 'right_key'>, string>

export const remedies: readonly Remedy[] = [
  'right_key',
  ...(Object.keys(ownRemedies) as Exclude<Remedy, 'right_key'>[]),
]

/** What a verb has, so that its messages name nothing else. */
export interface VerbWords {
  readonly keyFlag: KeyFlag
  /** The long flags of its options. */
  readonly flags: readonly string[]
}

type OwnMessage = (problem: string, verb: VerbWords) => string

const keyUnknown: OwnMessage = (_problem, { keyFlag }) =>
  `The sidecar rejected the request: no valid key. ${keyRemedy(keyFlag)}`
const keyTooWeak: OwnMessage = (_problem, { keyFlag }) => `This key may read, but not write. ${keyRemedy(keyFlag)}`

/** Where the command line knows better what to do than the sidecar can. */
const ownMessages: Partial<Record<RoleSetsErrorCode, OwnMessage>> = {
  key_required: keyUnknown,
  unauthenticated: keyUnknown,
  write_key_required: keyTooWeak,
  permission_denied: keyTooWeak,
  closed: () => 'Interrupted.',
  aborted: () => 'Interrupted.',
  mapping_missing: (problem, { flags }) => {
    if (flags.includes('--map')) return `${problem} That is --map <from>=<to>.`
    return flags.includes('--file') ? `${problem} ${mappingsInFile}` : problem
  },
  organization_minimum_permissions_needed: (problem, { flags }) =>
    flags.includes('--allow-no-administrator')
      ? `${problem} On the command line, this is --allow-no-administrator.`
      : problem,
}

/** How a file says which roles members get instead of those that they lose. */
const mappingsInFile =
  'In the file, these are the mappings of the organization, the scope, the kind or the default, and replace of the role set.'

interface Failure {
  readonly exitCode: ExitCode
  readonly code: string
  readonly message: string
  readonly fields?: readonly { readonly field: string; readonly description: string }[]
  readonly faults?: readonly NamedFault[]
}

/** How a verb reports its failures. */
export interface Failing {
  readonly json: boolean
  /** Default: `--key`. */
  readonly keyFlag?: KeyFlag | undefined
  /** The long flags of the verb. */
  readonly flags: readonly string[]
  /** Of an error that says no. Default: 1. */
  readonly refusedExitCode?: ExitCode | undefined
}

/** Reports the failure to the user, and sets the exit code. */
export function reportFailure(
  io: Io,
  error: unknown,
  { json, keyFlag = '--key', flags, refusedExitCode = exitCodes.no }: Failing,
): void {
  const { exitCode, ...failure } = failureOf(error, { keyFlag, flags })
  const { faults } = failure
  if (json) io.stderr(jsonLine({ error: failure }))
  else if (faults === undefined) io.stderr(`rolesets: ${onOneLine(failure.message)}\n`)
  else io.stderr(`${failure.message}\n`)
  io.setExitCode(exitCode === exitCodes.no ? refusedExitCode : exitCode)
}

function failureOf(error: unknown, verb: VerbWords): Failure {
  if (error instanceof UsageError) {
    const { code, message, faults } = error
    return { exitCode: exitCodes.usage, code, message, ...(faults.length > 0 ? { faults } : {}) }
  }
  if (error instanceof FileError) return failureOf(errorOfFile(error), verb)
  if (error instanceof Refusal) return { exitCode: exitCodes.usage, code: 'usage', message: error.message }
  if (isRoleSetsError(error)) {
    const { code, fields } = error
    const sentence = sentenceOf(error, verb)
    return {
      exitCode: exitCodeOf(code),
      code,
      message: error instanceof ExplainedError ? `${error.before}${sentence}${error.after}` : sentence,
      ...(fields.length > 0 ? { fields: fields.map((each) => ({ ...each, field: snakeCase(each.field) })) } : {}),
    }
  }
  const reason = error instanceof Error ? error.message : String(error)
  return { exitCode: exitCodes.unanswered, code: 'internal', message: `Unexpected error: ${reason}` }
}

function errorOfFile({ code, message, cause }: FileError): UsageError | RoleSetsError {
  return code === 'aborted' ? new RoleSetsError('aborted', message, { cause }) : new UsageError(message)
}

/** The client's sentence names options of the client. A person at a terminal knows flags. */
export function sentenceOf({ code, problem, remedy, fields: [field] }: RoleSetsError, verb: VerbWords): string {
  const own = ownMessages[code]
  if (own) return own(problem, verb)
  const isOption = code === 'invalid_argument' && field !== undefined
  const sentence = isOption ? `${subjectOf(field.field)} ${field.description}` : problem
  if (remedy === undefined) return sentence
  return `${sentence} ${remedy === 'right_key' ? keyRemedy(verb.keyFlag) : ownRemedies[remedy]}`
}

/** Where a variable or a file can give it as well as a flag, no flag is named: another one may have been used. */
const subjects: Readonly<Record<string, string>> = {
  ...{ key: 'The key', target: 'The target' },
  ...{ deadlineMs: '--timeout', tls: '--tls', insecure: '--insecure', actor: '--actor' },
}

/** An option of the client as a person knows it; what an argument of a verb gives has no flag. */
function subjectOf(field: string): string {
  return subjects[field] ?? snakeCase(field)
}
