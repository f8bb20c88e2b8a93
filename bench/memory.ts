/** How much memory a process holds, as Linux tells it; elsewhere nothing is known of another process. */

import { readFile } from 'node:fs/promises'

/** The most that was ever resident, in bytes; undefined where there is no /proc. */
export async function residentPeakBytes(pid: number | undefined): Promise<number | undefined> {
  return statusBytes(pid, 'VmHWM')
}

/** What is resident now, in bytes; undefined where there is no /proc. */
export async function residentBytes(pid: number | undefined): Promise<number | undefined> {
  return statusBytes(pid, 'VmRSS')
}

async function statusBytes(pid: number | undefined, field: string): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid ?? 'self'}/status`, 'utf8').catch(() => '')
  const kilobytes = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024
}
