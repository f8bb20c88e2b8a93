/** Ids of things: `<prefix>_` and a KSUID, so that ids of one kind are ordered by the second in which they were made. */

import KSUID from 'ksuid'
import type { IdPrefix } from '../domain/decided.ts'

export function newId(prefix: IdPrefix): string {
  return `${prefix}_${KSUID.randomSync().string}`
}
