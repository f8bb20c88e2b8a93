/**
 * The bytes of answers and of messages of the feed, each encoded once: equal answers are the same object, and so is a message
 * that goes to many streams. A message may be written in parts, one after the other, so a batch is put together from the
 * bytes of its results. The library copies what it sends.
 */

import type { ChangesDefinition, DecisionsDefinition } from '@rolesets/proto'

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

/** The same service, which encodes a message once that goes to many streams. */
export function reusingMessages({ Watch, ...changes }: ChangesDefinition): ChangesDefinition {
  return { ...changes, Watch: { ...Watch, responseSerialize: encodedOnce(Watch.responseSerialize) } }
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
