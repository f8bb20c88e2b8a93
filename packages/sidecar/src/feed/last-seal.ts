/** The seal that the next change set of a store follows. */

import type { Reader } from '../storage/store.ts'

export async function lastSealOf(reader: Reader): Promise<string> {
  const [last] = await reader.history({}, { size: 1 })
  return (last ?? (await reader.historyAnchor())).seal
}
