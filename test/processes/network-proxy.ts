/**
 * A TCP proxy on loopback that stands for the network between a client and its sidecar, and fails on demand. A failure
 * applies to open connections and to new ones.
 */

import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

export interface NetworkProxy {
  /** `host:port`, to use instead of the target. */
  readonly address: string
  /** Ends every connection and refuses new ones. */
  cut(): void
  /** Keeps connections open and lets nothing through in either direction. `mend` delivers what was sent meanwhile. */
  stall(): void
  /** Ends every connection, and answers new ones with bytes that aren't HTTP/2. */
  garble(): void
  /** Lets everything through again. */
  mend(): void
  close(): Promise<void>
}

interface Teardown {
  teardown(undo: () => unknown): void
}

type Mode = 'open' | 'cut' | 'stalled' | 'garbled'

export async function openNetworkProxy(t: Teardown, target: string): Promise<NetworkProxy> {
  const [host, port] = splitAddress(target)
  const sockets = new Set<Socket>()
  let mode: Mode = 'open'

  const keep = (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
    if (mode === 'stalled') socket.pause()
  }
  const join = (near: Socket) => {
    const far = connect({ host, port })
    keep(far)
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on('data', (bytes: Buffer) => to.write(bytes))
      from.on('close', () => to.destroy())
      if (mode === 'stalled') from.pause()
    }
  }
  const server = createServer((socket) => {
    keep(socket)
    if (mode === 'cut') socket.destroy()
    else if (mode === 'garbled') socket.end('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello')
    else join(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')

  const endAll = () => {
    for (const socket of sockets) socket.destroy()
  }
  const close = async () => {
    endAll()
    if (server.listening) await new Promise((resolve) => server.close(resolve))
  }
  t.teardown(close)
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut: () => ((mode = 'cut'), endAll()),
    garble: () => ((mode = 'garbled'), endAll()),
    stall: () => {
      mode = 'stalled'
      for (const socket of sockets) socket.pause()
    },
    mend: () => {
      mode = 'open'
      for (const socket of sockets) socket.resume()
    },
    close,
  }
}

function splitAddress(target: string): [host: string, port: number] {
  const colon = target.lastIndexOf(':')
  return [target.slice(0, colon), Number(target.slice(colon + 1))]
}
