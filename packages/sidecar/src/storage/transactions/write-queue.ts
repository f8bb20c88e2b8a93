/**
 * The one way in: jobs wait here for the writer's connection, and all that wait when it is free share its next
 * transaction. While that transaction is on its way to the disk the queue fills again.
 */

import { applyToCatalogue } from '@rolesets/core'
import type { StoreEvent } from '../options.ts'
import { StoreError, type KeptChangeSet } from '../store.ts'
import { Batch, isAlone, type Committed, type Job, type Outcome } from './batch.ts'
import type { State } from './catalogues.ts'
import type { Holds } from '../options.ts'
import type { EngineConnection } from './connection.ts'

interface Waiting {
  readonly job: Job
  readonly answer: (outcome: Outcome) => void
  readonly refuse: (error: unknown) => void
}

export interface WriteQueueOptions {
  readonly connection: EngineConnection
  /** As the storage was when it was opened. */
  readonly state: State
  /** Of this process; undefined: it made the store. */
  readonly timelineName: string | undefined
  readonly holds: Holds
  readonly writesWaitingMax: number
  readonly batchMax: number
  readonly onEvent: (event: StoreEvent) => void
  /** Called when all writes have been stopped because of this error. */
  readonly onDamage: (error: StoreError) => void
  /** Called after each commit, before any caller is answered, and for the commits of other authorities. */
  readonly onCommitted: (committed: Committed) => void
}

/** Change sets of another authority that are read at a time. */
const missedPerRead = 500

export class WriteQueue {
  readonly #options: WriteQueueOptions
  /** With the function that stops listening to the job's signal. */
  readonly #waiting = new Map<Waiting, () => void>()
  #state: State
  #running: Promise<void> | undefined
  /** Why no write is accepted any more. */
  #refusal: StoreError | undefined
  #damage: StoreError | undefined

  constructor(options: WriteQueueOptions) {
    this.#options = options
    this.#state = options.state
  }

  add(job: Job): Promise<Outcome> {
    return new Promise((answer, refuse) => {
      const signal = job.kind === 'work' ? job.provenance.signal : undefined
      const waiting: Waiting = { job, answer, refuse }
      if (this.#refusal) return refuse(this.#refusal)
      const giveUp = () => {
        this.#waiting.delete(waiting)
        waiting.refuse(signal?.reason)
      }
      if (signal?.aborted) return giveUp()
      if (this.#waiting.size >= this.#options.writesWaitingMax) return refuse(overloaded(this.#waiting.size))
      signal?.addEventListener('abort', giveUp, { once: true })
      this.#waiting.set(waiting, () => signal?.removeEventListener('abort', giveUp))
      this.#running ??= this.#runAll()
    })
  }

  /** From now on every write is refused with this error, also those that wait. What has begun is finished. */
  stop(error: StoreError): void {
    this.#refusal ??= error
    for (const { refuse } of this.#take([...this.#waiting.keys()])) refuse(this.#refusal)
  }

  /** Stops all writes if the error says that the storage can't be trusted with another one. */
  stopIfDamaged(error: StoreError): void {
    if (!error.endsWrites || this.#damage) return
    this.#damage = error
    this.#options.onEvent({ kind: 'writes_stopped', error })
    this.stop(error)
    this.#options.onDamage(error)
  }

  /** After damage turned out to be a passing error: writes are accepted again, unless the queue was stopped otherwise. */
  resume(): void {
    if (this.#damage === undefined || this.#refusal !== this.#damage) return
    this.#damage = undefined
    this.#refusal = undefined
    this.#options.onEvent({ kind: 'writes_resumed' })
  }

  /** Waits until nothing runs. */
  async idle(): Promise<void> {
    await this.#running
  }

  async #runAll(): Promise<void> {
    // Jobs that come in the same turn of the event loop share the first batch.
    await Promise.resolve()
    while (this.#waiting.size > 0) await this.#runTogether(this.#next())
    this.#running = undefined
  }

  /** An adoption runs alone: what waits before it and behind it belongs to different contents. So does a new base. */
  #next(): readonly Waiting[] {
    const next: Waiting[] = []
    for (const waiting of this.#waiting.keys()) {
      const isSingle = isAlone(waiting.job)
      if (next.length === this.#options.batchMax || (isSingle && next.length > 0)) break
      next.push(waiting)
      if (isSingle) break
    }
    return this.#take(next)
  }

  #take(jobs: readonly Waiting[]): readonly Waiting[] {
    for (const waiting of jobs) {
      this.#waiting.get(waiting)?.()
      this.#waiting.delete(waiting)
    }
    return jobs
  }

  async #runTogether(jobs: readonly Waiting[]): Promise<void> {
    const { connection } = this.#options
    const begun = await this.#begin().catch(storeErrorOf)
    if (begun instanceof StoreError) return this.#refuseAll(jobs, begun)
    const batch = new Batch(connection, this.#state, this.#options)
    const outcomes: Outcome[] = []
    let startedAt: number
    try {
      await batch.foresee(jobs.map(({ job }) => job))
      for (const { job } of jobs) outcomes.push(await batch.perform(job))
      await batch.flush()
      startedAt = performance.now()
      await connection.commit()
    } catch (cause) {
      await connection.rollback()
      return this.#recover(jobs, storeErrorOf(cause))
    }
    const commitMs = performance.now() - startedAt
    const { changeSets } = batch.result
    if (changeSets.length > 0)
      this.#options.onEvent({ kind: 'committed', works: jobs.length, changeSets: changeSets.length, commitMs })
    this.#publish(batch.result)
    jobs.forEach(({ answer }, index) =>
      answer(outcomes[index] ?? { kind: 'threw', error: new Error('Not performed.') }),
    )
  }

  /** Begins a transaction, and takes in what other authorities have committed since the last one. */
  async #begin(): Promise<void> {
    const { connection } = this.#options
    const position = await connection.begin('write')
    try {
      const { epoch, revision, seal } = this.#state
      if (position.epoch === epoch && position.revision === revision && position.seal === seal) return
      const missed = position.epoch === epoch ? await this.#readMissed(position.revision) : undefined
      const catalogue = missed
        ? applyToCatalogue(
            this.#state.catalogue,
            missed.flatMap(({ changes }) => changes),
          )
        : await connection.catalogue()
      const changeSets = missed ?? []
      this.#publish({
        state: { ...position, timelines: await connection.timelines(), catalogue },
        changeSets,
        replaced: missed === undefined ? { accessKeys: await connection.accessKeys() } : undefined,
      })
    } catch (error) {
      await connection.rollback()
      throw error
    }
  }

  /** @returns undefined: there are no change sets that lead from the known state to this revision */
  async #readMissed(revision: number): Promise<readonly KeptChangeSet[] | undefined> {
    const missed: KeptChangeSet[] = []
    try {
      for (let after = this.#state.revision; after < revision; after = missed.at(-1)?.revision ?? revision)
        missed.push(...(await this.#options.connection.changeSets(after, missedPerRead)))
    } catch (error) {
      if (error instanceof StoreError && error.code === 'compacted') return undefined
      throw error
    }
    return missed.length > 0 ? missed : undefined
  }

  #publish(committed: Committed): void {
    const { state, changeSets, replaced } = committed
    this.#state = state
    if (changeSets.length > 0 || replaced) this.#options.onCommitted(committed)
  }

  /** One job can have spoiled the batch for all, so each is run again alone. */
  async #recover(jobs: readonly Waiting[], error: StoreError): Promise<void> {
    this.#options.onEvent({ kind: 'rolled_back', works: jobs.length, error })
    this.stopIfDamaged(error)
    if (jobs.length === 1) jobs[0]?.refuse(error)
    else for (const waiting of jobs) await this.#runAgain(waiting)
  }

  async #runAgain(waiting: Waiting): Promise<void> {
    if (this.#damage) waiting.refuse(this.#damage)
    else await this.#runTogether([waiting])
  }

  #refuseAll(jobs: readonly Waiting[], error: StoreError): void {
    this.stopIfDamaged(error)
    for (const { refuse } of jobs) refuse(error)
  }
}

function storeErrorOf(cause: unknown): StoreError {
  if (cause instanceof StoreError) return cause
  return new StoreError('failed', 'A write failed for an unexpected reason. The log has the record.', { cause })
}

function overloaded(waiting: number): StoreError {
  return new StoreError(
    'overloaded',
    `${waiting} writes are waiting already, so this one wasn't begun. Try again later.`,
  )
}
