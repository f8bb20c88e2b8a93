/** `rolesets health`: the exit codes that orchestrators rely on, and what a person reads. */

import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { readHealth } from '@rolesets/client/health'
import { Readiness } from '../../packages/sidecar/src/readiness.ts'
import { openServer } from '../client/grpc-server.ts'
import { exposed, openTestSidecar } from '../grpc/open-sidecar.ts'
import { freePort } from '../processes/free-port.ts'
import { type } from './command-line.ts'

const why = 'There is no file /etc/roles.yaml. Mount it.'

async function openReady(t: ExecutionContext) {
  const readiness = new Readiness()
  return { readiness, ...(await openTestSidecar(t, {}, (config) => config, { readiness })) }
}

const health = (target: string, ...args: string[]) => type(['health', '--target', target, '--timeout', '60', ...args])

test('a sidecar that serves is healthy: exit code 0', async (t) => {
  const { target } = await openReady(t)
  for (const args of [[], ['--ready'], ['--live']]) {
    const { exitCode, stdout, stderr } = await health(target, ...args)
    t.is(exitCode, 0, stderr)
    t.is(stdout, `healthy: ${target} is ready.\n`)
    t.is(stderr, '')
  }
  const { stdout } = await health(target, '--json')
  t.deepEqual(JSON.parse(stdout), {
    healthy: true,
    live: true,
    ready: true,
    writable: true,
    services: ['', 'rolesets.v1.Decisions', 'rolesets.v1.Administration', 'rolesets.v1.Changes'].map((service) => ({
      service,
      status: 'SERVING',
    })),
  })
})

test('a sidecar that waits is not healthy, and the answer says for what; it is live', async (t) => {
  const { target, readiness } = await openReady(t)
  const wait = readiness.waitFor('manifest', why)
  const reason = `The sidecar is not ready: it waits for the manifest. ${why}`
  const { exitCode, stdout, stderr } = await health(target)
  t.is(exitCode, 1)
  t.is(stdout, `not healthy: ${target} is not ready (ready: false). ${reason}\n`)
  t.is(stderr, '')
  const json = await health(target, '--json')
  t.is(json.exitCode, 1)
  t.like(JSON.parse(json.stdout), { healthy: false, live: true, ready: false, reason })
  const live = await health(target, '--live')
  t.is(live.exitCode, 0)
  t.is(live.stdout, `healthy: ${target} is live, and not ready (ready: false). ${reason}\n`)
  const one = await health(target, '--service', 'rolesets.v1.Decisions')
  t.is(one.exitCode, 1)
  t.is(one.stdout, `not healthy: ${target} says NOT_SERVING for rolesets.v1.Decisions. ${reason}\n`)
  wait.over()
  t.is((await health(target)).exitCode, 0)
})

test('a sidecar that refuses every write is neither healthy nor live, and still decides', async (t) => {
  const { target, readiness } = await openReady(t)
  readiness.setWritable(false)
  for (const args of [[], ['--live']]) {
    const { exitCode, stdout } = await health(target, ...args)
    t.is(exitCode, 1)
    t.regex(stdout, /^not healthy: .* refuses every write \(writable: false\)\. See the sidecar's log/)
  }
  t.like(JSON.parse((await health(target, '--json')).stdout), {
    healthy: false,
    live: false,
    ready: true,
    writable: false,
  })
  t.is((await health(target, '--service', 'rolesets.v1.Decisions')).exitCode, 0)
  t.is((await health(target, '--service', 'rolesets.v1.Administration')).exitCode, 1)
})

test('it needs no key, also where everything else does', async (t) => {
  const { target } = await openTestSidecar(t, { ROLESETS_GRPC_LISTEN: '127.0.0.1:0' }, exposed)
  t.is((await health(target)).exitCode, 0)
})

test('no answer has the exit code 3 and its cause', async (t) => {
  const nowhere = await health(`127.0.0.1:${await freePort()}`)
  t.is(nowhere.exitCode, 3)
  t.is(nowhere.stdout, '')
  t.regex(nowhere.stderr, /^rolesets: The sidecar at 127\.0\.0\.1:\d+ cannot be reached: nothing listens there\./)
  const socket = await health('unix:/nonexistent/rolesets.sock', '--json')
  t.is(socket.exitCode, 3)
  t.like(JSON.parse(socket.stderr), { error: { code: 'unavailable' } })
  t.is((await health('no-such-host.invalid:7450')).exitCode, 3)

  const silent = createServer(() => undefined).listen(0, '127.0.0.1')
  t.teardown(() => silent.close())
  await once(silent, 'listening')
  const { port } = silent.address() as AddressInfo
  const late = await type(['health', '--target', `127.0.0.1:${port}`, '--timeout', '0.2'])
  t.is(late.exitCode, 3)
  t.regex(late.stderr, /no answer within 200 ms/)

  const other = await openServer({ watch: () => undefined, address: '127.0.0.1:0' })
  t.teardown(() => other.close())
  const stranger = await health(other.target)
  t.is(stranger.exitCode, 3)
  t.regex(stranger.stderr, /does not support this call/)
})

test('an unknown service and options that contradict each other are mistakes of the command line', async (t) => {
  const { target } = await openReady(t)
  const unknown = await health(target, '--service', 'Decisions')
  t.is(unknown.exitCode, 2)
  t.is(
    unknown.stderr,
    'rolesets: --service "Decisions" is not a service of this server. It has: rolesets.v1.Decisions, rolesets.v1.Administration, rolesets.v1.Changes.\n',
  )
  for (const args of [
    ['--live', '--ready'],
    ['--live', '--service', 'x'],
  ])
    t.is((await health(target, ...args)).exitCode, 2)
})

test('an application can ask, too, and its options are checked', async (t) => {
  const { target, readiness } = await openReady(t)
  t.like(await readHealth({ target, deadlineMs: 60_000 }), { services: { '': 'SERVING' }, reason: undefined })
  readiness.stop()
  t.like(await readHealth({ target, deadlineMs: 60_000 }), { services: { '': 'NOT_SERVING' }, reason: undefined })
  await t.throwsAsync(readHealth({ target: 'nonsense' }), { code: 'invalid_argument' })
  await t.throwsAsync(readHealth({ target, key: 'k' } as never), { code: 'invalid_argument', message: /`key`/ })
  await t.throwsAsync(readHealth({ target, signal: AbortSignal.abort() }), { code: 'aborted' })
})
