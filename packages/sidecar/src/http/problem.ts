/**
 * Failures outside `/v1`, as `application/problem+json` (RFC 9457). Below `/v1` a failure is what Clerk's clients expect:
 * `operation/codes.ts` and `operation/envelope.ts`.
 */

import type { Response } from 'express'

export const ok = 200
export const notReady = 503

const problems = {
  not_found: { status: 404, title: 'There is nothing here' },
  method_not_allowed: { status: 405, title: 'This method is not for this path' },
  key_required: { status: 401, title: 'A key is needed' },
  bad_request: { status: 400, title: 'The request can’t be read' },
  internal_failure: { status: 500, title: 'An unforeseen failure' },
} as const

export type ProblemCode = keyof typeof problems

export function sendProblem(response: Response, code: ProblemCode, detail: string): void {
  const { status, title } = problems[code]
  if (code === 'key_required') response.setHeader('WWW-Authenticate', 'Bearer realm="rolesets"')
  response
    .status(status)
    .setHeader('Content-Type', 'application/problem+json')
    .end(JSON.stringify({ type: 'about:blank', title, status, code, detail }))
}
