/**
 * The machine against a store that is a list, with random scripts. `SOAK_MINUTES` makes it go on for so long; see
 * docs/design/feed.md.
 */

import test from 'ava'
import fc from 'fast-check'
import { MachineWorld, type Command } from './machine-world.ts'

const weights: readonly (readonly [Command, number])[] = [
  ['deliver', 20],
  ['deliverAll', 6],
  ['commit', 12],
  ['endPause', 12],
  ['call', 4],
  ['break', 4],
  ['lose', 3],
  ['repeat', 3],
  ['lateHeartbeat', 2],
  ['sinkFails', 3],
  ['restore', 2],
  ['failOver', 1],
  ['compact', 2],
  ['renew', 2],
  ['startOver', 2],
]

const commands = fc.array(
  fc.oneof(...weights.map(([command, weight]) => ({ weight, arbitrary: fc.constant(command) }))),
  { minLength: 20, maxLength: 200, size: 'max' },
)

const soakMs = Number(process.env['SOAK_MINUTES'] ?? 0) * 60_000

test('after any script the sink has the log, and at last all of it (F1, F2, F3, F4, F5, F10, F17)', (t) => {
  if (soakMs > 0) t.timeout(soakMs + 60_000)
  const seen = { writes: 0, startedOver: 0, gaps: 0 }
  const property = fc.property(commands, (script) => {
    const world = new MachineWorld()
    for (const command of script) world.run(command)
    seen.writes += world.writes.length
    seen.startedOver += world.reports.filter((each) => each === 'started_over').length
    seen.gaps += world.reports.filter((each) => each === 'gap').length
    return world.calmDown()
  })
  const soak = { numRuns: Number.MAX_SAFE_INTEGER, interruptAfterTimeLimit: soakMs, markInterruptAsFailure: false }
  fc.assert(property, { includeErrorInReport: true, ...(soakMs > 0 ? soak : { numRuns: 1000 }) })
  t.log(seen)
  t.true(seen.writes > 10_000 && seen.startedOver > 500 && seen.gaps > 500, JSON.stringify(seen))
})

test('a machine that is closed ignores every event (F16)', (t) => {
  const property = fc.property(commands, commands, (script, later) => {
    const world = new MachineWorld()
    for (const command of [...script, 'close'] as const) world.run(command)
    const { length } = world.writes
    for (const command of later) world.run(command)
    return world.state.name === 'closed' && world.writes.length === length
  })
  fc.assert(property, { includeErrorInReport: true, numRuns: 200 })
  t.pass()
})
