/**
 * The one error of this package. Its `code` is API: the client's own codes, the reasons of errors.proto in lower case,
 * and, for reasons that a newer sidecar may have, what their gRPC status says.
 */

import type { ClientErrorCode } from '@rolesets/core'

export type RoleSetsErrorCode = ClientErrorCode

export interface FieldViolation {
  /** Path of the field, for example `organizationId` or `questions[3].role`. */
  readonly field: string
  readonly description: string
}

/** What would help, and the sentence with which a message says so. */
export const remedies = {
  more_time: 'Try again, or allow more with `deadlineMs`.',
  right_key: 'Give the right one as `key`.',
  encryption: 'Give `tls`, or `insecure: true`.',
  reach_sidecar: 'Start it, or correct the target.',
  matching_sidecar: 'Correct the target, or update the sidecar.',
  look_at_log: "See the sidecar's log.",
  with_tls: 'Give `tls`.',
  without_tls: 'Leave `tls` out, or correct the target.',
  trust_authority: 'Give the certificate of its authority as `tls.ca`.',
  right_name: 'Correct the target, or give the name that the certificate has as `tls.serverName`.',
  renew_certificate: 'Renew it, or correct the clock of this machine.',
  client_certificate: 'Give one as `tls.cert` and `tls.key`.',
  matching_pair: 'Give the private key of that certificate.',
  grpc_port: 'Give the gRPC address, by default port 7450.',
  new_client: 'Make a new one with createRoleSetsClient.',
} as const

export type Remedy = keyof typeof remedies

export interface RoleSetsErrorOptions {
  readonly cause?: unknown
  readonly detail?: string | undefined
  readonly fields?: readonly FieldViolation[] | undefined
  /** Its sentence is added to the message. */
  readonly remedy?: Remedy | undefined
}

const brand = Symbol.for('rolesets.RoleSetsError')

/** Its message says what happened, to which thing, and what to do. */
export class RoleSetsError extends Error {
  override readonly name = 'RoleSetsError'
  /** Stable. */
  readonly code: RoleSetsErrorCode
  /** The message without the sentence of `remedy`: for programs that name other ways to help, such as flags. */
  readonly problem: string
  /** What would help; undefined: the message says it all. */
  readonly remedy: Remedy | undefined
  /** More about the code: why the client is not ready, or the code of what made a decision impossible. */
  readonly detail: string | undefined
  /** The fields at fault, if any are. */
  readonly fields: readonly FieldViolation[]

  constructor(code: RoleSetsErrorCode, problem: string, options: RoleSetsErrorOptions = {}) {
    const { cause, remedy } = options
    super(
      remedy === undefined ? problem : `${problem} ${remedies[remedy]}`,
      cause === undefined ? undefined : { cause },
    )
    this.code = code
    this.problem = problem
    this.remedy = remedy
    this.detail = options.detail
    this.fields = options.fields ?? []
    Object.defineProperty(this, brand, { value: true })
  }

  /** Also true for an error of another copy of this package: an application can have its ESM and its CommonJS form. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    // A subclass is recognized as usual.
    return this === RoleSetsError ? isRoleSetsError(value) : super[Symbol.hasInstance](value)
  }
}

/** Also true for an error of another copy of this package. */
export function isRoleSetsError(error: unknown): error is RoleSetsError {
  return typeof error === 'object' && error !== null && (error as { [brand]?: unknown })[brand] === true
}

/** `description` begins with a verb: the name of the field comes before it. */
export function invalidArgument(field: string, description: string, remedy?: Remedy): RoleSetsError {
  const fields = [{ field, description }]
  return new RoleSetsError('invalid_argument', `\`${field}\` ${description}`, { fields, remedy })
}
