/** The processor time of a process, as Linux reports it. Other processes on the machine hardly change it. */

import { readdir, readFile } from 'node:fs/promises'

/** The sum of all its running threads, in microseconds. Undefined without /proc. */
export async function processorMicroseconds(pid: number): Promise<number | undefined> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => [])
  if (threads.length === 0) return undefined
  const texts = await Promise.all(
    threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').catch(() => '0')),
  )
  // The first of the three numbers is the processor time in nanoseconds.
  return texts.reduce((sum, text) => sum + Number(text.split(' ')[0]), 0) / 1000
}
