/**
 * What each request is checked for before it is routed. On loopback its host must be known: a page in a browser could otherwise
 * reach the sidecar under the page's own name (DNS rebinding). Headers that must be one are not repeated, because two readers
 * could take different ones. With client certificates, everything but the probes needs one.
 */

import type { IncomingMessage } from 'node:http'
import type { TLSSocket } from 'node:tls'
import type { RequestHandler, Response } from 'express'
import { quoted, type ClerkCode } from '@rolesets/core'
import type { Readiness } from '../readiness.ts'
import { sendFailure } from './operation/body.ts'
import { answerTo, failure } from './operation/envelope.ts'
import { sendProblem, type ProblemCode } from './problem.ts'

export interface FrontDoorOptions {
  /** Hosts that requests may name, in lower case and without a port. Undefined: any. */
  readonly hosts: ReadonlySet<string> | undefined
  /** Only connections with a certificate of the client may go on. */
  readonly needsCertificate: boolean
  readonly measurements: { accessRefused(): void }
}

interface Refused {
  readonly problem: ProblemCode
  /** Below `/v1`. */
  readonly clerk: ClerkCode
  readonly detail: string
}

/** The hosts of a listener on loopback. @param listenHost as in the setting, without brackets */
export function hostsOf(listenHost: string, further: readonly string[]): ReadonlySet<string> {
  const own = listenHost.includes(':') ? `[${listenHost}]` : listenHost
  return new Set(['localhost', '127.0.0.1', '[::1]', own, ...further].map((host) => host.toLowerCase()))
}

/** For every request, also those of probes. */
export function checkHeaders({ hosts, measurements }: FrontDoorOptions): RequestHandler {
  return (request, response, next) => {
    const refused = repeatedHeader(request) ?? (hosts === undefined ? undefined : foreignHost(request, hosts))
    if (refused === undefined) return next()
    measurements.accessRefused()
    refuse(request, response, refused)
  }
}

/** For everything behind the probes. */
export function checkCertificate({ needsCertificate, measurements }: FrontDoorOptions): RequestHandler {
  return (request, response, next) => {
    if (!needsCertificate || (request.socket as TLSSocket).authorized) return next()
    measurements.accessRefused()
    const detail = 'Connect with a certificate of an authority in ROLESETS_TLS_CLIENT_CA. Only probes need none.'
    const code = 'client_certificate_required'
    refuse(request, response, { problem: code, clerk: code, detail })
  }
}

/** For the API, before its keys are looked at. Probes and metrics are served meanwhile, because they say what is wrong. */
export function checkReady(readiness: Readiness): RequestHandler {
  return (_request, response, next) => {
    const text = readiness.waitingText
    if (text === undefined) return next()
    // The rest of the request isn't read.
    response.setHeader('Connection', 'close')
    sendFailure(response, answerTo(failure('not_ready', text)))
  }
}

/** Node keeps the first one of most of these, and joins others. */
const singleHeaders = [
  ...['host', 'authorization', 'content-type', 'clerk-api-version'],
  ...['x-rolesets-actor', 'x-rolesets-acting-user', 'x-rolesets-grant-policy'],
]

function repeatedHeader({ rawHeaders }: IncomingMessage): Refused | undefined {
  const names = rawHeaders.filter((_text, place) => place % 2 === 0).map((name) => name.toLowerCase())
  const repeated = singleHeaders.find((name) => names.indexOf(name) !== names.lastIndexOf(name))
  if (repeated === undefined) return undefined
  const detail = `The header ${repeated} comes more than once. Send it once.`
  return { problem: 'bad_request', clerk: 'malformed_request_parameters', detail }
}

/** A target with a host of its own counts as well, because some readers prefer it to the header. */
function foreignHost({ headers, url = '' }: IncomingMessage, hosts: ReadonlySet<string>): Refused | undefined {
  const inTarget = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(url)?.[1]
  const named = inTarget === undefined ? [headers.host] : [headers.host, inTarget]
  const foreign = named.find((each) => each === undefined || !hosts.has(hostWithoutPort(each) ?? ''))
  if (foreign === undefined && !named.includes(undefined)) return undefined
  const detail =
    `The host ${foreign === undefined ? 'is missing' : `${quoted(foreign.slice(0, 255))} is not one of this sidecar`}. ` +
    'On loopback, use localhost or 127.0.0.1, or name the host in ROLESETS_HTTP_HOSTS.'
  return { problem: 'host_not_allowed', clerk: 'host_not_allowed', detail }
}

/** Undefined: it is malformed, for example with a user name. */
function hostWithoutPort(authority: string): string | undefined {
  return /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?$/i.exec(authority)?.[1]?.toLowerCase()
}

function refuse(request: IncomingMessage & { readonly path: string }, response: Response, refused: Refused): void {
  // The rest of the request isn't read.
  response.setHeader('Connection', 'close')
  const { problem, clerk, detail } = refused
  if (/^\/v1(\/|$)/i.test(request.path)) sendFailure(response, answerTo(failure(clerk, detail)))
  else sendProblem(response, problem, detail)
}
