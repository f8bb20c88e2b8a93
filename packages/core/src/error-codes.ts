/**
 * The one table of error codes. A code is API: it keeps its name and its meaning. It is the same word in `errors.proto`
 * (upper case), in the client's errors and in the output of the command; each border reads here what it becomes there.
 */

import type { ClerkCode } from './clerk-codes.ts'
import type { GrpcStatus } from './grpc-statuses.ts'

/**
 * `input`: the request can't be understood. `rule`: a rule of the model refuses it. `access`: the key doesn't allow it.
 * `feed`: the consumer's place in the feed is of no use. `service`: the sidecar can't answer now. `mode`: a sidecar with these
 * settings never takes such a call.
 */
export type ErrorClass = 'input' | 'rule' | 'access' | 'feed' | 'service' | 'mode'

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

// A row has its codes on one line and its sentences on the next one.
const becomes = <Class extends ErrorClass>(class_: Class, grpc: GrpcStatus, clerk: ClerkCode) => ({
  class: class_,
  grpc,
  clerk,
})
const says = (meaning: string, remedy: string) => ({ meaning, remedy })
const mayRetry = { mayRetry: true } as const

export const errorCodes = {
  invalid_field: {
    ...becomes('input', 'INVALID_ARGUMENT', 'form_param_format_invalid'),
    ...says(
      "A field is missing, malformed or of the wrong type, or the request can't be decoded.",
      'Correct the field that is named.',
    ),
  },
  limit_exceeded: {
    ...becomes('input', 'INVALID_ARGUMENT', 'form_param_value_invalid'),
    ...says('A limit is exceeded. The message and the facts name it.', 'Ask for less, or send less.'),
  },
  invalid_revision: {
    ...becomes('input', 'INVALID_ARGUMENT', 'malformed_request_parameters'),
    ...says("A revision isn't of the form `<epoch>:<number>`.", 'Send a revision as an answer gave it.'),
  },
  permission_not_found: {
    ...becomes('rule', 'NOT_FOUND', 'resource_not_found'),
    ...says('There is no such permission.', 'Use a key or an id that `ListPermissions` shows.'),
  },
  role_not_found: {
    ...becomes('rule', 'NOT_FOUND', 'resource_not_found'),
    ...says('There is no such role.', 'Use a key or an id that `ListRoles` shows.'),
  },
  role_set_not_found: {
    ...becomes('rule', 'NOT_FOUND', 'resource_not_found'),
    ...says('There is no such role set.', 'Use a key or an id that `ListRoleSets` shows.'),
  },
  organization_not_found: {
    ...becomes('rule', 'NOT_FOUND', 'resource_not_found'),
    ...says('There is no such organization.', 'Create it, or correct the id.'),
  },
  membership_not_found: {
    ...becomes('rule', 'NOT_FOUND', 'resource_not_found'),
    ...says('The user is not a member of the organization.', 'Create the membership, or correct the ids.'),
  },
  invitation_not_found: {
    ...becomes('rule', 'NOT_FOUND', 'resource_not_found'),
    ...says(
      'There is no such invitation in the organization.',
      'Use an id that `ListInvitations` shows for this organization.',
    ),
  },
  domain_not_found: {
    ...becomes('rule', 'NOT_FOUND', 'resource_not_found'),
    ...says('The organization has no such domain.', "Use an id that the list of the organization's domains shows."),
  },
  access_key_not_found: {
    ...becomes('rule', 'NOT_FOUND', 'resource_not_found'),
    ...says('There is no such access key.', 'Use a name or an id that `ListAccessKeys` shows.'),
  },
  key_taken: {
    ...becomes('rule', 'ALREADY_EXISTS', 'form_identifier_exists'),
    ...says('Another thing has this key, slug or id.', 'Choose another one, or update that thing.'),
  },
  membership_exists: {
    ...becomes('rule', 'ALREADY_EXISTS', 'already_a_member_in_organization'),
    ...says('The user is already a member.', 'Update the membership.'),
  },
  invitation_exists: {
    ...becomes('rule', 'ALREADY_EXISTS', 'organization_invitation_not_unique'),
    ...says(
      'The organization has already sent an invitation to this address, and it is pending.',
      'Revoke that invitation first, or wait until it is accepted.',
    ),
  },
  access_key_exists: {
    ...becomes('rule', 'ALREADY_EXISTS', 'form_identifier_exists'),
    ...says('An access key has this name, or had it before it was revoked.', 'Choose another name.'),
  },
  role_holds_permission: {
    ...becomes('rule', 'ALREADY_EXISTS', 'organization_role_permission_association_exists'),
    ...says('The role already holds the permission.', 'Nothing has to be done.'),
  },
  domain_not_enrolling: {
    ...becomes('rule', 'FAILED_PRECONDITION', 'organization_domain_not_enrolling'),
    ...says(
      'Domains are switched off, or this one is not verified or has another enrollment mode.',
      'Do what the message names, or invite the user.',
    ),
  },
  role_not_in_role_set: {
    ...becomes('rule', 'FAILED_PRECONDITION', 'organization_role_not_in_role_set'),
    ...says("The role isn't in the organization's role set.", 'Grant a role of the set, or add the role to the set.'),
  },
  organization_membership_missing: {
    ...becomes('rule', 'FAILED_PRECONDITION', 'form_param_value_invalid'),
    ...says(
      'The user is to become a member of a scope, and is not a member of its organization.',
      'Make the user a member of the organization first, if need be with a role that has no permissions.',
    ),
  },
  special_role_not_in_role_set: {
    ...becomes('rule', 'FAILED_PRECONDITION', 'form_param_value_invalid'),
    ...says("The default or creator role isn't among the set's roles.", 'Add it to the roles, or choose one of them.'),
  },
  scope_kind_not_found: {
    ...becomes('rule', 'NOT_FOUND', 'resource_not_found'),
    ...says('There is no such kind of scopes.', 'Correct the kind, or register it with `SetScopeKind`.'),
  },
  scope_default_not_found: {
    ...becomes('rule', 'NOT_FOUND', 'resource_not_found'),
    ...says('The scope has no default.', 'Use a key that `ListScopeKinds` shows.'),
  },
  scope_not_found: {
    ...becomes('rule', 'NOT_FOUND', 'resource_not_found'),
    ...says(
      'The organization has no such scope: none with a name, a role set of its own, or members.',
      'Use a key that `ListScopes` shows.',
    ),
  },
  scope_without_role_set: {
    ...becomes('rule', 'FAILED_PRECONDITION', 'form_param_value_invalid'),
    ...says(
      'The scope has no role set: none was assigned to it, and neither a default nor its kind gives it one.',
      'Assign a role set to the scope, or set a default for it.',
    ),
  },
  role_set_for_scopes: {
    ...becomes('rule', 'FAILED_PRECONDITION', 'form_param_value_invalid'),
    ...says(
      'The role set has no creator role, so it is for scopes only. It was to be initial, or the set of an organization.',
      'Give the set a creator role first, or use another set.',
    ),
  },
  role_not_creator_eligible: {
    ...becomes('rule', 'FAILED_PRECONDITION', 'organization_missing_creator_role_permissions'),
    ...says(
      'A creator role must hold certain permissions and lacks one, or would lose it.',
      'Give it the permissions that are named, or choose another role.',
    ),
  },
  mapping_missing: {
    ...becomes('rule', 'FAILED_PRECONDITION', 'organization_role_set_reassignment_mappings_missing'),
    ...says('Roles in use have no mapping to a role of the destination.', 'Map the roles that are named.'),
  },
  mapping_invalid: {
    ...becomes('rule', 'FAILED_PRECONDITION', 'organization_role_set_reassignment_mappings_invalid'),
    ...says("A mapping names a role that the destination doesn't have.", 'Map to a role of the destination.'),
  },
  initial_role_set_required: {
    ...becomes('rule', 'FAILED_PRECONDITION', 'cannot_delete_initial_role_set'),
    ...says("The initial role set can't be deleted, replaced away or made custom.", 'Make another set initial first.'),
  },
  in_use: {
    ...becomes('rule', 'FAILED_PRECONDITION', 'organization_role_set_assigned_to_organizations'),
    ...says("The thing is in use and can't be deleted.", 'End the uses that are named, or replace the thing.'),
  },
  system_permission: {
    ...becomes('rule', 'FAILED_PRECONDITION', 'organization_system_permission_not_modifiable'),
    ...says("System permissions can't be changed or deleted.", 'Use a custom permission.'),
  },
  role_lacks_permission: {
    ...becomes('rule', 'FAILED_PRECONDITION', 'organization_role_permission_association_not_found'),
    ...says("The role doesn't hold the permission.", 'Nothing has to be done, or name the permission that was meant.'),
  },
  invitation_not_pending: {
    ...becomes('rule', 'FAILED_PRECONDITION', 'organization_invitation_not_pending'),
    ...says('The invitation was accepted or revoked, or it has expired.', 'Create a new invitation.'),
  },
  membership_quota_exceeded: {
    ...becomes('rule', 'FAILED_PRECONDITION', 'organization_membership_quota_exceeded'),
    ...says(
      'The organization has as many members and pending invitations as it may have.',
      'Raise its `max_allowed_memberships`, or end some first.',
    ),
  },
  organization_minimum_permissions_needed: {
    ...becomes('rule', 'FAILED_PRECONDITION', 'organization_minimum_permissions_needed'),
    ...says(
      'An organization would lose its last administrator: its last member with a role that could be a creator role.',
      'Give another member such a role first, or send `allow_no_administrator`.',
    ),
  },
  user_lacks_permission: {
    ...becomes('rule', 'PERMISSION_DENIED', 'missing_organization_permission'),
    ...says(
      'The user on whose behalf the call is made may not manage the members of the organization.',
      'Name a member with a role that holds `org:sys_memberships:manage`, or name no user.',
    ),
  },
  grant_exceeds_own: {
    ...becomes('rule', 'PERMISSION_DENIED', 'grant_exceeds_own'),
    ...says(
      'The user on whose behalf the call is made would give permissions that this user does not have.',
      'Give roles within the permissions of the user, name another user, or name the grant policy `ANY`.',
    ),
  },
  organizations_disabled: {
    ...becomes('rule', 'FAILED_PRECONDITION', 'organization_not_enabled_in_instance'),
    ...says('The settings say that no organization can be created.', 'Set `enabled` with `UpdateSettings`.'),
  },
  slugs_disabled: {
    ...becomes('rule', 'FAILED_PRECONDITION', 'organization_slugs_disabled'),
    ...says(
      'The settings say that no organization can have a slug.',
      'Leave the slug out, or unset `slug_disabled` with `UpdateSettings`.',
    ),
  },
  same_source_and_destination: {
    ...becomes('rule', 'FAILED_PRECONDITION', 'form_param_value_invalid'),
    ...says("A role set can't be replaced by itself, nor a role.", 'Choose another destination.'),
  },
  revision_conflict: {
    ...becomes('rule', 'ABORTED', 'revision_conflict'),
    ...says('The thing has changed since the expected revision.', 'Read the thing again, and decide again.'),
  },
  revision_of_another_epoch: {
    ...becomes('feed', 'FAILED_PRECONDITION', 'revision_conflict'),
    ...says(
      'The revision belongs to another epoch: the store is another one, or an older copy of it was put back.',
      'Discard what was read before, and start with a snapshot.',
    ),
  },
  cursor_compacted: {
    ...becomes('feed', 'OUT_OF_RANGE', 'malformed_request_parameters'),
    ...says('History before this point was compacted.', 'Watch without `after`: take a snapshot.'),
  },
  cursor_in_the_future: {
    ...becomes('feed', 'OUT_OF_RANGE', 'malformed_request_parameters'),
    ...says("The store hasn't reached this revision.", 'Watch without `after`: take a snapshot.'),
  },
  consumer_too_slow: {
    ...becomes('feed', 'RESOURCE_EXHAUSTED', 'too_many_requests'),
    ...mayRetry,
    ...says("The consumer doesn't keep up with the feed.", 'Resume from the cursor.'),
  },
  deadline: {
    ...becomes('service', 'DEADLINE_EXCEEDED', 'deadline'),
    ...mayRetry,
    ...says('The deadline passed before the answer was ready.', 'Send the call again with a longer deadline.'),
  },
  call_cancelled: {
    ...becomes('service', 'CANCELLED', 'deadline'),
    ...says('The caller cancelled the call.', 'Nothing has to be done.'),
  },
  key_required: {
    ...becomes('access', 'UNAUTHENTICATED', 'clerk_key_invalid'),
    ...says('No key was sent, or the key is unknown or revoked.', 'Send `authorization: Bearer <key>`.'),
  },
  write_key_required: {
    ...becomes('access', 'PERMISSION_DENIED', 'authorization_invalid'),
    ...says('The key may read, but it may not write, list access keys or read the history.', 'Send a secret key.'),
  },
  read_only: {
    ...becomes('mode', 'FAILED_PRECONDITION', 'read_only'),
    ...says(
      'The sidecar is read-only. Nothing was written.',
      'Change the state where it is declared; the message says where. A dry run is allowed.',
    ),
  },
  overloaded: {
    ...becomes('service', 'RESOURCE_EXHAUSTED', 'too_many_requests'),
    ...mayRetry,
    ...says('Too many calls are waiting for the store. Nothing was done.', 'Try again later.'),
  },
  disk_full: {
    ...becomes('service', 'RESOURCE_EXHAUSTED', 'disk_full'),
    ...mayRetry,
    ...says('The disk is full. Nothing was written.', 'Free some space, then try again.'),
  },
  backup_running: {
    ...becomes('service', 'RESOURCE_EXHAUSTED', 'too_many_requests'),
    ...mayRetry,
    ...says('Another backup is being made or sent.', 'Wait until it has ended, then try again.'),
  },
  not_serving: {
    ...becomes('service', 'UNAVAILABLE', 'not_serving'),
    ...mayRetry,
    ...says('The sidecar is starting or stopping.', 'Try again later, or call another sidecar.'),
  },
  stale: {
    ...becomes('service', 'UNAVAILABLE', 'not_serving'),
    ...mayRetry,
    ...says(
      'This sidecar is a replica that has not been up to date with its authority for longer than ROLESETS_MAX_STALENESS_MS, so it makes no decision.',
      'Ask again later, or another sidecar. `/readyz` and the log say why the authority is not in reach.',
    ),
  },
  authority_unavailable: {
    ...becomes('service', 'UNAVAILABLE', 'not_serving'),
    ...says(
      'This sidecar is a replica that passes such calls on, and its authority gave no answer. The message says whether it was asked.',
      'Try again later. Before a write is repeated, read whether it was done.',
    ),
  },
  not_ready: {
    ...becomes('service', 'UNAVAILABLE', 'not_ready'),
    ...mayRetry,
    ...says(
      'The sidecar runs, and waits for something before it answers. The message says for what, and why.',
      'Provide what the message names. The sidecar answers as soon as it has it; nothing has to be restarted.',
    ),
  },
  store_damaged: {
    ...becomes('service', 'UNAVAILABLE', 'store_damaged'),
    ...says(
      'The file of the store was lost, altered or damaged while the sidecar ran, so the sidecar refuses every write. Questions are answered as far as the file can be read.',
      'Put the file back, or examine it with `rolesets doctor`; then restart the sidecar. Its log says what happened.',
    ),
  },
  internal_failure: {
    ...becomes('service', 'INTERNAL', 'internal_clerk_error'),
    ...says(
      'An unexpected failure. The log of the sidecar has the details.',
      'Report it, with the record from the log.',
    ),
  },
} satisfies Readonly<Record<string, Row>>

export type ErrorCode = keyof typeof errorCodes

type CodeOfClass<Class extends ErrorClass> = {
  [Code in ErrorCode]: (typeof errorCodes)[Code]['class'] extends Class ? Code : never
}[ErrorCode]

/** What the rules refuse with. */
export type RefusalCode = CodeOfClass<'input' | 'rule'>
export const refusalCodes: readonly RefusalCode[] = Object.keys(errorCodes).filter(isRefusalCode)

export type AccessCode = CodeOfClass<'access'>
export type ServiceCode = Exclude<
  CodeOfClass<'feed' | 'service' | 'mode'>,
  'internal_failure' | 'overloaded' | 'disk_full'
>

export function rowOf(code: ErrorCode): Row {
  return errorCodes[code]
}

export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(errorCodes, text)
}

/**
 * What a failure of the storage is called outside, unless it ends all writes: that is `store_damaged`, whatever its own
 * code is. The codes that end the opening of a store never meet a call.
 */
export const storeCodes = {
  overloaded: 'overloaded',
  disk_full: 'disk_full',
  compacted: 'cursor_compacted',
  closed: 'not_serving',
  failed: 'internal_failure',
  corrupt: 'internal_failure',
  file_lost: 'store_damaged',
  in_use: 'internal_failure',
  folder_missing: 'internal_failure',
  folder_read_only: 'internal_failure',
  not_a_database: 'internal_failure',
  too_new: 'internal_failure',
  migration_unknown: 'internal_failure',
  migration_edited: 'internal_failure',
  schema_altered: 'internal_failure',
  network_file_system: 'internal_failure',
} as const satisfies Readonly<Record<string, ErrorCode>>

export type StoreCode = keyof typeof storeCodes

function isRefusalCode(text: string): text is RefusalCode {
  return isErrorCode(text) && ['input', 'rule'].includes(errorCodes[text].class)
}
