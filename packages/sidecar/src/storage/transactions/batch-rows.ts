/**
 * The rows as the works of a batch see them: what is in the file, and over it what they have recorded. Changes are written
 * as late as can be: most works then need no savepoint, and one that is refused or is a dry run never touches the file.
 */

import type { SealedChangeSet } from '../../domain/change.ts'
import type { RoleUsage } from '../../domain/decided.ts'
import type { AccessKey, Invitation, Membership, Organization } from '../../domain/model.ts'
import { StoreError, type Foreseen, type Spanned } from '../store.ts'
import { writeChanges, type Recorded } from '../sqlite/rows/changes.ts'
import type { Connection } from '../sqlite/connection.ts'
import { nothingForeseen, readForeseen, type ForeseenRows } from './foreseen.ts'
import { Pending, type Known } from './pending.ts'
import { Queries, type RowReader } from '../sqlite/questions/queries.ts'

export class BatchRows implements RowReader {
  readonly #connection: Connection
  readonly #queries: Queries
  readonly #pending = new Pending()
  /** In the file, under what is pending. */
  #foreseen: ForeseenRows = nothingForeseen
  /** How many of the pending changes are those of the works before. */
  #mark = 0
  #hasSavepoint = false
  #isInWork = false
  /** The last of the operations, which run one after the other also if a work doesn't wait for them. */
  #last: Promise<unknown> = Promise.resolve()
  #failure: StoreError | undefined

  constructor(connection: Connection) {
    this.#connection = connection
    this.#queries = new Queries(connection)
  }

  /** Before the first work. */
  foresee(foreseen: readonly Foreseen[]): Promise<void> {
    return this.#inTurn(async () => {
      this.#foreseen = await readForeseen(this.#queries, foreseen)
    })
  }

  beginWork(): void {
    this.#mark = this.#pending.length
    this.#isInWork = true
  }

  record(recorded: readonly Recorded[]): Promise<void> {
    return this.#inTurn(async () => this.#pending.add(recorded))
  }

  keepWork(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#hasSavepoint) await this.#connection.run('RELEASE work')
      this.#endWork()
    })
  }

  /** As if the work had never been. */
  discardWork(): Promise<void> {
    return this.#inTurn(async () => {
      this.#pending.truncate(this.#mark)
      if (this.#hasSavepoint) {
        await this.#connection.run('ROLLBACK TO work')
        await this.#connection.run('RELEASE work')
      }
      this.#endWork()
    })
  }

  writeAll(): Promise<void> {
    return this.#inTurn(() => this.#write())
  }

  organization(id: string): Promise<Organization | undefined> {
    const find = () => this.#queries.organization(id)
    return this.#ask(isWide, async () =>
      this.#known(this.#pending.organization(id) ?? this.#foreseen.organization(id), find),
    )
  }

  organizationBySlug(slug: string): Promise<Organization | undefined> {
    const find = async () => {
      const found = await this.#queries.organizationBySlug(slug)
      // One that was put since then has another slug now.
      return found && this.#pending.organization(found.id) ? undefined : found
    }
    return this.#ask(isWide, async () => this.#known(this.#pending.organizationBySlug(slug), find))
  }

  roleSetIdsOf(organizationIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
    return this.#ask(hasOrganizations, () => this.#queries.roleSetIdsOf(organizationIds))
  }

  organizations(...args: Parameters<RowReader['organizations']>): Promise<readonly Organization[]> {
    return this.#ask(hasOrganizations, () => this.#queries.organizations(...args))
  }

  organizationCount(roleSetId: string): Promise<number> {
    return this.#ask(hasOrganizations, () => this.#queries.organizationCount(roleSetId))
  }

  membership(organizationId: string, userId: string): Promise<Membership | undefined> {
    const find = () => this.#queries.membership(organizationId, userId)
    const known = () =>
      this.#pending.membership(organizationId, userId) ?? this.#foreseen.membership(organizationId, userId)
    return this.#ask(isWide, async () => this.#known(known(), find))
  }

  memberships(...args: Parameters<RowReader['memberships']>): Promise<readonly Membership[]> {
    return this.#ask(hasMemberships, () => this.#queries.memberships(...args))
  }

  memberCount(organizationId: string): Promise<number> {
    return this.#ask(hasMemberships, () => this.#queries.memberCount(organizationId))
  }

  invitation(id: string): Promise<Invitation | undefined> {
    return this.#ask(isWide, async () => this.#known(this.#pending.invitation(id), () => this.#queries.invitation(id)))
  }

  pendingInvitation(...args: Parameters<RowReader['pendingInvitation']>): Promise<Invitation | undefined> {
    return this.#ask(hasInvitations, () => this.#queries.pendingInvitation(...args))
  }

  pendingInvitationCount(...args: Parameters<RowReader['pendingInvitationCount']>): Promise<number> {
    return this.#ask(hasInvitations, () => this.#queries.pendingInvitationCount(...args))
  }

  invitations(...args: Parameters<RowReader['invitations']>): Promise<readonly Invitation[]> {
    return this.#ask(hasInvitations, () => this.#queries.invitations(...args))
  }

  usageIn(...args: Parameters<RowReader['usageIn']>): Promise<readonly RoleUsage[]> {
    const isStale = 'organizationId' in args[0] ? hasHolders : hasAny
    return this.#ask(isStale, () => this.#queries.usageIn(...args))
  }

  usageOf(...args: Parameters<RowReader['usageOf']>): Promise<RoleUsage> {
    return this.#ask(hasAny, () => this.#queries.usageOf(...args))
  }

  searchOrganizations(...args: Parameters<RowReader['searchOrganizations']>): Promise<Spanned<Organization>> {
    return this.#ask(hasAny, () => this.#queries.searchOrganizations(...args))
  }

  searchMemberships(...args: Parameters<RowReader['searchMemberships']>): Promise<Spanned<Membership>> {
    return this.#ask(hasMemberships, () => this.#queries.searchMemberships(...args))
  }

  searchInvitations(...args: Parameters<RowReader['searchInvitations']>): Promise<Spanned<Invitation>> {
    return this.#ask(hasInvitations, () => this.#queries.searchInvitations(...args))
  }

  memberCounts(organizationIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
    return this.#ask(hasMemberships, () => this.#queries.memberCounts(organizationIds))
  }

  accessKeys(): Promise<readonly AccessKey[]> {
    return this.#ask(hasAccessKeys, () => this.#queries.accessKeys())
  }

  /** Without the change sets of this batch: they are written last. */
  history(...args: Parameters<RowReader['history']>): Promise<readonly SealedChangeSet[]> {
    return this.#inTurn(() => this.#queries.history(...args))
  }

  historyAnchor(): ReturnType<RowReader['historyAnchor']> {
    return this.#inTurn(() => this.#queries.historyAnchor())
  }

  async #known<T>(known: Known<T>, find: () => Promise<T | undefined>): Promise<T | undefined> {
    return known ? known.value : find()
  }

  /** Writes what is pending first, where the rows in the file could not answer without it. */
  #ask<T>(isStale: (pending: Pending) => boolean, ask: () => Promise<T>): Promise<T> {
    return this.#inTurn(async () => {
      if (isStale(this.#pending)) await this.#write()
      return ask()
    })
  }

  /** The changes of the works before go in for good; those of this work behind a savepoint. */
  async #write(): Promise<void> {
    this.#foreseen = nothingForeseen
    if (this.#isInWork && !this.#hasSavepoint) {
      await writeChanges(this.#connection, this.#pending.take(this.#mark))
      this.#mark = 0
      if (this.#pending.length === 0) return
      await this.#connection.run('SAVEPOINT work')
      this.#hasSavepoint = true
    }
    await writeChanges(this.#connection, this.#pending.take(this.#pending.length))
  }

  #endWork(): void {
    this.#hasSavepoint = false
    this.#isInWork = false
  }

  /** Once something has failed the transaction can't be trusted, whatever the work made of the error: so all else fails. */
  async #inTurn<T>(operation: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(() => {
      if (this.#failure) throw this.#failure
      return operation()
    })
    this.#last = turn.catch((error: unknown) => {
      if (error instanceof StoreError) this.#failure ??= error
    })
    return turn
  }
}

const isWide = (pending: Pending) => pending.isWide
const hasOrganizations = (pending: Pending) => pending.hasOrganizations
const hasMemberships = (pending: Pending) => pending.hasMemberships
const hasInvitations = (pending: Pending) => pending.hasInvitations
const hasAccessKeys = (pending: Pending) => pending.hasAccessKeys
const hasHolders = (pending: Pending) => pending.hasMemberships || pending.hasInvitations
const hasAny = (pending: Pending) => pending.hasOrganizations || hasHolders(pending)
