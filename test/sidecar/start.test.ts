/** `rolesets serve` while it starts: what its probes say, and how it ends before it is ready. */

import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import { secretKey } from '../grpc/open-sidecar.ts'
import { freePort } from '../processes/free-port.ts'
import { cleanEnvironment, rolesetsCommand } from '../processes/sidecar-process.ts'
import { temporaryFolder } from '../processes/temporary-folder.ts'

/** A sidecar that has just been started. */
async function start(
  t: ExecutionContext,
  env: Readonly<Record<string, string>>,
  nodeArguments: readonly string[] = [],
) {
  const probe = `127.0.0.1:${await freePort()}`
  const own = { ROLESETS_GRPC_LISTEN: '127.0.0.1:0', ROLESETS_HTTP_LISTEN: '', ROLESETS_PROBE_LISTEN: probe }
  const child = spawn(process.execPath, [...nodeArguments, rolesetsCommand, 'serve'], {
    env: { ...cleanEnvironment(), ...own, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  const output = text(child.stdout)
  const log = text(child.stderr)
  const exited = once(child, 'close')
  const ask = async (path: string) => {
    const response = await fetch(`http://${probe}${path}`)
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }
  /** The first answer that is wanted. */
  const until = async (path: string, isWanted: (status: number) => boolean) => {
    for (;;) {
      const answer = await ask(path).catch(() => undefined)
      if (answer !== undefined && isWanted(answer.status)) return answer
      if (child.exitCode !== null) throw new Error(await log)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  return { child, probe, output, log, exited, ask, until }
}

const isUnix = process.platform !== 'win32'

// The file of the key is a pipe that nobody writes to: the start waits for it, as it does for a long migration.
;(isUnix ? test : test.skip)(
  'its probes are served before the store is open, and the ready line comes after',
  async (t) => {
    const folder = await temporaryFolder(t)
    const pipe = join(folder, 'r.db.key')
    await promisify(execFile)('mkfifo', ['-m', '600', pipe])
    const sidecar = await start(t, { ROLESETS_DATABASE: `sqlite:${join(folder, 'r.db')}` })
    const { body } = await sidecar.until('/startupz', () => true)
    t.like(body, { startup_complete: false, waiting_for: [{ what: 'store' }] })
    t.deepEqual(await sidecar.ask('/livez'), { status: 200, body: { live: true } })
    t.like(await sidecar.ask('/readyz'), { status: 503, body: { started: false, ready: false } })
    await writeFile(pipe, `${secretKey}\n`)
    await sidecar.until('/startupz', (status) => status === 200)
    t.is((await sidecar.ask('/readyz')).status, 200)
    sidecar.child.kill('SIGTERM')
    t.deepEqual(await sidecar.exited, [0, null])
    const line = await sidecar.output
    t.like(JSON.parse(line), { ready: true, http: null, probe: sidecar.probe, role: 'authority' })
    t.is(line.trim().split('\n').length, 1)
    const listening = (await sidecar.log).split('\n').find((each) => each.includes('The sidecar is ready.')) ?? ''
    t.like(JSON.parse(listening), { probe: sidecar.probe, http: null })
  },
)

/** Makes the process wait for something that never comes, or comes with SIGUSR2: as for a manifest that is missing. */
const waits = (() => {
  const readiness = new URL('readiness.js', pathToFileURL(rolesetsCommand)).href
  const script = `
    import { Readiness } from ${JSON.stringify(readiness)}
    const start = Readiness.prototype.start
    Readiness.prototype.start = function (isFresh) {
      const wait = this.waitFor('manifest', 'There is no file.')
      process.on('SIGUSR2', () => wait.over())
      start.call(this, isFresh)
    }`
  return ['--import', `data:text/javascript,${encodeURIComponent(script)}`]
})()

for (const signal of ['SIGTERM', 'SIGINT'] as const)
  test(`${signal} ends a sidecar that waits with 0, and it was never ready`, async (t) => {
    const sidecar = await start(t, { ROLESETS_DATABASE: 'sqlite::memory:' }, waits)
    const { body } = await sidecar.until('/readyz', () => true)
    t.like(body, { ready: false })
    while (!(await sidecar.ask('/readyz')).body['started']) await new Promise((resolve) => setTimeout(resolve, 20))
    t.like(await sidecar.ask('/readyz'), { status: 503, body: { started: true } })
    t.is((await sidecar.ask('/livez')).status, 200)
    sidecar.child.kill(signal)
    t.deepEqual(await sidecar.exited, [0, null])
    t.is(await sidecar.output, '')
    const log = await sidecar.log
    t.regex(log, /"event":"waiting".*it waits for the manifest\. There is no file\./)
    t.regex(log, /The sidecar has stopped\./)
  })

test('the ready line comes when nothing is waited for any more', async (t) => {
  const sidecar = await start(t, { ROLESETS_DATABASE: 'sqlite::memory:' }, waits)
  while ((await sidecar.until('/readyz', () => true)).body['started'] !== true) await sidecar.ask('/livez')
  sidecar.child.kill('SIGUSR2')
  await sidecar.until('/readyz', (status) => status === 200)
  sidecar.child.kill('SIGTERM')
  t.deepEqual(await sidecar.exited, [0, null])
  t.like(JSON.parse(await sidecar.output), { ready: true, probe: sidecar.probe })
})
