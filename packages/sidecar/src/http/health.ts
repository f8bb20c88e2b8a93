/**
 * What the three probes answer. Live: the process answers, and a restart would not help. Ready: calls are accepted. Startup: it
 * was ready once. No key is needed, because probes have none.
 */

import type { ServerResponse } from 'node:http'
import { Router } from 'express'
import type { Readiness } from '../readiness.ts'

export interface ProbeAnswer {
  readonly status: 200 | 503
  readonly body: object
}

const probes: Readonly<Record<string, (readiness: Readiness) => ProbeAnswer>> = {
  // A process that answers is live, unless only a restart can make it accept writes again.
  '/livez': ({ isWritable }) =>
    isWritable ? answer(true, { live: true }) : answer(false, { live: false, writable: false }),
  '/readyz': (readiness) => answer(readiness.isReady && readiness.isWritable, readiness.facts()),
  '/startupz': ({ hasBeenReady, waitingFor }) =>
    hasBeenReady
      ? answer(true, { startup_complete: true })
      : answer(false, { startup_complete: false, waiting_for: waitingFor }),
}

export const probePaths: readonly string[] = Object.keys(probes)

/** @returns undefined: the path is not one of a probe */
export function answerToProbe(path: string, readiness: Readiness): ProbeAnswer | undefined {
  return Object.hasOwn(probes, path) ? probes[path]?.(readiness) : undefined
}

export function sendProbeAnswer(response: ServerResponse, { status, body }: ProbeAnswer): void {
  response.statusCode = status
  response.setHeader('Content-Type', 'application/json; charset=utf-8')
  response.setHeader('Cache-Control', 'no-store')
  response.end(JSON.stringify(body))
}

export function healthRouter(readiness: Readiness): Router {
  const router = Router()
  for (const [path, read] of Object.entries(probes))
    router.get(path, (_request, response) => sendProbeAnswer(response, read(readiness)))
  return router
}

function answer(isGood: boolean, body: object): ProbeAnswer {
  return { status: isGood ? 200 : 503, body }
}
