/** How a verb fails: one clear sentence on standard error, or one line of JSON, and the exit code that belongs to it. */

import { isRoleSetsError, type RoleSetsError, type RoleSetsErrorCode } from '@rolesets/client'
import { Refusal } from '../../domain/refusal.ts'
import { exitCodes, type ExitCode, type Io } from './io.ts'
import { snakeCase, snakeCaseName } from '../output/json.ts'

/** Both count from 1. */
export interface FilePlace {
  readonly line: number
  readonly column: number
}

export interface FileFault extends FilePlace {
  /** Where in the described state: `roles[2].permissions[0]`; empty for the file as a whole. */
  readonly path: string
  /** What is wrong with it, and what to do. */
  readonly message: string
}

/** The command line or a file is not right; the message says what to do. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
  readonly code: 'usage' | 'invalid_file' | 'key_required'
  readonly faults: readonly FileFault[]

  constructor(message: string, options: { code?: UsageError['code']; faults?: readonly FileFault[] } = {}) {
    super(message)
    this.code = options.code ?? 'usage'
    this.faults = options.faults ?? []
  }
}

const { no, usage, unanswered } = exitCodes

const exitCodeOf = {
  invalid_argument: usage,
  invalid_field: usage,
  limit_exceeded: usage,
  invalid_revision: usage,
  permission_not_found: no,
  role_not_found: no,
  role_set_not_found: no,
  organization_not_found: no,
  membership_not_found: no,
  invitation_not_found: no,
  access_key_not_found: no,
  key_taken: no,
  membership_exists: no,
  invitation_exists: no,
  access_key_exists: no,
  role_holds_permission: no,
  role_not_in_role_set: no,
  special_role_not_in_role_set: no,
  role_not_creator_eligible: no,
  mapping_missing: no,
  mapping_invalid: no,
  initial_role_set_required: no,
  in_use: no,
  system_permission: no,
  role_lacks_permission: no,
  invitation_not_pending: no,
  membership_quota_exceeded: no,
  organizations_disabled: no,
  slugs_disabled: no,
  same_source_and_destination: no,
  revision_conflict: no,
  not_found: no,
  already_exists: no,
  failed_precondition: no,
  conflict: no,
  unavailable: unanswered,
  deadline_exceeded: unanswered,
  not_ready: unanswered,
  closed: unanswered,
  aborted: unanswered,
  revision_of_another_epoch: unanswered,
  cursor_compacted: unanswered,
  cursor_in_the_future: unanswered,
  consumer_too_slow: unanswered,
  deadline: unanswered,
  call_cancelled: unanswered,
  cancelled: unanswered,
  key_required: unanswered,
  write_key_required: unanswered,
  unauthenticated: unanswered,
  permission_denied: unanswered,
  overloaded: unanswered,
  disk_full: unanswered,
  resource_exhausted: unanswered,
  out_of_range: unanswered,
  unimplemented: unanswered,
  not_serving: unanswered,
  internal_failure: unanswered,
  internal: unanswered,
} satisfies Record<RoleSetsErrorCode, ExitCode>

/** Whether an answer was had, and it was no: to this write, which another one may well get past. */
export function isRefused({ code }: RoleSetsError): boolean {
  return exitCodeOf[code] !== unanswered
}

const keyRemedy = 'Give the right one with --key-file <path>, or in ROLESETS_KEY_FILE or ROLESETS_KEY.'
const keyUnknown = `The sidecar needs a key, and got none or does not know this one. ${keyRemedy}`
const keyTooWeak = `This key may read, but not write. ${keyRemedy}`

/** Where the command line knows better what to do than the sidecar can. */
const ownMessages: Partial<Record<RoleSetsErrorCode, (message: string) => string>> = {
  key_required: () => keyUnknown,
  unauthenticated: () => keyUnknown,
  write_key_required: () => keyTooWeak,
  permission_denied: () => keyTooWeak,
  mapping_missing: (message) =>
    `${message} That is --map <from>=<to>, or in the file mappings of an organization or replace of a role set.`,
}

interface Failure {
  readonly exitCode: ExitCode
  readonly code: string
  readonly message: string
  readonly fields?: readonly { readonly field: string; readonly description: string }[]
  readonly faults?: readonly FileFault[]
}

/** Tells the user, and sets the exit code. */
export function reportFailure(io: Io, error: unknown, options: { readonly json: boolean }): void {
  const { exitCode, ...failure } = failureOf(error)
  const { faults } = failure
  if (options.json) io.stderr(`${JSON.stringify({ error: snakeCase(failure) })}\n`)
  else if (faults === undefined) io.stderr(`rolesets: ${failure.message}\n`)
  else io.stderr(`${failure.message}\n`)
  io.setExitCode(exitCode)
}

function failureOf(error: unknown): Failure {
  if (error instanceof UsageError) {
    const { code, message, faults } = error
    return { exitCode: usage, code, message, ...(faults.length > 0 ? { faults } : {}) }
  }
  if (error instanceof Refusal) return { exitCode: usage, code: 'usage', message: error.message }
  if (isRoleSetsError(error)) {
    const { code, message, fields } = error
    const tell = ownMessages[code] ?? inOurWords
    return {
      exitCode: exitCodeOf[code] ?? unanswered,
      code,
      message: tell(message),
      ...(fields.length > 0 ? { fields: fields.map((each) => ({ ...each, field: snakeCaseName(each.field) })) } : {}),
    }
  }
  const reason = error instanceof Error ? error.message : String(error)
  return { exitCode: unanswered, code: 'internal', message: `Something unforeseen happened: ${reason}` }
}

/** The client speaks of its options, and to programs; whoever typed a command knows flags, and pressed Ctrl-C. */
function inOurWords(message: string): string {
  const interrupted = message.replace(
    /^(This client is closed\. Make a new one with createRoleSetsClient|The signal that was passed in aborted the call)\./,
    'Interrupted.',
  )
  return interrupted.replace(/`(target|key|tls|insecure|actor|deadlineMs)(: true)?`/g, (_quoted, option: string) => {
    return option === 'deadlineMs' ? '--timeout' : `--${option}`
  })
}
