/** The memory of a process, as Linux reports it. Other systems do not report it for another process. */

import { readFile } from 'node:fs/promises'

/** The peak of the resident memory, in bytes. Undefined without /proc. */
export async function residentPeakBytes(pid: number | undefined): Promise<number | undefined> {
  return statusBytes(pid, 'VmHWM')
}

/** The resident memory now, in bytes. Undefined without /proc. */
export async function residentBytes(pid: number | undefined): Promise<number | undefined> {
  return statusBytes(pid, 'VmRSS')
}

async function statusBytes(pid: number | undefined, field: string): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid ?? 'self'}/status`, 'utf8').catch(() => '')
  const kilobytes = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024
}
