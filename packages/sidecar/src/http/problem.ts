/**
 * Failures outside `/v1`, as `application/problem+json` (RFC 9457). Below `/v1` a failure is what Clerk's clients expect:
 * `operation/envelope.ts`.
 */

import type { ServerResponse } from 'node:http'

const problems = {
  not_found: { status: 404, title: 'Not found' },
  method_not_allowed: { status: 405, title: 'Method not allowed' },
  key_required: { status: 401, title: 'A key is required' },
  client_certificate_required: { status: 403, title: 'A client certificate is required' },
  host_not_allowed: { status: 421, title: 'Host not allowed' },
  bad_request: { status: 400, title: 'Malformed request' },
  not_ready: { status: 503, title: 'Not ready' },
  internal_failure: { status: 500, title: 'Unexpected failure' },
} as const

export type ProblemCode = keyof typeof problems

export function sendProblem(response: ServerResponse, code: ProblemCode, detail: string): void {
  const { status, title } = problems[code]
  if (code === 'key_required') response.setHeader('WWW-Authenticate', 'Bearer realm="rolesets"')
  response.statusCode = status
  response.setHeader('Content-Type', 'application/problem+json')
  response.end(JSON.stringify({ type: 'about:blank', title, status, code, detail }))
}
