/** gRPC for real: addresses, keys, deadlines, failures and connections that come and go. */

import { execFileSync } from 'node:child_process'
import { connect, createServer as createTcpServer, type Socket } from 'node:net'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import grpc from '@grpc/grpc-js'
import { BadRequest, ErrorInfo } from 'nice-grpc-error-details'
import { Status } from 'nice-grpc-error-details/lib/proto/google/rpc/status.js'
import { createRoleSetsClient, type RoleSetsClient, type RoleSetsClientOptions } from '@rolesets/client'
import { openServer, socketAddress, type ServerOptions, type StreamCall, type UnaryCall } from './grpc-server.ts'
import { changeSet, checkReply, free, heartbeat, organization, pro, snapshot } from './wire-messages.ts'

/** Sends a snapshot and heartbeats, as a sidecar does. */
function feed(revision = 'e:10') {
  return (call: StreamCall) => {
    let sentAtMs = 0
    if (call.request['after'] === '') call.write(snapshot(revision))
    const beat = () => call.write(heartbeat(revision, (sentAtMs += 200)))
    const timer = setInterval(beat, 200)
    call.on('cancelled', () => clearInterval(timer))
    beat()
  }
}

async function serve(t: ExecutionContext, options: ServerOptions = {}) {
  const server = await openServer({ watch: feed(), ...options })
  t.teardown(() => server.close())
  return server
}

function open(t: ExecutionContext, target: string, options: Partial<RoleSetsClientOptions> = {}): RoleSetsClient {
  // The deadlines of these tests are not what they are about, except where they set one.
  const client = createRoleSetsClient({ deadlineMs: 10_000, ...options, target })
  t.teardown(() => client.close())
  return client
}

/** A failure as the sidecar sends it. */
function failure(code: grpc.status, reason: string, field?: string): Error {
  const details = [
    {
      typeUrl: 'type.googleapis.com/google.rpc.ErrorInfo',
      value: ErrorInfo.encode(ErrorInfo.fromPartial({ reason, domain: 'rolesets' })).finish(),
    },
    ...(field === undefined
      ? []
      : [
          {
            typeUrl: 'type.googleapis.com/google.rpc.BadRequest',
            value: BadRequest.encode(
              BadRequest.fromPartial({ fieldViolations: [{ field, description: 'is wrong' }] }),
            ).finish(),
          },
        ]),
  ]
  const metadata = new grpc.Metadata()
  metadata.set(
    'grpc-status-details-bin',
    Buffer.from(Status.encode(Status.fromPartial({ code, message: 'm', details })).finish()),
  )
  return Object.assign(new Error('The sidecar says why.'), { code, details: 'The sidecar says why.', metadata })
}

for (const [what, address, prefix] of [
  ['a Unix socket', undefined, ''],
  ['host:port', '127.0.0.1:0', ''],
  ['an IPv6 address', '[::1]:0', ''],
  ['dns:///host:port', '127.0.0.1:0', 'dns:///'],
] as const) {
  test(`the sidecar is reached at ${what}`, async (t) => {
    const methods = { 'Decisions/Check': () => checkReply('e:10', pro) }
    const server = await serve(t, { methods, ...(address !== undefined && { address }) })
    const client = open(t, `${prefix}${server.target}`)
    await client.ready()
    t.like(await client.check('acme', 'org:analyst'), { allowed: true, source: 'sidecar', revision: 'e:10' })
    t.like(client.checkCached('acme', 'org:member'), { allowed: true, source: 'cache' })
  })
}

test('key, actor, deadline and request arrive as they were given', async (t) => {
  const calls: UnaryCall[] = []
  const methods = {
    'Administration/CreateOrganization': (call: UnaryCall) => {
      calls.push(call)
      return { organization: { ...call.request }, impact: {}, revision: 'e:10' }
    },
  }
  const server = await serve(t, { methods })
  const client = open(t, server.target, { key: 'secret-key' })
  const publicMetadata = { a: [1, 'two', null, { b: true }], ['__proto__']: { c: 1 }, empty: {} }
  const { organization: made } = await client.admin.createOrganization(
    { id: 'acme', name: '組織', publicMetadata },
    { actor: 'user_7', deadlineMs: 60_000 },
  )
  const [call] = calls
  t.deepEqual(call?.metadata.get('authorization'), ['Bearer secret-key'])
  t.deepEqual(call?.metadata.get('x-rolesets-actor'), ['user_7'])
  const leftMs = Number(call?.getDeadline()) - Date.now()
  t.true(leftMs > 0 && leftMs <= 60_000)
  t.like(made, { id: 'acme', name: '組織', slug: '' })
  t.deepEqual(made.publicMetadata, publicMetadata)
  t.false('privateMetadata' in made, 'what is not set is not there')
})

test('things of the history come through as plain JSON, and what was not there before is left out', async (t) => {
  const after = { fields: { key: { stringValue: 'org:analyst' }, permissions: { listValue: { values: [] } } } }
  const change = { kind: 'role_put', thing: 'role', id: 'role_1', after, members: 0, invitations: 0 }
  const audited = {
    revision: 'e:9',
    committedAtMs: 1,
    actor: 'ci',
    operation: 'CreateRole',
    actingUserId: '',
    changes: [change],
    seal: 'ab',
  }
  const methods = {
    'Administration/ListChanges': () => ({ changeSets: [audited], revision: 'e:10', oldestRevision: 'e:1' }),
  }
  const server = await serve(t, { methods })
  const found = await open(t, server.target).admin.listChanges({ thing: 'org:analyst', fromMs: 1.7e12 })
  const shown = { ...change, after: { key: 'org:analyst', permissions: [] } }
  t.deepEqual(found.changeSets, [{ ...audited, changes: [shown] }])
  t.is(found.oldestRevision, 'e:1')
})

test('without a key none is sent', async (t) => {
  const keys: unknown[] = []
  const methods = {
    'Decisions/Check': (call: UnaryCall) => {
      keys.push(...call.metadata.get('authorization'))
      return checkReply('e:10', pro)
    },
  }
  const server = await serve(t, { methods })
  await open(t, server.target).check('acme', 'org:member')
  t.deepEqual(keys, [])
})

test('a batch, available roles and changes come through as they are', async (t) => {
  const { roles } = snapshot('').snapshotChunk
  const methods = {
    'Decisions/BatchCheck': () => ({ revision: 'e:11', results: [checkReply('', pro)] }),
    'Decisions/ListAvailableRoles': () => ({
      ...checkReply('e:11', pro),
      ...{ roles, defaultRole: 'org:member', creatorRole: 'org:admin' },
    }),
  }
  const put = { ...organization('acme', free), publicMetadata: { fields: { tier: { stringValue: 'free' } } } }
  const reassigned = {
    roleSetId: 'roleset_pro',
    mappings: [{ fromRoleId: 'role_analyst', toRoleId: 'role_member', members: 3, invitations: 2 }],
  }
  const watch = (call: StreamCall) => {
    call.write(snapshot('e:10'))
    call.write(changeSet('e:11', [{ organizationPut: put }, { membersReassigned: reassigned }]))
  }
  const server = await serve(t, { methods, watch })
  const client = open(t, server.target)
  const [decision] = await client.checkMany([{ organizationId: 'acme', role: 'org:member' }])
  t.true(decision?.allowed)
  t.deepEqual(
    (await client.availableRoles('acme')).roles.map(({ key }) => key),
    ['org:admin', 'org:member', 'org:analyst'],
  )
  for await (const { changes } of client.watch()) {
    t.like(changes[0], { organizationPut: { id: 'acme', publicMetadata: { tier: 'free' }, privateMetadata: {} } })
    t.deepEqual(changes[1], { membersReassigned: reassigned })
    break
  }
})

test('a reason of the sidecar is the code, with its fields', async (t) => {
  const methods = {
    'Administration/CreateRole': () => {
      throw failure(grpc.status.INVALID_ARGUMENT, 'INVALID_FIELD', 'role_set.default_role')
    },
    'Administration/DeleteRole': () => {
      throw failure(grpc.status.FAILED_PRECONDITION, 'REASON_OF_NEXT_YEAR')
    },
    'Administration/GetRole': () => {
      throw Object.assign(new Error('x'), { code: grpc.status.NOT_FOUND, details: 'from a proxy' })
    },
  }
  const { admin } = open(t, (await serve(t, { methods })).target)
  t.like(await t.throwsAsync(admin.createRole({ key: 'org:a' })), {
    code: 'invalid_field',
    message: 'The sidecar says why.',
    fields: [{ field: 'roleSet.defaultRole', description: 'is wrong' }],
  })
  t.like(await t.throwsAsync(admin.deleteRole({ role: 'org:a' })), {
    code: 'failed_precondition',
    detail: 'reason_of_next_year',
  })
  await t.throwsAsync(admin.getRole({ role: 'org:a' }), { code: 'not_found' })
  await t.throwsAsync(admin.listRoles({}), { code: 'unimplemented' })
})

test('a deadline of the sidecar is a deadline', async (t) => {
  const methods = {
    'Decisions/Check': () => {
      throw failure(grpc.status.DEADLINE_EXCEEDED, 'DEADLINE')
    },
  }
  const client = open(t, (await serve(t, { methods })).target)
  await t.throwsAsync(client.check('acme', 'org:member'), { code: 'deadline_exceeded' })
})

test('malformed error details are ignored', async (t) => {
  const methods = {
    'Decisions/Check': () => {
      const metadata = new grpc.Metadata()
      metadata.set('grpc-status-details-bin', Buffer.from([255, 255, 255, 1]))
      throw Object.assign(new Error('x'), { code: grpc.status.PERMISSION_DENIED, details: 'x', metadata })
    },
  }
  const client = open(t, (await serve(t, { methods })).target)
  t.like(await t.throwsAsync(client.check('acme', 'org:member')), { code: 'unavailable', detail: 'permission_denied' })
})

test('an enum value that this client does not know is no decision', async (t) => {
  const methods = { 'Decisions/Check': () => checkReply('e:10', pro, { reason: 99 }) }
  const client = open(t, (await serve(t, { methods })).target)
  await t.throwsAsync(client.check('acme', 'org:member'), { code: 'unavailable' })
})

test('a target without a sidecar is unavailable, and the message names the target and the remedy', async (t) => {
  const client = open(t, socketAddress(), { deadlineMs: 300 })
  t.like(await t.throwsAsync(client.ready({ timeoutMs: 200 })), { code: 'not_ready', detail: 'unreachable' })
  const error = await t.throwsAsync(client.check('acme', 'org:member'))
  t.true(['unavailable', 'deadline_exceeded'].includes((error as { code?: string }).code ?? ''))
})

test('an abort reaches the sidecar', async (t) => {
  let cancelled = () => {}
  const wasCancelled = new Promise<void>((resolve) => (cancelled = resolve))
  let arrived = () => {}
  const hasArrived = new Promise<void>((resolve) => (arrived = resolve))
  const methods = {
    'Decisions/Check': (call: UnaryCall) => {
      call.on('cancelled', cancelled)
      arrived()
      return new Promise(() => {})
    },
  }
  const client = open(t, (await serve(t, { methods })).target)
  const controller = new AbortController()
  const asked = t.throwsAsync(client.check('acme', 'org:member', { signal: controller.signal }), { code: 'aborted' })
  await hasArrived
  controller.abort()
  await asked
  await wasCancelled
})

// grpc-node#1591: a client that stays UNAVAILABLE through its back-off after the server is up.
test('a sidecar that starts later, stops, and starts again is found each time', async (t) => {
  const address = socketAddress()
  const client = open(t, address)
  const methods = { 'Decisions/Check': () => checkReply('e:10', pro) }
  await t.throwsAsync(client.ready({ timeoutMs: 300 }), { code: 'not_ready' })
  for (let each = 0; each < 2; each++) {
    const server = await openServer({ address, methods, watch: feed() })
    await client.ready({ timeoutMs: 20_000 })
    t.true((await client.check('acme', 'org:analyst')).allowed)
    server.close()
    // It takes a moment until the end of the connection is noticed; then a call fails at once instead of waiting.
    let error: unknown
    while (error === undefined) {
      error = await client.check('acme', 'org:analyst', { atLeastRevision: 'e:999' }).then(
        () => undefined,
        (reason: unknown) => reason,
      )
    }
    t.like(error, { code: 'unavailable' })
  }
})

test('a connection that is cut in mid-stream is made anew, and the feed resumed', async (t) => {
  const cursors: unknown[] = []
  const watch = (call: StreamCall) => {
    cursors.push(call.request['after'])
    feed()(call)
  }
  const server = await serve(t, { address: '127.0.0.1:0', watch })
  const proxy = await openProxy(t, Number(server.target.split(':')[1]))
  const events: string[] = []
  const client = open(t, `127.0.0.1:${proxy.port}`, { onEvent: ({ type }) => void events.push(type) })
  await client.ready()
  proxy.cut()
  while (cursors.length < 2) await new Promise((resolve) => setTimeout(resolve, 10))
  t.deepEqual(cursors, ['', 'e:10'])
  const since = events.indexOf('snapshot')
  t.deepEqual(events.slice(since, since + 3), ['snapshot', 'disconnected', 'connected'])
})

test('closing lets the process end', (t) => {
  const program = `
    import { createRoleSetsClient } from '@rolesets/client'
    for (const target of ['127.0.0.1:1', 'localhost:1', '${socketAddress()}']) {
      const client = createRoleSetsClient({ target, deadlineMs: 50 })
      await client.check('acme', 'org:member').catch(() => {})
      await client.close()
      await createRoleSetsClient({ target }).close()
    }
  `
  const args = [
    '--conditions=@rolesets/source',
    `--import=${import.meta.resolve('../../scripts/typescript/register.mjs')}`,
    '--input-type=module',
    '--eval',
    program,
  ]
  execFileSync(process.execPath, args, { timeout: 60_000, cwd: import.meta.dirname })
  t.pass()
})

test('TLS: the certificate is checked, the key travels, and mutual TLS works', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'rolesets-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const certificate = makeCertificate(folder)
  if (certificate === undefined) {
    t.pass('skipped: there is no openssl on this machine to make certificates with')
    return
  }
  const { cert, key } = certificate
  const credentials = grpc.ServerCredentials.createSsl(cert, [{ cert_chain: cert, private_key: key }], true)
  const keys: unknown[] = []
  const methods = {
    'Decisions/Check': (call: UnaryCall) => {
      keys.push(...call.metadata.get('authorization'))
      return checkReply('e:10', pro)
    },
  }
  const server = await serve(t, { address: '127.0.0.1:0', credentials, methods })
  const serverName = 'sidecar.test'
  const client = open(t, server.target, { key: 'k', tls: { ca: cert, cert, key: key.toString(), serverName } })
  await client.ready()
  t.true((await client.check('acme', 'org:analyst')).allowed)
  t.deepEqual(keys, ['Bearer k'])
  for (const tls of [
    { ca: cert, serverName },
    { cert, key, serverName },
    { ca: cert, cert, key, serverName: 'other.test' },
  ]) {
    const stranger = open(t, server.target, { tls, deadlineMs: 500 })
    await t.throwsAsync(stranger.check('acme', 'org:analyst'))
    await stranger.close()
  }
})

function makeCertificate(folder: string) {
  const [certFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  const subject = ['-subj', '/CN=sidecar.test', '-addext', 'subjectAltName=DNS:sidecar.test']
  const args = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-days',
    '2',
    ...subject,
  ]
  try {
    execFileSync('openssl', [...args, '-keyout', keyFile, '-out', certFile], { stdio: 'ignore' })
  } catch {
    return undefined
  }
  return { cert: readFileSync(certFile), key: readFileSync(keyFile) }
}

/** Passes bytes on, until it cuts the connections. */
async function openProxy(t: ExecutionContext, port: number) {
  const sockets = new Set<Socket>()
  const proxy = createTcpServer((socket) => {
    const upstream = connect(port, '127.0.0.1')
    for (const each of [socket, upstream]) {
      sockets.add(each)
      each.on('error', () => {})
      each.on('close', () => [socket, upstream].forEach((other) => other.destroy()))
    }
    socket.pipe(upstream).pipe(socket)
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  const cut = () => sockets.forEach((socket) => socket.destroy())
  t.teardown(() => {
    cut()
    proxy.close()
  })
  return { port: (proxy.address() as { port: number }).port, cut }
}
