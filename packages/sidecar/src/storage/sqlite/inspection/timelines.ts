/** Checks the timelines: each has the name of the store, and begins before the last revision, where no other one begins. */

import { storeNameOf } from '@rolesets/core'
import type { Finding } from '../../inspection.ts'
import type { Connection } from '../connection.ts'
import { readPosition } from '../rows/history.ts'
import { readTimelines } from '../rows/timelines.ts'

export async function* checkTimelines(connection: Connection): AsyncGenerator<Finding> {
  const { epoch: store, revision: head } = await readPosition(connection)
  let before = -1
  for (const { epoch, after } of await readTimelines(connection)) {
    const what = `timeline ${epoch}`
    if (storeNameOf(epoch) !== storeNameOf(store) || epoch === store)
      yield { what, problem: `is not one of the store ${store}` }
    if (after >= head) yield { what, problem: `begins after revision ${after}, and the last revision is ${head}` }
    if (after === before) yield { what, problem: `begins after revision ${after}, as another one does` }
    before = after
  }
}
