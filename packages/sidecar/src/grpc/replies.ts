/**
 * The bytes of answers, each encoded once: the service gives equal answers as the same object. A message may be written in
 * parts, one after the other, so a batch is put together from the bytes of its results. The library copies what it sends.
 */

import type { DecisionsDefinition } from '@rolesets/proto'

/** The same service, which encodes no answer twice. */
export function reusingReplies(decisions: DecisionsDefinition): DecisionsDefinition {
  const { Check, BatchCheck } = decisions
  const encodeBatch = BatchCheck.responseSerialize
  const bytesOfCheck = encodedOnce(Check.responseSerialize)
  const bytesOfResult = encodedOnce((result: BatchResult) => encodeBatch({ results: [result] }))
  return {
    ...decisions,
    Check: { ...Check, responseSerialize: bytesOfCheck },
    BatchCheck: {
      ...BatchCheck,
      responseSerialize: ({ results = [], ...rest }) =>
        Buffer.concat([...results.map(bytesOfResult), encodeBatch(rest)]),
    },
  }
}

type BatchResponse = Parameters<DecisionsDefinition['BatchCheck']['responseSerialize']>[0]
type BatchResult = NonNullable<BatchResponse['results']>[number]

/** @param encode gives the bytes of an object that isn't changed any more */
function encodedOnce<Message extends object>(encode: (message: Message) => Buffer): (message: Message) => Buffer {
  const kept = new WeakMap<Message, Buffer>()
  return (message) => {
    let bytes = kept.get(message)
    if (bytes === undefined) kept.set(message, (bytes = encode(message)))
    return bytes
  }
}
