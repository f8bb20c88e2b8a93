/** Waits until a condition holds. The condition is checked again each time that it may have changed. */

export class Conditions {
  readonly #looks = new Set<() => void>()

  changed(): void {
    for (const look of [...this.#looks]) look()
  }

  /** Settles when it holds, or when the signal aborts. */
  async until(holds: () => boolean, signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      const look = () => {
        if (!holds() && !signal.aborted) return
        this.#looks.delete(look)
        signal.removeEventListener('abort', look)
        resolve()
      }
      this.#looks.add(look)
      signal.addEventListener('abort', look, { once: true })
      look()
    })
  }
}
