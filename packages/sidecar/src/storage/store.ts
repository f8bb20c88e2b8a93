/**
 * The contract of a storage engine. A difference between engines that a caller can see is a bug. The suite in
 * `test/storage/contract.ts` runs over each engine.
 *
 * Obligations
 *   * There is one writer. Works that wait share a transaction (group commit): each is decided in order and sees what the
 *     ones before it recorded. All are answered after the one commit, which is durable against power loss. So a work must
 *     not wait for another write: neither would ever end.
 *   * A work that throws leaves no trace, and doesn't affect the others of its batch. When the transaction itself fails, it
 *     is rolled back whole and each work is run again alone. So a work must have no side effects: it may run twice.
 *   * The revision is assigned inside the transaction that writes the rows and the change set. It grows by one with each work
 *     that records changes; a work that records none makes no revision.
 *   * Listeners are called once per change set, in order of revision, after the commit is durable and before the writer is
 *     answered: a caller that has its answer can rely on the feed having the change set.
 *   * A change to many things at once stamps each of them with the revision and the time of its write.
 *   * Whether an invitation is pending or expired depends on the time that the caller passes in, never on a clock of the
 *     storage. A change that reassigns members also changes the invitations that are pending at the time of its write.
 *   * The same time says which memberships are over (rule 22). They are kept, and no count has them; a change that reassigns
 *     members leaves them as they are; the deletion of their role, and the renaming of a scope to theirs, removes them.
 *   * Each change set is sealed to the one before it, in its own transaction (see `transactions/seal.ts`).
 *   * A read sees one committed state, whole, and says at which revision. Listeners may not have received this revision yet,
 *     but it is never older than a revision that a writer was answered with.
 *   * Ids are ordered by the bytes of their UTF-8.
 */

import type {
  Among,
  Catalogue,
  Change,
  SealedChangeSet,
  AccessKey,
  Invitation,
  InvitationStatus,
  Membership,
  Organization,
  Assignment,
  Place,
  RetiredKeys,
  Revision,
} from '@rolesets/core'
import type { Departure, HolderCounts, RoleUsage, WithoutAdministrator } from '../domain/decided.ts'
import type { ListedScope, RoleInScopes, ScopesInUse, ScopeUsage, SomePlaces } from '../domain/scope-facts.ts'
import type { DomainOfOrganization as FoundDomain, DomainQuery } from '../domain/organization-domains.ts'
import type { AllRestorable } from '../domain/former-roles.ts'
import type { Copying } from './backup.ts'
import type {
  FormerRolesOf,
  HistoryPage,
  HistoryQuery,
  InvitationQuery,
  MemberKey,
  MembershipQuery,
  Order,
  OrganizationQuery,
  Page,
  PlacesPage,
  PlacesQuery,
  RepeatedHolders,
  Span,
  Spanned,
  Where,
} from './queries.ts'

export type * from './queries.ts'

export { AppendError, StoreError, type StoreErrorCode } from './failures.ts'
export { catalogueChanges, changesOf, recordOf } from './record.ts'

/** A value and the number of the revision at which it was read. */
export interface At<T> {
  readonly revision: number
  readonly value: T
}

/** A change set with what a follower needs to verify it and to keep it. */
export interface KeptChangeSet extends SealedChangeSet {
  /** The text of the changes, exactly as it was sealed. */
  readonly record: string
}

/** A change set as it comes from another store. */
export type SealedRecord = Omit<KeptChangeSet, 'changes'>

/**
 * Reads within one state. It refuses every call after the work that it was given to has settled.
 *
 * Where an organization is named, `scope` is the part of it that is meant; without one it is the organization as a whole,
 * which the members and invitations of its scopes don't belong to.
 */
export interface Reader {
  /** The number of the last write that this state contains, and its time in Unix milliseconds (0: not known). */
  readonly revision: number
  readonly committedAt: number
  catalogue(): Promise<Catalogue>
  organization(id: string): Promise<Organization | undefined>
  /** Those of these ids that there are, in any order. Up to 1 000 ids, each once. */
  organizationsById(ids: readonly string[]): Promise<readonly Organization[]>
  organizationBySlug(slug: string): Promise<Organization | undefined>
  /**
   * Which role set a place has of its own; undefined: none. The assignment of an organization as a whole is a part of the
   * organization, and changes with it (`organization_put`); the other scopes have assignments of their own.
   */
  assignment(place: Place): Promise<Assignment | undefined>
  /** Of scopes, ordered by organization and scope. */
  assignments(page: PlacesPage): Promise<readonly Assignment[]>
  /** The role sets of the places that have one of their own, by the keys of the places (`keyOfPlace`). Up to 10 000 places. */
  roleSetIdsOf(places: readonly Place[]): Promise<ReadonlyMap<string, string>>
  /** Which of these ids organizations had that were deleted, and that no organization has now (rule 20). Up to 10 000 ids. */
  deletedOrganizations(ids: readonly string[]): Promise<ReadonlySet<string>>
  /** All of them, ordered by id. */
  deletedOrganizationsAfter(page: Page): Promise<readonly DeletedOrganization[]>
  /** Ordered by id. */
  organizations(page: Page, filter?: { readonly roleSetId?: string | undefined }): Promise<readonly Organization[]>
  /** How many organizations use a set. Its cost doesn't depend on the number. */
  organizationCount(roleSetId: string): Promise<number>
  /** Also one that is over. */
  membership(organizationId: string, userId: string, scope?: string): Promise<Membership | undefined>
  /** Those of these keys that there are, also those that are over, in any order. Up to 10 000 keys, each once. */
  membershipsByKeys(keys: readonly MemberKey[]): Promise<readonly Membership[]>
  /** Ordered by user id; of the time `now`, or also those that are over. */
  memberships(
    organizationId: string,
    page: Page,
    filter?: {
      readonly roleId?: string | undefined
      readonly scope?: string | undefined
      readonly now?: number | undefined
    },
  ): Promise<readonly Membership[]>
  /** Ordered by organization, scope and user id. */
  membershipsOfPlaces(
    query: PlacesQuery,
    page: Pick<Page, 'size'> & { readonly after?: MemberKey | undefined },
  ): Promise<readonly Membership[]>
  memberCount(where: Where, now: number): Promise<number>
  invitation(id: string): Promise<Invitation | undefined>
  /** The one of this address, compared without regard to case, that is pending at the time. */
  pendingInvitation(where: Where, emailAddress: string, now: number): Promise<Invitation | undefined>
  pendingInvitationCount(where: Where, now: number): Promise<number>
  /** Ordered by id. `scope` may be `everyScope`. */
  invitations(
    organizationId: string,
    page: Page,
    filter: {
      readonly statuses?: readonly InvitationStatus[] | undefined
      readonly now: number
      readonly scope?: string | undefined
    },
  ): Promise<readonly Invitation[]>
  /**
   * How many members and pending invitations have each role, in one place, in all places of an organization
   * (`everyScope`), or in all organizations of a set. Only roles that are in use. `organizations` counts those with a
   * member or a pending invitation. Of the organizations of a set, their scopes aren't meant.
   */
  usageIn(among: Where | { readonly roleSetId: string }, now: number): Promise<readonly RoleUsage[]>
  /** The same for one role: anywhere, also in scopes, or in all organizations of a set. */
  usageOf(roleId: string, among: { readonly roleSetId: string } | undefined, now: number): Promise<RoleUsage>
  /**
   * Who holds which roles in the scopes of a change, by the role set of their organization. Only roles that are in use.
   * Of the scopes that have a role set, `organizations` doesn't count what `usageOf` counts: organizations on it with
   * holders as a whole.
   * @param isWhole true: of all organizations together, with an empty `organizationRoleSetId`; it costs less
   */
  scopeUsage(among: Among, now: number, isWhole?: boolean): Promise<readonly ScopeUsage[]>
  /**
   * The scopes of a change that have a member, a pending invitation, a name or a role set of their own; the first by key.
   * @param except those of organizations on this role set aren't meant
   */
  scopePlaces(among: Among, now: number, except?: { readonly organizationsOn: string }): Promise<SomePlaces>
  /**
   * Who holds one role in the scopes that have a role set, and which scopes these are. `organizations` is as in
   * `scopeUsage`. Its cost depends on the holders of the role, and not on the number of scopes that have the set.
   */
  roleInScopes(of: { readonly roleId: string; readonly roleSetId: string }, now: number): Promise<RoleInScopes>
  /** Those with a name, a role set of their own or members at the time, ordered by key. */
  scopesOf(organizationId: string, page: Page & { readonly now: number }): Promise<readonly ListedScope[]>
  /** How many scopes of an organization have a name or a role set of their own. */
  scopeCount(organizationId: string): Promise<number>
  /** How many scopes have this role set as their own. Its cost doesn't depend on the number. */
  ownAssignmentCount(roleSetId: string): Promise<number>
  scopesInUse(of: { readonly kind: string } | Place, now: number): Promise<ScopesInUse>
  /**
   * How many pairs of a holder and one of these roles there are beyond one for each holder: what a sum over the usage of the
   * roles counts too much.
   */
  repeatedHolders(asked: RepeatedHolders): Promise<HolderCounts>
  /**
   * Members and pending invitations that still have what a mapping of a move left, and had only roles of the list before it; in
   * the order of their keys.
   */
  formerRoles(asked: FormerRolesOf): Promise<AllRestorable>
  /** The answer to a departure at a time, as the memberships are now; at most `limit` ids, in order, and the number of all. */
  withoutAdministrator(
    departure: Departure,
    asked: { readonly limit: number; readonly now: number },
  ): Promise<WithoutAdministrator>
  /** Equal things are ordered by id, so that pages neither repeat nor skip one. */
  searchOrganizations(
    query: OrganizationQuery,
    order: Order<'created_at' | 'name' | 'members_count'>,
    span: Span,
  ): Promise<Spanned<Organization>>
  searchMemberships(
    query: MembershipQuery,
    order: Order<'created_at' | 'user_id'>,
    span: Span,
  ): Promise<Spanned<Membership>>
  searchInvitations(
    query: InvitationQuery,
    order: Order<'created_at' | 'email_address'>,
    span: Span,
  ): Promise<Spanned<Invitation>>
  searchDomains(query: DomainQuery, order: Order<'created_at' | 'name'>, span: Span): Promise<Spanned<FoundDomain>>
  /** How many members each of these organizations has as a whole; up to 1 000 ids. One without members may be missing. */
  memberCounts(organizationIds: readonly string[], now: number): Promise<ReadonlyMap<string, number>>
  /** How many invitations of each organization are pending at the time; as `memberCounts`. */
  pendingInvitationCounts(organizationIds: readonly string[], now: number): Promise<ReadonlyMap<string, number>>
  /** Also revoked ones, in the order of their creation. */
  accessKeys(): Promise<readonly AccessKey[]>
  history(query: HistoryQuery, page: HistoryPage): Promise<readonly KeptChangeSet[]>
  /** By subject: the kept revision nearest to a revision that changed it, the first after it or the last up to it. */
  changedNear(side: 'after' | 'up_to', subjects: ReadonlyMap<string, number>): Promise<ReadonlyMap<string, number>>
  /** The seal that the oldest kept change set follows, and its revision: what compaction leaves of the history before. */
  historyAnchor(): Promise<{ readonly revision: number; readonly seal: string }>
}

/** A reader that sees what this work, and the works before it in the batch, have recorded. */
export interface Writer extends Reader {
  /** The revision of this work if it records changes; the same from its start to its end. */
  readonly nextRevision: number
  /** Writes the rows of these changes. May be called several times; all calls of a work make one change set. */
  record(changes: readonly Change[]): Promise<void>
  /**
   * Null removes the bookmark. It is kept in the transaction of this work, and is none of its changes: alone it makes no
   * revision.
   */
  setBookmark(name: string, bookmark: Bookmark | null): void
}

/** How far a consumer of a feed has come. A bookmark of another epoch is of no use: the consumer begins with a snapshot. */
export interface Bookmark {
  readonly epoch: string
  readonly revision: number
}

/** What a store has now, after everything was replaced. */
export interface AdoptedContent {
  readonly revision: number
  readonly catalogue: Catalogue
  /** Also revoked ones. */
  readonly accessKeys: readonly AccessKey[]
}

/** Every store of a replica has this bookmark: where the authority was at its last snapshot. */
export const upstreamBookmark = 'upstream'

/** By the names of the consumers. */
export type Bookmarks = ReadonlyMap<string, Bookmark | null>

/** Everything that another store contained, as of the first part. */
export interface StoreSnapshot {
  readonly revision: number
  /** The seal of the change set of this revision: the next one follows it. */
  readonly seal: string
  /** Of this revision, Unix milliseconds; 0: not known. */
  readonly committedAt: number
  /** Of that store, in the order of their beginnings. */
  readonly timelines: readonly Timeline[]
  readonly parts: Stream<SnapshotPart>
}

/**
 * Things may have been read after the first part. What was committed since then then follows as change sets: the snapshot is
 * of the revision of the last of them.
 */
export type SnapshotPart =
  /** Each once, and in any order but that those of the catalogue come first, in the order of `catalogueChanges`. */
  | { readonly kind: 'things'; readonly changes: readonly Change[] }
  /** Keys that were used before, and that no permission has now. */
  | { readonly kind: 'retired_permissions'; readonly retired: RetiredKeys }
  | { readonly kind: 'deleted_organizations'; readonly deleted: readonly DeletedOrganization[] }
  /** In order, after all things. */
  | { readonly kind: 'change_set'; readonly changeSet: SealedRecord }

/** An id of an organization that was deleted, and the revision that did so. */
export type DeletedOrganization = Pick<Organization, 'id' | 'revision'>
export type Stream<T> = Iterable<T> | AsyncIterable<T>

/** What one process has written: the revisions after this number, up to the next timeline's. */
export interface Timeline {
  /** Names its revisions. */
  readonly epoch: string
  readonly after: number
}

/** Single things that a work is about to read: those of a batch are read together. Naming them changes no answer. */
export interface Foreseen {
  readonly organizationIds?: readonly string[]
  readonly memberships?: readonly (Where & { readonly userId: string })[]
}

export interface Provenance {
  /** Never empty. */
  readonly actor: string
  readonly operation: string
  /** Unix milliseconds. A time before that of the last write counts as that one. */
  readonly at: number
  readonly dryRun?: boolean
  readonly foreseen?: Foreseen | undefined
  /** Ends the waiting; a work that has begun is finished. */
  readonly signal?: AbortSignal | undefined
}

/** How revisions are named outside, so that one that was lost isn't taken for the one that has its number now. */
export interface Lineage {
  /** `<epoch>:<number>`. */
  textOf(number: number): string
  /** Whether the store was at this revision, or is on the way to it. */
  has(revision: Revision): boolean
  /** All but the first one, which has the name of the store, in the order of their beginnings. */
  readonly timelines: readonly Timeline[]
}

export interface Store extends AsyncDisposable, Copying {
  /** The id of this store; another one after an adoption. */
  readonly epoch: string
  /** The number of the last committed revision. */
  readonly head: number
  /** As of the head: how revisions are named, and which of them are this store's. It costs no read. */
  readonly lineage: Lineage
  /** @throws StoreError `overloaded` when too many works wait (may be retried: nothing was done). */
  write<T>(provenance: Provenance, work: (writer: Writer) => Promise<T>): Promise<At<T>>
  /**
   * Takes a change set that another store made: its rows, its history and its seal, in one transaction. The changes are
   * read from the record, which the seal protects. Listeners are called as for a write. Change sets that wait share a
   * commit, so a follower need not wait for one before it appends the next.
   * @param epoch under which the other store names the revision; where it isn't that of the revision before, a timeline begins. Left out: as before
   * @throws AppendError when it doesn't follow the head (nothing was done); StoreError as for a write
   */
  append(changeSet: SealedRecord, epoch?: string): Promise<void>
  /**
   * Replaces the whole content by that of another store, and the epoch with it. History begins after the snapshot's
   * revision. Bookmarks stay: each names its epoch; one that is given is set. It is one transaction: readers see the
   * content before or after it, and when the snapshot ends with an error nothing was done. Writes wait meanwhile. The
   * caller makes sure that it is no older snapshot.
   * @throws StoreError as for a write; `failed`, with the stream's error as its cause, when the snapshot breaks off
   */
  adopt(snapshot: StoreSnapshot, epoch: string, bookmarks?: Bookmarks): Promise<void>
  /** A consumer's bookmark as it was committed last; undefined: it has none. */
  bookmark(name: string): Promise<Bookmark | undefined>
  /** @throws StoreError `overloaded` when too many reads wait. */
  read<T>(work: (reader: Reader) => Promise<T>): Promise<At<T>>
  /**
   * Change sets after a revision, in order, at most `limit`. Empty: there are none yet.
   * @throws StoreError `compacted` when some of them are no longer kept (a retry doesn't help: take a snapshot).
   */
  changesAfter(revision: number, limit: number): Promise<readonly KeptChangeSet[]>
  /**
   * @param listener called with each change set. It must not throw.
   * @param onAdopted called after the content was replaced: what was made from earlier change sets must be read anew
   * @returns how to stop listening
   */
  subscribe(listener: (changeSet: KeptChangeSet) => void, onAdopted?: (adopted: AdoptedContent) => void): () => void
  /**
   * Forgets change sets, from the oldest on: those from before the time (Unix milliseconds), and those beyond the count, but
   * never the last one. It is a write of its own, at `now`, which seals the digests of all rows; it doesn't count. Nothing is
   * written when there is nothing to forget, nor in a store that follows another one. The signal ends it between its steps.
   */
  compact(keep: { newerThan: number; count: number; now?: number; signal?: AbortSignal }): Promise<void>
  /** Bytes of its files, and how many its disk has free. */
  diskUsage(): Promise<{ readonly database: number; readonly log: number; readonly free: number }>
  /** Finishes what has begun and refuses the rest. Idempotent. */
  close(): Promise<void>
}
