/**
 * The one table of error codes. A code is API: it keeps its name and its meaning. It is the same word in `errors.proto`
 * (upper case), in the client's errors and in the output of the command; each border reads here what it becomes there.
 */

import type { ClerkCode } from './clerk-codes.ts'
import type { GrpcStatus } from './grpc-statuses.ts'

/**
 * `input`: the request can't be understood. `rule`: a rule of the model refuses it. `access`: the key doesn't allow it.
 * `feed`: the consumer's place in the feed is of no use. `service`: the sidecar can't answer now.
 */
export type ErrorClass = 'input' | 'rule' | 'access' | 'feed' | 'service'

interface Row {
  readonly class: ErrorClass
  readonly grpc: GrpcStatus
  /** Code under `/v1`, which has the HTTP status (`clerkCodes`). Some codes are refined by the facts of the error. */
  readonly clerk: ClerkCode
  /** Whether the same call may succeed later, unchanged. Nothing was done. Default: false. */
  readonly mayRetry?: true
  /** For docs/errors.md: what happened, and what to do. */
  readonly meaning: string
  readonly remedy: string
}

export const errorCodes = {
  invalid_field: {
    class: 'input',
    grpc: 'INVALID_ARGUMENT',
    clerk: 'form_param_format_invalid',
    meaning: "A field is missing, malformed or of the wrong type, or the request can't be decoded.",
    remedy: 'Correct the field that is named.',
  },
  limit_exceeded: {
    class: 'input',
    grpc: 'INVALID_ARGUMENT',
    clerk: 'form_param_value_invalid',
    meaning: 'A limit is exceeded. The message and the facts name it.',
    remedy: 'Ask for less, or send less.',
  },
  invalid_revision: {
    class: 'input',
    grpc: 'INVALID_ARGUMENT',
    clerk: 'malformed_request_parameters',
    meaning: "A revision isn't of the form `<epoch>:<number>`.",
    remedy: 'Send a revision as an answer gave it.',
  },
  permission_not_found: {
    class: 'rule',
    grpc: 'NOT_FOUND',
    clerk: 'resource_not_found',
    meaning: 'There is no such permission.',
    remedy: 'Use a key or an id that `ListPermissions` shows.',
  },
  role_not_found: {
    class: 'rule',
    grpc: 'NOT_FOUND',
    clerk: 'resource_not_found',
    meaning: 'There is no such role.',
    remedy: 'Use a key or an id that `ListRoles` shows.',
  },
  role_set_not_found: {
    class: 'rule',
    grpc: 'NOT_FOUND',
    clerk: 'resource_not_found',
    meaning: 'There is no such role set.',
    remedy: 'Use a key or an id that `ListRoleSets` shows.',
  },
  organization_not_found: {
    class: 'rule',
    grpc: 'NOT_FOUND',
    clerk: 'resource_not_found',
    meaning: 'There is no such organization.',
    remedy: 'Create it, or correct the id.',
  },
  membership_not_found: {
    class: 'rule',
    grpc: 'NOT_FOUND',
    clerk: 'resource_not_found',
    meaning: 'The user is not a member of the organization.',
    remedy: 'Create the membership, or correct the ids.',
  },
  invitation_not_found: {
    class: 'rule',
    grpc: 'NOT_FOUND',
    clerk: 'resource_not_found',
    meaning: 'There is no such invitation in the organization.',
    remedy: 'Use an id that `ListInvitations` shows for this organization.',
  },
  access_key_not_found: {
    class: 'rule',
    grpc: 'NOT_FOUND',
    clerk: 'resource_not_found',
    meaning: 'There is no such access key.',
    remedy: 'Use a name or an id that `ListAccessKeys` shows.',
  },
  key_taken: {
    class: 'rule',
    grpc: 'ALREADY_EXISTS',
    clerk: 'form_identifier_exists',
    meaning: 'Another thing has this key, slug or id.',
    remedy: 'Choose another one, or update that thing.',
  },
  membership_exists: {
    class: 'rule',
    grpc: 'ALREADY_EXISTS',
    clerk: 'already_a_member_in_organization',
    meaning: 'The user is already a member.',
    remedy: 'Update the membership.',
  },
  invitation_exists: {
    class: 'rule',
    grpc: 'ALREADY_EXISTS',
    clerk: 'organization_invitation_not_unique',
    meaning: 'The organization has already sent an invitation to this address, and it is pending.',
    remedy: 'Revoke that invitation first, or wait until it is accepted.',
  },
  access_key_exists: {
    class: 'rule',
    grpc: 'ALREADY_EXISTS',
    clerk: 'form_identifier_exists',
    meaning: 'An access key has this name, or had it before it was revoked.',
    remedy: 'Choose another name.',
  },
  role_holds_permission: {
    class: 'rule',
    grpc: 'ALREADY_EXISTS',
    clerk: 'organization_role_permission_association_exists',
    meaning: 'The role already holds the permission.',
    remedy: 'Nothing has to be done.',
  },
  role_not_in_role_set: {
    class: 'rule',
    grpc: 'FAILED_PRECONDITION',
    clerk: 'organization_role_not_in_role_set',
    meaning: "The role isn't in the organization's role set.",
    remedy: 'Grant a role of the set, or add the role to the set.',
  },
  special_role_not_in_role_set: {
    class: 'rule',
    grpc: 'FAILED_PRECONDITION',
    clerk: 'form_param_value_invalid',
    meaning: "The default or creator role isn't among the set's roles.",
    remedy: 'Add it to the roles, or choose one of them.',
  },
  role_not_creator_eligible: {
    class: 'rule',
    grpc: 'FAILED_PRECONDITION',
    clerk: 'organization_missing_creator_role_permissions',
    meaning: 'A creator role must hold certain permissions and lacks one, or would lose it.',
    remedy: 'Give it the permissions that are named, or choose another role.',
  },
  mapping_missing: {
    class: 'rule',
    grpc: 'FAILED_PRECONDITION',
    clerk: 'organization_role_set_reassignment_mappings_missing',
    meaning: 'Roles in use have no mapping to a role of the destination.',
    remedy: 'Map the roles that are named.',
  },
  mapping_invalid: {
    class: 'rule',
    grpc: 'FAILED_PRECONDITION',
    clerk: 'organization_role_set_reassignment_mappings_invalid',
    meaning: "A mapping names a role that the destination doesn't have.",
    remedy: 'Map to a role of the destination.',
  },
  initial_role_set_required: {
    class: 'rule',
    grpc: 'FAILED_PRECONDITION',
    clerk: 'cannot_delete_initial_role_set',
    meaning: "The initial role set can't be deleted, replaced away or made custom.",
    remedy: 'Make another set initial first.',
  },
  in_use: {
    class: 'rule',
    grpc: 'FAILED_PRECONDITION',
    clerk: 'organization_role_set_assigned_to_organizations',
    meaning: "The thing is in use and can't be deleted.",
    remedy: 'End the uses that are named, or replace the thing.',
  },
  system_permission: {
    class: 'rule',
    grpc: 'FAILED_PRECONDITION',
    clerk: 'organization_system_permission_not_modifiable',
    meaning: "System permissions can't be changed or deleted.",
    remedy: 'Use a custom permission.',
  },
  role_lacks_permission: {
    class: 'rule',
    grpc: 'FAILED_PRECONDITION',
    clerk: 'organization_role_permission_association_not_found',
    meaning: "The role doesn't hold the permission.",
    remedy: 'Nothing has to be done, or name the permission that was meant.',
  },
  invitation_not_pending: {
    class: 'rule',
    grpc: 'FAILED_PRECONDITION',
    clerk: 'organization_invitation_not_pending',
    meaning: 'The invitation was accepted or revoked, or it has expired.',
    remedy: 'Create a new invitation.',
  },
  membership_quota_exceeded: {
    class: 'rule',
    grpc: 'FAILED_PRECONDITION',
    clerk: 'organization_membership_quota_exceeded',
    meaning: 'The organization has as many members and pending invitations as it may have.',
    remedy: 'Raise its `max_allowed_memberships`, or end some first.',
  },
  organizations_disabled: {
    class: 'rule',
    grpc: 'FAILED_PRECONDITION',
    clerk: 'organization_not_enabled_in_instance',
    meaning: 'The settings say that no organization can be created.',
    remedy: 'Set `enabled` with `UpdateSettings`.',
  },
  slugs_disabled: {
    class: 'rule',
    grpc: 'FAILED_PRECONDITION',
    clerk: 'organization_slugs_disabled',
    meaning: 'The settings say that no organization can have a slug.',
    remedy: 'Leave the slug out, or unset `slug_disabled` with `UpdateSettings`.',
  },
  same_source_and_destination: {
    class: 'rule',
    grpc: 'FAILED_PRECONDITION',
    clerk: 'form_param_value_invalid',
    meaning: "A role set can't be replaced by itself, nor a role.",
    remedy: 'Name another destination.',
  },
  revision_conflict: {
    class: 'rule',
    grpc: 'ABORTED',
    clerk: 'revision_conflict',
    meaning: 'The thing has changed since the expected revision.',
    remedy: 'Read the thing again, and decide again.',
  },
  revision_of_another_epoch: {
    class: 'feed',
    grpc: 'FAILED_PRECONDITION',
    clerk: 'revision_conflict',
    meaning: 'The revision belongs to another epoch: the store was restored from a backup.',
    remedy: 'Forget what was read before, and start with a snapshot.',
  },
  cursor_compacted: {
    class: 'feed',
    grpc: 'OUT_OF_RANGE',
    clerk: 'malformed_request_parameters',
    meaning: 'History before this point was compacted.',
    remedy: 'Watch without `after`: take a snapshot.',
  },
  cursor_in_the_future: {
    class: 'feed',
    grpc: 'OUT_OF_RANGE',
    clerk: 'malformed_request_parameters',
    meaning: "The store hasn't reached this revision.",
    remedy: 'Watch without `after`: take a snapshot.',
  },
  consumer_too_slow: {
    class: 'feed',
    grpc: 'RESOURCE_EXHAUSTED',
    clerk: 'too_many_requests',
    mayRetry: true,
    meaning: "The consumer doesn't keep up with the feed.",
    remedy: 'Resume from the cursor.',
  },
  deadline: {
    class: 'service',
    grpc: 'DEADLINE_EXCEEDED',
    clerk: 'deadline',
    mayRetry: true,
    meaning: 'The deadline passed before the answer was ready.',
    remedy: 'Send the call again with a longer deadline.',
  },
  call_cancelled: {
    class: 'service',
    grpc: 'CANCELLED',
    clerk: 'deadline',
    meaning: 'The caller cancelled the call.',
    remedy: 'Nothing has to be done.',
  },
  key_required: {
    class: 'access',
    grpc: 'UNAUTHENTICATED',
    clerk: 'clerk_key_invalid',
    meaning: 'No key was sent, or the key is unknown or revoked.',
    remedy: 'Send `authorization: Bearer <key>`.',
  },
  write_key_required: {
    class: 'access',
    grpc: 'PERMISSION_DENIED',
    clerk: 'authorization_invalid',
    meaning: 'The key may read, but it may not write, list access keys or read the history.',
    remedy: 'Send a secret key.',
  },
  overloaded: {
    class: 'service',
    grpc: 'RESOURCE_EXHAUSTED',
    clerk: 'too_many_requests',
    mayRetry: true,
    meaning: 'Too many calls are waiting for the store. Nothing was done.',
    remedy: 'Try again later.',
  },
  disk_full: {
    class: 'service',
    grpc: 'RESOURCE_EXHAUSTED',
    clerk: 'disk_full',
    mayRetry: true,
    meaning: 'The disk is full. Nothing was written.',
    remedy: 'Free some space, then try again.',
  },
  not_serving: {
    class: 'service',
    grpc: 'UNAVAILABLE',
    clerk: 'not_serving',
    mayRetry: true,
    meaning: 'The sidecar is starting or stopping.',
    remedy: 'Try again later, or call another sidecar.',
  },
  internal_failure: {
    class: 'service',
    grpc: 'INTERNAL',
    clerk: 'internal_clerk_error',
    meaning: 'An unexpected failure. The log of the sidecar has the details.',
    remedy: 'Report it, with the record from the log.',
  },
} as const satisfies Readonly<Record<string, Row>>

export type ErrorCode = keyof typeof errorCodes

type CodeOfClass<Class extends ErrorClass> = {
  [Code in ErrorCode]: (typeof errorCodes)[Code]['class'] extends Class ? Code : never
}[ErrorCode]

/** What the rules refuse with. */
export type RefusalCode = CodeOfClass<'input' | 'rule'>
export const refusalCodes: readonly RefusalCode[] = Object.keys(errorCodes).filter(isRefusalCode)

export type AccessCode = CodeOfClass<'access'>
export type ServiceCode = Exclude<CodeOfClass<'feed' | 'service'>, 'internal_failure' | 'overloaded' | 'disk_full'>

export function rowOf(code: ErrorCode): Row {
  return errorCodes[code]
}

export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(errorCodes, text)
}

/**
 * What a failure of the storage is called outside. The codes that end the opening of a store never meet a call; damage that
 * is found later is for the log, and the caller receives no details of it.
 */
export const storeCodes = {
  overloaded: 'overloaded',
  disk_full: 'disk_full',
  compacted: 'cursor_compacted',
  closed: 'not_serving',
  failed: 'internal_failure',
  corrupt: 'internal_failure',
  in_use: 'internal_failure',
  folder_missing: 'internal_failure',
  folder_read_only: 'internal_failure',
  not_a_database: 'internal_failure',
  too_new: 'internal_failure',
  migration_unknown: 'internal_failure',
  migration_edited: 'internal_failure',
  network_file_system: 'internal_failure',
} as const satisfies Readonly<Record<string, ErrorCode>>

export type StoreCode = keyof typeof storeCodes

function isRefusalCode(text: string): text is RefusalCode {
  return isErrorCode(text) && ['input', 'rule'].includes(errorCodes[text].class)
}
