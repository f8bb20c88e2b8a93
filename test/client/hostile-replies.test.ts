/** A server that is not what it says: replies that would cost the application seconds and gigabytes if they were decoded. */

import { once } from 'node:events'
import http2 from 'node:http2'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { createRoleSetsClient } from '@rolesets/client'
import test, { type ExecutionContext } from 'ava'
import { emptyElements, framed } from '../grpc/raw-call.ts'

const millions = 4_000_000

interface Asked {
  readonly path: string
  readonly acceptEncoding: string
}

/** Answers each call with these bytes. */
async function serve(t: ExecutionContext, reply: Buffer): Promise<{ target: string; asked: Asked[] }> {
  const asked: Asked[] = []
  const server = http2.createServer()
  server.on('stream', (stream, headers) => {
    stream.on('error', () => undefined)
    asked.push({ path: String(headers[':path']), acceptEncoding: String(headers['grpc-accept-encoding']) })
    stream.respond(
      { ':status': 200, 'content-type': 'application/grpc', 'grpc-encoding': 'gzip' },
      { waitForTrailers: true },
    )
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
    stream.end(reply)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return { target: `127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}

for (const [what, reply] of [
  ['compressed', framed(gzipSync(emptyElements(1, millions)), true)],
  ['compressed a little', framed(gzipSync(Buffer.from([0x08, 1])), true)],
  ['plain', framed(emptyElements(1, millions))],
  ['unreadable', framed(Buffer.from('0b0b0b0b', 'hex'))],
] as const)
  test(`a reply of millions of elements, ${what}, is refused, and no decision is made of it`, async (t) => {
    const { target, asked } = await serve(t, reply)
    const client = createRoleSetsClient({ target, deadlineMs: 5_000 })
    t.teardown(() => client.close())
    const before = process.memoryUsage().rss
    await t.throwsAsync(client.check('org_1', 'org:admin'))
    await t.throwsAsync(client.checkMany([{ organizationId: 'org_1', role: 'org:admin' }]))
    await t.throwsAsync(client.availableRoles('org_1'))
    await t.throwsAsync(client.admin.listRoles({}))
    t.true(process.memoryUsage().rss - before < 256 << 20)
    t.true(asked.length >= 4)
    for (const { acceptEncoding, path } of asked) t.is(acceptEncoding, 'identity', path)
  })
