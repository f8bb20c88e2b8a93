/**
 * Server reflection, v1 and v1alpha (their messages are the same), over the descriptor set that the compiler made of the
 * contract. Everything is loaded with the first call, because few servers receive one.
 */

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type {
  MethodDefinition,
  ServerDuplexStream,
  ServiceDefinition,
  UntypedServiceImplementation,
} from '@grpc/grpc-js'
import type * as ProtoLoader from '@grpc/proto-loader'
import { descriptorSetFile } from '@rolesets/proto/files'
import { strictly } from './strict-requests.ts'
import { CallContext, readable, type Endpoint } from './handler.ts'
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

type ReflectionAnswer =
  | { readonly fileDescriptorResponse: { readonly fileDescriptorProto: readonly Uint8Array[] } }
  | { readonly listServicesResponse: { readonly service: readonly { readonly name: string }[] } }
  | { readonly allExtensionNumbersResponse: { readonly baseTypeName: string } }
  | { readonly errorResponse: { readonly errorCode: number; readonly errorMessage: string } }

type Response = ReflectionAnswer & { readonly validHost: string; readonly originalRequest: Request }

const reflectionServices: readonly string[] = versions.map((version) => `${version}.ServerReflection`)

export function reflectionDefinitions(): readonly ServiceDefinition[] {
  return reflectionServices.map((service) => {
    const method: MethodDefinition<object, object> = {
      path: `/${service}/ServerReflectionInfo`,
      requestStream: true,
      responseStream: true,
      requestSerialize: (request) => protocol().requestSerialize(request),
      requestDeserialize: (bytes) => protocol().requestDeserialize(bytes),
      responseSerialize: (response) => protocol().responseSerialize(response),
      responseDeserialize: (bytes) => protocol().responseDeserialize(bytes),
    }
    return strictly({ ServerReflectionInfo: method })
  })
}

export function reflectionHandlers(endpoint: Endpoint): UntypedServiceImplementation {
  return { ServerReflectionInfo: (call: Stream) => serve(call, new CallContext(endpoint, call)) }
}

type Stream = ServerDuplexStream<Request, Response>

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
    context.admit('read')
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

function answerTo(request: Request): ReflectionAnswer {
  switch (request.messageRequest) {
    case 'listServices':
      return { listServicesResponse: { service: index().services.map((name) => ({ name })) } }
    case 'fileByFilename':
      return filesAnswer(index().byName.get(request.fileByFilename ?? ''), request.fileByFilename)
    case 'fileContainingSymbol':
      return filesAnswer(index().bySymbol.get(request.fileContainingSymbol ?? ''), request.fileContainingSymbol)
    case 'allExtensionNumbersOfType':
      return { allExtensionNumbersResponse: { baseTypeName: request.allExtensionNumbersOfType ?? '' } }
    default:
      return filesAnswer(undefined, 'this')
  }
}

/** The file and all files that it imports, so that the client has one call to make. */
function filesAnswer(file: File | undefined, name = ''): ReflectionAnswer {
  if (file === undefined)
    return {
      errorResponse: {
        errorCode: notFound,
        errorMessage: `There is no service, message or file ${JSON.stringify(name.slice(0, 200))}.`,
      },
    }
  const files = new Set<File>()
  const add = (each: File) => {
    if (files.has(each)) return
    files.add(each)
    for (const dependency of each.dependencies) add(index().byName.get(dependency) as File)
  }
  add(file)
  return { fileDescriptorResponse: { fileDescriptorProto: [...files].map(({ bytes }) => bytes) } }
}

interface File {
  readonly dependencies: readonly string[]
  readonly bytes: Uint8Array
}

interface Index {
  readonly services: readonly string[]
  readonly byName: ReadonlyMap<string, File>
  /** Messages, enums, services and methods by their full names. */
  readonly bySymbol: ReadonlyMap<string, File>
}

/** The parts of a FileDescriptorProto that an index needs. Empty ones are left out by the loader. */
interface FileDescriptor {
  readonly name: string
  readonly package: string
  readonly dependency?: readonly string[]
  readonly messageType?: readonly MessageDescriptor[]
  readonly enumType?: readonly Named[]
  readonly service?: readonly (Named & { readonly method?: readonly Named[] })[]
}

interface MessageDescriptor extends Named {
  readonly nestedType?: readonly MessageDescriptor[]
  readonly enumType?: readonly Named[]
}

interface Named {
  readonly name: string
}

interface ProtocolService extends ServiceDefinition {
  ServerReflectionInfo: MethodDefinition<object, object>
}

const require = createRequire(import.meta.url)

function protoLoader(): typeof ProtoLoader {
  return require('@grpc/proto-loader') as typeof ProtoLoader
}

let loadedProtocol: MethodDefinition<object, object> | undefined

function protocol(): MethodDefinition<object, object> {
  if (loadedProtocol === undefined) {
    const file = require.resolve('@grpc/reflection/build/proto/grpc/reflection/v1/reflection.proto')
    const loaded = protoLoader().loadSync(file, { oneofs: true })
    // Loading gives a union of all that a proto file can define.
    const service = loaded['grpc.reflection.v1.ServerReflection'] as unknown as ProtocolService
    loadedProtocol = service.ServerReflectionInfo
  }
  return loadedProtocol
}

let loadedIndex: Index | undefined

function index(): Index {
  return (loadedIndex ??= loadIndex())
}

function loadIndex(): Index {
  const loaded = protoLoader().loadSync('google/protobuf/descriptor.proto')
  const setType = loaded['google.protobuf.FileDescriptorSet'] as ProtoLoader.MessageTypeDefinition<
    object,
    DescriptorSet
  >
  const fileType = loaded['google.protobuf.FileDescriptorProto'] as ProtoLoader.MessageTypeDefinition<
    object,
    FileDescriptor
  >
  const byName = new Map<string, File>()
  const bySymbol = new Map<string, File>()
  const services: string[] = [...reflectionServices]
  for (const descriptor of setType.deserialize(readFileSync(descriptorSetFile)).file) {
    const file = { dependencies: descriptor.dependency ?? [], bytes: fileType.serialize(descriptor) }
    byName.set(descriptor.name, file)
    for (const symbol of symbolsOf(descriptor)) bySymbol.set(`${descriptor.package}.${symbol}`, file)
    services.push(...(descriptor.service ?? []).map(({ name }) => `${descriptor.package}.${name}`))
  }
  return { services, byName, bySymbol }
}

interface DescriptorSet {
  readonly file: readonly FileDescriptor[]
}

function symbolsOf({ messageType = [], enumType = [], service = [] }: FileDescriptor): readonly string[] {
  const methods = service.flatMap(({ name, method = [] }) => method.map((each) => `${name}.${each.name}`))
  return [...messageType.flatMap(symbolsOfMessage), ...[...enumType, ...service].map(({ name }) => name), ...methods]
}

function symbolsOfMessage({ name, nestedType = [], enumType = [] }: MessageDescriptor): readonly string[] {
  const inner = [...nestedType.flatMap(symbolsOfMessage), ...enumType.map((each) => each.name)]
  return [name, ...inner.map((each) => `${name}.${each}`)]
}
