import grpc from '@grpc/grpc-js'
import test, { type ExecutionContext } from 'ava'
import { Health, healthDefinition } from '../../packages/sidecar/src/grpc/health.ts'
import { createServer } from '../../packages/sidecar/src/grpc/server.ts'
import { endOf, nextMessage, openTestSidecar, type Answer } from './open-sidecar.ts'

type HealthClient = grpc.Client & Record<'Check' | 'Watch' | 'List', (...input: unknown[]) => unknown>

function healthClient(t: ExecutionContext, target: string): HealthClient {
  const HealthService = grpc.makeGenericClientConstructor(healthDefinition, 'Health')
  const options = { 'grpc.use_local_subchannel_pool': 1 }
  const client = new HealthService(target, grpc.credentials.createInsecure(), options) as unknown as HealthClient
  t.teardown(() => client.close())
  return client
}

async function ask(client: HealthClient, method: 'Check' | 'List', request: object): Promise<Answer> {
  return new Promise((resolve, reject) => {
    client[method](request, (error: Error | null, answer: Answer) => (error ? reject(error) : resolve(answer)))
  })
}

const services = ['', 'rolesets.v1.Decisions', 'rolesets.v1.Administration', 'rolesets.v1.Changes']

test('the server and each of its services are serving once they are ready', async (t) => {
  const client = healthClient(t, (await openTestSidecar(t)).target)
  for (const service of services) t.is((await ask(client, 'Check', { service }))['status'], 'SERVING', service)
  const { statuses } = await ask(client, 'List', {})
  t.deepEqual(Object.keys(statuses as object).sort(), [...services].sort())
})

test('an unknown service is not found by Check, and unknown in Watch', async (t) => {
  const client = healthClient(t, (await openTestSidecar(t)).target)
  const error = await t.throwsAsync<grpc.ServiceError>(ask(client, 'Check', { service: 'rolesets.v1.Guesses' }))
  t.is(error?.code, grpc.status.NOT_FOUND)
  const stream = client.Watch({ service: 'rolesets.v1.Guesses' }) as grpc.ClientReadableStream<Answer>
  stream.on('error', () => undefined)
  t.is((await nextMessage(stream))['status'], 'SERVICE_UNKNOWN')
  stream.cancel()
})

test('a watcher of health hears that the server stops, before its stream ends', async (t) => {
  const { target, close } = await openTestSidecar(t)
  const stream = healthClient(t, target).Watch({ service: '' }) as grpc.ClientReadableStream<Answer>
  const heard: string[] = []
  stream.on('data', ({ status }: Answer) => heard.push(String(status)))
  while (heard.length === 0) await new Promise((resolve) => setImmediate(resolve))
  const ended = endOf(stream)
  await close()
  t.like(await ended, { status: 'UNAVAILABLE', reason: 'NOT_SERVING' })
  t.deepEqual(heard, ['SERVING', 'NOT_SERVING'])
})

// nice-grpc: the watch of health read, yielded, then subscribed, and so lost what changed in between.
test('before it is ready the server says so, and a watcher loses no change however quickly they come', async (t) => {
  const health = new Health(['rolesets.v1.Decisions'])
  const endpoint = {
    admit: () => undefined,
    waitingText: () => 'It waits.',
    previewsWithoutKey: () => false,
    observer: {} as never,
    stopping: new AbortController().signal,
  }
  const { server, add } = createServer(endpoint)
  add(healthDefinition, health.handlers(endpoint))
  const port = await new Promise<number>((resolve) =>
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (_error, bound) => resolve(bound)),
  )
  t.teardown(() => server.forceShutdown())
  const client = healthClient(t, `127.0.0.1:${port}`)
  t.is((await ask(client, 'Check', { service: '' }))['status'], 'NOT_SERVING')
  const stream = client.Watch({ service: '' }) as grpc.ClientReadableStream<Answer>
  stream.on('error', () => undefined)
  t.teardown(() => stream.cancel())
  t.is((await nextMessage(stream))['status'], 'NOT_SERVING')
  for (const serving of [true, false, true]) {
    const next = nextMessage(stream)
    health.setServing(serving)
    t.is((await next)['status'], serving ? 'SERVING' : 'NOT_SERVING')
  }
})
