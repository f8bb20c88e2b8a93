/** The HTTP server. Express is loaded with the first request, so that the sidecar is ready before that. */

import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'
import { secureContextOf, type CertificateFiles, type CertificateSource, type TcpListen } from '../listening.ts'
import type { AppOptions } from './app.ts'
import { closed, listenOn, type HttpServer } from './listener.ts'

export interface HttpOptions extends Omit<AppOptions, 'isLocal' | 'hosts' | 'needsCertificate'> {
  readonly listen: TcpListen
  /** Hosts, besides those of the listener, that requests on loopback may name. */
  readonly furtherHosts: readonly string[]
  /** Undefined: no TLS. */
  readonly certificates: CertificateSource | undefined
}

const closeMsMax = 2_000

/**
 * A caller without a key can hold a connection and nothing more, and not for long. `requestTimeout` is for receiving a whole
 * request, `timeout` for a connection on which nothing moves.
 */
const bounds = { headersTimeout: 10_000, requestTimeout: 30_000, connectionsCheckingInterval: 1_000 }
const connectionsMax = 1_000
const idleMsMax = 120_000
const handshakeMsMax = 10_000
/** From the first byte of a request to the last one of its answer. */
const wholeRequestMsMax = 300_000

export async function openHttpServer(options: HttpOptions): Promise<HttpServer> {
  const { server, stopReloading } = serverOf(options)
  const close = async () => {
    stopReloading()
    await closed(server, closeMsMax)
  }
  try {
    return { address: await listenOn(server, options.listen), close }
  } catch (error) {
    stopReloading()
    throw error
  }
}

function serverOf(options: HttpOptions): { server: Server | TlsServer; stopReloading: () => void } {
  const listener = lazily(options)
  const { certificates } = options
  if (certificates === undefined) return { server: bounded(createServer(bounds, listener)), stopReloading: () => {} }
  const requestCert = certificates.current.clientCa !== undefined
  // Probes have no certificate, so the handshake goes on without one, and front-door.ts asks for it.
  const asking = { requestCert, rejectUnauthorized: false, handshakeTimeout: handshakeMsMax }
  const server = bounded(createTlsServer({ ...secureContextOf(certificates.current), ...asking, ...bounds }, listener))
  const reload = (files: CertificateFiles) => server.setSecureContext(secureContextOf(files))
  return { server, stopReloading: certificates.subscribe(reload) }
}

function bounded<AnyServer extends Server | TlsServer>(server: AnyServer): AnyServer {
  server.maxConnections = connectionsMax
  server.setTimeout(idleMsMax)
  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    const timer = setTimeout(() => socket.destroy(), wholeRequestMsMax)
    response.once('close', () => clearTimeout(timer))
  })
  return server
}

function lazily(options: HttpOptions): RequestListener {
  let app: Promise<RequestListener> | undefined
  const load = () =>
    (app ??= Promise.all([import('./app.ts'), import('./front-door.ts')]).then(([{ createApp }, { hostsOf }]) => {
      const { listen, furtherHosts, certificates } = options
      const hosts = listen.isLoopback ? hostsOf(listen.host, furtherHosts) : undefined
      const needsCertificate = certificates?.current.clientCa !== undefined
      return createApp({ ...options, isLocal: listen.isLoopback, hosts, needsCertificate })
    }))
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
