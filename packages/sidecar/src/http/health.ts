/**
 * Health as three facts: started (the store is open), ready (the data is complete and calls are accepted), fresh (the data
 * is within the bound of staleness; the service's `freshness` decides it). No key is needed: probes have none.
 */

import { Router, type Response } from 'express'

export interface HealthFacts {
  readonly started: boolean
  readonly ready: boolean
  readonly fresh: boolean
}

export function healthRouter(facts: () => HealthFacts): Router {
  const router = Router()
  // A process that answers is live.
  router.get('/livez', (_request, response) => sendFacts(response, 200, { live: true }))
  router.get('/readyz', (_request, response) => {
    const now = facts()
    sendFacts(response, now.ready ? 200 : 503, now)
  })
  return router
}

function sendFacts(response: Response, status: number, facts: object): void {
  response.status(status).setHeader('Cache-Control', 'no-store').json(facts)
}
