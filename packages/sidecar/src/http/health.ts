/**
 * What the three probes answer. Live: the process answers, and a restart would not help. Ready: calls are accepted. Startup: it
 * was ready once. No key is needed, because probes have none.
 */

import type { ServerResponse } from 'node:http'
import type { Readiness } from '../readiness.ts'

export interface ProbeAnswer {
  readonly status: 200 | 503
  readonly body: object
}

const probes = {
  // A process that answers is live, unless only a restart can make it accept writes again.
  '/livez': ({ isWritable }: Readiness) =>
    isWritable ? answer(true, { live: true }) : answer(false, { live: false, writable: false }),
  '/readyz': (readiness: Readiness) => answer(readiness.isReady && readiness.isWritable, readiness.facts()),
  '/startupz': ({ hasBeenReady, waitingFor }: Readiness) =>
    hasBeenReady
      ? answer(true, { startup_complete: true })
      : answer(false, { startup_complete: false, waiting_for: waitingFor }),
}

export type ProbePath = keyof typeof probes

export const probePaths = Object.keys(probes) as readonly ProbePath[]

export function isProbePath(path: string): path is ProbePath {
  return Object.hasOwn(probes, path)
}

export function answerProbe(response: ServerResponse, path: ProbePath, readiness: Readiness): void {
  const { status, body } = probes[path](readiness)
  response.statusCode = status
  response.setHeader('Content-Type', 'application/json; charset=utf-8')
  response.setHeader('Cache-Control', 'no-store')
  response.end(JSON.stringify(body))
}

function answer(isGood: boolean, body: object): ProbeAnswer {
  return { status: isGood ? 200 : 503, body }
}
