/**
 * The HTTP server. Express is loaded with the first request or in the first idle moment, whichever comes first, because
 * the sidecar should be ready before that.
 */

import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { AppOptions } from './app.ts'

export interface HttpOptions extends Omit<AppOptions, 'isLocal'> {
  readonly listen: { readonly host: string; readonly port: number; readonly isLoopback: boolean }
  /** Undefined: no TLS. */
  readonly certificates: CertificateSource | undefined
}

export interface CertificateSource {
  readonly current: { readonly cert: Buffer; readonly key: Buffer }
  subscribe(listener: (certificates: { readonly cert: Buffer; readonly key: Buffer }) => void): () => void
}

export interface HttpServer {
  /** With the real port. */
  readonly address: string
  /** Takes no new connections, and ends those that are open once their answers are out. */
  readonly close: () => Promise<void>
}

/** The address can't be listened on; a person has to choose another one or free it. */
export class HttpListenError extends Error {
  override readonly name = 'HttpListenError'
  readonly code = 'listen'
}

const closeMsMax = 2_000

export async function openHttpServer(options: HttpOptions): Promise<HttpServer> {
  const { server, stopReloading } = serverOf(options)
  const { host, port } = options.listen
  const shown = host.includes(':') ? `[${host}]` : host
  try {
    await listening(server, host, port)
  } catch (error) {
    stopReloading()
    throw new HttpListenError(`${shown}:${port} can’t be listened on: ${remedyFor(error)}`, { cause: error })
  }
  const address = `${shown}:${(server.address() as AddressInfo).port}`
  return {
    address,
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

async function listening(server: Server | TlsServer, host: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

async function closed(server: Server | TlsServer): Promise<void> {
  const timer = setTimeout(() => server.closeAllConnections(), closeMsMax)
  await new Promise<void>((resolve) => {
    server.close(() => resolve())
    server.closeIdleConnections()
  })
  clearTimeout(timer)
}

const remedies: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another process does. Stop it, or choose another port.',
  EACCES: 'this user may not. Choose a port above 1023.',
  EADDRNOTAVAIL: 'this machine has no such address. Choose one that it has.',
  ENOTFOUND: 'its name is not known. Choose an address of this machine.',
}

function remedyFor(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return remedies[code] ?? `${error instanceof Error ? error.message : String(error)}.`
}
