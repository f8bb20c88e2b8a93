/**
 * After a read has found damage, writes are refused. But one passing error of a disk or of its cable looks the same as damage.
 * So the storage is examined again, whole and from the disk; if it is sound, and is what this process left, writes go on.
 */

const pauseFirstMs = 500
const pauseLongestMs = 60_000

export interface RecoveryOptions {
  /** Whether the storage is sound and as this process left it. */
  readonly examine: () => Promise<boolean>
  readonly recovered: () => void
}

export class Recovery {
  readonly #options: RecoveryOptions
  #timer: NodeJS.Timeout | undefined
  #running: Promise<void> = Promise.resolve()
  #isStopped = false

  constructor(options: RecoveryOptions) {
    this.#options = options
  }

  begin(pauseMs = pauseFirstMs): void {
    if (this.#isStopped) return
    this.#timer = setTimeout(() => {
      this.#running = this.#tryOnce(pauseMs)
    }, pauseMs)
    this.#timer.unref()
  }

  /** Settles when no examination runs any more. */
  async stop(): Promise<void> {
    this.#isStopped = true
    clearTimeout(this.#timer)
    await this.#running
  }

  async #tryOnce(pauseMs: number): Promise<void> {
    const isSound = await this.#options.examine().catch(() => false)
    if (this.#isStopped) return
    if (isSound) this.#options.recovered()
    else this.begin(Math.min(pauseMs * 4, pauseLongestMs))
  }
}
