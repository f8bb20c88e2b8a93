/**
 * Server reflection, v1 and v1alpha (their messages are the same), over the descriptor set that the compiler made of the
 * contract. Everything is loaded with the first call, because few servers receive one.
 */

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { ServerDuplexStream, ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js'
import type * as ProtoLoader from '@grpc/proto-loader'
import { descriptorSetFile } from '@rolesets/proto/files'
import { methodOnDemand, type RpcMethod } from './strict-requests.ts'
import { admitting, CallContext, readable, type Endpoint } from './handler.ts'
import { notFound } from './status.ts'

const versions = ['grpc.reflection.v1', 'grpc.reflection.v1alpha'] as const

/** A question of a client. The loader names the field that is set. */
interface Request {
  readonly messageRequest?: string
  readonly fileByFilename?: string
  readonly fileContainingSymbol?: string
  readonly fileContainingExtension?: unknown
  readonly allExtensionNumbersOfType?: string
}

const reflectionServices: readonly string[] = versions.map((version) => `${version}.ServerReflection`)

export function reflectionDefinitions(): readonly ServiceDefinition[] {
  return reflectionServices.map((service) => {
    const method = methodOnDemand(`/${service}/ServerReflectionInfo`, protocol)
    return { ServerReflectionInfo: { ...method, requestStream: true, responseStream: true } }
  })
}

export function reflectionHandlers(endpoint: Endpoint): UntypedServiceImplementation {
  return { ServerReflectionInfo: admitting('read', (call: Stream) => serve(call, new CallContext(endpoint, call))) }
}

type Stream = ServerDuplexStream<Request, object>

/** Reads requests no faster than the network takes the answers. */
function serve(call: Stream, context: CallContext): void {
  const signal = context.waitSignal
  const fail = (error: unknown) => {
    call.off('data', answer)
    call.emit('error', context.fail(error))
  }
  const stop = () => fail(signal.reason)
  const answer = (request: Request) => {
    try {
      if (call.write({ validHost: '', originalRequest: request, ...answerTo(readable(request)) })) return
      call.pause()
      call.once('drain', () => call.resume())
    } catch (error) {
      fail(error)
    }
  }
  try {
    context.identify()
    context.endOnRevocation()
  } catch (error) {
    return fail(error)
  }
  signal.addEventListener('abort', stop, { once: true })
  call.on('data', answer)
  call.once('end', () => call.end())
  call.once('close', () => {
    signal.removeEventListener('abort', stop)
    context.settle()
  })
}

function answerTo(request: Request): object {
  const { messageRequest: asked, fileByFilename, fileContainingSymbol, allExtensionNumbersOfType } = request
  const { services, byName, bySymbol } = index()
  if (asked === 'listServices') return { listServicesResponse: { service: services.map((name) => ({ name })) } }
  if (asked === 'fileByFilename') return filesAnswer(byName, fileByFilename)
  if (asked === 'fileContainingSymbol') return filesAnswer(bySymbol, fileContainingSymbol)
  if (asked === 'allExtensionNumbersOfType')
    return { allExtensionNumbersResponse: { baseTypeName: allExtensionNumbersOfType ?? '' } }
  return filesAnswer(new Map(), 'this')
}

/** The file and all files that it imports, so that the client has one call to make. */
function filesAnswer(files: ReadonlyMap<string, File>, name = ''): object {
  const file = files.get(name)
  if (file === undefined) {
    const errorMessage = `There is no service, message or file ${JSON.stringify(name.slice(0, 200))}.`
    return { errorResponse: { errorCode: notFound, errorMessage } }
  }
  const found = new Set<File>([file])
  // A set that grows is walked to its end.
  for (const { dependencies } of found)
    for (const dependency of dependencies) found.add(index().byName.get(dependency) as File)
  return { fileDescriptorResponse: { fileDescriptorProto: [...found].map(({ bytes }) => bytes) } }
}

interface File {
  readonly dependencies: readonly string[]
  readonly bytes: Uint8Array
}

/** What is declared in a file, a message or a service. Empty lists are left out by the loader. */
interface Descriptor {
  readonly name: string
  readonly messageType?: readonly Descriptor[]
  readonly nestedType?: readonly Descriptor[]
  readonly enumType?: readonly Descriptor[]
  readonly service?: readonly Descriptor[]
  readonly method?: readonly Descriptor[]
}

interface FileDescriptor extends Descriptor {
  readonly package: string
  readonly dependency?: readonly string[]
}

const require = createRequire(import.meta.url)

function protoLoader(): typeof ProtoLoader {
  return require('@grpc/proto-loader') as typeof ProtoLoader
}

let loadedProtocol: RpcMethod | undefined

function protocol(): RpcMethod {
  return (loadedProtocol ??= loadProtocol())
}

function loadProtocol(): RpcMethod {
  const file = require.resolve('@grpc/reflection/build/proto/grpc/reflection/v1/reflection.proto')
  const loaded = protoLoader().loadSync(file, { oneofs: true })
  // Loading gives a union of all that a proto file can define.
  const service = loaded['grpc.reflection.v1.ServerReflection'] as unknown as {
    readonly ServerReflectionInfo: RpcMethod
  }
  return service.ServerReflectionInfo
}

let loadedIndex: ReturnType<typeof loadIndex> | undefined

function index() {
  return (loadedIndex ??= loadIndex())
}

function loadIndex() {
  const loaded = protoLoader().loadSync('google/protobuf/descriptor.proto')
  const typeOf = <T>(name: string) => loaded[`google.protobuf.${name}`] as ProtoLoader.MessageTypeDefinition<object, T>
  const fileType = typeOf<FileDescriptor>('FileDescriptorProto')
  const set = typeOf<{ readonly file: readonly FileDescriptor[] }>('FileDescriptorSet')
  const byName = new Map<string, File>()
  /** Messages, enums, services and methods by their full names. */
  const bySymbol = new Map<string, File>()
  const services: string[] = [...reflectionServices]
  for (const descriptor of set.deserialize(readFileSync(descriptorSetFile)).file) {
    const file = { dependencies: descriptor.dependency ?? [], bytes: fileType.serialize(descriptor) }
    byName.set(descriptor.name, file)
    for (const symbol of symbolsOf(descriptor.package, descriptor)) bySymbol.set(symbol, file)
    services.push(...(descriptor.service ?? []).map(({ name }) => `${descriptor.package}.${name}`))
  }
  return { services, byName, bySymbol }
}

function symbolsOf(scope: string, descriptor: Descriptor): readonly string[] {
  const { messageType = [], nestedType = [], enumType = [], service = [], method = [] } = descriptor
  return [messageType, nestedType, enumType, service, method].flat().flatMap((each) => {
    const symbol = `${scope}.${each.name}`
    return [symbol, ...symbolsOf(symbol, each)]
  })
}
