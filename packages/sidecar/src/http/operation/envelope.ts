/**
 * Failures as Clerk's clients expect them. Each code of ours becomes one of Clerk's, in an envelope whose long message says
 * what to do. An error without a code is unexpected: the caller learns only that, and the log has the details.
 */

import { randomBytes } from 'node:crypto'
import {
  clerkCodes,
  rowOf,
  storeCodes,
  type ClerkCode,
  type ErrorCode,
  type LimitName,
  type RefusalCode,
} from '@rolesets/core'
import { Refusal } from '../../domain/refusal.ts'
import { asTold, ServiceError, StoreError } from '../../service/service-error.ts'
import type { FieldNames } from './names.ts'

/** One failure, as it stands in the envelope. */
export interface ClerkError {
  readonly code: ClerkCode
  readonly message: string
  readonly long_message: string
  readonly meta?: { readonly param_name: string }
}

/** A request that this API rejects before the rules see it: its key, version, body or fields. */
export class ClerkFailure extends Error {
  override readonly name = 'ClerkFailure'
  readonly errors: readonly [ClerkError, ...ClerkError[]]

  constructor(...errors: readonly [ClerkError, ...ClerkError[]]) {
    super(errors[0].long_message)
    this.errors = errors
  }
}

/** How an operation names fields and failures, where that differs from the rules and from the table of codes. */
export interface Words {
  readonly fields: FieldNames
  /** Where Clerk's document has another status for this operation. */
  readonly codes: Partial<Record<RefusalCode, ClerkCode>>
}

export interface Answer {
  readonly status: number
  readonly errors: readonly ClerkError[]
  readonly isUnexpected: boolean
}

export function clerkError(code: ClerkCode, longMessage: string, field?: string): ClerkError {
  const { message } = clerkCodes[code]
  return { code, message, long_message: longMessage, ...(field === undefined ? {} : { meta: { param_name: field } }) }
}

/** A `ClerkFailure` with one error. @param field the name on this wire */
export function failure(code: ClerkCode, longMessage: string, field?: string): ClerkFailure {
  return new ClerkFailure(clerkError(code, longMessage, field))
}

/** @param words of the operation that failed */
export function answerTo(error: unknown, words: Words = { fields: {}, codes: {} }): Answer {
  const errors = errorsOf(error, words)
  const { status } = clerkCodes[errors[0].code]
  return { status, errors, isUnexpected: errors[0].code === 'internal_clerk_error' }
}

export function envelopeOf(errors: readonly ClerkError[]) {
  return { errors, clerk_trace_id: randomBytes(16).toString('hex') }
}

/** The code of an error in our own table. Undefined: the error is unexpected, or only this API knows it. */
export function errorCodeOf(thrown: unknown): ErrorCode | undefined {
  const error = asTold(thrown)
  if (error instanceof StoreError) return storeCodes[error.code]
  return error instanceof Refusal || error instanceof ServiceError ? error.code : undefined
}

/** @param refused an error of the rules, or the violation that a dry run reports instead */
export function errorOfRefusal(refused: Refused, { fields, codes }: Words): ClerkError {
  const code = codes[refused.code] ?? refinements[refused.code]?.(refused) ?? rowOf(refused.code).clerk
  return clerkError(code, refused.message, fieldName(refused.field, fields))
}

function errorsOf(thrown: unknown, words: Words): readonly [ClerkError, ...ClerkError[]] {
  const error = asTold(thrown)
  if (error instanceof ClerkFailure) return error.errors
  if (error instanceof Refusal) return [errorOfRefusal(error, words)]
  const code = rowOf(errorCodeOf(error) ?? 'internal_failure').clerk
  // The message of an internal failure is for the log: it can name files and tables.
  const isInternal = code === 'internal_clerk_error' || !(error instanceof Error)
  return [clerkError(code, isInternal ? 'Unexpected failure. The log of the sidecar has the details.' : error.message)]
}

/** `roles[3]` becomes `roles`; `invitations[3].role` becomes `role`. */
function fieldName(field: string | undefined, names: FieldNames): string | undefined {
  const plain = field?.replace(/^\w+\[\d+\]\./, '').replace(/\[.*$/s, '')
  const name = plain === undefined ? undefined : (names[plain] ?? namesOfAll[plain] ?? plain)
  return name === '' ? undefined : name
}

/** What every operation has under another name. */
const namesOfAll: FieldNames = {
  expected_revision: 'If-Match',
  acting_user_id: 'x-rolesets-acting-user',
  grant_policy: 'x-rolesets-grant-policy',
}

type Refused = Pick<Refusal, 'code' | 'message' | 'field' | 'facts'>

/** Codes of ours for which Clerk has several: the facts of the error decide. Undefined: the code of the table. */
const refinements: Partial<Record<RefusalCode, (refused: Refused) => ClerkCode | undefined>> = {
  limit_exceeded: ({ facts }) => codeOfLimit(facts['limit'] as LimitName),
  special_role_not_in_role_set: specialRoleCode,
  in_use: (refused) => {
    const { field, facts } = refused
    if (facts['kind'] !== undefined || facts['places'] !== undefined) return 'organization_scopes_in_use'
    if (facts['role'] === undefined) return undefined
    const special = specialRoleCode(refused)
    if (special !== undefined) return special
    if (facts['members'] === '0') return 'organization_role_exists_in_invitations'
    return field === 'to_role' ? 'organization_role_on_set_assigned_to_user' : 'organization_role_assigned_members'
  },
}

function specialRoleCode({ facts: { place } }: Refused): ClerkCode | undefined {
  if (place === 'creator') return 'organization_role_default_creator_role'
  return place === 'default' ? 'organization_role_domain_default_role' : undefined
}

function codeOfLimit(limit: LimitName): ClerkCode | undefined {
  return /(Characters|Bytes)Max$/.test(limit) ? 'form_param_max_length_exceeded' : codesOfCounts[limit]
}

/** All other limits are about a number. */
const codesOfCounts: Partial<Record<LimitName, ClerkCode>> = {
  permissionsPerRoleMax: 'form_param_array_size_exceeded',
  rolesPerRoleSetMax: 'form_param_array_size_exceeded',
  mappingsMax: 'form_param_array_size_exceeded',
  enrollmentModesMax: 'form_param_array_size_exceeded',
  filterValuesMax: 'form_param_array_size_exceeded',
  invitationsPerCallMax: 'bulk_size_exceeded',
  permissionsMax: 'organization_instance_permissions_quota_exceeded',
  rolesMax: 'organization_instance_roles_quota_exceeded',
  roleSetsMax: 'organization_instance_role_sets_quota_exceeded',
}
