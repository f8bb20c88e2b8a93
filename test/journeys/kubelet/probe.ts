/** A probe of a container: asks again and again, and counts what came in a row, as a kubelet does. */

import { get } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import type { ProbeSpec } from './pod-spec.ts'

export interface ProbeTarget {
  readonly host: string
  readonly port: number
  /** Ends the probe. */
  readonly signal: AbortSignal
  /** How long one second between two probes takes. */
  readonly secondMs: number
}

/** What a row of equal answers means. `undefined`: the row isn't long enough yet. */
export type Verdict = 'success' | 'failure'

/** Ends when `hear` returns true, or with the signal. */
export async function followProbe(
  probe: ProbeSpec,
  { host, port, signal, secondMs }: ProbeTarget,
  hear: (verdict: Verdict, why: string) => boolean | void,
): Promise<void> {
  const { initialDelaySeconds = 0, periodSeconds = 10, failureThreshold = 3, successThreshold = 1 } = probe
  let row: { verdict: Verdict; length: number } = { verdict: 'failure', length: 0 }
  try {
    await pause(initialDelaySeconds * secondMs, undefined, { signal })
    for (;;) {
      const why = await ask(probe, { host, port, signal })
      if (signal.aborted) return
      const verdict = why === undefined ? 'success' : 'failure'
      row = { verdict, length: row.verdict === verdict ? row.length + 1 : 1 }
      const isLong = row.length >= (verdict === 'success' ? successThreshold : failureThreshold)
      if (isLong && hear(verdict, why ?? '') === true) return
      await pause(periodSeconds * secondMs, undefined, { signal })
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

/** @returns why it failed; undefined: it succeeded */
async function ask(
  { httpGet: { path }, timeoutSeconds = 1 }: ProbeSpec,
  { host, port, signal }: Pick<ProbeTarget, 'host' | 'port' | 'signal'>,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutSeconds * 1_000)])
    const failed = (error: Error) => resolve(error.message)
    // A connection of its own, as kubelets do.
    const request = get({ host, port, path, agent: false, signal: limit }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => (text += chunk)).on('error', failed)
      const { statusCode = 0 } = response
      response.on('end', () => resolve(statusCode >= 200 && statusCode < 400 ? undefined : `${statusCode} ${text}`))
    })
    request.on('error', failed)
  })
}
