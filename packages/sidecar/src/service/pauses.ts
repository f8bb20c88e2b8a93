/**
 * Lets other work run during a long one. A work of many small steps that all have what they need would otherwise keep every
 * call waiting until it ends.
 */

import { setImmediate } from 'node:timers/promises'

const busyMsMax = 10

export class Pauses {
  #since = performance.now()

  /** Between two steps. It costs almost nothing unless a pause is due. */
  async take(): Promise<void> {
    if (performance.now() - this.#since < busyMsMax) return
    await setImmediate()
    this.#since = performance.now()
  }
}
