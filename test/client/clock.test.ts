/** The clock of the client only runs forward, and counts the time in which the machine was suspended. */

import test from 'ava'
import fc from 'fast-check'
import { countingSuspension } from '../../packages/client/src/clock.ts'

test('time passes while the machine is suspended, although the monotonic clock stands still', (t) => {
  const [monotonic, wall] = [{ ms: 5 }, { ms: 1_000_000 }]
  const clock = countingSuspension(
    () => monotonic.ms,
    () => wall.ms,
  )
  const before = clock()
  monotonic.ms += 100
  wall.ms += 100 + 12_000
  t.is(clock() - before, 12_100)
  t.is(clock() - before, 12_100, 'once')
})

test('the wall clock is looked at seldom, and no suspension goes unseen in which the monotonic clock runs for that long', (t) => {
  const [monotonic, wall, looks] = [{ ms: 5 }, { ms: 1_000_000 }, { count: 0 }]
  const lookAtWall = () => {
    looks.count++
    return wall.ms
  }
  const clock = countingSuspension(() => monotonic.ms, lookAtWall, 1)
  const before = clock()
  for (let n = 0; n < 9; n++) {
    monotonic.ms += 0.1
    wall.ms += 0.1
    t.is(clock(), monotonic.ms, 'it runs between two looks')
  }
  t.is(looks.count, 1)
  monotonic.ms += 1
  wall.ms += 1 + 12_000
  t.is(Math.round(clock() - before), 12_002)
  t.is(looks.count, 2)
})

test('the clock never runs back, never behind the monotonic clock, and misses at most a second of suspension', (t) => {
  const step = fc.record({ passedMs: fc.nat(60_000), suspendedMs: fc.nat(60_000), setBackMs: fc.nat(100_000) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const [monotonic, wall] = [{ ms: 0 }, { ms: 1_000_000_000 }]
      const clock = countingSuspension(
        () => monotonic.ms,
        () => wall.ms,
      )
      for (const { passedMs, suspendedMs, setBackMs } of steps) {
        const before = clock()
        monotonic.ms += passedMs
        wall.ms += passedMs + suspendedMs
        const after = clock()
        t.true(after - before >= passedMs)
        t.true(after - before >= passedMs + suspendedMs - 1000)
        wall.ms -= setBackMs
        t.true(clock() >= after)
      }
    }),
  )
})
