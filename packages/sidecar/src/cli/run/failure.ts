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

type OwnMessage = (problem: string, keyFlag: KeyFlag) => string

const keyUnknown: OwnMessage = (_problem, flag) => `The sidecar rejected the request: no valid key. ${keyRemedy(flag)}`
const keyTooWeak: OwnMessage = (_problem, flag) => `This key may read, but not write. ${keyRemedy(flag)}`

/** Where the command line knows better what to do than the sidecar can. */
const ownMessages: Partial<Record<RoleSetsErrorCode, OwnMessage>> = {
  key_required: keyUnknown,
  unauthenticated: keyUnknown,
  write_key_required: keyTooWeak,
  permission_denied: keyTooWeak,
  closed: () => 'Interrupted.',
  aborted: () => 'Interrupted.',
  mapping_missing: (problem) =>
    `${problem} That is --map <from>=<to>, or in the file mappings of an organization or replace of a role set.`,
}

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
  /** Of an error that says no. Default: 1. */
  readonly refusedExitCode?: ExitCode | undefined
}

/** Reports the failure to the user, and sets the exit code. */
export function reportFailure(
  io: Io,
  error: unknown,
  { json, keyFlag = '--key', refusedExitCode = exitCodes.no }: Failing,
): void {
  const { exitCode, ...failure } = failureOf(error, keyFlag)
  const { faults } = failure
  if (json) io.stderr(jsonLine({ error: failure }))
  else if (faults === undefined) io.stderr(`rolesets: ${onOneLine(failure.message)}\n`)
  else io.stderr(`${failure.message}\n`)
  io.setExitCode(exitCode === exitCodes.no ? refusedExitCode : exitCode)
}

function failureOf(error: unknown, keyFlag: KeyFlag): Failure {
  if (error instanceof UsageError) {
    const { code, message, faults } = error
    return { exitCode: exitCodes.usage, code, message, ...(faults.length > 0 ? { faults } : {}) }
  }
  if (error instanceof FileError) return failureOf(errorOfFile(error), keyFlag)
  if (error instanceof Refusal) return { exitCode: exitCodes.usage, code: 'usage', message: error.message }
  if (isRoleSetsError(error)) {
    const { code, fields } = error
    const sentence = sentenceOf(error, keyFlag)
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
function sentenceOf({ code, problem, remedy, fields: [field] }: RoleSetsError, keyFlag: KeyFlag): string {
  const own = ownMessages[code]
  if (own) return own(problem, keyFlag)
  const isOption = code === 'invalid_argument' && field !== undefined
  const sentence = isOption ? `${flagOf(field.field)} ${field.description}` : problem
  if (remedy === undefined) return sentence
  return `${sentence} ${remedy === 'right_key' ? keyRemedy(keyFlag) : ownRemedies[remedy]}`
}

const flags: Readonly<Record<string, string>> = { deadlineMs: '--timeout' }

/** An option of the client as the flag that sets it; what an argument of a verb gives has no flag. */
function flagOf(field: string): string {
  const isFlag = ['target', 'key', 'tls', 'insecure', 'actor'].includes(field)
  return flags[field] ?? (isFlag ? `--${field}` : snakeCase(field))
}
