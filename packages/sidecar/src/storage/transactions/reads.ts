/**
 * The reads of an engine, as one table: for each read, whether changes that a batch has recorded and not yet written can
 * make the rows a wrong answer.
 */

import type { RowReader } from './connection.ts'
import type { Pending } from './pending.ts'

type ReadName = keyof RowReader
type Arguments<K extends ReadName> = Parameters<RowReader[K]>

type ByName = { readonly [K in ReadName]: (...args: Arguments<K>) => Promise<unknown> }

const hasHolders = (pending: Pending) => pending.hasMemberships || pending.hasInvitations
const hasAny = (pending: Pending) => pending.hasOrganizations || hasHolders(pending)

const staleWhen: { readonly [K in ReadName]: (pending: Pending, ...args: Arguments<K>) => boolean } = {
  organization: (pending) => pending.isWide,
  organizationBySlug: (pending) => pending.isWide,
  assignment: (pending) => pending.isWide,
  roleSetIdsOf: (pending) => pending.hasOrganizations || pending.hasAssignments,
  organizations: (pending) => pending.hasOrganizations,
  organizationCount: (pending) => pending.hasOrganizations,
  membership: (pending) => pending.isWide,
  memberships: (pending) => pending.hasMemberships,
  memberCount: (pending) => pending.hasMemberships,
  invitation: (pending) => pending.isWide,
  pendingInvitation: (pending) => pending.hasInvitations,
  pendingInvitationCount: (pending) => pending.hasInvitations,
  invitations: (pending) => pending.hasInvitations,
  usageIn: (pending, scope) => ('organizationId' in scope ? hasHolders(pending) : hasAny(pending)),
  usageOf: hasAny,
  searchOrganizations: hasAny,
  searchMemberships: (pending) => pending.hasMemberships,
  searchInvitations: (pending) => pending.hasInvitations,
  memberCounts: (pending) => pending.hasMemberships,
  accessKeys: (pending) => pending.hasAccessKeys,
  // The history that a work sees ends before its batch: the change sets of a batch are written last.
  history: () => false,
  historyAnchor: () => false,
}

const readNames = Object.keys(staleWhen) as readonly ReadName[]

/** A read that was called, by its name. */
export interface ReadCall<T> {
  readonly isStale: (pending: Pending) => boolean
  /** Answers it from these rows. */
  readonly from: (rows: RowReader) => Promise<T>
}

/** A reader whose reads are all answered by one function. */
export function readerOver(answer: <T>(call: ReadCall<T>) => Promise<T>): RowReader {
  const methods = readNames.map((name) => [name, methodOf(name, answer)])
  // The table has every read, so the object has every method.
  return Object.fromEntries(methods) as RowReader
}

function methodOf<K extends ReadName>(name: K, answer: <T>(call: ReadCall<T>) => Promise<T>) {
  return (...args: Arguments<K>) =>
    answer({
      isStale: (pending) => staleWhen[name](pending, ...args),
      from: (rows: ByName) => rows[name](...args),
    })
}
