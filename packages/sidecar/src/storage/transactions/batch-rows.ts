/**
 * The rows as the works of a batch see them: the rows of the storage, and over them what the works have recorded. Changes
 * are written as late as possible: most works then need no savepoint, and a work that is refused or is a dry run never
 * touches the storage.
 */

import type { Assignment, Membership } from '@rolesets/core'
import { StoreError, type Foreseen } from '../store.ts'
import type { EngineConnection, Recorded, RowReader } from './connection.ts'
import { nothingForeseen, readForeseen, type ForeseenRows } from './foreseen.ts'
import { Pending, type Known } from './pending.ts'
import { readerOver, type ReadCall } from './reads.ts'

export class BatchRows {
  readonly reader: RowReader
  readonly #connection: EngineConnection
  readonly #pending = new Pending()
  /** In the storage, under what is pending. */
  #foreseen: ForeseenRows = nothingForeseen
  /** How many of the pending changes are those of the works before. */
  #mark = 0
  #hasSavepoint = false
  #isInWork = false
  /** The last operation. Operations run one after the other, also when a work doesn't wait for them. */
  #last: Promise<unknown> = Promise.resolve()
  #failure: StoreError | undefined

  constructor(connection: EngineConnection) {
    this.#connection = connection
    this.reader = {
      ...readerOver((call) => this.#answer(call)),
      ...this.#knownReads(),
    }
  }

  /** Before the first work. */
  foresee(foreseen: readonly Foreseen[]): Promise<void> {
    return this.#inTurn(async () => {
      this.#foreseen = await readForeseen(this.#connection, foreseen)
    })
  }

  beginWork(): void {
    this.#mark = this.#pending.length
    this.#isInWork = true
  }

  record(recorded: readonly Recorded[]): Promise<void> {
    return this.#inTurn(async () => this.#pending.add(recorded))
  }

  /** Ends the work. Not kept: it is as if the work had never been. */
  endWork(isKept: boolean): Promise<void> {
    return this.#inTurn(async () => {
      if (!isKept) this.#pending.truncate(this.#mark)
      if (this.#hasSavepoint) await this.#connection.savepoint(isKept ? 'keep' : 'undo')
      this.#hasSavepoint = false
      this.#isInWork = false
    })
  }

  writeAll(): Promise<void> {
    return this.#inTurn(() => this.#write())
  }

  /** Reads of single things: what the works have recorded and what was foreseen answers them without the storage. */
  #knownReads() {
    const connection = this.#connection
    return {
      organization: (id) =>
        this.#find(
          () => this.#pending.organization(id) ?? this.#foreseen.organization(id),
          () => connection.organization(id),
        ),
      organizationBySlug: (slug) =>
        this.#find(
          () => this.#pending.organizationBySlug(slug),
          async () => {
            const found = await connection.organizationBySlug(slug)
            // An organization that was put in this batch has another slug now.
            return found && this.#pending.organization(found.id) ? undefined : found
          },
        ),
      assignment: (place) =>
        this.#find<Assignment>(
          () => this.#pending.assignment(place),
          () => connection.assignment(place),
        ),
      membership: (organizationId, userId) =>
        this.#find<Membership>(
          () => this.#pending.membership(organizationId, userId) ?? this.#foreseen.membership(organizationId, userId),
          () => connection.membership(organizationId, userId),
        ),
      invitation: (id) =>
        this.#find(
          () => this.#pending.invitation(id),
          () => connection.invitation(id),
        ),
    } satisfies Partial<RowReader>
  }

  #find<T>(known: () => Known<T>, find: () => Promise<T | undefined>): Promise<T | undefined> {
    return this.#answer({
      isStale: (pending) => pending.isWide,
      from: async () => {
        const answer = known()
        return answer ? answer.value : find()
      },
    })
  }

  /** Writes what is pending first, where the rows could not answer without it. */
  #answer<T>({ isStale, from }: ReadCall<T>): Promise<T> {
    return this.#inTurn(async () => {
      if (isStale(this.#pending)) await this.#write()
      return from(this.#connection)
    })
  }

  /** The changes of the works before are written for good; those of this work behind a savepoint. */
  async #write(): Promise<void> {
    this.#foreseen = nothingForeseen
    if (this.#isInWork && !this.#hasSavepoint) {
      await this.#connection.writeChanges(this.#pending.take(this.#mark))
      this.#mark = 0
      if (this.#pending.length === 0) return
      await this.#connection.savepoint('set')
      this.#hasSavepoint = true
    }
    await this.#connection.writeChanges(this.#pending.take(this.#pending.length))
  }

  /** After a failure the transaction can't be trusted, even if the work caught the error. So everything after it fails. */
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
