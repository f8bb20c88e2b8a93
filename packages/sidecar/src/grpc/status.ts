/**
 * The one place with gRPC codes: every failure that has a code of ours becomes a status with its google.rpc details. What
 * has none is unforeseen: the caller learns only that, and the record goes to the log.
 */

import { createRequire } from 'node:module'
import grpc, { type Metadata, type StatusObject } from '@grpc/grpc-js'
import type { ErrorReason__Output } from '@rolesets/proto'
import type * as ErrorDetails from 'nice-grpc-error-details'
import type * as RpcStatus from 'nice-grpc-error-details/lib/proto/google/rpc/status.js'
import type { RefusalCode } from '@rolesets/core'
import { Refusal } from '../domain/refusal.ts'
import { ServiceError, StoreError, type ServiceErrorCode, type StoreErrorCode } from '../service/service-error.ts'
import { AccessError, type AccessErrorCode } from './access-error.ts'

type Code = RefusalCode | ServiceErrorCode | StoreErrorCode | AccessErrorCode

type Row = readonly [status: grpc.status, reason: Exclude<ErrorReason__Output, 'ERROR_REASON_UNSPECIFIED'>]

const s = grpc.status
const unforeseen = [s.INTERNAL, 'INTERNAL_FAILURE'] as const satisfies Row

const rows = {
  invalid_field: [s.INVALID_ARGUMENT, 'INVALID_FIELD'],
  limit_exceeded: [s.INVALID_ARGUMENT, 'LIMIT_EXCEEDED'],
  invalid_revision: [s.INVALID_ARGUMENT, 'INVALID_REVISION'],
  permission_not_found: [s.NOT_FOUND, 'PERMISSION_NOT_FOUND'],
  role_not_found: [s.NOT_FOUND, 'ROLE_NOT_FOUND'],
  role_set_not_found: [s.NOT_FOUND, 'ROLE_SET_NOT_FOUND'],
  organization_not_found: [s.NOT_FOUND, 'ORGANIZATION_NOT_FOUND'],
  membership_not_found: [s.NOT_FOUND, 'MEMBERSHIP_NOT_FOUND'],
  invitation_not_found: [s.NOT_FOUND, 'INVITATION_NOT_FOUND'],
  access_key_not_found: [s.NOT_FOUND, 'ACCESS_KEY_NOT_FOUND'],
  key_taken: [s.ALREADY_EXISTS, 'KEY_TAKEN'],
  membership_exists: [s.ALREADY_EXISTS, 'MEMBERSHIP_EXISTS'],
  invitation_exists: [s.ALREADY_EXISTS, 'INVITATION_EXISTS'],
  access_key_exists: [s.ALREADY_EXISTS, 'ACCESS_KEY_EXISTS'],
  role_holds_permission: [s.ALREADY_EXISTS, 'ROLE_HOLDS_PERMISSION'],
  role_not_in_role_set: [s.FAILED_PRECONDITION, 'ROLE_NOT_IN_ROLE_SET'],
  special_role_not_in_role_set: [s.FAILED_PRECONDITION, 'SPECIAL_ROLE_NOT_IN_ROLE_SET'],
  role_not_creator_eligible: [s.FAILED_PRECONDITION, 'ROLE_NOT_CREATOR_ELIGIBLE'],
  mapping_missing: [s.FAILED_PRECONDITION, 'MAPPING_MISSING'],
  mapping_invalid: [s.FAILED_PRECONDITION, 'MAPPING_INVALID'],
  initial_role_set_required: [s.FAILED_PRECONDITION, 'INITIAL_ROLE_SET_REQUIRED'],
  in_use: [s.FAILED_PRECONDITION, 'IN_USE'],
  system_permission: [s.FAILED_PRECONDITION, 'SYSTEM_PERMISSION'],
  role_lacks_permission: [s.FAILED_PRECONDITION, 'ROLE_LACKS_PERMISSION'],
  invitation_not_pending: [s.FAILED_PRECONDITION, 'INVITATION_NOT_PENDING'],
  membership_quota_exceeded: [s.FAILED_PRECONDITION, 'MEMBERSHIP_QUOTA_EXCEEDED'],
  organizations_disabled: [s.FAILED_PRECONDITION, 'ORGANIZATIONS_DISABLED'],
  slugs_disabled: [s.FAILED_PRECONDITION, 'SLUGS_DISABLED'],
  same_source_and_destination: [s.FAILED_PRECONDITION, 'SAME_SOURCE_AND_DESTINATION'],
  revision_conflict: [s.ABORTED, 'REVISION_CONFLICT'],

  revision_of_another_epoch: [s.FAILED_PRECONDITION, 'REVISION_OF_ANOTHER_EPOCH'],
  cursor_compacted: [s.OUT_OF_RANGE, 'CURSOR_COMPACTED'],
  cursor_in_the_future: [s.OUT_OF_RANGE, 'CURSOR_IN_THE_FUTURE'],
  consumer_too_slow: [s.RESOURCE_EXHAUSTED, 'CONSUMER_TOO_SLOW'],
  deadline: [s.DEADLINE_EXCEEDED, 'DEADLINE'],
  call_cancelled: [s.CANCELLED, 'CALL_CANCELLED'],
  not_serving: [s.UNAVAILABLE, 'NOT_SERVING'],

  key_required: [s.UNAUTHENTICATED, 'KEY_REQUIRED'],
  write_key_required: [s.PERMISSION_DENIED, 'WRITE_KEY_REQUIRED'],

  overloaded: [s.RESOURCE_EXHAUSTED, 'OVERLOADED'],
  disk_full: [s.RESOURCE_EXHAUSTED, 'DISK_FULL'],
  compacted: [s.OUT_OF_RANGE, 'CURSOR_COMPACTED'],
  closed: [s.UNAVAILABLE, 'NOT_SERVING'],
  failed: unforeseen,
  // These end the opening of a store; a call never meets them.
  in_use_by_another: unforeseen,
  folder_missing: unforeseen,
  folder_read_only: unforeseen,
  not_a_database: unforeseen,
  corrupt: unforeseen,
  too_new: unforeseen,
  migration_unknown: unforeseen,
  migration_edited: unforeseen,
  network_file_system: unforeseen,
} satisfies Record<Code | 'in_use_by_another', Row>

/** What a call is answered with that can't be answered otherwise. */
export interface Failure extends Error, StatusObject {
  readonly reason: Row[1]
}

/**
 * Some clients take no more than 8 KiB of trailers. The message is there up to three times (as text, in the status and
 * with the field) and the facts once, all but the first in base64. Lengths are those in a header, percent-encoded.
 */
const messageLengthMax = 1_200
const factsLengthMax = 1_800
const fieldLengthMax = 300

/** The reason that a code has on the wire, for refusals that are answers. */
export function reasonOf(code: RefusalCode): Row[1] {
  return rows[code][1]
}

export function failureOf(error: unknown): Failure {
  const foreseen = isForeseen(error) ? error : undefined
  const [code, reason] = foreseen === undefined ? unforeseen : rowOf(foreseen)
  const message =
    foreseen === undefined || code === s.INTERNAL
      ? 'An unforeseen failure; the log of the sidecar has the record.'
      : fitting(foreseen.message, messageLengthMax)
  const metadata = detailsOf({ code, reason, message, refusal: error instanceof Refusal ? error : undefined })
  return Object.assign(new Error(message), { code, reason, details: message, metadata })
}

/** Whether the log has to have the record, because nobody else has. */
export function isUnforeseen(failure: Failure): boolean {
  return failure.code === s.INTERNAL
}

/** For the reflection protocol, which carries a code in its messages. */
export const notFound = s.NOT_FOUND

/** What `grpc.health.v1` asks for when a service isn't known. */
export function unknownService(name: string): Partial<StatusObject> {
  return { code: s.NOT_FOUND, details: `There is no service ${JSON.stringify(fitting(name, 200))} here.` }
}

function isForeseen(error: unknown): error is Refusal | ServiceError | StoreError | AccessError {
  return (
    error instanceof Refusal ||
    error instanceof ServiceError ||
    error instanceof StoreError ||
    error instanceof AccessError
  )
}

/** `in_use` is a word of the rules (a thing is in use) and of the storage (a file is in use). */
function rowOf(error: Refusal | ServiceError | StoreError | AccessError): Row {
  return error instanceof StoreError && error.code === 'in_use' ? rows.in_use_by_another : rows[error.code]
}

interface Told {
  readonly code: grpc.status
  readonly reason: string
  readonly message: string
  readonly refusal: Refusal | undefined
}

/** The google.rpc.Status of `grpc-status-details-bin`. */
function detailsOf({ code, reason, message, refusal }: Told): Metadata {
  const { ErrorInfo, BadRequest, Status } = encoders()
  const info = ErrorInfo.fromPartial({ reason, domain: 'rolesets', metadata: fittingFacts(refusal?.facts ?? {}) })
  const details = [{ typeUrl: `type.googleapis.com/${ErrorInfo.$type}`, value: ErrorInfo.encode(info).finish() }]
  if (refusal?.field !== undefined) {
    const field = fitting(refusal.field, fieldLengthMax)
    const violation = BadRequest.fromPartial({ fieldViolations: [{ field, description: message }] })
    details.push({ typeUrl: `type.googleapis.com/${BadRequest.$type}`, value: BadRequest.encode(violation).finish() })
  }
  const status = Status.encode(Status.fromPartial({ code, message, details })).finish()
  const metadata = new grpc.Metadata()
  metadata.set('grpc-status-details-bin', Buffer.from(status))
  return metadata
}

function fittingFacts(facts: Readonly<Record<string, string>>): Record<string, string> {
  let lengthLeft = factsLengthMax
  return Object.fromEntries(
    Object.entries(facts).map(([name, value]) => {
      const fact = fitting(value, Math.max(lengthLeft, 0))
      lengthLeft -= name.length + encodeURI(fact).length
      return [name, fact]
    }),
  )
}

/** Cut to size, and without lone surrogates, which no header can carry. */
function fitting(text: string, lengthMax: number): string {
  const whole = text.replace(/\p{Surrogate}/gu, '\uFFFD')
  if (encodeURI(whole).length <= lengthMax) return whole
  let cut = ''
  let length = encodeURI('…').length
  for (const character of whole) {
    length += encodeURI(character).length
    if (length > lengthMax) break
    cut += character
  }
  return `${cut}…`
}

let loaded: ReturnType<typeof load> | undefined

/** Loaded with the first failure: a sidecar that starts has none yet, and wants to start quickly. */
function encoders(): ReturnType<typeof load> {
  return (loaded ??= load())
}

function load() {
  const require = createRequire(import.meta.url)
  const { ErrorInfo, BadRequest } = require('nice-grpc-error-details') as typeof ErrorDetails
  const { Status } = require('nice-grpc-error-details/lib/proto/google/rpc/status.js') as typeof RpcStatus
  return { ErrorInfo, BadRequest, Status }
}
