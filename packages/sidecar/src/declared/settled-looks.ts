/**
 * Tells changes of the manifest, once they are over: a file that is written in place is half there for a while, and an editor
 * that replaces a file takes it away for a moment. So what was touched just now is looked at twice, and the two looks must
 * agree.
 */

import { isSameFound, list, lookAt, type Look } from './look.ts'
import { ManifestProblem } from './problem.ts'

/** Some file systems keep times in whole seconds, or in two: what was written again within one looks untouched. */
const coarseMs = 2_500

interface Seen {
  readonly look: Look
  /** By the clock of the file system, as far as the two agree. */
  readonly at: number
}

export class SettledLooks {
  readonly #path: string
  readonly #quietMs: number
  #accepted: Seen | undefined
  #candidate: Seen | undefined

  /** @param quietMs how long the files must stay the same */
  constructor(path: string, quietMs: number) {
    this.#path = path
    this.#quietMs = quietMs
  }

  /** Something has changed, and it isn't known yet to what. */
  get isSettling(): boolean {
    return this.#candidate !== undefined
  }

  /** The next look counts as a change. */
  forget(): void {
    this.#accepted = undefined
  }

  /** @returns what is found now, if that is settled and not the same as the last time */
  async next(signal: AbortSignal): Promise<Look['found'] | undefined> {
    if (this.#candidate === undefined && (await this.#isUntouched())) return undefined
    const look = await lookAt(this.#path, signal)
    const seen = { look, at: Date.now() }
    if (!this.#isQuiet(seen)) {
      if (this.#candidate === undefined || !isSame(look, this.#candidate.look)) this.#candidate = seen
      return undefined
    }
    const before = this.#accepted?.look.found
    this.#candidate = undefined
    this.#accepted = seen
    return before !== undefined && isSameFound(before, look.found) ? undefined : look.found
  }

  async #isUntouched(): Promise<boolean> {
    if (this.#accepted === undefined) return false
    const { look, at } = this.#accepted
    if (!(look.found instanceof ManifestProblem) && at - look.touchedAt < coarseMs) return false
    return (await list(this.#path)).facts === look.facts
  }

  #isQuiet({ look, at }: Seen): boolean {
    const candidate = this.#candidate
    // What isn't there may be about to come.
    if (!(look.found instanceof ManifestProblem) && at - look.touchedAt >= this.#quietMs) return true
    return candidate !== undefined && isSame(look, candidate.look) && at - candidate.at >= this.#quietMs
  }
}

function isSame(a: Look, b: Look): boolean {
  return a.facts === b.facts && isSameFound(a.found, b.found)
}
