/**
 * Runs one row in its own process, so that no row is affected by the heap, compiled code or open handles of another.
 * The runner is at the other end of the channel. When it ends, everything that was started here ends, too.
 */

import { endProcesses } from './processes.ts'
import type { RowResult } from './row.ts'
import { loadRow } from './rows.ts'

export interface RowOrder {
  /** The file in rows/. */
  readonly file: string
  readonly quick: boolean
  readonly rounds: number
  readonly folder: string
  readonly timeoutMs: number
}

export type RowMessage =
  | { readonly kind: 'log'; readonly line: string }
  | { readonly kind: 'result'; readonly result: RowResult }
  | { readonly kind: 'failed'; readonly message: string }

const abandoned = new AbortController()
process.on('disconnect', () => {
  abandoned.abort(new Error('The runner has ended.'))
  void endProcesses().finally(() => process.exit(1))
})
// Ctrl-C in a terminal also reaches this process. The runner decides what happens.
process.on('SIGINT', () => undefined)
process.once('message', (order) => void perform(order as RowOrder))

async function perform({ file, timeoutMs, ...options }: RowOrder): Promise<void> {
  const signal = AbortSignal.any([abandoned.signal, AbortSignal.timeout(timeoutMs)])
  const log = (line: string) => void say({ kind: 'log', line })
  try {
    const row = await loadRow(file)
    const result = await Promise.race([row.run({ ...options, signal, log }), rejection(signal)])
    await say({ kind: 'result', result })
  } catch (error) {
    await say({ kind: 'failed', message: error instanceof Error ? (error.stack ?? error.message) : String(error) })
  }
  await endProcesses()
  process.exit(0)
}

function say(message: RowMessage): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined || !process.connected) resolve()
    else process.send(message, () => resolve())
  })
}

function rejection(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  })
}
