/**
 * A cache of the entries that were used last. The library's cache allocates memory for its maximum size when it is
 * created, which makes the start slow for hundreds of thousands of entries; this one allocates memory in steps, when it
 * is needed.
 */

import { LRUCache } from 'lru-cache'

const firstMax = 8_192
const growth = 8

export class GrowingCache<Value extends object> {
  readonly #max: number
  #entries: LRUCache<string, Value>

  constructor(max: number) {
    this.#max = max
    this.#entries = new LRUCache({ max: Math.min(firstMax, max) })
  }

  get size(): number {
    return this.#entries.size
  }

  get(key: string): Value | undefined {
    return this.#entries.get(key)
  }

  has(key: string): boolean {
    return this.#entries.has(key)
  }

  set(key: string, value: Value): void {
    const { size, max } = this.#entries
    if (size === max && max < this.#max && !this.#entries.has(key)) this.#grow()
    this.#entries.set(key, value)
  }

  clear(): void {
    this.#entries.clear()
  }

  #grow(): void {
    const entries = new LRUCache<string, Value>({ max: Math.min(this.#entries.max * growth, this.#max) })
    // In the order in which they were used.
    entries.load(this.#entries.dump())
    this.#entries = entries
  }
}
