/**
 * Backs up and restores a large store under load, and prints what it took. It is no test of the suite, because it takes minutes:
 * `node --conditions=@rolesets/source --import=./scripts/typescript/register.mjs test/journeys/large-backup.ts [MB, here 500]`.
 * It ends with 1 if a backup isn't sound, lacks an acknowledged write, or takes longer than ten minutes.
 */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore } from '../../packages/sidecar/src/storage/open.ts'
import { cleanEnvironment, rolesetsCommand, startSidecar } from '../processes/sidecar-process.ts'
import { fillStore } from '../storage/filled-store.ts'
import { openOperator, secretKey } from './pricing-tiers.ts'

const megabytes = Number(process.argv[2] ?? 500)
const timeoutMs = 600_000
const writers = 4

const undo: (() => unknown)[] = []
const scope = { teardown: (step: () => unknown) => void undo.unshift(step) }
const folder = await mkdtemp(join(tmpdir(), 'rs-'))
scope.teardown(() => rm(folder, { recursive: true, force: true }))

/** MiB. Linux only. */
async function memoryOf(pid: number | undefined, field: 'VmHWM' | 'VmRSS'): Promise<number> {
  const status = await readFile(`/proc/${pid ?? 'self'}/status`, 'utf8').catch(() => '')
  return Math.round(Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1] ?? 0) / 1024)
}

/** @returns how long it took, and the most memory that the process was seen to have */
async function rolesets(...args: readonly string[]) {
  const env = { ...cleanEnvironment(), ROLESETS_KEY: secretKey }
  const start = performance.now()
  const stdio: ['ignore', 'ignore', 'pipe'] = ['ignore', 'ignore', 'pipe']
  const child = spawn(process.execPath, [rolesetsCommand, ...args], { env, stdio, timeout: timeoutMs })
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  let peakMiB = 0
  const looking = setInterval(() => {
    void memoryOf(child.pid, 'VmHWM').then((seen) => (peakMiB = Math.max(peakMiB, seen)))
  }, 20)
  const [exitCode] = (await once(child, 'close')) as [number | null]
  clearInterval(looking)
  if (exitCode !== 0) throw new Error(`rolesets ${args.join(' ')} ended with ${String(exitCode)}: ${stderr}`)
  return { seconds: Number(((performance.now() - start) / 1000).toFixed(1)), peakMiB }
}

/** Writes until it is stopped. `longestMs`: of the writes since it was last asked. */
function writeOn(admin: ReturnType<typeof openOperator>['admin']) {
  const acknowledged: string[] = []
  let longestMs = 0
  let isOver = false
  const write = async (writer: number) => {
    for (let turn = 0; !isOver; turn++) {
      const userId = `load_${writer}_${turn}`
      const start = performance.now()
      await admin.createMembership({ organizationId: 'org_0', userId, role: 'org:member' })
      longestMs = Math.max(longestMs, performance.now() - start)
      acknowledged.push(userId)
    }
  }
  const writing = Promise.all(Array.from({ length: writers }, (_, writer) => write(writer)))
  return {
    acknowledged,
    takeLongestMs: () => [Math.round(longestMs), (longestMs = 0)][0],
    stop: () => ((isOver = true), writing),
  }
}

async function lackingIn(file: string, userIds: readonly string[]): Promise<number> {
  const store = await openStore(`sqlite:${file}`)
  const { value } = await store.read(async (reader) => {
    const found = await Promise.all(userIds.map((userId) => reader.membership('org_0', userId)))
    return found.filter((each) => each === undefined).length
  })
  await store.close()
  return value
}

async function run(): Promise<void> {
  const database = join(folder, 'rolesets.db')
  const { members } = await fillStore(database, megabytes * 1_000_000)
  console.log({ megabytes: Math.round((await stat(database)).size / 1e6), members })
  const env = { ROLESETS_DATABASE: `sqlite:${database}`, ROLESETS_SECRET_KEY: secretKey }
  const sidecar = await startSidecar(scope, { env })
  const load = writeOn(openOperator(scope, sidecar).admin)
  const before = { idleMiB: await memoryOf(sidecar.child.pid, 'VmRSS') }
  await new Promise((resolve) => setTimeout(resolve, 3_000))
  console.log({ ...before, longestWriteMsWithoutBackup: load.takeLongestMs(), writes: load.acknowledged.length })
  const backups = { '--target': sidecar.target, '--database': database }
  for (const [option, value] of Object.entries(backups)) {
    const due = [...load.acknowledged]
    const file = join(folder, `backup${option}.db`)
    load.takeLongestMs()
    const took = await rolesets('backup', file, option, value)
    const longestWriteMs = load.takeLongestMs()
    const sidecarPeakMiB = await memoryOf(sidecar.child.pid, 'VmHWM')
    console.log(`backup ${option}`, { ...took, longestWriteMs, sidecarPeakMiB })
    const writesDuring = load.acknowledged.length - due.length
    const restored = join(folder, `restored${option}.db`)
    console.log(`restore`, await rolesets('restore', file, '--database', `sqlite:${restored}`), { writesDuring })
    const lacking = await lackingIn(restored, due)
    if (lacking > 0) throw new Error(`${lacking} of ${due.length} acknowledged writes are not in the backup.`)
  }
  await load.stop()
  await sidecar.stop()
}

try {
  await run()
} finally {
  for (const step of undo) await step()
}
