/**
 * Encodes each answer and each message of the feed once, which relies on equal answers being the same object: see
 * `service/decisions/answers.ts`. A message may be written in parts, one after the other, so the bytes of a batch are put together
 * from those of its results. The library copies what it sends.
 */

import type { ChangesDefinition, DecisionsDefinition } from '@rolesets/proto'
import { keptWith } from '../service/decisions/answers.ts'

/** The same service, with answers encoded once. */
export function reusingReplies(decisions: DecisionsDefinition): DecisionsDefinition {
  const { Check, BatchCheck } = decisions
  const encodeBatch = BatchCheck.responseSerialize
  const bytesOfResult = keptWith((result: BatchResult) => encodeBatch({ results: [result] }))
  return {
    ...decisions,
    Check: { ...Check, responseSerialize: keptWith(Check.responseSerialize) },
    BatchCheck: {
      ...BatchCheck,
      responseSerialize: ({ results = [], ...rest }) =>
        Buffer.concat([...results.map(bytesOfResult), encodeBatch(rest)]),
    },
  }
}

/** The same service, with a message that goes to many streams encoded once. */
export function reusingMessages({ Watch, ...changes }: ChangesDefinition): ChangesDefinition {
  return { ...changes, Watch: { ...Watch, responseSerialize: keptWith(Watch.responseSerialize) } }
}

type BatchResponse = Parameters<DecisionsDefinition['BatchCheck']['responseSerialize']>[0]
type BatchResult = NonNullable<BatchResponse['results']>[number]
