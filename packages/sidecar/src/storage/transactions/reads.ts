/**
 * The reads of an engine, as one table: for each read, whether changes that a batch has recorded and not yet written can
 * make the rows a wrong answer.
 */

import type { RowReader } from './connection.ts'
import type { Pending } from './pending.ts'

type ReadName = keyof RowReader
type Arguments<K extends ReadName> = Parameters<RowReader[K]>

type ByName = { readonly [K in ReadName]: (...args: Arguments<K>) => Promise<unknown> }
type KnownByName = { readonly [K in ReadName]?: (...args: Arguments<K>) => MaybePromise<Answer<unknown>> }

const ofMembers = (pending: Pending) => pending.concerns('membership')
const ofInvitations = (pending: Pending) => pending.concerns('invitation')
const ofOrganizations = (pending: Pending) => pending.concerns('organization')
const ofHolders = (pending: Pending) => pending.concerns('membership', 'invitation')
const ofAny = (pending: Pending) => pending.concerns('organization', 'membership', 'invitation')
const ofScopes = (pending: Pending) =>
  pending.concerns('organization', 'assignment', 'membership', 'invitation', 'scope_kind', 'scope_default')
/** A single thing is known here, or the rows have it. */
const ofSingle = (pending: Pending) => pending.isWide
/** The history that a work sees ends before its batch: the change sets of a batch are written last. */
const never = () => false

const staleWhen: { readonly [K in ReadName]: (pending: Pending, ...args: Arguments<K>) => boolean } = {
  organization: ofSingle,
  organizationsById: ofOrganizations,
  organizationBySlug: ofSingle,
  scopeUsage: ofScopes,
  scopePlaces: ofScopes,
  roleInScopes: ofScopes,
  scopesOf: ofScopes,
  scopeCount: ofScopes,
  ownAssignmentCount: ofScopes,
  scopesInUse: ofScopes,
  assignment: ofSingle,
  assignments: (pending) => pending.concerns('assignment'),
  roleSetIdsOf: (pending) => pending.concerns('organization', 'assignment'),
  // A single one is known here, or the rows have it.
  deletedOrganizations: (pending, ids) => pending.isWide || (ids.length > 1 && pending.concerns('organization')),
  deletedOrganizationsAfter: ofOrganizations,
  organizations: ofOrganizations,
  organizationCount: ofOrganizations,
  membership: ofSingle,
  membershipsByKeys: ofMembers,
  memberships: ofMembers,
  membershipsOfPlaces: ofMembers,
  memberCount: ofMembers,
  invitation: ofSingle,
  pendingInvitation: ofInvitations,
  pendingInvitationCount: ofInvitations,
  invitations: ofInvitations,
  usageIn: (pending, among) => ('organizationId' in among ? ofHolders(pending) : ofAny(pending)),
  formerRoles: ofAny,
  usageOf: ofAny,
  repeatedHolders: ofScopes,
  withoutAdministrator: (pending) => pending.concerns('organization', 'membership'),
  searchOrganizations: ofAny,
  searchMemberships: ofMembers,
  searchInvitations: ofInvitations,
  searchDomains: ofOrganizations,
  memberCounts: ofMembers,
  pendingInvitationCounts: ofInvitations,
  accessKeys: (pending) => pending.concerns('access_key'),
  history: never,
  changedNear: never,
  historyAnchor: never,
}

const readNames = Object.keys(staleWhen) as readonly ReadName[]

type Answer<T> = { readonly value: T } | undefined

/** Reads that can be answered without the rows. Undefined: only the rows answer it. */
export type KnownReads = {
  readonly [K in ReadName]?: (...args: Arguments<K>) => MaybePromise<Answer<Awaited<ReturnType<RowReader[K]>>>>
}

type MaybePromise<T> = T | Promise<T>

/** A read that was called. */
export interface StoreRead<T> {
  readonly isStale: (pending: Pending) => boolean
  readonly known: (reads: KnownReads) => MaybePromise<Answer<T>>
  /** Answers it from these rows. */
  readonly from: (rows: RowReader) => Promise<T>
}

/** A reader whose reads are all answered by one function. */
export function readerOver(answer: <T>(call: StoreRead<T>) => Promise<T>): RowReader {
  const methods = readNames.map((name) => [name, methodOf(name, answer)])
  // The table has every read, so the object has every method.
  return Object.fromEntries(methods) as RowReader
}

function methodOf<K extends ReadName>(name: K, answer: <T>(call: StoreRead<T>) => Promise<T>) {
  return (...args: Arguments<K>) =>
    answer({
      isStale: (pending) => staleWhen[name](pending, ...args),
      known: (reads: KnownByName) => reads[name]?.(...args),
      from: (rows: ByName) => rows[name](...args),
    })
}
