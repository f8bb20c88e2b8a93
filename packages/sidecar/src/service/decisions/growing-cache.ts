/**
 * The entries that were used last. The library's cache takes the room for all that it may ever hold when it is made, which
 * for hundreds of thousands is a good part of a start; this one takes it in steps, when it is needed.
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
