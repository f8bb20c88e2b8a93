/**
 * The one place with gRPC statuses: an error with one of our codes becomes a status with its google.rpc details, as the
 * table of error codes says. Any other error is unexpected: the caller receives only that, and the log has the record.
 */

import { createRequire } from 'node:module'
import grpc, { type Metadata, type StatusObject } from '@grpc/grpc-js'
import { errorCodes, storeCodes, type ErrorCode, type RefusalCode } from '@rolesets/core'
import type { ErrorReason__Output } from '@rolesets/proto'
import type * as ErrorDetails from 'nice-grpc-error-details'
import type * as RpcStatus from 'nice-grpc-error-details/lib/proto/google/rpc/status.js'
import { Refusal } from '../domain/refusal.ts'
import { PassedStatus } from '../service/passing.ts'
import { asTold, ServiceError, StoreError } from '../service/service-error.ts'
import { AccessError } from './access-error.ts'

type Reason = Exclude<ErrorReason__Output, 'ERROR_REASON_UNSPECIFIED'>

/** The status of a call that failed. */
export interface Failure extends Error, StatusObject {
  readonly reason: Reason | 'AUTHORITY_ANSWERED'
}

/**
 * Some clients accept at most 8 KiB of trailers. The message is in them up to three times (as text, in the status and with
 * the field) and the facts once, all but the first in base64. Lengths are those in a header, percent-encoded.
 */
const messageLengthMax = 1_200
const factsLengthMax = 1_800
const fieldLengthMax = 300

/** A code has the same name on the wire, in upper case. Without a row in `errors.proto` it doesn't compile. */
export function reasonOf(code: RefusalCode): Reason {
  return upperCased(code)
}

export function failureOf(thrown: unknown): Failure {
  if (thrown instanceof PassedStatus) return passed(thrown)
  const error = asTold(thrown)
  const code = codeOf(error)
  const status = grpc.status[errorCodes[code].grpc]
  const reason = upperCased(code)
  const message =
    code === 'internal_failure'
      ? 'An unexpected failure. See the log of the sidecar.'
      : fitting((error as Error).message, messageLengthMax)
  const metadata = detailsOf({ status, reason, message, refusal: error instanceof Refusal ? error : undefined })
  return Object.assign(new Error(message), { code: status, reason, details: message, metadata })
}

/** The authority has the record of what failed there. */
function passed({ message, status }: PassedStatus): Failure {
  // The connection to the authority speaks gRPC.
  return Object.assign(new Error(message), { ...(status as StatusObject), reason: 'AUTHORITY_ANSWERED' as const })
}

function codeOf(error: unknown): ErrorCode {
  if (error instanceof StoreError) return storeCodes[error.code]
  const isExpected = error instanceof Refusal || error instanceof ServiceError || error instanceof AccessError
  return isExpected ? error.code : 'internal_failure'
}

function upperCased<Code extends ErrorCode>(code: Code): Uppercase<Code> {
  // The compiler types every upper case as `string`.
  return code.toUpperCase() as Uppercase<Code>
}

/** Whether the log must have the record, because the caller receives nothing of it. */
export function isUnexpected({ reason }: Failure): boolean {
  return reason === 'INTERNAL_FAILURE'
}

/** For the reflection protocol, which carries a code in its messages. */
export const notFound = grpc.status.NOT_FOUND

/** The status that `grpc.health.v1` demands for an unknown service. */
export function unknownService(name: string): Partial<StatusObject> {
  return { code: notFound, details: `This server has no service ${JSON.stringify(fitting(name, 200))}.` }
}

type PlainStatus = Pick<StatusObject, 'code' | 'details'>

/** The statuses that gRPC demands for a message that can't be unpacked. */
export const brokenRequest: PlainStatus = {
  code: grpc.status.INTERNAL,
  details: "The message can't be unpacked. Compress it with the encoding that grpc-encoding names, or send it plain.",
}

export function unknownEncoding(encoding: string): PlainStatus {
  const given = JSON.stringify(fitting(encoding, 100))
  const details = `The message is compressed with ${given}, which isn't supported. Use gzip or deflate, or send it plain.`
  return { code: grpc.status.UNIMPLEMENTED, details }
}

export function requestTooLarge(bytesMax: number): PlainStatus {
  const details = `The message unpacks to more than ${bytesMax} bytes. Send less at once, or send it plain.`
  return { code: grpc.status.RESOURCE_EXHAUSTED, details }
}

interface Details {
  readonly status: grpc.status
  readonly reason: string
  readonly message: string
  readonly refusal: Refusal | undefined
}

/** The google.rpc.Status of `grpc-status-details-bin`. */
function detailsOf({ status: code, reason, message, refusal }: Details): Metadata {
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

/** Cut to size, and without lone surrogates, which a header can't carry. */
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

/** Loaded with the first failure, so that the sidecar starts quickly. */
function encoders(): ReturnType<typeof load> {
  return (loaded ??= load())
}

function load() {
  const require = createRequire(import.meta.url)
  const { ErrorInfo, BadRequest } = require('nice-grpc-error-details') as typeof ErrorDetails
  const { Status } = require('nice-grpc-error-details/lib/proto/google/rpc/status.js') as typeof RpcStatus
  return { ErrorInfo, BadRequest, Status }
}
