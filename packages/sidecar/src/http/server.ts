/** The HTTP server. Express is loaded with the first request, so that the sidecar is ready before that. */

import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { formatListen, listenErrorOf, type CertificateSource, type TcpListen } from '../listening.ts'
import type { AppOptions } from './app.ts'

export interface HttpOptions extends Omit<AppOptions, 'isLocal'> {
  readonly listen: TcpListen
  /** Undefined: no TLS. */
  readonly certificates: CertificateSource | undefined
}

export interface HttpServer {
  /** With the real port. */
  readonly address: string
  /** Accepts no new connections, and ends the open ones when their answers are sent. */
  readonly close: () => Promise<void>
}

const closeMsMax = 2_000

export async function openHttpServer(options: HttpOptions): Promise<HttpServer> {
  const { server, stopReloading } = serverOf(options)
  server.listen({ host: options.listen.host, port: options.listen.port })
  try {
    await once(server, 'listening')
  } catch (error) {
    stopReloading()
    throw listenErrorOf(options.listen, error as Error)
  }
  return {
    address: formatListen(options.listen, (server.address() as AddressInfo).port),
    close: async () => {
      stopReloading()
      await closed(server)
    },
  }
}

function serverOf(options: HttpOptions): { server: Server | TlsServer; stopReloading: () => void } {
  const listener = lazily(options)
  const { certificates } = options
  if (certificates === undefined) return { server: createServer(listener), stopReloading: () => undefined }
  const server = createTlsServer({ ...certificates.current }, listener)
  return { server, stopReloading: certificates.subscribe(({ cert, key }) => server.setSecureContext({ cert, key })) }
}

function lazily(options: HttpOptions): RequestListener {
  let app: Promise<RequestListener> | undefined
  const load = () =>
    (app ??= import('./app.ts').then(({ createApp }) => createApp({ ...options, isLocal: options.listen.isLoopback })))
  return (request, response) => {
    load().then(
      (handle) => handle(request, response),
      (error: unknown) => {
        options.failed(error, 'HTTP')
        response.destroy()
      },
    )
  }
}

async function closed(server: Server | TlsServer): Promise<void> {
  const timer = setTimeout(() => server.closeAllConnections(), closeMsMax)
  await new Promise<void>((resolve) => {
    server.close(() => resolve())
    server.closeIdleConnections()
  })
  clearTimeout(timer)
}
