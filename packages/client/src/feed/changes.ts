/** Change sets: what the feed carries, one committed write at a time. */

import type { ChangeKind } from '@rolesets/core'
import type {
  AccessKey,
  Assignment,
  Invitation,
  Json,
  Membership,
  Organization,
  Permission,
  Role,
  RoleSet,
  Settings,
} from '../wire/resources.ts'

export interface Deleted {
  readonly id: string
  /** The key that it had last; empty for an organization. */
  readonly key: string
}

/** All organizations of a role set are on another one now. */
export interface OrganizationsMoved {
  readonly fromRoleSetId: string
  readonly toRoleSetId: string
}

export interface RoleReassignment {
  readonly fromRoleId: string
  readonly toRoleId: string
  readonly members: number
  /** Pending ones. */
  readonly invitations: number
}

/** Members and pending invitations with certain roles, in one organization or in all of a role set, have others now. */
export interface MembersReassigned {
  readonly roleSetId?: string
  readonly organizationId?: string
  readonly mappings: readonly RoleReassignment[]
}

export interface MembershipDeleted {
  readonly id: string
  readonly organizationId: string
  readonly userId: string
}

/** The part of the organization has no role set of its own any more. */
export interface AssignmentDeleted {
  readonly organizationId: string
  readonly scope: string
}

/** The facts by the name of their field: what is put is all of the thing. */
interface ChangeValues {
  readonly permissionPut: Permission
  readonly permissionDeleted: Deleted
  readonly rolePut: Role
  readonly roleDeleted: Deleted
  readonly roleSetPut: RoleSet
  readonly roleSetDeleted: Deleted
  readonly organizationPut: Organization
  readonly organizationDeleted: Deleted
  readonly assignmentPut: Assignment
  readonly assignmentDeleted: AssignmentDeleted
  readonly organizationsMoved: OrganizationsMoved
  readonly membersReassigned: MembersReassigned
  readonly membershipPut: Membership
  readonly membershipDeleted: MembershipDeleted
  readonly invitationPut: Invitation
  readonly settingsPut: Settings
  readonly accessKeyPut: AccessKey
}

type CamelCase<Name extends string> = Name extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : Name

/** The kinds of core, as the fields of a message are called. A new kind doesn't compile until it has its value above. */
export type ChangeField = CamelCase<ChangeKind>

export type ChangeValue<Field extends ChangeField> = ChangeValues[Field]

/** One fact: exactly one of these fields is there. */
export type Change = { [Field in ChangeField]: { readonly [Name in Field]: ChangeValue<Field> } }[ChangeField]

/** One row per kind of change. */
export type ByField<Result, Args extends readonly unknown[] = []> = {
  readonly [Field in ChangeField]: (value: ChangeValue<Field>, ...args: Args) => Result
}

/** Takes the row of the change's kind. */
export function byField<Result, Args extends readonly unknown[]>(
  table: ByField<Result, Args>,
  change: Change,
  ...args: Args
): Result {
  const [[field, value] = []] = Object.entries(change)
  // The field names the one row that takes its value; the compiler can't connect the two.
  const row = table[field as ChangeField] as (value: unknown, ...args: Args) => Result
  return row(value, ...args)
}

/** One committed write. */
export interface ChangeSet {
  /** The revision that it made, `<epoch>:<number>`. */
  readonly revision: string
  /** Unix milliseconds. */
  readonly committedAtMs: number
  /** The actor of the write. */
  readonly actor: string
  /** What was called, for example `ReplaceRole`. */
  readonly operation: string
  /** In order. Facts of a kind that this client doesn't know are left out. */
  readonly changes: readonly Change[]
}

/** One fact, as the history has it. */
export interface AuditedChange {
  /** For example `role_put`. */
  readonly kind: string
  /** `permission`, `role`, `role_set`, `settings`, `organization`, `membership`, `invitation` or `access_key`. */
  readonly thing: string
  /** Of the thing; of a fact about a whole set, the id of the set or the organization. */
  readonly id: string
  /** Left out: it is new. */
  readonly before?: { readonly [field: string]: Json }
  /** Left out: it is gone. Of a fact about a whole set, what it says. */
  readonly after?: { readonly [field: string]: Json }
  /** How many got another role or lost theirs. */
  readonly members: number
  readonly invitations: number
}

/** One committed write, as the history keeps it. */
export interface AuditedChangeSet {
  readonly revision: string
  /** Unix milliseconds. */
  readonly committedAtMs: number
  readonly actor: string
  readonly operation: string
  /** In order. */
  readonly changes: readonly AuditedChange[]
  /** SHA-256, in hex, of the seal before it and of all of this. */
  readonly seal: string
}
