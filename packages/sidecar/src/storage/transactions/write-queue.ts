/**
 * The one way in: works wait here for the writer's connection, and all that wait when it is free share its next
 * transaction. While that is on its way to the disk the queue fills again.
 */

import type { ChangeSet } from '../../domain/change.ts'
import type { StoreEvent } from '../options.ts'
import { StoreError, type Foreseen } from '../store.ts'
import { Batch, type State } from './batch.ts'
import type { Connection } from '../sqlite/connection.ts'
import { isDamage, storeErrorOf } from '../sqlite/errors.ts'
import { readHead } from '../sqlite/rows/history.ts'

export interface Job {
  /** Gives up waiting. */
  readonly signal?: AbortSignal | undefined
  readonly foreseen?: Foreseen | undefined
  /**
   * Does its part in a batch; may be called again in another one if that fails.
   * @returns how to answer the caller, once the batch is durable
   */
  readonly run: (batch: Batch) => Promise<() => void>
  readonly refuse: (error: unknown) => void
}

export interface WriteQueueOptions {
  readonly connection: Connection
  readonly state: State
  readonly writesWaitingMax: number
  readonly batchMax: number
  readonly onEvent: (event: StoreEvent) => void
  /** Called after each commit, before anybody is answered. */
  readonly onCommitted: (state: State, changeSets: readonly ChangeSet[]) => void
}

export class WriteQueue {
  readonly #options: WriteQueueOptions
  /** With the way to stop listening to each one's signal. */
  readonly #waiting = new Map<Job, () => void>()
  #state: State
  #running: Promise<void> | undefined
  /** Why no write is taken any more. */
  #refusal: StoreError | undefined
  #damage: StoreError | undefined

  constructor(options: WriteQueueOptions) {
    this.#options = options
    this.#state = options.state
  }

  add(job: Job): void {
    const { signal } = job
    if (this.#refusal) return job.refuse(this.#refusal)
    if (signal?.aborted) return job.refuse(signal.reason)
    if (this.#waiting.size >= this.#options.writesWaitingMax) return job.refuse(overloaded(this.#waiting.size))
    const giveUp = () => {
      this.#waiting.delete(job)
      job.refuse(signal?.reason)
    }
    signal?.addEventListener('abort', giveUp, { once: true })
    this.#waiting.set(job, () => signal?.removeEventListener('abort', giveUp))
    this.#running ??= this.#runAll()
  }

  /** From now on every write is refused with this error; those that wait, too. What has begun is finished. */
  stop(error: StoreError): void {
    this.#refusal ??= error
    for (const job of this.#take(this.#waiting.size)) job.refuse(this.#refusal)
  }

  /** The file can't be trusted with another write. */
  stopForDamage(error: StoreError): void {
    if (this.#damage) return
    this.#damage = error
    this.#options.onEvent({ kind: 'writes_stopped', error })
    this.stop(error)
  }

  /** Waits until nothing runs. */
  async idle(): Promise<void> {
    await this.#running
  }

  async #runAll(): Promise<void> {
    // Those who come in the same turn of the event loop share the first batch.
    await Promise.resolve()
    while (this.#waiting.size > 0) await this.#runTogether(this.#take(this.#options.batchMax))
    this.#running = undefined
  }

  #take(jobsMax: number): readonly Job[] {
    const jobs: Job[] = []
    for (const [job, stopListening] of this.#waiting) {
      if (jobs.length === jobsMax) break
      stopListening()
      this.#waiting.delete(job)
      jobs.push(job)
    }
    return jobs
  }

  async #runTogether(jobs: readonly Job[]): Promise<void> {
    const { connection } = this.#options
    const batch = await Batch.begin(connection, this.#state).catch((error: StoreError) => error)
    if (batch instanceof StoreError) return this.#refuseAll(jobs, batch)
    const answers: (() => void)[] = []
    let startedAt: number
    try {
      await batch.foresee(jobs.flatMap(({ foreseen }) => foreseen ?? []))
      for (const job of jobs) answers.push(await job.run(batch))
      await batch.flush()
      startedAt = performance.now()
      await batch.commit()
    } catch (cause) {
      await batch.rollback()
      return this.#recover(jobs, await storeErrorOf(cause, connection.file))
    }
    const commitMs = performance.now() - startedAt
    this.#state = batch.state
    this.#publish(batch.changeSets, { works: jobs.length, commitMs })
    for (const answer of answers) answer()
  }

  #publish(changeSets: readonly ChangeSet[], facts: { readonly works: number; readonly commitMs: number }): void {
    if (changeSets.length === 0) return
    this.#options.onEvent({ kind: 'committed', changeSets: changeSets.length, ...facts })
    this.#options.onCommitted(this.#state, changeSets)
  }

  /** One of a batch can have spoiled it for all, so each is run again alone. */
  async #recover(jobs: readonly Job[], error: StoreError): Promise<void> {
    this.#options.onEvent({ kind: 'rolled_back', works: jobs.length, error })
    if (isDamage(error)) this.stopForDamage(error)
    else await this.#checkHead()
    if (jobs.length === 1) jobs[0]?.refuse(error)
    else for (const job of jobs) await this.#runAgain(job)
  }

  async #runAgain(job: Job): Promise<void> {
    if (this.#damage) job.refuse(this.#damage)
    else await this.#runTogether([job])
  }

  #refuseAll(jobs: readonly Job[], error: StoreError): void {
    if (isDamage(error)) this.stopForDamage(error)
    for (const job of jobs) job.refuse(error)
  }

  /** What was rolled back must be gone: a revision that is given twice can't be taken back. */
  async #checkHead(): Promise<void> {
    const head = await readHead(this.#options.connection).catch(() => undefined)
    if (head !== this.#state.head) this.stopForDamage(inDoubt(this.#options.connection.file))
  }
}

function inDoubt(file: string): StoreError {
  return new StoreError(
    'failed',
    `After a failure it can't be told what was written into ${file}. Restart: the file knows.`,
  )
}

function overloaded(waiting: number): StoreError {
  return new StoreError(
    'overloaded',
    `${waiting} writes wait already: this one wasn't begun. Try again a little later.`,
  )
}
