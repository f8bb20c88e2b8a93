/** `@rolesets/client`: may this role be granted in this organization? Answered from a cache that follows the sidecar. */

export { createRoleSetsClient, type ReadyOptions, type RoleSetsClient, type Status } from './client.ts'
export type { AskOptions } from './arguments.ts'
export type { MemberCheckOptions, MemberRolesOptions } from './member-arguments.ts'
export type { RoleSetsClientOptions } from './options.ts'
export type { ClientEvent } from './feed/machine.ts'
export type { AvailableRole, AvailableRoles, CachedQuestion, Decision, Question } from './cache/decision.ts'
export type { MemberCheck, MemberDecision, MemberRequirement, MemberRoles } from './cache/member-decision.ts'
export {
  isRoleSetsError,
  RoleSetsError,
  type FieldViolation,
  type Remedy,
  type RoleSetsErrorCode,
  type RoleSetsErrorOptions,
} from './errors.ts'
export {
  compareRevisions,
  parseRevision,
  type MemberReason,
  type Reach,
  type Reason,
  type Revision,
} from '@rolesets/core'
export type { Clock } from './clock.ts'
export type { TlsOptions } from './wire/diagnosis.ts'
export type {
  Heartbeat,
  SnapshotChunk,
  StreamCall,
  Transport,
  UnaryCall,
  WatchCall,
  WatchMessage,
  WatchRequest,
} from './wire/transport.ts'
export type {
  AssignmentDeleted,
  ScopeDefaultDeleted,
  ScopeKindDeleted,
  ScopeRenamed,
  AuditedChange,
  AuditedChangeSet,
  Change,
  ChangeField,
  ChangeSet,
} from './feed/changes.ts'
export type {
  byField,
  ByField,
  ChangeValue,
  Deleted,
  HistoryCompacted,
  MembershipDeleted,
  MembersReassigned,
} from './feed/changes.ts'
export type { OrganizationsMoved, RoleReassignment } from './feed/changes.ts'
export type {
  Access,
  AccessKey,
  Assignment,
  ScopeDefault,
  ScopeFallbackName,
  ScopeKind,
  GrantPolicy,
  Invitation,
  InvitationStatus,
  Json,
  LastAdministrator,
} from './wire/resources.ts'
export type { Membership, Metadata, Organization, Permission, Role, RoleSet, Settings } from './wire/resources.ts'
export type { WatchOptions } from './feed/watch.ts'
export type { Administration, AdminOptions } from './administration/calls.ts'
export type { Backup, BackupOptions } from './administration/backup.ts'
export type * from './administration/replies.ts'
export type * from './administration/requests.ts'
