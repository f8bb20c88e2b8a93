/** The error handler that answers with problem documents. It never redirects and never writes HTML. */

import type { IncomingMessage, ServerResponse } from 'node:http'
import { logError } from './console.ts'
import { RoleSetsExpressError, type RoleSetsExpressErrorCode } from './errors.ts'
import { aBoolean, aFunction, checkOptions } from './options.ts'
import { tell } from './outcome.ts'
import { foreignProblem, isReported, problem, problemDocument } from './problem.ts'
import { reply } from './reply.ts'

export interface ProblemsOptions {
  /** Also answer errors of other packages, with their `status` or 500, instead of passing them on. Default false. */
  readonly all?: boolean | undefined
  /**
   * Called with each error that is answered with 500, and with errors of other packages up to 599. The answer itself has no
   * details. Default: `console.error`.
   */
  readonly onError?: ((error: unknown, req: IncomingMessage) => void) | undefined
}

/* eslint-disable max-params -- Express recognizes an error handler by its four parameters. */

/** An error handler for Express 4 and 5. */
export type ErrorMiddleware = (
  error: unknown,
  req: IncomingMessage,
  res: ServerResponse,
  next: (error?: unknown) => void,
) => void

/**
 * Answers the errors of this package and of Express's body parsers as `application/problem+json`. Put it after the routes:
 * `app.use(problems())`. Other errors go to the next error handler, unless `all` is set.
 */
export function problems(given: ProblemsOptions = {}): ErrorMiddleware {
  const options = checkOptions<ProblemsOptions>('problems({ all: true })', given, { all: aBoolean, onError: aFunction })
  const { all = false, onError = logError } = options
  return function problemsMiddleware(error, req, res, next) {
    const known = problemOf(error) ?? (all ? foreignProblem(error) : undefined)
    if (known === undefined || res.headersSent) {
      next(error)
      return
    }
    if (isReported(known)) tell(() => onError(error, req))
    for (const [name, value] of Object.entries(known.headers)) res.setHeader(name, value)
    const body = JSON.stringify(problemDocument(known))
    reply(res, { status: known.status, contentType: 'application/problem+json', cacheControl: 'no-store', body })
  }
}

/* eslint-enable max-params */

function problemOf(error: unknown): RoleSetsExpressError | undefined {
  if (error instanceof RoleSetsExpressError) return error
  if (typeof error !== 'object' || error === null) return undefined
  const { type } = error as { readonly type?: unknown }
  const known = typeof type === 'string' ? bodyProblems.get(type) : undefined
  return known && problem(known[0], known[1], { cause: error })
}

/** By the `type` of the body parsers' errors. Their messages quote the body; these details do not. */
const bodyProblems: ReadonlyMap<string, readonly [RoleSetsExpressErrorCode, string]> = new Map([
  ['entity.parse.failed', ['body_malformed', 'The body cannot be parsed.']],
  ['request.aborted', ['body_malformed', 'The body ended too early.']],
  ['request.size.invalid', ['body_malformed', 'The length of the body differs from Content-Length.']],
  ['entity.too.large', ['body_too_large', 'The body is too large.']],
  ['parameters.too.many', ['body_too_large', 'The body has too many parameters.']],
  ['charset.unsupported', ['body_unsupported', 'The charset of the body is not supported.']],
  ['encoding.unsupported', ['body_unsupported', 'The encoding of the body is not supported.']],
])
