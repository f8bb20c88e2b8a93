/**
 * Ids of things: `<prefix>_` and a KSUID. The ids of one process are ordered as they were made, so a list that goes by time
 * and breaks ties by id shows things in the order in which they came, also those of one millisecond.
 */

import { randomBytes } from 'node:crypto'
import KSUID from 'ksuid'
import type { IdPrefix } from '../domain/decided.ts'

/** A KSUID has whole seconds and 16 random bytes; the first 4 of these are the millisecond (10 bits) and a count (22 bits). */
const payloadBytes = 16
const countBits = 22

/** @param now Unix milliseconds; while it goes back, ids go on from the latest moment */
export function createNewId(now: () => number): (prefix: IdPrefix) => string {
  let latestMs = 0
  let count = 0
  return (prefix) => {
    const nowMs = now()
    count = nowMs > latestMs ? 0 : count + 1
    latestMs = Math.max(latestMs, nowMs)
    const payload = randomBytes(payloadBytes)
    payload.writeUInt32BE((latestMs % 1_000) * 2 ** countBits + (count % 2 ** countBits))
    return `${prefix}_${KSUID.fromParts(latestMs, payload).string}`
  }
}
