/** What the skin over grpc-js promises, with a service that fails and waits on demand. */

import { once } from 'node:events'
import http2 from 'node:http2'
import grpc from '@grpc/grpc-js'
import test, { type ExecutionContext } from 'ava'
import type { GrpcObserver } from '../../packages/sidecar/src/grpc/observer.ts'
import { openGrpcServers, type GrpcServers } from '../../packages/sidecar/src/grpc/server.ts'
import type { Service, ServiceOptions } from '../../packages/sidecar/src/service/service.ts'
import { openTestService, writing, type OpenedService } from '../service/open-service.ts'
import { connect, contract, nextMessage, refusalOf, type Answer } from './open-sidecar.ts'

interface Served extends OpenedService {
  readonly target: string
  readonly servers: GrpcServers
  readonly failures: { readonly method: string; readonly error: unknown }[]
}

async function serve(
  t: ExecutionContext,
  options: Partial<ServiceOptions> = {},
  change: (service: Service) => Service = (service) => service,
): Promise<Served> {
  const opened = await openTestService(t, options)
  const failures: Served['failures'] = []
  const observer: GrpcObserver = {
    decided: () => undefined,
    memberDecided: () => undefined,
    batchAnswered: () => undefined,
    wrote: () => undefined,
    watcherOpened: () => ({ handed: () => undefined, ended: () => undefined }),
    backupSent: () => undefined,
    accessRefused: () => undefined,
    callFailed: (failure) => void failures.push(failure),
  }
  const servers = await openGrpcServers({
    listen: [{ kind: 'tcp', host: '127.0.0.1', port: 0, isLoopback: true }],
    service: change(opened.service),
    identify: () => ({ name: 'admin', access: 'secret', revoked: undefined }),
    waitingText: () => undefined,
    previewsWithoutKey: () => false,
    membersWithoutKey: false,
    passing: undefined,
    isWithoutWriters: () => false,
    certificates: undefined,
    observer,
  })
  t.teardown(() => servers.stop(0))
  return { ...opened, target: servers.addresses[0] ?? '', servers, failures }
}

const question = { organizationId: 'org_1', role: 'org:admin' }

test('an unexpected error goes to the log with its stack, and the caller receives no details', async (t) => {
  const fault = new TypeError('undefined is not a function')
  const failing = (service: Service): Service => ({
    ...service,
    decisions: {
      ...service.decisions,
      checkNow: () => {
        throw fault
      },
      batchCheck: () => Promise.reject(fault),
    },
  })
  const { target, failures } = await serve(t, {}, failing)
  const client = connect(t, target)
  for (const call of [client.call('Check', question), client.call('BatchCheck', { checks: [question] })]) {
    const refused = await refusalOf(call)
    t.like(refused, { status: 'INTERNAL', reason: 'INTERNAL_FAILURE' })
    t.false(refused.message.includes(fault.message))
  }
  t.deepEqual(failures, [
    { method: '/rolesets.v1.Decisions/Check', error: fault },
    { method: '/rolesets.v1.Decisions/BatchCheck', error: fault },
  ])
  t.like(await client.call('ListAvailableRoles', { organizationId: 'org_1' }), { defaultRole: 'org:member' })
})

test('a stream that fails unexpectedly ends with an internal failure, and the log has the error', async (t) => {
  const fault = new Error('the feed is gone')
  const failing = (service: Service): Service => ({
    ...service,
    changes: {
      watch: () => {
        throw fault
      },
    },
  })
  const { target, failures } = await serve(t, {}, failing)
  const stream = connect(t, target).watch()
  const [error] = (await once(stream, 'error').catch((thrown: unknown) => [thrown])) as [grpc.ServiceError]
  t.is(error.code, grpc.status.INTERNAL)
  t.is(failures[0]?.error, fault)
})

test('a cancelled call ends the work that was done for it', async (t) => {
  const reasons: unknown[] = []
  let asked = 0
  const until = async (isSo: () => boolean) => {
    while (!isSo()) await new Promise((resolve) => setImmediate(resolve))
  }
  const waiting = (service: Service): Service => ({
    ...service,
    decisions: {
      ...service.decisions,
      checkNow: () => undefined,
      check: (_question, { signal }) =>
        new Promise((_resolve, reject) => {
          asked++
          signal.addEventListener('abort', () => {
            reasons.push((signal.reason as { code: string }).code)
            reject(signal.reason as Error)
          })
        }),
    },
  })
  const { target, failures } = await serve(t, {}, waiting)
  const client = new contract.rolesets.v1.Decisions(target, grpc.credentials.createInsecure())
  t.teardown(() => client.close())
  const call = client.check(question, () => undefined)
  await until(() => asked === 1)
  call.cancel()
  await until(() => reasons.length === 1)
  t.deepEqual(reasons, ['call_cancelled'])
  t.deepEqual(failures, [])
})

test('the server itself tells a passed deadline with its reason, whatever clock the client has', async (t) => {
  const { target, store } = await serve(t)
  const session = http2.connect(`http://${target}`)
  t.teardown(() => session.destroy())
  const { path, requestSerialize } = contract.rolesets.v1.Decisions.service.Check
  const headers = { ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' }
  const message = requestSerialize({ ...question, atLeastRevision: `${store.epoch}:9999` })
  const ask = async () => {
    const stream = session.request({ ...headers, 'grpc-timeout': '50m' })
    stream.end(Buffer.concat([Buffer.from([0, 0, 0, 0, message.length]), message]))
    const [answer] = (await once(stream, 'response')) as [Record<string, string>]
    t.is(Number(answer['grpc-status']), grpc.status.DEADLINE_EXCEEDED)
    return Buffer.from(answer['grpc-status-details-bin'] ?? '', 'base64').toString('latin1')
  }
  // On a machine that is late for both, grpc-js may end the call before we do, and it gives no reason.
  let details = ''
  for (let attempts = 0; attempts < 50 && details === ''; attempts++) details = await ask()
  t.regex(details, /DEADLINE/)
})

test('at most one heartbeat waits for a consumer that reads nothing', async (t) => {
  const { target, admin, store } = await serve(t, { heartbeatMs: 5 })
  const session = http2.connect(`http://${target}`)
  t.teardown(() => session.destroy())
  const { path, responseDeserialize } = contract.rolesets.v1.Changes.service.Watch
  const stream = session.request({
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc',
    te: 'trailers',
  })
  stream.on('error', () => undefined)
  stream.end(Buffer.alloc(5))
  await once(stream, 'response')
  // Nothing reads, so the window fills, and a few messages wait behind it.
  await new Promise((resolve) => setImmediate(resolve))
  const description = 'It fills the window of the stream. '.repeat(29)
  while (stream.readableLength < 65_535)
    await admin.updateRole({ role: 'org:member', name: `Member ${store.head}`, description }, writing())
  await admin.updateRole({ role: 'org:member', name: 'The last one' }, writing())
  const other = connect(t, target).watch()
  other.on('error', () => undefined)
  for (let heartbeats = 0; heartbeats < 30; heartbeats++)
    await nextMessage(other, ({ heartbeat }) => Boolean(heartbeat))
  other.cancel()

  const readFromMs = Math.floor(performance.now())
  let bytes = Buffer.alloc(0)
  const messages: Answer[] = []
  for await (const chunk of stream) {
    bytes = Buffer.concat([bytes, chunk as Buffer])
    while (bytes.length >= 5 && bytes.length >= 5 + bytes.readUInt32BE(1)) {
      const end = 5 + bytes.readUInt32BE(1)
      const message: unknown = responseDeserialize(bytes.subarray(5, end))
      messages.push(message as Answer)
      bytes = bytes.subarray(end)
    }
    if (messages.some(({ heartbeat, sentAtMs }) => heartbeat && Number(sentAtMs) > readFromMs)) break
  }
  const late = messages.filter(({ heartbeat, revision, sentAtMs }) => {
    return heartbeat && revision === `${store.epoch}:${store.head}` && Number(sentAtMs) < readFromMs
  })
  t.true(late.length <= 1, JSON.stringify(late))
})

test('a heartbeat that comes right behind a change goes out with it, so a busy stream has heartbeats too', async (t) => {
  const changeSet = {
    revision: 2,
    committedAt: 1,
    actor: 'a',
    operation: 'CreateRole',
    changes: [],
    seal: '',
    record: '[]',
  }
  const busy = (service: Service): Service => ({
    ...service,
    changes: {
      watch: async function* (_request, { signal }) {
        const named = { revision: 'e:2', catalogue: service.readModel.catalogue, stalenessMs: 0 }
        yield { kind: 'change_set', changeSet, ...named }
        yield { kind: 'heartbeat', ...named }
        await once(signal, 'abort')
        throw signal.reason
      },
    },
  })
  const { target } = await serve(t, {}, busy)
  const stream = connect(t, target).watch()
  stream.on('error', () => undefined)
  t.like(await nextMessage(stream, ({ heartbeat }) => Boolean(heartbeat)), { revision: 'e:2' })
  stream.cancel()
})
