/**
 * Bodies are JSON, and can be empty: Clerk's clients send a content type also without a body. The `Content-Type` of an
 * answer is exactly `application/json`, because these clients compare the whole header.
 */

import { isUtf8 } from 'node:buffer'
import express, { type RequestHandler, type Response } from 'express'
import type { ClerkCode } from '@rolesets/core'
import { ClerkFailure, envelopeOf, failure, type Answer } from './envelope.ts'
import { jsonProblem } from './json-bounds.ts'
import { entityTag } from './precondition.ts'
import type { Representation } from './route.ts'

const bodyBytesMax = 1024 * 1024

const parseJson = express.json({
  limit: bodyBytesMax,
  strict: false,
  type: () => true,
  verify: (_request, _response, bytes) => {
    if (!isUtf8(bytes)) throw new Error('The body must be UTF-8.')
    const problem = jsonProblem(bytes)
    if (problem !== undefined) throw failure('request_body_invalid', problem)
  },
})

export const readBody: RequestHandler = (request, response, next) => {
  const type = request.get('content-type')
  const isEmpty =
    request.get('content-length') === '0' ||
    !('transfer-encoding' in request.headers || 'content-length' in request.headers)
  if (isEmpty) return next()
  if (type === undefined || !/^application\/json *(;|$)/i.test(type))
    throw failure('unsupported_content_type', 'Send the body as application/json.')
  parseJson(request, response, next)
}

/** Errors of Express and of its body parser, in Clerk's codes; all others as they are. */
export function failureOfReading(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof ClerkFailure || !('status' in error)) return error
  const type = 'type' in error ? String(error.type) : ''
  if (type === 'entity.too.large') {
    const message = `The body is too large. The limit is ${bodyBytesMax} bytes. Send less at once.`
    return failure('request_body_too_large', message)
  }
  if (type === 'encoding.unsupported' || type === 'charset.unsupported')
    return failure('unsupported_content_type', 'Send JSON in UTF-8, plain or compressed with gzip.')
  if (type !== '') return failure('request_body_invalid', 'The body must be valid JSON in UTF-8.')
  if (Number(error.status) >= 500) return error
  return failure('malformed_request_parameters', 'The path or a header is malformed. Correct it.')
}

export function sendRepresentation(response: Response, { body, revision, changedAt, isDryRun }: Representation): void {
  response.setHeader('Rolesets-Revision', revision)
  if (changedAt !== undefined) response.setHeader('ETag', entityTag(revision, changedAt))
  if (isDryRun === true) response.setHeader('Rolesets-Dry-Run', 'true')
  sendJson(response, 200, body)
}

/** The same request may succeed a second later. */
const isSoonOver: ReadonlySet<ClerkCode> = new Set(['too_many_requests', 'not_serving', 'not_ready'])

export function sendFailure(response: Response, { status, errors }: Answer): void {
  if (errors.some(({ code }) => isSoonOver.has(code))) response.setHeader('Retry-After', '1')
  if (errors.some(({ code }) => code === 'clerk_key_invalid' || code === 'authorization_header_format_invalid'))
    response.setHeader('WWW-Authenticate', 'Bearer realm="rolesets"')
  sendJson(response, status, envelopeOf(errors))
}

/** Not `response.json`, which adds a charset. */
function sendJson(response: Response, status: number, body: unknown): void {
  response.statusCode = status
  response.setHeader('Content-Type', 'application/json')
  response.setHeader('Cache-Control', 'no-store')
  response.end(JSON.stringify(body))
}
