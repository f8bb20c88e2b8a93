/** `rolesets serve` while it starts: what its probes say, and how it ends before it is ready. */

import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import { secretKey } from '../grpc/open-sidecar.ts'
import { freePort } from '../processes/free-port.ts'
import { cleanEnvironment, rolesetsCommand } from '../processes/sidecar-process.ts'
import { temporaryFolder } from '../processes/temporary-folder.ts'

/** A sidecar that has just been started. */
async function start(t: ExecutionContext, env: Readonly<Record<string, string>>) {
  const probe = `127.0.0.1:${await freePort()}`
  const own = { ROLESETS_GRPC_LISTEN: '127.0.0.1:0', ROLESETS_HTTP_LISTEN: '', ROLESETS_PROBE_LISTEN: probe }
  const child = spawn(process.execPath, [rolesetsCommand, 'serve'], {
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
