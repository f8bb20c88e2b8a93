/**
 * The listener for kubelets and scrapers: the probes, the metrics if they are wanted there, and nothing else. It asks for no
 * key, no TLS and no certain host, because a kubelet has none of them, so nothing secret is served here.
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { TcpListen } from '../listening.ts'
import type { Readiness } from '../readiness.ts'
import { answerProbe, isProbePath, probePaths } from './health.ts'
import { closed, listenOn, type HttpServer } from './listener.ts'
import { sendPage, type MetricsPage } from './metrics-page.ts'
import { sendProblem, type ProblemCode } from './problem.ts'

export interface ProbeOptions {
  readonly listen: TcpListen
  readonly readiness: Readiness
  /** Undefined: they are not served here. */
  readonly metrics: MetricsPage | undefined
  /** Receives unexpected errors. */
  readonly failed: (error: unknown, method: string) => void
}

/** A request is one packet, and so is nearly every answer. */
const bounds = {
  headersTimeout: 10_000,
  requestTimeout: 10_000,
  connectionsCheckingInterval: 1_000,
  // Probes of any kind of orchestrator are answered, also those that name no host.
  requireHostHeader: false,
}
const idleMsMax = 30_000
/** More than a kernel hands over at once, so that a new connection isn't closed before it was read. */
const connectionsMax = 1_000
/** The answers that are being sent when the sidecar ends are done by then. */
const closeMsMax = 500

/** @throws ListenError */
export async function openProbeServer(options: ProbeOptions): Promise<HttpServer> {
  const server = createServer(bounds, (request, response) => serve(request, response, options))
  server.setTimeout(idleMsMax)
  boundConnections(server)
  const address = await listenOn(server, options.listen)
  return { address, close: () => closed(server, closeMsMax) }
}

/** A slow caller must not keep a probe out: where there are too many connections, the oldest one ends and not the newest. */
function boundConnections(server: Server): void {
  const open = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
    const [oldest] = open
    if (open.size > connectionsMax) oldest?.destroy()
  })
}

function serve(request: IncomingMessage, response: ServerResponse, options: ProbeOptions): void {
  const path = pathOf(request)
  const served: readonly string[] = options.metrics === undefined ? probePaths : [...probePaths, '/metrics']
  if (!served.includes(path)) {
    const last = served.at(-1) ?? ''
    const detail = `This listener serves only ${served.slice(0, -1).join(', ')} and ${last}.`
    return refuse(response, 'not_found', detail)
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD')
    return refuse(response, 'method_not_allowed', `${path} allows GET and HEAD only.`)
  }
  if (hasBody(request)) return refuse(response, 'bad_request', 'Send the request without a body.')
  if (isProbePath(path)) answerProbe(response, path, options.readiness)
  else if (options.metrics !== undefined) void sendMetrics(response, options.metrics, options.failed)
}

async function sendMetrics(
  response: ServerResponse,
  metrics: MetricsPage,
  failed: ProbeOptions['failed'],
): Promise<void> {
  try {
    sendPage(response, await metrics.read())
  } catch (error) {
    failed(error, 'GET /metrics')
    refuse(response, 'internal_failure', 'The log of the sidecar has the details.')
  }
}

/** What is refused may have more behind it, which isn't read. */
function refuse(response: ServerResponse, code: ProblemCode, detail: string): void {
  response.setHeader('Connection', 'close')
  sendProblem(response, code, detail)
}

/** Without the query. A target can have a host of its own, as for a proxy. */
function pathOf({ url = '' }: IncomingMessage): string {
  return url.replace(/^https?:\/\/[^/?#]*/i, '').replace(/[?#].*$/s, '')
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}
