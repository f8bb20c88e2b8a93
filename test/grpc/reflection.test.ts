/** Reflection, as strangers use it: `buf curl` knows nothing of our proto files but what the server tells. */

import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import grpc from '@grpc/grpc-js'
import test from 'ava'
import { endOf, openTestSidecar, secretKey } from './open-sidecar.ts'

const buf = fileURLToPath(new URL('../../node_modules/.bin/buf', import.meta.url))
const env = { ROLESETS_GRPC_LISTEN: '127.0.0.1:0' }

interface ReflectionAnswer {
  readonly messageResponse: string
  readonly errorResponse?: { readonly errorCode: number }
}

type ReflectionClient = grpc.Client & {
  ServerReflectionInfo(): grpc.ClientDuplexStream<object, ReflectionAnswer>
}

interface Loaded {
  readonly grpc: {
    readonly reflection: {
      readonly v1: { readonly ServerReflection: new (...input: unknown[]) => ReflectionClient }
    }
  }
}

interface CurlOptions {
  readonly body?: object
  readonly protocol?: 'grpc-v1' | 'grpc-v1alpha'
}

async function curl(target: string, path: string, { body, protocol = 'grpc-v1' }: CurlOptions = {}): Promise<string> {
  const data = body === undefined ? [] : ['--data', JSON.stringify(body)]
  const flags = ['--protocol', 'grpc', '--http2-prior-knowledge', '--reflect', '--reflect-protocol', protocol]
  const header = ['--header', `authorization: Bearer ${secretKey}`]
  const { stdout } = await promisify(execFile)(buf, ['curl', ...flags, ...header, ...data, `http://${target}${path}`])
  return stdout
}

for (const protocol of ['grpc-v1', 'grpc-v1alpha'] as const)
  test(`a question is asked through reflection, ${protocol}`, async (t) => {
    const { target } = await openTestSidecar(t, env)
    const body = { organization_id: 'org_1', role: 'org:admin' }
    const answer = JSON.parse(await curl(target, '/rolesets.v1.Decisions/Check', { body, protocol })) as object
    t.like(answer, { allowed: true, reason: 'ROLE_IN_SET' })
  })

test('messages with maps and metadata go through reflection', async (t) => {
  const { target } = await openTestSidecar(t, env)
  const organization = { id: 'org_1', public_metadata: { plan: 'pro', seats: [1, 2] } }
  await curl(target, '/rolesets.v1.Administration/CreateOrganization', { body: organization })
  const body = { organization_id: 'org_1', role_set: 'role_set:default', mappings: { 'org:member': 'org:admin' } }
  const answer = JSON.parse(await curl(target, '/rolesets.v1.Administration/AssignRoleSet', { body })) as object
  t.like(answer, { organization: { publicMetadata: { plan: 'pro', seats: [1, 2] } } })
})

test('all services and methods can be listed', async (t) => {
  const { target } = await openTestSidecar(t, env)
  const { stdout } = await promisify(execFile)(buf, [
    ...['curl', '--protocol', 'grpc', '--http2-prior-knowledge', '--reflect', '--list-services', `http://${target}`],
  ])
  const services = ['rolesets.v1.Administration', 'rolesets.v1.Changes', 'rolesets.v1.Decisions']
  for (const service of services) t.true(stdout.includes(service), service)
})

test('an unknown symbol is answered as not found, and the stream goes on', async (t) => {
  const { target } = await openTestSidecar(t, env)
  const { default: protoLoader } = await import('@grpc/proto-loader')
  const { createRequire } = await import('node:module')
  const require = createRequire(new URL('../../packages/sidecar/src/index.ts', import.meta.url))
  const file = require.resolve('@grpc/reflection/build/proto/grpc/reflection/v1/reflection.proto')
  const loaded = grpc.loadPackageDefinition(protoLoader.loadSync(file, { oneofs: true })) as unknown as Loaded
  const client = new loaded.grpc.reflection.v1.ServerReflection(target, grpc.credentials.createInsecure())
  t.teardown(() => client.close())
  const stream = client.ServerReflectionInfo()
  const answers: ReflectionAnswer[] = []
  stream.on('data', (answer: ReflectionAnswer) => answers.push(answer))
  const ended = once(stream, 'end')
  stream.write({ fileContainingSymbol: 'rolesets.v1.Guesses' })
  stream.write({ fileByFilename: 'no.proto' })
  stream.write({ allExtensionNumbersOfType: 'rolesets.v1.Role' })
  stream.write({ fileContainingExtension: { containingType: 'rolesets.v1.Role', extensionNumber: 1 } })
  stream.write({})
  stream.write({ fileContainingSymbol: 'rolesets.v1.Decisions.Check' })
  stream.write({ fileContainingSymbol: 'rolesets.v1.Role' })
  stream.end()
  await ended
  t.deepEqual(
    answers.map(({ errorResponse, messageResponse }) => errorResponse?.errorCode ?? messageResponse),
    [5, 5, 'allExtensionNumbersResponse', 5, 5, 'fileDescriptorResponse', 'fileDescriptorResponse'],
  )
})

test('bytes that are no reflection request are refused', async (t) => {
  const { target } = await openTestSidecar(t, env)
  const client = new grpc.Client(target, grpc.credentials.createInsecure())
  t.teardown(() => client.close())
  const same = (bytes: Buffer) => bytes
  const path = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo'
  const stream = client.makeBidiStreamRequest(path, same, same)
  stream.write(Buffer.from('0aff', 'hex'))
  t.like(await endOf(stream), { status: 'INVALID_ARGUMENT', reason: 'INVALID_FIELD' })
})
