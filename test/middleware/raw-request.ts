/** Sends requests that `fetch` would not send, for example with the same header twice. */

import { once } from 'node:events'
import { request } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Express, Teardown } from './application.ts'

/** Serves the application until the test ends. The headers are lines as on the wire: `Name: value`. */
export async function rawRequest(t: Teardown, app: Express) {
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return (lines: readonly string[]) =>
    new Promise<{ status: number }>((resolve, reject) => {
      const headers = ['Host', 'localhost', ...lines.flatMap((line) => line.split(/: ?(.*)/, 2))]
      const sent = request({ port, host: '127.0.0.1', path: '/me', headers }, (response) => {
        response.resume().on('end', () => resolve({ status: response.statusCode ?? 0 }))
      })
      sent.on('error', reject).end()
    })
}
