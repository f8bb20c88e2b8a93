/**
 * The store of a replica as a sink of the feed. A snapshot goes into one transaction while it comes, so its size in memory
 * is that of a few parts. A change set is kept with its record and its seal, which say whether it follows what the store has.
 */

import { parseRevision, RetiredKeys, storeNameOf } from '@rolesets/core'
import { RoleSetsError, type ChangeSet, type FeedSink, type SnapshotPart } from '@rolesets/client/feed'
import {
  AppendError,
  changesOf,
  type SealedRecord,
  type SnapshotPart as StoredPart,
  type Store,
  upstreamBookmark,
} from '../storage/store.ts'

export type StoreSink = Pick<FeedSink, 'adopt' | 'apply'>

export function storeSink(store: Store): StoreSink & { readonly close: () => void } {
  let adoption: Adoption | undefined

  return {
    async adopt(part) {
      if (part.isFirst) {
        adoption?.abandon()
        adoption = new Adoption(store, part)
      }
      if (adoption === undefined) throw malformed('a snapshot begins in its middle')
      const current = adoption
      for (const each of partsOf(part)) await current.take(each)
      if (!part.isLast) return
      adoption = undefined
      await current.finish()
    },
    async apply(changeSet) {
      const { record, epoch } = sealedOf(changeSet)
      try {
        await store.append(record, epoch)
      } catch (error) {
        if (!(error instanceof AppendError)) throw error
        // What this store has isn't what the authority has: a snapshot replaces it.
        throw new RoleSetsError('revision_of_another_epoch', error.message, { cause: error })
      }
    },
    close: () => adoption?.abandon(),
  }
}

/** One snapshot on its way into the store. */
class Adoption {
  readonly #parts = new Handover<StoredPart>()
  readonly #adopted: Promise<void>

  constructor(store: Store, { chunk, revision }: SnapshotPart) {
    if (chunk === undefined) throw malformed('a snapshot begins with a change set')
    const { seal, committedAtMs = 0, timelines = [] } = chunk
    if (seal === undefined) throw malformed('a snapshot has no seal')
    const epoch = storeNameOf(revision.epoch)
    const start = { revision: revision.number, seal, committedAt: committedAtMs, timelines, parts: this.#parts }
    const bookmarks = new Map([[upstreamBookmark, { epoch, revision: revision.number }]])
    this.#adopted = store.adopt(start, epoch, bookmarks)
    this.#adopted.catch((error: unknown) => this.#parts.fail(error))
  }

  /** Settles when the transaction has taken it. */
  async take(part: StoredPart): Promise<void> {
    await this.#parts.put(part)
  }

  async finish(): Promise<void> {
    this.#parts.end()
    await this.#adopted
  }

  abandon(): void {
    this.#parts.fail(new Error('The snapshot broke off.'))
  }
}

/** From the feed, which puts, to the transaction, which takes: one part at a time. */
class Handover<Value> implements AsyncIterable<Value> {
  #value: { readonly value: Value; readonly taken: () => void } | undefined
  #wake = () => {}
  #isEnded = false
  #failure: { readonly error: unknown } | undefined
  #reject: ((error: unknown) => void) | undefined

  async put(value: Value): Promise<void> {
    if (this.#failure) throw this.#failure.error
    await new Promise<void>((taken, reject) => {
      this.#value = { value, taken }
      this.#reject = reject
      this.#wake()
    })
  }

  end(): void {
    this.#isEnded = true
    this.#wake()
  }

  fail(error: unknown): void {
    this.#failure ??= { error }
    this.#reject?.(error)
    this.#wake()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Value, void, undefined> {
    for (;;) {
      if (this.#failure) throw this.#failure.error
      const next = this.#value
      if (next !== undefined) {
        this.#value = undefined
        yield next.value
        next.taken()
      } else if (this.#isEnded) return
      else await new Promise<void>((wake) => (this.#wake = wake))
    }
  }
}

function* partsOf(part: SnapshotPart): Generator<StoredPart> {
  if (part.changeSet !== undefined) {
    yield { kind: 'change_set', changeSet: sealedOf(part.changeSet).record }
    return
  }
  const { record, deletedOrganizations, retiredPermissions = [], retiredPermissionsIncomplete = false } = part.chunk
  if (part.isFirst)
    yield { kind: 'retired_permissions', retired: new RetiredKeys(retiredPermissions, !retiredPermissionsIncomplete) }
  if (record !== undefined) yield { kind: 'things', changes: changesOf(record) }
  if (deletedOrganizations !== undefined) yield { kind: 'deleted_organizations', deleted: deletedOrganizations }
}

interface Sealed {
  readonly record: SealedRecord
  readonly epoch: string
}

function sealedOf({ revision: text, committedAtMs, actor, operation, seal, record }: ChangeSet): Sealed {
  const { epoch, number } = parseRevision(text) ?? {}
  if (epoch === undefined || number === undefined || seal === undefined || record === undefined)
    throw malformed('a change set has no record')
  return { epoch, record: { revision: number, committedAt: committedAtMs, actor, operation, seal, record } }
}

function malformed(what: string): RoleSetsError {
  const message = `The authority sent what a replica can't use: ${what}. Check that both have the same version.`
  return new RoleSetsError('unavailable', message, { detail: 'malformed' })
}
