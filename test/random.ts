/** Random numbers that are the same in every run with the same seed. */

import { seed } from './seed.ts'

/**
 * A generator of numbers from 0 to below 1 (Mulberry32). `TEST_SEED` changes all of them.
 *
 * @param own tells generators apart that are used side by side
 */
export function createRandom(own = 0): () => number {
  let state = (seed + own * 0x9e3779b9) | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mix = Math.imul(state ^ (state >>> 15), state | 1)
    mix ^= mix + Math.imul(mix ^ (mix >>> 7), mix | 61)
    return ((mix ^ (mix >>> 14)) >>> 0) / 2 ** 32
  }
}
