/** Runs rows one after the other, each in its own process and with a temporary folder. */

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { RowMessage, RowOrder } from './row-process.ts'
import type { RowResult } from './row.ts'
import type { FoundRow } from './rows.ts'

export interface Outcome {
  readonly id: string
  readonly title: string
  readonly goal: string
  readonly seconds: number
  readonly result?: RowResult
  /** Why there is no result. */
  readonly error?: string
}

export interface RunPlan {
  readonly rows: readonly FoundRow[]
  readonly quick: boolean
  /** Instead of those of the size. */
  readonly rounds?: number
  readonly signal: AbortSignal
  readonly log: (line: string) => void
}

const rowFile = fileURLToPath(new URL('row-process.ts', import.meta.url))
const roundsOf = { full: 5, quick: 3 }
const timeoutsMs = { full: 8 * 60_000, quick: 60_000 }

export async function runRows({ rows, quick, rounds, signal, log }: RunPlan): Promise<readonly Outcome[]> {
  const size = quick ? 'quick' : 'full'
  const outcomes: Outcome[] = []
  for (const { file, row } of rows) {
    if (signal.aborted) break
    const { id, title, goal } = row
    log(`${id}: ${title} …`)
    // Short, because the path of a Unix socket in it may have at most 107 bytes.
    const folder = await mkdtemp(join(tmpdir(), 'rb-'))
    const startedAtMs = performance.now()
    const order = { file, quick, rounds: rounds ?? roundsOf[size], folder, timeoutMs: timeoutsMs[size] }
    const ended = await runInProcess(order, signal, (line) => log(`${id}: ${line}`)).finally(() =>
      rm(folder, { recursive: true, force: true }),
    )
    const seconds = Number(((performance.now() - startedAtMs) / 1000).toFixed(1))
    log(`${id}: ${'error' in ended ? ended.error : 'done'} (${seconds} s)`)
    outcomes.push({ id, title, goal, seconds, ...ended })
  }
  return outcomes
}

/** The channel carries JSON, so the result is the same as in a file. */
function runInProcess(
  order: RowOrder,
  signal: AbortSignal,
  log: (line: string) => void,
): Promise<{ readonly result: RowResult } | { readonly error: string }> {
  return new Promise((resolve) => {
    const execArgv = ['--import=ts-blank-space/register', '--enable-source-maps', '--expose-gc']
    // A row prints its progress to stderr. Only the table goes to stdout.
    const child = fork(rowFile, { execArgv, stdio: ['ignore', 2, 2, 'ipc'] })
    let ended: { readonly result: RowResult } | { readonly error: string } | undefined
    // It ends its processes when the channel closes. A row that blocks its own process does not notice this.
    const abandon = () => {
      if (child.connected) child.disconnect()
      setTimeout(() => child.kill('SIGKILL'), 5000).unref()
    }
    const overdue = setTimeout(abandon, order.timeoutMs + 10_000)
    signal.addEventListener('abort', abandon, { once: true })
    child.on('message', (message: RowMessage) => {
      if (message.kind === 'log') log(message.line)
      else if (message.kind === 'result') ended = { result: message.result }
      else ended = { error: message.message }
    })
    // Waits for both: the last message may come after `exit`, and `close` does not come when this side closed the
    // channel.
    void Promise.all([once(child, 'exit'), once(child, 'disconnect')])
      .then(() => `The row ended (${child.exitCode ?? child.signalCode}) without a result.`)
      .catch(String)
      .then((error) => {
        clearTimeout(overdue)
        signal.removeEventListener('abort', abandon)
        resolve(ended ?? { error })
      })
    child.send(order)
  })
}
