/** A write may take as long as it takes: there is a sign of life meanwhile, and a sidecar that is gone is noticed. */

import test from 'ava'
import { openNetworkProxy } from '../processes/network-proxy.ts'
import { stoppedClock } from './command-line.ts'
import { openPlace, pricingTiers, sharedTeardown } from './pricing-tiers.ts'

const shared = sharedTeardown()
const { type, target } = await openPlace(shared)
test.before(async (t) => {
  t.is((await type(['apply', '-f', pricingTiers])).exitCode, 0)
})
test.after.always(() => shared.undoAll())

const unknownOutcome = / It is unknown whether the change was made\. Check before you run it again\.\n$/

/** The first timer rings at once: a second has passed. */
function hastyClock() {
  let isFirst = true
  return {
    ...stoppedClock,
    setTimer: (_delayMs: number, callback: () => void) => {
      const rings = isFirst
      isFirst = false
      if (rings) callback()
      return () => undefined
    },
  }
}

test('every write gives a sign of life, and none to programs that read JSON', async (t) => {
  for (const args of [
    ['apply', '-f', pricingTiers, '--dry-run'],
    ['assign', 'org_acme', 'role_set:pro'],
    ['replace-role', 'role_set:pro', 'org:analyst', 'org:member', '--dry-run'],
    ['replace-set', 'role_set:pro', 'role_set:free', '--dry-run'],
    ['invitations', 'create', 'org_acme', 'org:member', 'ann@example.com'],
    ['keys', 'create', 'billing'],
    ['keys', 'revoke', 'billing'],
  ]) {
    const told = await type(args, { clock: hastyClock() })
    t.is(told.exitCode, 0, told.stderr)
    t.true(told.stderr.startsWith('rolesets: still working, 0 s …\n'), `${args.join(' ')}: ${told.stderr}`)
  }
  const silent = await type(['assign', 'org_acme', 'role_set:pro', '--json'], { clock: hastyClock() })
  t.is(silent.stderr, '')
})

test('a connection that goes silent during a write ends it within seconds, and the hour is not waited for', async (t) => {
  const proxy = await openNetworkProxy(t, target)
  const env = { ROLESETS_TARGET: proxy.address }
  const stdin = ['organizations:\n  - id: org_silent\n    name: Silent\n']
  // What is planned has been told, and the write comes next.
  const { exitCode, stdout, stderr } = await type(['apply', '-f', '-'], { env, stdin, onStdout: () => proxy.stall() })
  t.is(exitCode, 3)
  t.regex(stdout, /org_silent/)
  t.notRegex(stdout, /Applied/)
  t.regex(stderr, unknownOutcome)
})

test('--timeout decides how long a write is waited for, when it is given', async (t) => {
  const proxy = await openNetworkProxy(t, target)
  const env = { ROLESETS_TARGET: proxy.address }
  const stdin = ['organizations:\n  - id: org_late\n    name: Late\n']
  const args = ['apply', '-f', '-', '--timeout', '2']
  const { exitCode, stderr } = await type(args, { env, stdin, onStdout: () => proxy.stall() })
  t.is(exitCode, 3)
  t.regex(
    stderr,
    /^rolesets: .*(?:no answer within 2000 ms|did not answer within the deadline)\. Try again, or allow more with --timeout\./,
  )
  t.regex(stderr, unknownOutcome)
})

test('Ctrl-C during a write says that nobody knows whether it was made, and during its preview that it was interrupted', async (t) => {
  const proxy = await openNetworkProxy(t, target)
  const ended = new AbortController()
  const writing = await type(['apply', '-f', '-'], {
    env: { ROLESETS_TARGET: proxy.address },
    stdin: ['organizations:\n  - id: org_interrupted\n    name: Interrupted\n'],
    signal: ended.signal,
    onStdout: () => {
      proxy.stall()
      setImmediate(() => ended.abort())
    },
  })
  t.is(writing.exitCode, 3)
  t.regex(writing.stderr, /^rolesets: Interrupted\. It is unknown whether the change was made/)

  const previewing = await type(['assign', 'org_acme', 'role_set:pro', '--dry-run'], { signal: AbortSignal.abort() })
  t.is(previewing.exitCode, 3)
  t.is(previewing.stderr, 'rolesets: Interrupted.\n')
})
