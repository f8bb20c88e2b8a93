/**
 * Follows a manifest: looks at it again and again, applies what is new, and measures how far the store has drifted from it.
 * One loop does all of it, so nothing happens at the same time, and only the last state of the files counts.
 */

import { setTimeout } from 'node:timers/promises'
import { Refusal } from '../domain/refusal.ts'
import type { ParsedManifest } from '@rolesets/core'
import type { Administration } from '../service/administration.ts'
import type { Drift } from '../service/operations/drift.ts'
import { apply, problemOfFailure, problemOfRefusal, type Done, type Wanted } from './apply.ts'
import { Due } from './due.ts'
import type { Look } from './look.ts'
import { parse } from './parse.ts'
import { ManifestProblem } from './problem.ts'
import { SettledLooks } from './settled-looks.ts'
import { beginning, type Result, type State } from './state.ts'
import { backOffMsMax, usualTimes, type Times } from './times.ts'

export interface FollowerEvents {
  readonly applied: (done: Done & { readonly hash: string; readonly tookMs: number }) => void
  /** Again from time to time, while it lasts. */
  readonly notApplied: (problem: ManifestProblem, facts: NotApplied) => void
  /** The drift is another one than before; undefined: there was none measured. */
  readonly drifted: (drift: Drift, before: Drift | undefined) => void
  readonly driftUnknown: (error: unknown) => void
}

export interface NotApplied {
  readonly result: 'refused' | 'failed'
  /** Undefined: the contents can't be read. */
  readonly hash: string | undefined
}

export interface FollowerOptions {
  readonly path: string
  readonly prune: boolean
  readonly administration: Pick<Administration, 'apply' | 'driftFrom'>
  readonly events: FollowerEvents
  /** Those that are left out are the usual ones. */
  readonly times?: Partial<Times>
}

export class Follower {
  readonly #options: FollowerOptions
  readonly #times: Times
  readonly #looks: SettledLooks
  readonly #ended = new AbortController()
  readonly #applying = new Due()
  readonly #measuring = new Due()
  readonly #reminding = new Due()
  /** Found, and not applied yet. */
  #wanted: Wanted | undefined
  #applied: ParsedManifest | undefined
  #refused: { readonly wanted: Wanted; readonly refusal: Refusal; readonly problem: ManifestProblem } | undefined
  #failures = 0
  #state = beginning
  #running: Promise<void> | undefined

  constructor(options: FollowerOptions) {
    this.#options = options
    this.#times = { ...usualTimes, ...options.times }
    this.#looks = new SettledLooks(options.path, this.#times.quietMs)
  }

  get state(): State {
    return this.#state
  }

  open(): void {
    this.#running ??= this.#run()
  }

  /** Ends what it does. What was begun in the store is finished. */
  async close(): Promise<void> {
    this.#ended.abort()
    await this.#running
  }

  /** @param isDeclarable whether a manifest can declare what has changed; the rest may only decide whether one is refused */
  storeChanged(isDeclarable: boolean): void {
    if (this.#state.result === 'refused') this.#applying.bringForward(this.#times.refusedAgainMs)
    if (isDeclarable) this.#measuring.bringForward(this.#times.driftEveryMs)
  }

  async #run(): Promise<void> {
    const { signal } = this.#ended
    while (!signal.aborted) {
      const isDone = await this.#turn().then(
        () => true,
        (error: unknown) => this.#unexpected(error),
      )
      const { lookEveryMs, quietMs } = this.#times
      const delayMs = this.#looks.isSettling ? Math.min(quietMs, lookEveryMs) : lookEveryMs
      // The end of the loop is seen by its condition.
      await setTimeout(isDone ? delayMs : this.#backOff(), undefined, { signal }).catch(() => undefined)
    }
  }

  async #turn(): Promise<void> {
    const found = await this.#looks.next(this.#ended.signal)
    if (found !== undefined) await this.#take(found)
    if (this.#wanted !== undefined && this.#applying.isNow) await this.#apply(this.#wanted)
    if (this.#applied !== undefined && this.#measuring.isNow) await this.#measure(this.#applied)
    if (this.#reminding.isNow) this.#tell()
  }

  /** What was found before doesn't count any more. */
  async #take(found: Look['found']): Promise<void> {
    this.#wanted = undefined
    this.#failures = 0
    if (found instanceof ManifestProblem) return this.#notApplied(found, { result: 'refused', hash: undefined })
    const { files, hash } = found
    try {
      this.#wanted = { manifest: await parse(files, this.#ended.signal), files, hash }
      this.#applying.in(0)
    } catch (error) {
      if (!(error instanceof ManifestProblem)) throw error
      this.#notApplied(error, { result: 'refused', hash })
    }
  }

  async #apply(wanted: Wanted): Promise<void> {
    const { administration, prune } = this.#options
    const { signal } = this.#ended
    this.#applying.begin()
    const startedAt = performance.now()
    try {
      const done = await apply(administration, wanted, { prune, signal })
      this.#isApplied(wanted, done, performance.now() - startedAt)
    } catch (error) {
      if (signal.aborted) throw error
      const { hash } = wanted
      if (error instanceof Refusal) {
        this.#applying.in(this.#times.remindEveryMs)
        this.#notApplied(await this.#problemOf(error, wanted), { result: 'refused', hash })
      } else {
        this.#applying.in(this.#backOff())
        this.#notApplied(problemOfFailure(error), { result: 'failed', hash })
      }
    }
  }

  #isApplied(wanted: Wanted, done: Done, tookMs: number): void {
    const { manifest, hash } = wanted
    const result = done.created + done.changed + done.deleted > 0 ? 'applied' : 'unchanged'
    this.#wanted = undefined
    this.#refused = undefined
    this.#failures = 0
    this.#applied = manifest
    const at = Date.now()
    this.#end({
      result,
      hash,
      at,
      problem: undefined,
      applied: { hash, at, revision: done.revision },
      drift: undefined,
    })
    this.#reminding.begin()
    this.#measuring.in(0)
    this.#options.events.applied({ ...done, hash, tookMs })
  }

  /** The place of the same refusal is not searched for again. */
  async #problemOf(refusal: Refusal, wanted: Wanted): Promise<ManifestProblem> {
    const known = this.#refused
    if (known?.wanted === wanted && known.refusal.message === refusal.message) return known.problem
    const problem = await problemOfRefusal(refusal, wanted, this.#ended.signal)
    this.#refused = { wanted, refusal, problem }
    return problem
  }

  /** Told at once if it is another problem than before. */
  #notApplied(problem: ManifestProblem, { result, hash }: NotApplied): void {
    const before = this.#state
    this.#end({ result, hash, problem, at: Date.now() })
    if (before.result !== result || before.problem?.message !== problem.message) this.#tell()
  }

  #tell(): void {
    const { result, problem, hash } = this.#state
    if (problem === undefined || (result !== 'refused' && result !== 'failed')) return
    this.#reminding.in(this.#times.remindEveryMs)
    this.#options.events.notApplied(problem, { result, hash })
  }

  #end(change: Partial<State> & { readonly result: Result }): void {
    const { attempts } = this.#state
    const counted = { ...attempts, [change.result]: attempts[change.result] + 1 }
    this.#state = { ...this.#state, ...change, attempts: counted }
  }

  async #measure(manifest: ParsedManifest): Promise<void> {
    const { administration, prune, events } = this.#options
    const { signal } = this.#ended
    this.#measuring.begin()
    try {
      const { value: drift, revision } = await administration.driftFrom({ manifest, prune }, { signal })
      const before = this.#state.drift
      const { applied } = this.#state
      // Somebody may have put back what differed: then this is the last revision that is as the manifest says.
      const isAsDeclared = applied !== undefined && drift.changes === 0
      this.#state = {
        ...this.#state,
        drift,
        ...(isAsDeclared ? { applied: { ...applied, revision, at: Date.now() } } : {}),
      }
      if (JSON.stringify(drift) !== JSON.stringify(before)) events.drifted(drift, before)
    } catch (error) {
      if (signal.aborted) throw error
      this.#state = { ...this.#state, drift: undefined }
      this.#measuring.in(this.#times.remindEveryMs)
      events.driftUnknown(error)
    }
  }

  /** The manifest is looked at again as if it were new. */
  #unexpected(error: unknown): boolean {
    if (this.#ended.signal.aborted) return false
    this.#looks.forget()
    this.#notApplied(problemOfFailure(error), { result: 'failed', hash: undefined })
    return false
  }

  #backOff(): number {
    return Math.min(backOffMsMax, this.#times.backOffMs * 2 ** this.#failures++)
  }
}
