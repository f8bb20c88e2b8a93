/**
 * Failures as Clerk's clients expect them: every code of ours becomes one of Clerk's (see `clerkProblems`), in an envelope
 * whose long message says what to do. What has no code is unforeseen: the caller learns only that, the log has the record.
 */

import { randomBytes } from 'node:crypto'
import type { LimitName, RefusalCode } from '@rolesets/core'
import { Refusal } from '../../domain/refusal.ts'
import { ServiceError, StoreError, type ServiceErrorCode, type StoreErrorCode } from '../../service/service-error.ts'
import { clerkProblems, type ClerkCode } from '../problem.ts'

/** One failure, as it stands in the envelope. */
export interface ClerkError {
  readonly code: ClerkCode
  readonly message: string
  readonly long_message: string
  readonly meta?: { readonly param_name: string }
}

export interface Envelope {
  readonly errors: readonly ClerkError[]
  readonly clerk_trace_id: string
}

/** What the surface itself refuses: keys, versions, bodies, fields. */
export class ClerkFailure extends Error {
  override readonly name = 'ClerkFailure'
  readonly errors: readonly [ClerkError, ...ClerkError[]]

  constructor(...errors: readonly [ClerkError, ...ClerkError[]]) {
    super(errors[0].long_message)
    this.errors = errors
  }
}

/** Names of fields in the requests of one operation, by the names that the rules know them by. */
export type FieldNames = Readonly<Record<string, string>>

export interface Answer {
  readonly status: number
  readonly errors: readonly ClerkError[]
  readonly isUnforeseen: boolean
}

export function clerkError(code: ClerkCode, longMessage: string, field?: string): ClerkError {
  const { message } = clerkProblems[code]
  return { code, message, long_message: longMessage, ...(field === undefined ? {} : { meta: { param_name: field } }) }
}

export function answerTo(error: unknown, names: FieldNames = {}): Answer {
  const errors = errorsOf(error, names)
  const { status } = clerkProblems[errors[0].code]
  return { status, errors, isUnforeseen: errors[0].code === 'internal_clerk_error' }
}

export function envelopeOf(errors: readonly ClerkError[]): Envelope {
  return { errors, clerk_trace_id: randomBytes(16).toString('hex') }
}

/** @param refused a refusal, or the violation that a dry run tells instead */
export function errorOfRefusal(
  refused: Pick<Refusal, 'code' | 'message' | 'field' | 'facts'>,
  names: FieldNames,
): ClerkError {
  const row = refusals[refused.code]
  const code = typeof row === 'string' ? row : row(refused)
  return clerkError(code, refused.message, fieldName(refused.field, names))
}

function errorsOf(error: unknown, names: FieldNames): readonly [ClerkError, ...ClerkError[]] {
  if (error instanceof ClerkFailure) return error.errors
  if (error instanceof Refusal) return [errorOfRefusal(error, names)]
  if (error instanceof ServiceError || error instanceof StoreError) {
    // `in_use` is a word of the rules, too; of the storage it ends the opening, and a call never meets it.
    const code = failures[error.code]
    if (code !== 'internal_clerk_error') return [clerkError(code, error.message)]
  }
  return [clerkError('internal_clerk_error', 'An unforeseen failure; the log of the sidecar has the record.')]
}

/** `roles[3]` is a place in `roles`, `invitations[3].role` is the `role` of one of many. */
function fieldName(field: string | undefined, names: FieldNames): string | undefined {
  const plain = field?.replace(/^\w+\[\d+\]\./, '').replace(/\[.*$/s, '')
  return plain === undefined || plain === '' ? undefined : (names[plain] ?? plain)
}

type Refused = Pick<Refusal, 'field' | 'facts'>

const refusals = {
  invalid_field: 'form_param_format_invalid',
  limit_exceeded: ({ facts }) => limitCodes[facts['limit'] as LimitName] ?? 'form_param_value_invalid',
  invalid_revision: 'malformed_request_parameters',
  permission_not_found: 'resource_not_found',
  role_not_found: 'resource_not_found',
  role_set_not_found: 'resource_not_found',
  organization_not_found: 'resource_not_found',
  membership_not_found: 'resource_not_found',
  invitation_not_found: 'resource_not_found',
  access_key_not_found: 'resource_not_found',
  key_taken: 'form_identifier_exists',
  membership_exists: 'already_a_member_in_organization',
  invitation_exists: 'organization_invitation_not_unique',
  access_key_exists: 'form_identifier_exists',
  role_holds_permission: 'organization_role_permission_association_exists',
  role_not_in_role_set: 'organization_role_not_in_role_set',
  special_role_not_in_role_set: ({ facts }) => placeCode(facts) ?? 'form_param_value_invalid',
  role_not_creator_eligible: 'organization_missing_creator_role_permissions',
  mapping_missing: 'organization_role_set_reassignment_mappings_missing',
  mapping_invalid: 'organization_role_set_reassignment_mappings_invalid',
  initial_role_set_required: 'cannot_delete_initial_role_set',
  in_use: inUseCode,
  system_permission: 'organization_system_permission_not_modifiable',
  role_lacks_permission: 'organization_role_permission_association_not_found',
  invitation_not_pending: 'organization_invitation_not_pending',
  membership_quota_exceeded: 'organization_membership_quota_exceeded',
  organizations_disabled: 'organization_not_enabled_in_instance',
  slugs_disabled: 'organization_slugs_disabled',
  same_source_and_destination: 'form_param_value_invalid',
  revision_conflict: 'revision_conflict',
} satisfies Record<RefusalCode, ClerkCode | ((refused: Refused) => ClerkCode)> as Record<
  RefusalCode,
  ClerkCode | ((refused: Refused) => ClerkCode)
>

/** A role is kept by its place in a set, by members, or by invitations: Clerk has a code for each. */
function inUseCode({ field, facts }: Refused): ClerkCode {
  if (facts['role'] === undefined) return 'organization_role_set_assigned_to_organizations'
  const place = placeCode(facts)
  if (place !== undefined) return place
  if (facts['members'] === '0') return 'organization_role_exists_in_invitations'
  return field === 'to_role' ? 'organization_role_on_set_assigned_to_user' : 'organization_role_assigned_members'
}

function placeCode({ place }: Readonly<Record<string, string>>): ClerkCode | undefined {
  if (place === 'creator') return 'organization_role_default_creator_role'
  return place === 'default' ? 'organization_role_domain_default_role' : undefined
}

const tooLong = 'form_param_max_length_exceeded'
const tooMany = 'form_param_array_size_exceeded'

/** Limits that aren't here are about a number: it is invalid. */
const limitCodes: Partial<Record<LimitName, ClerkCode>> = {
  keyCharactersMax: tooLong,
  nameCharactersMax: tooLong,
  descriptionCharactersMax: tooLong,
  idCharactersMax: tooLong,
  slugCharactersMax: tooLong,
  actorCharactersMax: tooLong,
  metadataBytesMax: tooLong,
  emailAddressCharactersMax: tooLong,
  urlCharactersMax: tooLong,
  accessKeyNameCharactersMax: tooLong,
  permissionsPerRoleMax: tooMany,
  rolesPerRoleSetMax: tooMany,
  mappingsMax: tooMany,
  enrollmentModesMax: tooMany,
  filterValuesMax: tooMany,
  invitationsPerCallMax: 'bulk_size_exceeded',
  permissionsMax: 'organization_instance_permissions_quota_exceeded',
  rolesMax: 'organization_instance_roles_quota_exceeded',
  roleSetsMax: 'organization_instance_role_sets_quota_exceeded',
}

const failures = {
  deadline: 'deadline',
  // Nobody is there to read it.
  call_cancelled: 'deadline',
  revision_of_another_epoch: 'revision_conflict',
  cursor_compacted: 'malformed_request_parameters',
  cursor_in_the_future: 'malformed_request_parameters',
  consumer_too_slow: 'too_many_requests',
  not_serving: 'not_serving',
  overloaded: 'too_many_requests',
  disk_full: 'disk_full',
  compacted: 'malformed_request_parameters',
  closed: 'not_serving',
  failed: 'internal_clerk_error',
  in_use: 'internal_clerk_error',
  folder_missing: 'internal_clerk_error',
  folder_read_only: 'internal_clerk_error',
  not_a_database: 'internal_clerk_error',
  corrupt: 'internal_clerk_error',
  too_new: 'internal_clerk_error',
  migration_unknown: 'internal_clerk_error',
  migration_edited: 'internal_clerk_error',
  network_file_system: 'internal_clerk_error',
} satisfies Record<ServiceErrorCode | StoreErrorCode, ClerkCode>
