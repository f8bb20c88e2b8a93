/** The routes of the HTTP server. An unknown path is answered with a problem, never with a page of Express. */

import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express'
import { bearerKey } from '../service/key-ring.ts'
import type { ClerkOptions } from './operation/router.ts'
import { checkCertificate, checkHeaders, checkReady, type FrontDoorOptions } from './front-door.ts'
import type { Readiness } from '../readiness.ts'
import { answerProbe, probePaths } from './health.ts'
import type { Measurements } from './measurements.ts'
import { sendPage, type MetricsPage } from './metrics-page.ts'
import type { HttpAuthority } from './pass-on.ts'
import { sendProblem } from './problem.ts'

export interface AppOptions extends ClerkOptions, FrontDoorOptions {
  /** True: the address is on loopback, and metrics need no key. */
  readonly isLocal: boolean
  readonly readiness: Readiness
  // Both rooms report to it.
  readonly measurements: Measurements
  readonly metrics: MetricsPage
  /** Where a replica passes the API on to. Undefined: this sidecar is an authority. */
  readonly passedOnTo: { readonly authority: HttpAuthority | undefined } | undefined
}

export function createApp(options: AppOptions): Express {
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.use(checkHeaders(options))
  for (const path of probePaths) app.get(path, (_request, response) => answerProbe(response, path, options.readiness))
  app.use(checkCertificate(options))
  app.get('/metrics', keyed(options), metricsHandler(options))
  app.use('/v1', checkReady(options.readiness), apiHandler(options))
  for (const path of [...probePaths, '/metrics'])
    app.all(path, (request, response) => {
      response.setHeader('Allow', 'GET, HEAD')
      sendProblem(response, 'method_not_allowed', `${path} allows GET and HEAD only, not ${request.method}.`)
    })
  app.use((_request, response) =>
    sendProblem(
      response,
      'not_found',
      "This path doesn't exist. Use /livez, /readyz, /startupz, /metrics or a path below /v1.",
    ),
  )
  app.use(errorHandler(options))
  return app
}

function metricsHandler({ metrics }: AppOptions): RequestHandler {
  return async (_request, response) => sendPage(response, await metrics.read())
}

function apiHandler(options: AppOptions): RequestHandler {
  const { passedOnTo, identify, failed } = options
  if (passedOnTo !== undefined) {
    const replica = once(async () => (await import('./pass-on.ts')).passOn({ ...passedOnTo, identify, failed }))
    return async (request, response, next) => (await replica())(request, response, next)
  }
  // Loaded with the first call: the start doesn't need it.
  const api = once(async () => (await import('./clerk/api.ts')).createApi(options))
  return async (request, response, next) => (await api())(request, response, next)
}

/** On loopback, reading needs no key; but a wrong key is rejected there too. */
function keyed({ identify, isLocal, measurements }: AppOptions): RequestHandler {
  return (request, response, next) => {
    const given = request.get('authorization')
    if (given === undefined && isLocal) return next()
    const key = bearerKey(given)
    if (key !== undefined && identify(key) !== undefined) return next()
    measurements.accessRefused()
    sendProblem(response, 'key_required', 'Send `Authorization: Bearer <key>` with the read key or the secret key.')
  }
}

function errorHandler({ failed }: AppOptions): ErrorRequestHandler {
  // Express recognizes an error handler by its four parameters.
  // eslint-disable-next-line max-params
  return (error: unknown, request, response, next) => {
    if (response.headersSent) return next(error)
    // Express marks errors of the caller with their status, for example a path that can't be decoded.
    const isCallers = error instanceof Error && 'status' in error && Number(error.status) < 500
    if (isCallers) return sendProblem(response, 'bad_request', 'The path or a header is malformed. Correct it.')
    failed(error, `${request.method} ${request.path}`)
    sendProblem(response, 'internal_failure', 'The log of the sidecar has the details.')
  }
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => (made ??= make())
}
