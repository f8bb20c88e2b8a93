/** The error handler that answers with problem documents. It never redirects, and never writes HTML. */

import type { IncomingMessage, ServerResponse } from 'node:http'
import { complain } from './complaint.ts'
import { RoleSetsExpressError, type RoleSetsExpressErrorCode } from './errors.ts'
import { aBoolean, aFunction, checkOptions } from './options.ts'
import { foreignProblem, isFault, problem, problemDocument } from './problem.ts'

export interface ProblemsOptions {
  /** Also answers errors that aren't ours, by their `status`, else as a 500, instead of passing them on. Default false. */
  readonly all?: boolean | undefined
  /** Is told of each error that is answered with a 500, because that answer says nothing. Default: `console.error`. */
  readonly onError?: ((error: unknown, req: IncomingMessage) => void) | undefined
}

/* eslint-disable max-params -- Express tells an error handler by its four parameters. */

/** An error handler, for Express 4 and 5 alike. */
export type ErrorMiddleware = (
  error: unknown,
  req: IncomingMessage,
  res: ServerResponse,
  next: (error?: unknown) => void,
) => void

/**
 * Answers the errors of this package, and those of Express's body parsers, as `application/problem+json`. Put it after
 * the routes: `app.use(problems())`. Other errors go on to the next error handler, unless `all` is set.
 */
export function problems(given: ProblemsOptions = {}): ErrorMiddleware {
  const options = checkOptions<ProblemsOptions>('problems({ all: true })', given, { all: aBoolean, onError: aFunction })
  const { all = false, onError = complain } = options
  return function problemsMiddleware(error, req, res, next) {
    const known = problemOf(error) ?? (all ? foreignProblem(error) : undefined)
    if (known === undefined || res.headersSent) {
      next(error)
      return
    }
    if (isFault(known)) tell(() => onError(error, req))
    write(res, known)
  }
}

/* eslint-enable max-params */

function tell(report: () => void): void {
  try {
    report()
  } catch {
    // The answer doesn't depend on whether the listener works.
  }
}

function problemOf(error: unknown): RoleSetsExpressError | undefined {
  if (error instanceof RoleSetsExpressError) return error
  if (typeof error !== 'object' || error === null) return undefined
  const { type } = error as { readonly type?: unknown }
  const known = typeof type === 'string' ? bodyProblems.get(type) : undefined
  return known && problem(known[0], known[1], { cause: error })
}

/** By the `type` of the errors that `express.json()` and its siblings make. Their messages quote the body; ours don't. */
const bodyProblems: ReadonlyMap<string, readonly [RoleSetsExpressErrorCode, string]> = new Map([
  ['entity.parse.failed', ['body_malformed', 'The body cannot be parsed.']],
  ['request.aborted', ['body_malformed', 'The body ended too early.']],
  ['request.size.invalid', ['body_malformed', 'The body has another length than Content-Length says.']],
  ['entity.too.large', ['body_too_large', 'The body is too large.']],
  ['parameters.too.many', ['body_too_large', 'The body has too many parameters.']],
  ['charset.unsupported', ['body_unsupported', 'The charset of the body is not supported.']],
  ['encoding.unsupported', ['body_unsupported', 'The encoding of the body is not supported.']],
])

function write(res: ServerResponse, error: RoleSetsExpressError): void {
  const body = JSON.stringify(problemDocument(error))
  res.statusCode = error.status
  for (const [name, value] of Object.entries(error.headers)) res.setHeader(name, value)
  res.setHeader('Content-Type', 'application/problem+json')
  res.setHeader('Content-Length', Buffer.byteLength(body))
  res.setHeader('Cache-Control', 'no-store')
  res.end(body)
}
