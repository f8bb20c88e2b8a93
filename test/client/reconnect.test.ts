/** Peers that take a connection and don't speak: the client gives the attempt up, says why, and is back when one speaks. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { createRoleSetsClient, type RoleSetsClient } from '@rolesets/client'
import { openServer, type StreamCall } from './grpc-server.ts'
import { heartbeat, snapshot } from './wire-messages.ts'

/** Half of the first frame of a server: SETTINGS, whose length says that more follows. */
const halfOfSettings = Buffer.from([0, 0, 12, 4, 0])

type Behaviour = (socket: Socket) => void

/** What a peer does with a connection instead of speaking HTTP/2. */
const behaviours: Record<string, { readonly act: Behaviour; readonly details: readonly string[] }> = {
  'accepts and says nothing': { act: () => {}, details: ['silent'] },
  'sends half a frame, then nothing': { act: (socket) => socket.write(halfOfSettings), details: ['silent'] },
  'sends half a frame, then ends': { act: (socket) => socket.end(halfOfSettings), details: ['silent', 'unanswered'] },
  'sends half a frame, then resets': {
    act: (socket) => socket.write(halfOfSettings, () => socket.resetAndDestroy()),
    details: ['silent', 'unanswered'],
  },
  'ends at once': { act: (socket) => socket.end(), details: ['silent'] },
  'resets at once': { act: (socket) => socket.resetAndDestroy(), details: ['silent'] },
}

/** Sends a snapshot and heartbeats, as a sidecar does. */
function feed(call: StreamCall): void {
  if (call.request['after'] === '') call.write(snapshot('e:1'))
  let sentAtMs = 0
  const beat = () => call.write(heartbeat('e:1', (sentAtMs += 200)))
  const timer = setInterval(beat, 200)
  call.on('cancelled', () => clearInterval(timer))
  beat()
}

/** Stands between the client and a server, and does as it is told with each new connection. */
async function openGate(t: ExecutionContext) {
  const server = await openServer({ watch: feed, address: '127.0.0.1:0' })
  t.teardown(() => server.close())
  const [host = '', port = ''] = server.target.split(':')
  const near = new Set<Socket>()
  let behaviour: Behaviour | undefined
  const gate = createServer((socket) => {
    near.add(socket)
    socket.on('error', () => {}).on('close', () => near.delete(socket))
    // Reading, so that its end is seen.
    if (behaviour !== undefined) return behaviour(socket.resume())
    const far = connect(Number(port), host)
    far.on('error', () => {})
    socket.pipe(far).pipe(socket)
    socket.on('close', () => far.destroy())
  }).listen(0, '127.0.0.1')
  await once(gate, 'listening')
  t.teardown(() => {
    for (const socket of near) socket.destroy()
    gate.close()
  })
  return {
    target: `127.0.0.1:${(gate.address() as AddressInfo).port}`,
    /** New connections get this behaviour, and those that are open end. */
    become(next: Behaviour | undefined) {
      behaviour = next
      for (const socket of near) socket.destroy()
    },
    /** From now on, for new connections only. */
    recover: () => (behaviour = undefined),
    openConnections: () => near.size,
  }
}

function open(t: ExecutionContext, target: string): RoleSetsClient {
  const client = createRoleSetsClient({ target, deadlineMs: 20_000 })
  t.teardown(() => client.close())
  return client
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 20))
}

/** Settles when the client has given an attempt up: then it says how far that came. */
const failed = (client: RoleSetsClient) => until(() => client.status().error?.detail !== undefined)
const connected = (client: RoleSetsClient) => until(() => client.status().error === undefined)

for (const [name, { act, details }] of Object.entries(behaviours)) {
  test(`a peer that ${name} is given up at the start, and the client is ready when it speaks`, async (t) => {
    const gate = await openGate(t)
    gate.become(act)
    const client = open(t, gate.target)
    await failed(client)
    const { error } = client.status()
    t.is(error?.code, 'unavailable')
    t.true(details.includes(error?.detail ?? ''), `${error?.detail}: ${error?.message}`)
    t.regex(error?.message ?? '', new RegExp(gate.target))
    gate.recover()
    await client.ready({ timeoutMs: 60_000 })
    t.is(client.status().error, undefined)
  })

  test(`a peer that ${name} after it was up is given up, and the client comes back`, async (t) => {
    const gate = await openGate(t)
    const client = open(t, gate.target)
    await client.ready({ timeoutMs: 60_000 })
    gate.become(act)
    await failed(client)
    gate.recover()
    await connected(client)
    // The sockets of the attempts that were given up are closed.
    await until(() => gate.openConnections() === 1)
    t.pass()
  })
}

// Its queue of connections is full, so the kernel drops what asks for another one: as a firewall does.
test('a peer that drops the attempts to connect is given up, and the client is ready when it answers', async (t) => {
  const script = `
    const net = require('node:net')
    const server = net.createServer((socket) => socket.destroy()).listen({ port: 0, host: '127.0.0.1', backlog: 1 })
    server.on('listening', () => console.log(server.address().port))`
  const child = spawn(process.execPath, ['--eval', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => child.kill('SIGKILL'))
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  const port = Number(line.toString())
  child.kill('SIGSTOP')
  const fillers = Array.from({ length: 8 }, () => connect(port, '127.0.0.1').on('error', () => {}))
  t.teardown(() => fillers.forEach((socket) => socket.destroy()))
  const client = open(t, `127.0.0.1:${port}`)
  await failed(client)
  t.is(client.status().error?.detail, 'unanswered', client.status().error?.message)
  child.kill('SIGKILL')
  await once(child, 'exit')
  const server = await openServer({ watch: feed, address: `127.0.0.1:${port}` })
  t.teardown(() => server.close())
  await client.ready({ timeoutMs: 60_000 })
  t.pass()
})

test('a call that finds no connection says why', async (t) => {
  const gate = await openGate(t)
  const client = open(t, gate.target)
  await client.ready({ timeoutMs: 60_000 })
  gate.become((socket) => socket.end())
  await failed(client)
  const error = await t.throwsAsync(client.check('org_acme', 'org:admin', { deadlineMs: 20_000 }))
  t.like(error, { code: 'unavailable', detail: 'silent' }, error?.message)
})
