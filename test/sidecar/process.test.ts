/** `rolesets serve` as a process: what it prints, how it ends, and what it leaves behind. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, readFile, stat, writeFile } from 'node:fs/promises'
import http2 from 'node:http2'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import test, { type ExecutionContext } from 'ava'
import { connect, contract, endOf, nextMessage, refusalOf, secretKey } from '../grpc/open-sidecar.ts'
import { cleanEnvironment, rolesetsCommand, startSidecar, type SidecarOptions } from '../processes/sidecar-process.ts'
import { temporaryFolder } from '../processes/temporary-folder.ts'

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs the command until it ends by itself. */
async function run(
  t: ExecutionContext,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const child = spawn(process.execPath, [rolesetsCommand, ...args], {
    env: { ...cleanEnvironment(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  if (child.exitCode === null) await once(child, 'exit')
  return { code: child.exitCode, stdout, stderr }
}

async function settingsIn(
  folder: string,
  more: Readonly<Record<string, string>> = {},
): Promise<Record<string, string>> {
  return { ROLESETS_DATABASE: `sqlite:${join(folder, 'r.db')}`, ROLESETS_SECRET_KEY: secretKey, ...more }
}

async function startIn(t: ExecutionContext, folder: string, { env = {}, ...options }: SidecarOptions = {}) {
  return startSidecar(t, { ...options, env: await settingsIn(folder, { ...env }) })
}

const messages = (log: readonly string[]) =>
  log.map((line) => String((JSON.parse(line) as { message: string }).message))

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 10))
}

test('the ready line is one line of JSON with the real ports, and the only thing on stdout', async (t) => {
  const folder = await temporaryFolder(t)
  const socket = join(folder, 's')
  const env = await settingsIn(folder, {
    ROLESETS_GRPC_LISTEN: `127.0.0.1:0,unix:${socket}`,
    ROLESETS_HTTP_LISTEN: '127.0.0.1:0',
  })
  const child = spawn(process.execPath, [rolesetsCommand, 'serve'], {
    env: { ...cleanEnvironment(), ...env },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  const output = text(child.stdout)
  await once(child.stdout, 'readable')
  child.kill('SIGTERM')
  await once(child, 'exit')
  const line = await output
  const { grpc, http } = JSON.parse(line) as { grpc: string[]; http: string }
  t.is(line, `${JSON.stringify({ ready: true, grpc, http, role: 'authority' })}\n`)
  t.regex(grpc[0] ?? '', /^127\.0\.0\.1:[1-9]\d+$/)
  t.is(grpc[1], `unix:${socket}`)
  t.regex(http, /^127\.0\.0\.1:[1-9]\d+$/)
  t.is(child.exitCode, 0)
})

for (const signal of ['SIGTERM', 'SIGINT'] as const)
  test(`${signal} ends it with 0, and what was written is there at the next start`, async (t) => {
    const folder = await temporaryFolder(t)
    const first = await startIn(t, folder)
    const { revision } = await connect(t, first.target).write('CreatePermission', { key: 'org:a:b' })
    const exited = once(first.child, 'close')
    first.child.kill(signal)
    t.deepEqual(await exited, [0, null])
    t.deepEqual(
      messages(first.log)
        .slice(-2)
        .map((message) => message.slice(0, 17)),
      ['The sidecar is st', 'The sidecar has s'],
    )
    const second = await startIn(t, folder, { env: { ROLESETS_HTTP_LISTEN: '' } })
    t.is(second.http, null)
    t.like(await connect(t, second.target).call('GetPermission', { permission: 'org:a:b' }), { revision })
  })

test('all lines of the log are JSON with level, time and message', async (t) => {
  const sidecar = await startIn(t, await temporaryFolder(t), { env: { ROLESETS_LOG_LEVEL: 'trace' } })
  await connect(t, sidecar.target).write('CreatePermission', { key: 'org:a:b' })
  await sidecar.stop()
  t.true(sidecar.log.length >= 4)
  for (const line of sidecar.log) {
    const { level, time, message } = JSON.parse(line) as Record<string, string>
    t.regex(`${level} ${time} ${message}`, /^(debug|info|warn) \d{4}-\d\d-\d\dT[\d:.]+Z [A-Z].+\.$/)
  }
  t.true(messages(sidecar.log).includes('A write was committed.'))
})

test('each fault of the configuration is a sentence on stderr, and the exit code is 2', async (t) => {
  const env = { ROLESETS_LOG_LEVEL: 'loud', ROLESETS_DATABASE: 'mysql:x', ROLESETS_GRPC_LISTEN: '0.0.0.0:1' }
  const { code, stdout, stderr } = await run(t, ['serve', '--max-staleness-ms', 'long'], env)
  t.is(code, 2)
  t.is(stdout, '')
  const lines = stderr.trim().split('\n')
  t.is(lines.length, 4)
  for (const line of lines) t.regex(line, /^rolesets: .+\.$/)
})

for (const [what, args] of [
  ['an unknown flag', ['serve', '--colour', 'blue']],
  ['a flag without its value', ['serve', '--database']],
  ['an argument too many', ['serve', 'now']],
  ['an unknown verb', ['dance']],
] as const)
  test(`${what} is told, and the exit code is 2`, async (t) => {
    const { code, stderr } = await run(t, args)
    t.is(code, 2)
    t.regex(stderr, /^rolesets: /)
  })

test('--help and --version end with 0', async (t) => {
  const help = await run(t, ['--help'])
  t.is(help.code, 0)
  t.regex(help.stdout, /serve .*Runs the sidecar\./)
  const version = await run(t, ['--version'])
  t.is(version.code, 0)
  t.regex(version.stdout, /^\d+\.\d+\.\d+\n$/)
})

test('--print-config shows what is in effect, without secrets, and starts nothing', async (t) => {
  const folder = await temporaryFolder(t)
  const { code, stdout } = await run(t, ['serve', '--print-config', '--log-level', 'warn'], await settingsIn(folder))
  t.is(code, 0)
  t.false(stdout.includes(secretKey))
  t.like(JSON.parse(stdout), {
    logLevel: { value: 'warn', from: 'flag' },
    secretKey: { value: '(not shown)', from: 'variable' },
    grpcListen: { value: '127.0.0.1:7450', from: 'default' },
  })
  await t.throwsAsync(stat(join(folder, 'r.db')))
})

test('a port that is taken is told by a sentence, and the exit code is 1', async (t) => {
  const folder = await temporaryFolder(t)
  const other = createServer().listen(0, '127.0.0.1')
  t.teardown(() => other.close())
  await once(other, 'listening')
  const taken = `127.0.0.1:${(other.address() as AddressInfo).port}`
  const free = { ROLESETS_GRPC_LISTEN: '127.0.0.1:0', ROLESETS_HTTP_LISTEN: '127.0.0.1:0' }
  for (const variable of ['ROLESETS_GRPC_LISTEN', 'ROLESETS_HTTP_LISTEN']) {
    const { code, stdout, stderr } = await run(t, ['serve'], await settingsIn(folder, { ...free, [variable]: taken }))
    t.is(code, 1, variable)
    t.is(stdout, '')
    const { level, message } = JSON.parse(stderr.trim().split('\n').at(-1) ?? '') as Record<string, string>
    t.is(level, 'fatal')
    const problem = 'another process uses it. Stop that process, or choose another address.'
    t.true(message?.endsWith(`Listening on ${taken} failed: ${problem}`), message)
  }
})

test('a database that another sidecar has, and a folder that is missing, end the start with 1', async (t) => {
  const folder = await temporaryFolder(t)
  await startIn(t, folder)
  const free = { ROLESETS_GRPC_LISTEN: '127.0.0.1:0', ROLESETS_HTTP_LISTEN: '' }
  const inUse = await run(t, ['serve'], await settingsIn(folder, free))
  t.is(inUse.code, 1)
  t.like(JSON.parse(inUse.stderr.trim().split('\n').at(-1) ?? ''), { level: 'fatal', code: 'in_use' })
  const missing = await run(t, ['serve'], await settingsIn(join(folder, 'no', 'where'), free))
  t.is(missing.code, 1)
  t.like(JSON.parse(missing.stderr.trim().split('\n').at(-1) ?? ''), { level: 'fatal', code: 'folder_missing' })
})

test('a store in memory needs a folder for temporary files, and the error says which one is missing', async (t) => {
  const folder = await temporaryFolder(t)
  const TMPDIR = join(folder, 'nowhere')
  const free = { ROLESETS_GRPC_LISTEN: '127.0.0.1:0', ROLESETS_HTTP_LISTEN: '', ROLESETS_DATABASE: 'sqlite::memory:' }
  const { code, stderr } = await run(t, ['serve'], await settingsIn(folder, { ...free, TMPDIR }))
  t.is(code, 1)
  const last = JSON.parse(stderr.trim().split('\n').at(-1) ?? '') as { code: string; message: string }
  t.is(last.code, 'folder_read_only')
  t.true(last.message.includes(TMPDIR), last.message)
})

test('a socket is for owner and group, and is gone after the stop', async (t) => {
  const folder = await temporaryFolder(t)
  const path = join(folder, 's')
  const sidecar = await startIn(t, folder, { env: { ROLESETS_GRPC_LISTEN: `unix:${path}` } })
  const { mode } = await stat(path)
  t.is(mode & 0o777, 0o660)
  await sidecar.stop()
  await t.throwsAsync(stat(path), { code: 'ENOENT' })
})

test('a socket that a killed sidecar left behind is taken over', async (t) => {
  const folder = await temporaryFolder(t)
  const env = { ROLESETS_GRPC_LISTEN: `unix:${join(folder, 's')}` }
  await (await startIn(t, folder, { env })).kill()
  t.true((await stat(join(folder, 's'))).isSocket())
  const { target } = await startIn(t, folder, { env })
  t.like(await connect(t, target).call('Check', { organizationId: 'o', role: 'org:admin' }), { allowed: true })
})

test('a socket that somebody answers on, and a file that is no socket, are left alone', async (t) => {
  const [folder, other] = [await temporaryFolder(t), await temporaryFolder(t)]
  const path = join(folder, 's')
  const env = { ROLESETS_GRPC_LISTEN: `unix:${path}`, ROLESETS_HTTP_LISTEN: '' }
  const first = await startIn(t, folder, { env })
  const second = await run(t, ['serve'], await settingsIn(other, env))
  t.is(second.code, 1)
  t.regex(second.stderr, /another process uses it\. Stop that process, or choose another path\./)
  t.like(await connect(t, first.target).call('Check', { organizationId: 'o', role: 'org:admin' }), { allowed: true })
  await first.stop()

  await writeFile(path, 'precious')
  const third = await run(t, ['serve'], await settingsIn(other, env))
  t.is(third.code, 1)
  t.regex(third.stderr, /a file that isn't a socket is at this path/)
  t.is(await readFile(path, 'utf8'), 'precious')
})

// Cerbos had a default administrator's password; there is no default key.
test('without a key one is made once, kept for the owner only, and never logged', async (t) => {
  const folder = await temporaryFolder(t)
  const env = { ROLESETS_SECRET_KEY: '' }
  const first = await startIn(t, folder, { env })
  const path = join(folder, 'r.db.key')
  const key = (await readFile(path, 'utf8')).trim()
  t.is((await stat(path)).mode & 0o777, 0o600)
  t.true(first.log.some((line) => line.includes(path)))
  await t.notThrowsAsync(connect(t, first.target).call('CreatePermission', { key: 'org:a:b' }, { key }))
  t.is((await refusalOf(connect(t, first.target).call('CreatePermission', { key: 'org:a:c' }))).reason, 'KEY_REQUIRED')
  await first.stop()

  await chmod(path, 0o644)
  const second = await startIn(t, folder, { env })
  await t.notThrowsAsync(connect(t, second.target).call('CreatePermission', { key: 'org:a:c' }, { key }))
  t.true(messages(second.log).some((message) => message.includes('Set its mode to 0600')))
  t.is((await stat(path)).mode & 0o777, 0o600)
  await second.stop()
  t.false([...first.log, ...second.log].join('\n').includes(key))
})

test('a key file that has no usable key ends the start with a sentence', async (t) => {
  const folder = await temporaryFolder(t)
  await writeFile(join(folder, 'r.db.key'), 'short\n', { mode: 0o600 })
  const env = { ROLESETS_SECRET_KEY: '', ROLESETS_GRPC_LISTEN: '127.0.0.1:0', ROLESETS_HTTP_LISTEN: '' }
  const { code, stderr } = await run(t, ['serve'], await settingsIn(folder, env))
  t.is(code, 1)
  t.regex(
    stderr,
    /r\.db\.key has 5 characters\. A key has 16 to 512\. Correct it\. Or delete the file: a new key is then generated\./,
  )
})

test('a store in memory says that nobody can write without a key', async (t) => {
  const env = { ROLESETS_DATABASE: 'sqlite::memory:', ROLESETS_SECRET_KEY: '' }
  const sidecar = await startSidecar(t, { env })
  t.true(messages(sidecar.log).some((message) => message.includes('Set ROLESETS_SECRET_KEY')))
  t.like(await connect(t, sidecar.target).call('Check', { organizationId: 'o', role: 'org:admin' }), { allowed: true })
})

test('at the stop, streams and waits end as unavailable, and writes that run are finished', async (t) => {
  const sidecar = await startIn(t, await temporaryFolder(t))
  const client = connect(t, sidecar.target)
  const stream = client.watch()
  const { revision } = await nextMessage(stream)
  const future = String(revision).replace(/:.*/, ':9999')
  const waiting = refusalOf(client.call('Check', { organizationId: 'o', role: 'r', atLeastRevision: future }))
  const ended = endOf(stream)
  const writes = Array.from({ length: 900 }, (_, place) => client.write('CreatePermission', { key: `org:a:p${place}` }))
  await writes[0]
  const code = sidecar.stop()
  t.like(await ended, { status: 'UNAVAILABLE', reason: 'NOT_SERVING' })
  t.like(await waiting, { status: 'UNAVAILABLE', reason: 'NOT_SERVING' })
  const outcomes = await Promise.allSettled(writes)
  t.true(outcomes.every(({ status }) => status === 'fulfilled'))
  t.is(await code, 0)
})

/** A call that never sends its message, so it never ends by itself. */
async function beginCall(t: ExecutionContext, target: string): Promise<void> {
  const session = http2.connect(`http://${target}`)
  session.on('error', () => undefined)
  t.teardown(() => session.destroy())
  const { path } = contract.rolesets.v1.Decisions.service.Check
  const stream = session.request({
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc',
    te: 'trailers',
  })
  stream.on('error', () => undefined)
  // The call is on its way once a byte of it is written; the server has seen it once it has answered a ping after that.
  await new Promise((resolve) => stream.write(Buffer.alloc(1), resolve))
  await new Promise((resolve) => session.ping(resolve))
}

test("what doesn't finish within the grace is ended, and the exit code is still 0", async (t) => {
  const sidecar = await startIn(t, await temporaryFolder(t), { env: { ROLESETS_SHUTDOWN_GRACE_MS: '100' } })
  await beginCall(t, sidecar.target)
  t.is(await sidecar.stop(), 0)
  t.true(messages(sidecar.log).some((message) => message.startsWith('Calls were still running')))
})

test('a second signal ends it at once, with 1', async (t) => {
  const sidecar = await startIn(t, await temporaryFolder(t), { env: { ROLESETS_SHUTDOWN_GRACE_MS: '600000' } })
  await beginCall(t, sidecar.target)
  const exited = once(sidecar.child, 'close')
  sidecar.child.kill('SIGTERM')
  await until(() => messages(sidecar.log).some((message) => message.startsWith('The sidecar is stopping')))
  sidecar.child.kill('SIGINT')
  t.deepEqual(await exited, [1, null])
})

test('nobody needs to read what it prints', async (t) => {
  const folder = await temporaryFolder(t)
  const socket = join(folder, 's')
  const env = await settingsIn(folder, { ROLESETS_GRPC_LISTEN: `unix:${socket}`, ROLESETS_HTTP_LISTEN: '' })
  const child = spawn(process.execPath, [rolesetsCommand, 'serve'], {
    env: { ...cleanEnvironment(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  child.stdout.destroy()
  child.stderr.destroy()
  const client = connect(t, `unix:${socket}`)
  const ask = () => client.call('Check', { organizationId: 'o', role: 'org:admin' }).catch(() => undefined)
  let answer = await ask()
  while (answer === undefined && child.exitCode === null) answer = await ask()
  t.like(answer, { allowed: true })
  child.kill('SIGTERM')
  t.deepEqual(await once(child, 'exit'), [0, null])
})

for (const [what, fault] of [
  ['an exception that nobody catches', 'throw new Error("boom")'],
  ['a rejection that nobody handles', 'void Promise.reject(new Error("boom"))'],
] as const)
  test(`${what} ends it with 1 and its record in the log`, async (t) => {
    const env = await settingsIn(await temporaryFolder(t), {
      ROLESETS_GRPC_LISTEN: '127.0.0.1:0',
      ROLESETS_HTTP_LISTEN: '',
    })
    const preload = `data:text/javascript,process.on("SIGUSR2",()=>{${fault}})`
    const child = spawn(process.execPath, ['--import', preload, rolesetsCommand, 'serve'], {
      env: { ...cleanEnvironment(), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    t.teardown(() => child.kill('SIGKILL'))
    const log = text(child.stderr)
    await once(child.stdout, 'data')
    child.kill('SIGUSR2')
    t.deepEqual(await once(child, 'exit'), [1, null])
    const last = JSON.parse((await log).trim().split('\n').at(-1) ?? '') as Record<string, unknown>
    t.like(last, { level: 'fatal', message: 'An unexpected error ends the sidecar.' })
    t.like(last['err'], { message: 'boom' })
  })
