/** A small real gRPC server with the contract's services, whose methods do what a test says. */

import { randomUUID } from 'node:crypto'
import { rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import grpc from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'
import { loaderOptions, protoFiles } from '@rolesets/proto/files'

const loaded = loadSync([...protoFiles], { ...loaderOptions, includeDirs: [...loaderOptions.includeDirs] })

export interface UnaryCall {
  readonly request: Record<string, unknown>
  readonly metadata: grpc.Metadata
  getDeadline(): Date | number
  on(event: 'cancelled', listener: () => void): unknown
}

export interface StreamCall extends UnaryCall {
  write(message: object): boolean
}

export interface Methods {
  /** By `<service>/<rpc>`. Returns or throws the reply; what is thrown is the status. */
  readonly [method: string]: ((call: UnaryCall) => unknown) | undefined
}

export interface ServerOptions {
  /** Default: a Unix socket of its own. */
  readonly address?: string
  readonly credentials?: grpc.ServerCredentials
  readonly methods?: Methods
  readonly watch?: (call: StreamCall) => void
}

export interface TestServer {
  /** As a client takes it. */
  readonly target: string
  close(): void
}

export function socketAddress(): string {
  return `unix:${join(tmpdir(), `rolesets-${randomUUID().slice(0, 8)}.sock`)}`
}

export async function openServer(options: ServerOptions = {}): Promise<TestServer> {
  const { address = socketAddress(), credentials = grpc.ServerCredentials.createInsecure() } = options
  const server = new grpc.Server()
  for (const name of ['Decisions', 'Administration', 'Changes']) {
    const service = loaded[`rolesets.v1.${name}`] as grpc.ServiceDefinition
    server.addService(service, handlers(name, service, options))
  }
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(address, credentials, (error, bound) => (error ? reject(error) : resolve(bound)))
  })
  const target = address.endsWith(':0') ? address.replace(/:0$/, `:${port}`) : address
  return {
    target,
    close() {
      server.forceShutdown()
      if (address.startsWith('unix:')) rmSync(address.slice('unix:'.length), { force: true })
    },
  }
}

function handlers(name: string, service: grpc.ServiceDefinition, { methods = {}, watch }: ServerOptions) {
  const implementation: grpc.UntypedServiceImplementation = {}
  for (const rpc of Object.keys(service)) {
    if (rpc === 'Watch') implementation[rpc] = (call: StreamCall) => (watch ?? (() => {}))(call)
    else {
      implementation[rpc] = (call: UnaryCall, reply: grpc.sendUnaryData<unknown>) => {
        void answer(methods[`${name}/${rpc}`], call, reply)
      }
    }
  }
  return implementation
}

async function answer(method: Methods[string], call: UnaryCall, reply: grpc.sendUnaryData<unknown>): Promise<void> {
  try {
    if (method === undefined) throw Object.assign(new Error('not here'), { code: grpc.status.UNIMPLEMENTED })
    reply(null, await method(call))
  } catch (error) {
    reply(error as grpc.ServiceError)
  }
}
