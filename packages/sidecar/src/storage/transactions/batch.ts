/**
 * One transaction that several jobs share (group commit). Each work is decided in its turn and sees what the ones before
 * it recorded. A work that throws, or that is a dry run, leaves nothing behind. One commit makes all of them durable.
 */

import {
  applyStepToCatalogue,
  settledCatalogue,
  type AccessKey,
  type Catalogue,
  type Change,
  type TableDigest,
} from '@rolesets/core'
import {
  AppendError,
  type At,
  type Bookmark,
  type Bookmarks,
  type Foreseen,
  type KeptChangeSet,
  type Provenance,
  type SealedRecord,
  type Timeline,
  type Writer,
} from '../store.ts'
import { adopt, type Adopted } from './adoption.ts'
import { BatchRows } from './batch-rows.ts'
import type { State } from './catalogues.ts'
import { compactionOperation, type Base, type EngineConnection } from './connection.ts'
import type { Holds } from '../options.ts'
import { heldOf } from './held.ts'
import { lease } from './lease.ts'
import { changesOf, recordOf } from '../record.ts'
import { sealOf } from './seal.ts'
import { beginning } from './timelines.ts'

/** What waits for the writer, as data. */
export type Job =
  | { readonly kind: 'work'; readonly provenance: Provenance; readonly work: (writer: Writer) => Promise<unknown> }
  /** Takes a change set that another store made. */
  | { readonly kind: 'append'; readonly changeSet: SealedRecord; readonly epoch: string | undefined }
  /** Replaces everything. */
  | ({ readonly kind: 'adopt'; readonly bookmarks: Bookmarks } & Adopted)
  /** The steps of a compaction. @see EngineConnection.beginBase */
  | { readonly kind: 'begin_base' }
  | { readonly kind: 'settle_base'; readonly compaction: Compaction }
  | { readonly kind: 'adopt_base' }
  /** @see EngineConnection.forget */
  | { readonly kind: 'forget'; readonly before: number }

/** What a compaction has found. */
export interface Compaction {
  readonly base: Base
  readonly tables: readonly TableDigest[]
  /** The first revision that is kept; 0: all are. */
  readonly before: number
  /** Unix milliseconds. */
  readonly at: number
}

/** Such a job never shares a batch. */
export function isAlone({ kind }: Job): boolean {
  return kind !== 'work' && kind !== 'append' && kind !== 'forget'
}

export type Outcome =
  { readonly kind: 'returned'; readonly at: At<unknown> } | { readonly kind: 'threw'; readonly error: unknown }

/** Facts of a new content that its readers need at once. */
export interface Replaced {
  readonly accessKeys: readonly AccessKey[]
}

/** What a commit makes true. */
export interface Committed {
  readonly state: State
  readonly changeSets: readonly KeptChangeSet[]
  /** The content was replaced: it doesn't come from the state before by change sets. Undefined: it wasn't. */
  readonly replaced: Replaced | undefined
}

export interface BatchOptions {
  /** Of the process; undefined: it goes on with the last timeline. */
  readonly timelineName?: string | undefined
  /** Default: everything. */
  readonly holds?: Holds | undefined
}

type Appending = Extract<Job, { readonly kind: 'append' }>

export class Batch {
  readonly #connection: EngineConnection
  readonly #rows: BatchRows
  readonly #changeSets: KeptChangeSet[] = []
  readonly #bookmarks = new Map<string, Bookmark | null>()
  readonly #timelineName: string | undefined
  readonly #holds: Holds
  /** Begin in this batch. */
  readonly #begun: Timeline[] = []
  #state: State
  #replaced: Replaced | undefined

  /** @param state the state that the transaction of the connection begins with */
  constructor(connection: EngineConnection, state: State, { timelineName, holds = 'everything' }: BatchOptions = {}) {
    this.#connection = connection
    this.#rows = new BatchRows(connection)
    this.#state = state
    this.#timelineName = timelineName
    this.#holds = holds
  }

  get result(): Committed {
    return { state: this.#state, changeSets: this.#changeSets, replaced: this.#replaced }
  }

  /** Reads what the works are about to ask for. */
  async foresee(jobs: readonly Job[]): Promise<void> {
    const foreseen = jobs.flatMap((job): readonly Foreseen[] =>
      job.kind === 'work' && job.provenance.foreseen ? [job.provenance.foreseen] : [],
    )
    if (foreseen.length > 0) await this.#rows.foresee(foreseen)
  }

  /**
   * @returns what the work returned or threw
   * @throws StoreError when the transaction itself has failed
   */
  async perform(job: Job): Promise<Outcome> {
    switch (job.kind) {
      case 'work':
        return this.#perform(job.provenance, job.work)
      case 'append':
        return this.#append(job)
      case 'adopt':
        this.#state = await adopt(this.#connection, job, this.#holds)
        for (const [name, bookmark] of job.bookmarks) this.#bookmarks.set(name, bookmark)
        this.#replaced = { accessKeys: await this.#connection.accessKeys() }
        return this.#returned(undefined)
      case 'begin_base':
        return this.#returned(await this.#connection.beginBase())
      case 'settle_base':
        return this.#settle(job.compaction)
      case 'adopt_base':
        await this.#connection.settleBase(await this.#connection.beginBase(), 'adoption')
        return this.#returned(undefined)
      case 'forget':
        return this.#returned(await this.#connection.forget(job.before))
    }
  }

  /** Writes what isn't written yet. The rest of the way to the disk is the commit. */
  async flush(): Promise<void> {
    await this.#rows.writeAll()
    if (this.#changeSets.length > 0) await this.#connection.writeHistory(this.#changeSets)
    for (const timeline of this.#begun) await this.#connection.writeTimeline(timeline)
    if (this.#bookmarks.size > 0) await this.#connection.writeBookmarks(this.#bookmarks)
  }

  async #perform(provenance: Provenance, work: (writer: Writer) => Promise<unknown>): Promise<Outcome> {
    const at = this.#timeOf(provenance.at)
    const recording = new Recording(this.#rows, this.#state, at)
    const { reader, check, end } = lease(this.#rows.reader)
    const writer: Writer = {
      ...reader,
      revision: this.#state.revision,
      committedAt: this.#state.committedAt,
      nextRevision: recording.revision,
      catalogue: async () => (check(), recording.catalogue),
      record: async (changes) => (check(), recording.record(changes)),
      setBookmark: (name, bookmark) => (check(), void recording.bookmarks.set(name, bookmark)),
    }
    this.#rows.beginWork()
    const outcome = await outcomeOf(() => work(writer))
    end()
    const isKept = outcome.kind === 'returned' && provenance.dryRun !== true
    await this.#rows.endWork(isKept && recording.changes.length > 0)
    if (outcome.kind === 'threw') return outcome
    if (isKept) this.#keep(recording, { ...provenance, at })
    return this.#returned(outcome.value)
  }

  #keep({ revision, changes, catalogue, bookmarks }: Recording, { at, actor, operation }: Provenance): void {
    for (const [name, bookmark] of bookmarks) this.#bookmarks.set(name, bookmark)
    if (changes.length === 0) return
    this.#beginTimeline()
    const sealable = { revision, committedAt: at, actor, operation, record: recordOf(changes) }
    this.#add({ ...sealable, changes, seal: sealOf(this.#state.seal, sealable) }, catalogue)
  }

  /** The change set of a compaction. */
  async #settle({ base, tables, before, at: given }: Compaction): Promise<Outcome> {
    const at = this.#timeOf(given)
    const recording = new Recording(this.#rows, this.#state, at)
    const { revision: anchor } = await this.#connection.historyAnchor()
    const facts = { upTo: Math.max(before - 1, anchor), epoch: this.#state.epoch, rowsAt: base.revision, tables }
    this.#rows.beginWork()
    await recording.record([{ verb: 'compacted', thing: 'history', ...facts }])
    await this.#rows.endWork(true)
    await this.#connection.settleBase(base, 'compaction')
    this.#keep(recording, { actor: 'rolesets', operation: compactionOperation, at })
    return this.#returned(undefined)
  }

  /** Where the clock was set back, time stands still until it has caught up. */
  #timeOf(at: number): number {
    return Math.max(at, this.#state.committedAt)
  }

  /** The first write of a process begins its timeline. */
  #beginTimeline(): void {
    if (this.#timelineName === undefined) return
    this.#begin(beginning(this.#state, this.#timelineName))
  }

  #begin(timeline: Timeline): void {
    if (this.#state.timelines.some(({ epoch }) => epoch === timeline.epoch)) return
    this.#begun.push(timeline)
    this.#state = { ...this.#state, timelines: [...this.#state.timelines, timeline] }
  }

  async #append({ changeSet: { seal, ...sealable }, epoch = this.#state.epoch }: Appending): Promise<Outcome> {
    const { revision, committedAt } = sealable
    const recording = new Recording(this.#rows, this.#state, committedAt)
    if (revision !== recording.revision) return { kind: 'threw', error: notNext(revision, recording.revision) }
    if (sealOf(this.#state.seal, sealable) !== seal) return { kind: 'threw', error: notSealed(revision) }
    const changes = changesOf(sealable.record)
    this.#rows.beginWork()
    await recording.record(changes, heldOf(changes, this.#holds))
    await this.#rows.endWork(true)
    if (epoch !== this.#state.epoch) this.#begin({ epoch, after: revision - 1 })
    this.#add({ ...sealable, changes, seal }, recording.catalogue)
    return this.#returned(undefined)
  }

  #add(changeSet: KeptChangeSet, catalogue: Catalogue): void {
    this.#changeSets.push(changeSet)
    const { revision, seal, committedAt } = changeSet
    this.#state = { ...this.#state, revision, seal, committedAt, catalogue: settledCatalogue(catalogue) }
  }

  #returned(value: unknown): Outcome {
    return { kind: 'returned', at: { revision: this.#state.revision, value } }
  }
}

/** What one work has recorded so far. */
class Recording {
  readonly revision: number
  readonly changes: Change[] = []
  readonly bookmarks = new Map<string, Bookmark | null>()
  readonly #rows: BatchRows
  readonly #at: number
  catalogue: Catalogue

  constructor(rows: BatchRows, { revision, catalogue }: State, at: number) {
    this.revision = revision + 1
    this.catalogue = catalogue
    this.#rows = rows
    this.#at = at
  }

  /** @param held those of them that have rows here */
  async record(changes: readonly Change[], held: readonly Change[] = changes): Promise<void> {
    for (const change of changes) this.changes.push(change)
    this.catalogue = applyStepToCatalogue(this.catalogue, changes)
    await this.#rows.record(held.map((change) => ({ change, revision: this.revision, at: this.#at })))
  }
}

async function outcomeOf(work: () => Promise<unknown>) {
  try {
    return { kind: 'returned', value: await work() } as const
  } catch (error) {
    return { kind: 'threw', error } as const
  }
}

function notNext(revision: number, next: number): AppendError {
  const message = `The change set has revision ${revision}, and the next one of this store is ${next}. Continue there.`
  return new AppendError('not_next', message)
}

function notSealed(revision: number): AppendError {
  const message = `The change set of revision ${revision} doesn't follow the history of this store. Take a snapshot.`
  return new AppendError('not_sealed', message)
}
