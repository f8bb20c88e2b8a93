/** Something that changes, and is waited for: every wait looks again after each change, and says at last what it waited for. */

/** Only a bound for what hangs: on a busy machine a process can take many seconds to start. */
const hangsAfterMs = 60_000

export class Changing {
  readonly #listeners = new Set<() => void>()

  changed(): void {
    for (const listener of [...this.#listeners]) listener()
  }

  /** Settles when it is so, however long that takes. @param isSo is asked after each change */
  async when(isSo: () => boolean, signal?: AbortSignal): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const end = (settle: () => void) => {
        this.#listeners.delete(look)
        signal?.removeEventListener('abort', stop)
        settle()
      }
      const stop = () => end(() => reject(signal?.reason as Error))
      const look = () => {
        if (isSo()) end(resolve)
      }
      this.#listeners.add(look)
      signal?.addEventListener('abort', stop)
      look()
    })
  }

  /** @param describe what is shown if it doesn't come @throws Error when it hasn't come */
  async until(what: string, isSo: () => boolean, describe: () => string = () => ''): Promise<void> {
    const limit = new AbortController()
    const timer = setTimeout(
      () => limit.abort(new Error(`It hangs: ${what}: has not come.\n${describe()}`)),
      hangsAfterMs,
    )
    await this.when(isSo, limit.signal).finally(() => clearTimeout(timer))
  }
}
