/**
 * Health as three facts: started (the store is open), ready (it has complete data and takes calls), fresh (within the
 * bound of staleness). Open to everybody: probes have no key.
 */

import { Router, type Response } from 'express'
import { notReady, ok } from './problem.ts'

export interface HealthFacts {
  readonly started: boolean
  readonly ready: boolean
  readonly fresh: boolean
}

export function healthRouter(facts: () => HealthFacts): Router {
  const router = Router()
  // The process answers, so it lives.
  router.get('/livez', (_request, response) => sendFacts(response, ok, { live: true }))
  router.get('/readyz', (_request, response) => {
    const now = facts()
    sendFacts(response, now.ready ? ok : notReady, now)
  })
  return router
}

function sendFacts(response: Response, status: number, facts: object): void {
  response.status(status).setHeader('Cache-Control', 'no-store').json(facts)
}
