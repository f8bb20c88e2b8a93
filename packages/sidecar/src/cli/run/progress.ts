/**
 * Shows that something is still running: after one second, a line on standard error. On a terminal the line is updated
 * in place and removed at the end; in a log it is repeated now and then.
 */

import type { Io } from './io.ts'

const firstAfterMs = 1_000
const terminalEveryMs = 1_000
const logEveryMs = 5_000

/** Says what is being done, in place of `still working`; shown with the next line. */
export type ReportProgress = (what: string) => void

/**
 * Does the work. With --json it shows nothing. Work that prints calls `hide` before each print, so that what it prints doesn't
 * stand behind the line; the line comes back by itself.
 */
export async function withProgress<T>(
  io: Io,
  { json }: { readonly json?: true | undefined },
  work: (report: ReportProgress, hide: () => void) => Promise<T>,
): Promise<T> {
  if (json) return work(nothing, nothing)
  const line = new ProgressLine(io)
  try {
    return await work(line.report, line.hide)
  } finally {
    line.end()
  }
}

const nothing = (): void => undefined

class ProgressLine {
  readonly #io: Io
  readonly #startedMs: number
  #what = 'still working'
  #isShown = false
  #cancel: () => void

  constructor(io: Io) {
    this.#io = io
    this.#startedMs = io.clock.nowMs()
    this.#cancel = io.clock.setTimer(firstAfterMs, this.#show)
  }

  readonly report: ReportProgress = (what) => {
    this.#what = what
  }

  readonly hide = (): void => {
    if (this.#isShown && this.#io.isTerminal) this.#io.clearLine()
    this.#isShown = false
  }

  end(): void {
    this.#cancel()
    this.hide()
  }

  readonly #show = (): void => {
    const { stderr, clearLine, isTerminal, clock } = this.#io
    const seconds = Math.round((clock.nowMs() - this.#startedMs) / 1_000)
    const line = `rolesets: ${this.#what}, ${seconds} s …`
    if (isTerminal) clearLine()
    stderr(isTerminal ? line : `${line}\n`)
    this.#isShown = true
    this.#cancel = clock.setTimer(isTerminal ? terminalEveryMs : logEveryMs, this.#show)
  }
}
