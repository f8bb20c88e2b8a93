/**
 * The cache against "always ask the store", on a simulated clock and network. Whatever happens: (a) an answer is the
 * store's at one revision, not older than what the feed had delivered when it was asked for; (b) that revision was the
 * present one at most `maxStalenessMs` ago, in true time, and a membership hadn't ended by itself; (c) after the last disturbance the cache has what the store has,
 * and is fresh; (d) what the client has written, it sees.
 */

import test from 'ava'
import fc from 'fast-check'
import { World, type Command } from './simulation/world.ts'
import { writeKinds } from './simulation/writes.ts'

const natural = fc.nat(999)
const write = fc.record({ kind: fc.constantFrom(...writeKinds), a: natural, b: natural })

function command<Kind extends Command['kind']>(
  kind: Kind,
  rest: { [Field in Exclude<keyof Extract<Command, { kind: Kind }>, 'kind'>]: fc.Arbitrary<unknown> },
  weight: number,
) {
  return { weight, arbitrary: fc.record({ kind: fc.constant(kind), ...rest }) as unknown as fc.Arbitrary<Command> }
}

const commands = fc.array(
  fc.oneof(
    command('write', { write }, 12),
    command('ownWrite', { a: natural, b: natural }, 3),
    command('ask', { a: fc.oneof(fc.nat(1), natural), b: fc.oneof(fc.nat(1), natural) }, 12),
    command('askMany', {}, 4),
    command('askMember', { a: fc.oneof(fc.constantFrom(0, 1, 5, 6), natural), b: natural }, 16),
    command('wait', { ms: fc.oneof(fc.nat(50), fc.nat(600), fc.nat(4000)) }, 14),
    command(
      'delay',
      { feedMs: fc.oneof(fc.constant(5), fc.nat(400), fc.nat(6000)), replyMs: fc.constantFrom(5, 200, 600) },
      4,
    ),
    command('link', { how: fc.constantFrom('broken', 'silent', 'open', 'open') }, 4),
    command('restart', { downMs: fc.oneof(fc.nat(100), fc.nat(8000)), deniesUnknown: fc.boolean() }, 2),
    command('restore', { back: fc.nat(5) }, 1),
    command('compact', {}, 2),
    command('cutOff', {}, 1),
    command('rejoin', {}, 2),
    command('failOver', { behind: fc.nat(4) }, 1),
    command('lose', {}, 1),
  ),
  { minLength: 10, maxLength: 80 },
)

test('a cached answer is what the store says, fresh and whole, for any behaviour of the network', async (t) => {
  let cachedAnswers = 0
  let cachedMemberAnswers = 0
  const runs = fc.asyncProperty(
    commands,
    fc.nat(),
    fc.constantFrom(2500, 5000),
    async (happens, seed, maxStalenessMs) => {
      const world = new World(seed, maxStalenessMs)
      await world.run(happens)
      cachedAnswers += world.cachedAnswers
      cachedMemberAnswers += world.cachedMemberAnswers
    },
  )
  await fc.assert(runs, {
    includeErrorInReport: true,
    numRuns: Number(process.env['PROPERTY_RUNS'] ?? 200),
  })
  t.log(`${cachedAnswers} cached answers, and ${cachedMemberAnswers} about members`)
  t.true(cachedAnswers > 10_000, `only ${cachedAnswers} answers came from the cache`)
  t.true(cachedMemberAnswers > 10_000, `only ${cachedMemberAnswers} answers about members came from the cache`)
})
