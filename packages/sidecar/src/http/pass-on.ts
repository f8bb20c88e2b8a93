/**
 * The management API of a replica: what comes below `/v1` goes to the authority as it is, and its answer comes back as it is.
 * The caller's key is known here first, so a stranger's body isn't read. Without the authority's HTTP address each call is
 * refused with a sentence that says so.
 */

import {
  request as requestPlain,
  type ClientRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http'
import { request as requestTls } from 'node:https'
import { pipeline } from 'node:stream/promises'
import type { RequestHandler, Response } from 'express'
import { notReached, unanswered } from '../service/passing.ts'
import { ServiceError } from '../service/service-error.ts'
import type { Identify } from '../service/key-ring.ts'
import { identifyCaller } from './operation/caller.ts'
import { sendFailure } from './operation/body.ts'
import { answerTo } from './operation/envelope.ts'

/** Where the authority serves HTTP. */
export interface HttpAuthority {
  /** `http:` or `https:`, without a path. */
  readonly url: URL
  /** PEM; left out: those of the system, and no certificate of our own. */
  readonly tls: { readonly ca?: string; readonly cert?: string; readonly key?: string } | undefined
}

export interface PassOnOptions {
  /** Undefined: it isn't known. */
  readonly authority: HttpAuthority | undefined
  readonly identify: Identify
  readonly failed: (error: unknown, method: string) => void
}

/** Those that speak of one connection (RFC 9110, 7.6.1), and the host, which is the authority's. */
const ofConnection: ReadonlySet<string> = new Set([
  ...['connection', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'proxy-connection'],
  ...['te', 'trailer', 'transfer-encoding', 'upgrade', 'host', 'expect'],
])

export function passOn({ authority, identify, failed }: PassOnOptions): RequestHandler {
  return async (request, response) => {
    try {
      identifyCaller(request.headers, identify)
      if (authority === undefined) throw new ServiceError('authority_unavailable', addressUnknown)
      await forward(authority, request, response)
    } catch (error) {
      if (response.headersSent) return void response.destroy()
      const answer = answerTo(error)
      if (answer.isUnexpected) failed(error, `${request.method} ${request.path}`)
      sendFailure(response, answer)
    }
  }
}

const addressUnknown =
  'This sidecar is a replica, and its management API is that of its authority. Call the authority, or set ROLESETS_UPSTREAM_HTTP to its HTTP address.'

async function forward(
  { url, tls }: HttpAuthority,
  incoming: Parameters<RequestHandler>[0],
  response: Response,
): Promise<void> {
  const make = url.protocol === 'https:' ? requestTls : requestPlain
  const options: RequestOptions = {
    method: incoming.method,
    path: incoming.originalUrl,
    headers: kept(incoming.headers),
  }
  const outgoing = make(url, { ...options, ...tls })
  response.once('close', () => outgoing.destroy())
  const answered = answerOf(outgoing, url)
  // It can fail while the request is still being sent.
  answered.catch(() => undefined)
  await pipeline(incoming, outgoing).catch(() => undefined)
  const answer = await answered
  response.statusCode = answer.statusCode ?? 502
  for (const [name, value] of Object.entries(kept(answer.headers)))
    if (value !== undefined) response.setHeader(name, value)
  await pipeline(answer, response)
}

async function answerOf(outgoing: ClientRequest, { host }: URL): Promise<IncomingMessage> {
  let isConnected = false
  outgoing.once('socket', (socket) => {
    isConnected = !socket.connecting
    socket.once('connect', () => (isConnected = true))
  })
  return new Promise((resolve, reject) => {
    outgoing.once('response', resolve)
    outgoing.once('error', (cause) => reject(isConnected ? unanswered(host, cause) : notReached(host, cause)))
  })
}

function kept(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !ofConnection.has(name)))
}
