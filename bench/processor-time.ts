/** How long a process has been on a processor, as Linux tells it: a cost that neighbours on the machine hardly change. */

import { readdir, readFile } from 'node:fs/promises'

/** Of all its threads that there are, in microseconds; undefined where there is no /proc. */
export async function processorMicroseconds(pid: number): Promise<number | undefined> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => [])
  if (threads.length === 0) return undefined
  const texts = await Promise.all(
    threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').catch(() => '0')),
  )
  // The first of three numbers is the time on a processor, in nanoseconds.
  return texts.reduce((sum, text) => sum + Number(text.split(' ')[0]), 0) / 1000
}
