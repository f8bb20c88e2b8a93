/** Change sets: what the feed carries, one committed write at a time. The types are made of the tables of their fields. */

import { formatRevision, type ChangeKind } from '@rolesets/core'
import * as read from '../wire/reading.ts'
import { givenText, maybeNumber, maybeText, objectOf, text, type ObjectReader, type ValueOf } from '../wire/reading.ts'
import * as resources from '../wire/resources.ts'

const deletedFields = {
  id: text,
  /** The key that it had last; empty for an organization. */
  key: maybeText,
}
export interface Deleted extends ValueOf<typeof deletedFields> {}
const readDeleted: ObjectReader<Deleted> = objectOf('a deletion', deletedFields)

const movedFields = { fromRoleSetId: text, toRoleSetId: text }
/** All organizations of a role set are on another one now. */
export interface OrganizationsMoved extends ValueOf<typeof movedFields> {}

const mappingFields = {
  fromRoleId: text,
  toRoleId: text,
  members: maybeNumber,
  /** Pending ones. */
  invitations: maybeNumber,
}
export interface RoleReassignment extends ValueOf<typeof mappingFields> {}

const reassignedFields = {
  roleSetId: givenText,
  organizationId: givenText,
  /** With `organizationId`: one scope of it. Not given: the organization as a whole, and the scopes that follow it. */
  scopeKey: givenText,
  /** All scopes of the kind that have neither a role set of their own nor a default. */
  scopeKind: givenText,
  /** All scopes with this key that have no role set of their own. */
  scopeDefault: givenText,
  mappings: read.listOf<RoleReassignment>(objectOf('a mapping', mappingFields)),
}
/** Members and pending invitations with certain roles, in certain places, have others now. One of the fields says where. */
export interface MembersReassigned extends ValueOf<typeof reassignedFields> {}

const membershipDeletedFields = { id: text, organizationId: text, userId: maybeText, scope: maybeText }
export interface MembershipDeleted extends ValueOf<typeof membershipDeletedFields> {}

const assignmentDeletedFields = { organizationId: text, scope: text }
/** The scope has neither a role set of its own nor a name any more. */
export interface AssignmentDeleted extends ValueOf<typeof assignmentDeletedFields> {}

const scopeKindDeletedFields = { kind: text }
/** The kind of scopes is gone. */
export interface ScopeKindDeleted extends ValueOf<typeof scopeKindDeletedFields> {}

const scopeDefaultDeletedFields = { scope: text }
/** The scopes with this key have no default any more. */
export interface ScopeDefaultDeleted extends ValueOf<typeof scopeDefaultDeletedFields> {}

const scopeRenamedFields = {
  organizationId: text,
  fromScope: text,
  toScope: text,
  members: maybeNumber,
  /** Pending ones. */
  invitations: maybeNumber,
}
/** A scope has another key: its members and invitations are there now. */
export interface ScopeRenamed extends ValueOf<typeof scopeRenamedFields> {}

const compactedFields = { upToRevision: read.number }
/** Old change sets, up to the one with this number, were forgotten. Nothing else changed. */
export interface HistoryCompacted extends ValueOf<typeof compactedFields> {}

type CamelCase<Name extends string> = Name extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : Name

/** The kinds of core, as the fields of a message are called. */
export type ChangeField = CamelCase<ChangeKind>

/** The facts by the name of their field: what is put is all of the thing. */
const readers = {
  permissionPut: resources.readPermission,
  permissionDeleted: readDeleted,
  rolePut: resources.readRole,
  roleDeleted: readDeleted,
  roleSetPut: resources.readRoleSet,
  roleSetDeleted: readDeleted,
  organizationPut: resources.readOrganization,
  organizationDeleted: readDeleted,
  assignmentPut: resources.readAssignment,
  assignmentDeleted: objectOf('the end of an assignment', assignmentDeletedFields) as ObjectReader<AssignmentDeleted>,
  scopeKindPut: resources.readScopeKind,
  scopeKindDeleted: objectOf('the end of a kind of scopes', scopeKindDeletedFields) as ObjectReader<ScopeKindDeleted>,
  scopeDefaultPut: resources.readScopeDefault,
  scopeDefaultDeleted: objectOf('the end of a default', scopeDefaultDeletedFields) as ObjectReader<ScopeDefaultDeleted>,
  scopeRenamed: objectOf('a renaming of a scope', scopeRenamedFields) as ObjectReader<ScopeRenamed>,
  organizationsMoved: objectOf('a move of organizations', movedFields) as ObjectReader<OrganizationsMoved>,
  membersReassigned: objectOf('a reassignment', reassignedFields) as ObjectReader<MembersReassigned>,
  membershipPut: resources.readMembership,
  membershipDeleted: objectOf('the end of a membership', membershipDeletedFields) as ObjectReader<MembershipDeleted>,
  invitationPut: resources.readInvitation,
  settingsPut: resources.readSettings,
  accessKeyPut: resources.readAccessKey,
  historyCompacted: objectOf('a compaction', compactedFields) as ObjectReader<HistoryCompacted>,
} satisfies { readonly [Field in ChangeField]: (value: unknown) => unknown }

export type ChangeValue<Field extends ChangeField> = ReturnType<(typeof readers)[Field]>

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

// The names of the table's rows.
const changeFields = Object.keys(readers) as ChangeField[]

/** A kind of change that this client doesn't know is left out: there is nothing in it for a cache. */
const readChanges = read.listOf((value): readonly Change[] => {
  const fields = read.fieldsOf(value, 'a change')
  const field = changeFields.find((each) => fields[each])
  // The row gives what its field has.
  return field === undefined ? [] : [{ [field]: readers[field](fields[field]) } as Change]
})

const changeSetFields = {
  /** The revision that it made, `<epoch>:<number>`. */
  revision: (value: unknown, field: string) => formatRevision(read.revision(value, field)),
  /** Unix milliseconds. */
  committedAtMs: maybeNumber,
  /** The actor of the write. */
  actor: maybeText,
  /** What was called, for example `ReplaceRole`. */
  operation: maybeText,
  /** Id of the user on whose behalf it was made. Left out: nobody was named, or several inviters. */
  actingUserId: (value: unknown, field: string): string | undefined => maybeText(value, field) || undefined,
  /** In order. Facts of a kind that this client doesn't know are left out. */
  changes: (value: unknown, field: string): readonly Change[] => readChanges(value, field).flat(),
  /** SHA-256, in hex, of the seal before it and of all of this. Where the consumer asks for records. */
  seal: givenText,
  /** The changes exactly as they were sealed. Where the consumer asks for records. */
  record: givenText,
}
/** One committed write. */
export interface ChangeSet extends ValueOf<typeof changeSetFields> {}
export const readChangeSet: ObjectReader<ChangeSet> = objectOf('a change set', changeSetFields)

/** One fact, as the history has it. */
export interface AuditedChange {
  /** For example `role_put`. */
  readonly kind: string
  /** `permission`, `role`, `role_set`, `assignment`, `scope_kind`, `membership` and so on, or `history`. */
  readonly thing: string
  /** Of the thing; of a fact about a whole set, the id of the set or the organization. */
  readonly id: string
  /** Left out: it is new. */
  readonly before?: { readonly [field: string]: resources.Json }
  /** Left out: it is gone. Of a fact about a whole set, what it says. */
  readonly after?: { readonly [field: string]: resources.Json }
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
  /** Id of the user on whose behalf it was made. Empty: nobody was named, or several inviters. */
  readonly actingUserId: string
  /** In order. */
  readonly changes: readonly AuditedChange[]
  /** SHA-256, in hex, of the seal before it and of all of this. */
  readonly seal: string
}
