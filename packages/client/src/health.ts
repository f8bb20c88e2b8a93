/** `@rolesets/client/health`: asks a sidecar once for its health, without following its feed. It needs no key. */

import { parseDurationMs, parseObject, parseSignal } from './arguments.ts'
import { systemClock } from './clock.ts'
import { invalidArgument } from './errors.ts'
import { parseConnection } from './options.ts'
import { Waiting } from './waiting.ts'
import type { TlsOptions } from './wire/diagnosis.ts'
import { askHealth, type SidecarHealth } from './wire/health-call.ts'

export type { SidecarHealth } from './wire/health-call.ts'

export interface HealthOptions {
  /** `host:port`, `unix:<path>` or `dns:///host:port`. */
  readonly target: string
  readonly tls?: TlsOptions | true
  /** For all of it. Default 2000. */
  readonly deadlineMs?: number
  readonly signal?: AbortSignal
}

const optionNames = ['target', 'tls', 'deadlineMs', 'signal']

/** @throws RoleSetsError `unavailable` (its `detail` names the cause), `deadline_exceeded`, `aborted`, `invalid_argument` */
export async function readHealth(options: HealthOptions): Promise<SidecarHealth> {
  const { target, tls, deadlineMs = 2_000, signal } = parseObject(options, 'options') as HealthOptions
  const unknown = Object.keys(options).find((name) => !optionNames.includes(name))
  if (unknown !== undefined) throw invalidArgument(unknown, 'is not an option of readHealth.')
  const connection = parseConnection({ target, ...(tls === undefined ? {} : { tls }) })
  const limits = { deadlineMs: parseDurationMs(deadlineMs, 'deadlineMs'), signal: parseSignal(signal) }
  return new Waiting(systemClock).bounded(
    (ended) => askHealth(connection, { deadlineMs: limits.deadlineMs, signal: ended }),
    limits,
  )
}
