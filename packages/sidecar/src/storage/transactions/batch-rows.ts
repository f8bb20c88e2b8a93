/**
 * The rows as the works of a batch see them: the rows of the storage, and over them what the works have recorded. Changes
 * are written as late as possible: most works then need no savepoint, and a work that is refused or is a dry run never
 * touches the storage.
 */

import { StoreError, type Foreseen } from '../store.ts'
import type { EngineConnection, Recorded, RowReader } from './connection.ts'
import { readForeseen } from './foreseen.ts'
import { keyOfMember, KnownThings } from './known-things.ts'
import { Pending } from './pending.ts'
import { readerOver, type KnownReads, type StoreRead } from './reads.ts'

export class BatchRows {
  readonly reader: RowReader
  readonly #connection: EngineConnection
  readonly #pending = new Pending()
  readonly #known = this.#knownReads()
  /** In the storage, under what is pending. */
  #foreseen = new KnownThings()
  /** How many of the pending changes are those of the works before. */
  #mark = 0
  #hasSavepoint = false
  #isInWork = false
  /** The last operation. Operations run one after the other, also when a work doesn't wait for them. */
  #last: Promise<unknown> = Promise.resolve()
  #failure: StoreError | undefined

  constructor(connection: EngineConnection) {
    this.#connection = connection
    this.reader = readerOver((call) => this.#answer(call))
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

  /** What the works have recorded and what was foreseen answers reads of single things without the storage. */
  #knownReads(): KnownReads {
    const pending = this.#pending
    return {
      organization: (id) => pending.things.find('organization', id) ?? this.#foreseen.find('organization', id),
      organizationBySlug: async (slug) => {
        const known = pending.organizationBySlug(slug)
        if (known) return known
        const found = await this.#connection.organizationBySlug(slug)
        // An organization that was put in this batch has another slug now.
        return { value: found && pending.things.find('organization', found.id) ? undefined : found }
      },
      deletedOrganizations: ([id = '', ...others]) => {
        const known = others.length === 0 ? pending.things.find('organization', id) : undefined
        return known && { value: new Set(known.value === undefined ? [id] : []) }
      },
      assignment: (place) => pending.assignment(place),
      membership: (organizationId, userId, scope) => {
        const key = keyOfMember({ organizationId, scope }, userId)
        return pending.things.find('membership', key) ?? this.#foreseen.find('membership', key)
      },
      invitation: (id) => pending.things.find('invitation', id),
    }
  }

  /** Writes what is pending first, where the rows could not answer without it. */
  #answer<T>({ isStale, known, from }: StoreRead<T>): Promise<T> {
    return this.#inTurn(async () => {
      if (isStale(this.#pending)) await this.#write()
      const answer = await known(this.#known)
      return answer ? answer.value : from(this.#connection)
    })
  }

  /** The changes of the works before are written for good; those of this work behind a savepoint. */
  async #write(): Promise<void> {
    this.#foreseen.clear()
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
