/** The operations as routes. Every failure is answered in Clerk's envelope, also an unknown path or method. */

import { Router, type ErrorRequestHandler, type Request, type RequestHandler, type Response } from 'express'
import type { ApiVersion } from '@rolesets/core'
import { DeadlinePassed, ServiceError } from '../../service/service-error.ts'
import type { Service } from '../../service/service.ts'
import { failureOfReading, readBody, sendFailure, sendRepresentation } from './body.ts'
import type { Identify, Identity } from '../../service/key-ring.ts'
import { actingOf, actorOf, checkAccess, identifyCaller } from './caller.ts'
import { answerTo, ClerkFailure, errorCodeOf, failure } from './envelope.ts'
import { parseIfMatch, refuseDryRunHeaders } from './precondition.ts'
import { readQuery, type QueryValues } from './query.ts'
import { isDryRun, type Given, type Operation, type WriteScope } from './route.ts'
import { parseApiVersion } from './version.ts'

export interface ClerkOptions {
  readonly service: Service
  readonly identify: Identify
  /** Of requests that name none. */
  readonly defaultVersion: ApiVersion
  readonly measurements: {
    wrote(operation: string, result: string): void
    callFailed(): void
    accessRefused(): void
  }
  /** Receives unexpected errors. */
  readonly failed: (error: unknown, method: string) => void
}

const versionParameter = '__clerk_api_version'

/** How long a call can wait. A write that has started is finished. */
const deadlineMs = 30_000

/** Why a request of Clerk's API isn't served; undefined: it isn't one. */
export type NotServed = (method: string, path: string, isServed: boolean) => string | undefined

export function createClerkRouter(
  operations: readonly Operation[],
  options: ClerkOptions,
  notServed: NotServed,
): Router {
  const router = Router({ caseSensitive: true })
  router.use((request, response, next) => {
    // For failures. Other answers replace it by the revision that they show.
    response.setHeader('Rolesets-Revision', options.service.readModel.revisionText)
    response.locals['admitted'] = admit(request, response, options)
    next()
  })
  for (const [path, ofPath] of byPath(operations)) {
    const route = router.route(path.replace(/\{(\w+)\}/g, ':$1'))
    for (const operation of ofPath)
      route[operation.method](
        checkAccessTo(operation, options),
        ...(operation.writes && !operation.ignoresBody ? [readBody] : []),
        handlerOf(operation, options),
      )
    route.all(wrongMethod(path, ofPath, notServed))
  }
  router.use((request) => {
    const reason = notServed(request.method, request.path, false)
    if (reason !== undefined) throw failure('not_served_here', reason)
    throw failure('resource_not_found', "This path doesn't exist. GET /v1/openapi.json lists all paths.")
  })
  router.use(failureHandler(options))
  return router
}

interface Admitted {
  readonly caller: Identity
  readonly apiVersion: ApiVersion
  /** Without the version. */
  readonly query: QueryValues
}

function admit(request: Request, response: Response, { identify, defaultVersion }: ClerkOptions): Admitted {
  const caller = identifyCaller(request.headers, identify)
  const { [versionParameter]: inQuery, ...query } = readQuery(request.originalUrl)
  const { version, warning } = parseApiVersion(request.get('clerk-api-version'), inQuery, defaultVersion)
  response.setHeader('Clerk-API-Version', version)
  // RFC 7234, 5.5.7: a persistent warning of any kind.
  if (warning !== undefined) response.setHeader('Warning', `299 rolesets ${JSON.stringify(warning)}`)
  return { caller, apiVersion: version, query }
}

/** Fixed segments come before parameters: `/invitations/pending` isn't the invitation with the id `pending`. */
function byPath(operations: readonly Operation[]): [string, Operation[]][] {
  const paths = new Map<string, Operation[]>()
  for (const operation of operations) paths.set(operation.path, [...(paths.get(operation.path) ?? []), operation])
  const sortable = (path: string) => path.replaceAll('{', '\uffff')
  return [...paths].sort(([a], [b]) => (sortable(a) < sortable(b) ? -1 : 1))
}

function wrongMethod(path: string, operations: readonly Operation[], notServed: NotServed): RequestHandler {
  const allowed = operations.flatMap(({ method }) => (method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()]))
  return (request, response) => {
    const reason = notServed(request.method, path, true)
    if (reason !== undefined) throw failure('not_served_here', reason)
    response.setHeader('Allow', allowed.join(', '))
    throw failure('method_not_allowed', `${path} allows ${allowed.join(', ')} only, not ${request.method}.`)
  }
}

/** Before the body is read. */
function checkAccessTo(operation: Operation, { service, measurements }: ClerkOptions): RequestHandler {
  return (_request, response, next) => {
    response.locals['operation'] = operation
    try {
      const { caller, query } = response.locals['admitted'] as Admitted
      checkAccess(caller, operation.access)
      if (operation.writes) service.checkWritable({ dryRun: isDryRun(query) })
    } catch (error) {
      if (operation.writes) measurements.wrote(operation.operation, reasonOf(error))
      throw error
    }
    next()
  }
}

function handlerOf(operation: Operation, { service, measurements }: ClerkOptions): RequestHandler {
  return async (request, response) => {
    const { caller, apiVersion, query } = response.locals['admitted'] as Admitted
    const { signal, settle } = callSignal(response)
    const given: Given = { params: request.params, query, body: request.body as unknown }
    try {
      if (operation.writes) refuseDryRunHeaders(request.headers)
      const expectedRevision = operation.writes ? parseIfMatch(request.get('if-match')) : undefined
      const actor = actorOf(request.headers, caller)
      const acting = operation.writes ? actingOf(request.headers, operation.isOnBehalf === true) : {}
      const call = { actor, dryRun: false, expectedRevision, onlyRegistered: true, ...acting, signal }
      const scope: WriteScope = { service, apiVersion, call }
      const answer = await operation.answer(given, scope)
      if (operation.writes) measurements.wrote(operation.operation, answer.isDryRun === true ? 'DRY_RUN' : 'OK')
      sendRepresentation(response, answer)
    } catch (error) {
      if (operation.writes) measurements.wrote(operation.operation, reasonOf(error))
      throw error
    } finally {
      settle()
    }
  }
}

function callSignal(response: Response): { signal: AbortSignal; settle: () => void } {
  const controller = new AbortController()
  const timer = setTimeout(() => controller.abort(new DeadlinePassed()), deadlineMs)
  const leave = () => controller.abort(new ServiceError('call_cancelled', 'The caller cancelled the call.'))
  response.once('close', leave)
  const settle = () => {
    clearTimeout(timer)
    response.off('close', leave)
  }
  return { signal: controller.signal, settle }
}

/** The result for the metrics, as for gRPC calls. */
function reasonOf(error: unknown): string {
  if (!(error instanceof ClerkFailure)) return (errorCodeOf(error) ?? 'internal_failure').toUpperCase()
  return error.errors[0].code === 'authorization_invalid' ? 'WRITE_KEY_REQUIRED' : 'INVALID_FIELD'
}

function failureHandler({ failed, measurements }: ClerkOptions): ErrorRequestHandler {
  // Express recognizes an error handler by its four parameters.
  // eslint-disable-next-line max-params
  return (thrown: unknown, request, response, next) => {
    if (response.headersSent) return next(thrown)
    if (response.closed) return
    const operation = response.locals['operation'] as Operation | undefined
    const answer = answerTo(failureOfReading(thrown), operation?.words)
    if (answer.isUnexpected) {
      measurements.callFailed()
      failed(thrown, `${request.method} /v1${operation?.path ?? ''}`)
    }
    if (answer.errors.some(({ code }) => isAboutAccess.has(code))) measurements.accessRefused()
    sendFailure(response, answer)
  }
}

const isAboutAccess = new Set(['authorization_header_format_invalid', 'clerk_key_invalid', 'authorization_invalid'])
