/** A Service with an address that stays: each new connection goes to one of its pods that are ready. */

import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import type { Pod, Teardown } from './kubelet.ts'
import { nextLoopbackAddress } from './sandbox.ts'

export interface Service {
  readonly address: string
}

export async function openService(t: Teardown, pods: () => readonly Pod[], port: number): Promise<Service> {
  const sockets = new Set<Socket>()
  const keep = (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket))
  }
  const server = createServer((near) => {
    keep(near)
    const ready = pods().filter((pod) => pod.isReady)
    const pod = ready[Math.floor(Math.random() * ready.length)]
    // As where a Service has no endpoints.
    if (pod === undefined) {
      near.resetAndDestroy()
      return
    }
    const far = connect({ host: pod.address, port })
    keep(far)
    near.pipe(far).on('close', () => near.destroy())
    far.pipe(near).on('close', () => far.destroy())
  })
  const address = nextLoopbackAddress()
  server.listen(port, address)
  await once(server, 'listening')
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { address }
}
