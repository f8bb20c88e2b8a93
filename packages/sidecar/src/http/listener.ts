/** Opening and closing the socket of an HTTP server, the same for all of them. */

import { once } from 'node:events'
import type { Server } from 'node:http'
import type { Server as TlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { formatListen, listenErrorOf, type TcpListen } from '../listening.ts'

export interface HttpServer {
  /** With the real port. */
  readonly address: string
  /** Accepts no new connections, and ends the open ones when their answers are sent. */
  readonly close: () => Promise<void>
}

/** @returns the address with the real port; @throws ListenError */
export async function listenOn(server: Server | TlsServer, at: TcpListen): Promise<string> {
  server.listen({ host: at.host, port: at.port })
  try {
    await once(server, 'listening')
  } catch (error) {
    throw listenErrorOf(at, error as Error)
  }
  return formatListen(at, (server.address() as AddressInfo).port)
}

/** @param withinMs how long answers may still be sent */
export async function closed(server: Server | TlsServer, withinMs: number): Promise<void> {
  const timer = setTimeout(() => server.closeAllConnections(), withinMs)
  await new Promise<void>((resolve) => {
    server.close(() => resolve())
    server.closeIdleConnections()
  })
  clearTimeout(timer)
}
