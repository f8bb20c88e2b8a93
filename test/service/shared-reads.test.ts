/** Calls that come at the same time are answered by one read, and each by a read that began after it came. */

import test from 'ava'
import { SharedReads } from '../../packages/sidecar/src/service/decisions/shared-reads.ts'
import type { StoreError } from '../../packages/sidecar/src/storage/store.ts'
import { createGate } from '../storage/suite.ts'

test('calls that come while a read is running go together into the next one, each with its own answers', async (t) => {
  const read: (readonly number[])[] = []
  const gates = [createGate(), createGate()]
  const shared = new SharedReads(async (questions: readonly number[]) => {
    const turn = read.push(questions)
    await gates[turn - 1]?.passed
    return { revision: turn, value: questions.map((each) => each * 10) }
  })
  const first = [shared.ask([1]), shared.ask([2])]
  await Promise.resolve()
  const later = [shared.ask([3, 4]), shared.ask([5])]
  for (const gate of gates) gate.open()
  t.deepEqual(await Promise.all(first), [
    { revision: 1, value: [10] },
    { revision: 1, value: [20] },
  ])
  t.deepEqual(await Promise.all(later), [
    { revision: 2, value: [30, 40] },
    { revision: 2, value: [50] },
  ])
  t.deepEqual(read, [
    [1, 2],
    [3, 4, 5],
  ])
})

test('a read is bounded, and a large call goes alone', async (t) => {
  const sizes: number[] = []
  const shared = new SharedReads(async (questions: readonly number[]) => {
    sizes.push(questions.length)
    return { revision: 1, value: questions }
  })
  const of = (length: number) => shared.ask(Array.from({ length }, (_, number) => number))
  await Promise.all([of(600), of(600), of(400), of(9_000), of(1)])
  t.deepEqual(sizes, [600, 1_000, 9_000, 1])
})

test('a read that fails refuses its calls and no others, and more calls than are kept are refused', async (t) => {
  let isBroken = true
  const shared = new SharedReads(async (questions: readonly number[]) => {
    if (isBroken) throw new Error('broken')
    return { revision: 1, value: questions }
  })
  await t.throwsAsync(shared.ask([1]), { message: 'broken' })
  isBroken = false
  const all = Array.from({ length: 10_001 }, (_, number) => shared.ask([number]))
  const error = await t.throwsAsync<StoreError>(async () => all.at(-1))
  t.is(error?.code, 'overloaded')
  t.is((await Promise.all(all.slice(0, -1))).length, 10_000)
})
