/**
 * Health as three facts: started (the store is open), ready (the data is complete and calls are accepted), fresh (the data
 * is within the bound of staleness; the service's `freshness` decides it). A fourth fact, `writable`, is shown only while the
 * store refuses every write. No key is needed: probes have none.
 */

import { Router, type Response } from 'express'

export interface HealthFacts {
  readonly started: boolean
  readonly ready: boolean
  readonly fresh: boolean
  /** False: the store refuses every write, and only a restart may help. Left out: it accepts them. */
  readonly writable?: boolean
  /** True: the settings refuse every write but that of the manifest, which is no fault. Shown only then. */
  readonly readOnly?: boolean
}

export function healthRouter(facts: () => HealthFacts): Router {
  const router = Router()
  // A process that answers is live, unless only a restart can make it accept writes again.
  router.get('/livez', (_request, response) => {
    if (facts().writable === false) sendFacts(response, 503, { live: false, writable: false })
    else sendFacts(response, 200, { live: true })
  })
  router.get('/readyz', (_request, response) => {
    const { writable = true, readOnly = false, ...now } = facts()
    const shown = { ...now, ...(readOnly && { read_only: true }), ...(!writable && { writable }) }
    sendFacts(response, now.ready && writable ? 200 : 503, shown)
  })
  return router
}

function sendFacts(response: Response, status: number, facts: object): void {
  response.status(status).setHeader('Cache-Control', 'no-store').json(facts)
}
