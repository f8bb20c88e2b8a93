/** Servers of other projects that a row starts. */

import { connect } from 'node:net'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import type { Process } from '../processes.ts'

/** A server, or the reason why it is missing. */
export type Peer =
  | { readonly missing: string }
  | { readonly missing?: never; readonly target: string; readonly close: () => Promise<unknown> }

const startMsMax = 30_000
const lookEveryMs = 50

/** Waits until a server listens on a Unix socket. */
export async function answers(socket: string, { child, log }: Process): Promise<void> {
  const giveUpAtMs = performance.now() + startMsMax
  while (!(await isAnswered(socket))) {
    const isOver = child.exitCode !== null || performance.now() > giveUpAtMs
    if (isOver) throw new Error(`No server answers on ${socket}:\n${log.join('\n')}`)
    await delay(lookEveryMs)
  }
}

async function isAnswered(path: string): Promise<boolean> {
  const socket = connect(path)
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
