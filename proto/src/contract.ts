/**
 * The one loader of the contract, for servers and clients. The proto files are parsed when the package is generated, and
 * the result is a module: nothing is read from disk, so it also works in a bundle, and it loads in a fraction of the time.
 */

import type { MethodDefinition, ServiceDefinition } from '@grpc/grpc-js'
import protobuf, { type INamespace, type Service, type Type } from 'protobufjs/light.js'
import type { AdministrationDefinition } from './generated/rolesets/v1/Administration.ts'
import type { ChangesDefinition } from './generated/rolesets/v1/Changes.ts'
import type { DecisionsDefinition } from './generated/rolesets/v1/Decisions.ts'
import { parsedContract } from './generated/parsed-contract.ts'

/** The service definitions of `rolesets.v1`, as `@grpc/grpc-js` takes them, by the names of the services. */
export interface Contract {
  readonly Decisions: DecisionsDefinition
  readonly Administration: AdministrationDefinition
  readonly Changes: ChangesDefinition
}

/** How messages look as objects. The generated types are made for these options, so the two are changed together. */
export const messageOptions = { longs: Number, enums: String, defaults: true, oneofs: true } as const

let loaded: Contract | undefined

/** Loads the contract on the first call, and returns the same object from then on. */
export function loadContract(): Contract {
  return (loaded ??= load())
}

let loadedRoot: protobuf.Root | undefined

/** All types of the contract, by their full names. */
export function loadTypes(): protobuf.Root {
  if (loadedRoot !== undefined) return loadedRoot
  const root = protobuf.Root.fromJSON(JSON.parse(parsedContract) as INamespace)
  root.resolveAll()
  return (loadedRoot = root)
}

function load(): Contract {
  const root = loadTypes()
  const definition = (name: string) => definitionOf(root.lookupService(`rolesets.v1.${name}`)) as unknown
  // The types are generated from the same files.
  return {
    Decisions: definition('Decisions') as DecisionsDefinition,
    Administration: definition('Administration') as AdministrationDefinition,
    Changes: definition('Changes') as ChangesDefinition,
  }
}

/** As `@grpc/proto-loader` makes it, without the descriptors, which cost most of its time. */
export function definitionOf(service: Service): ServiceDefinition {
  const path = service.fullName.slice(1)
  const methods = service.methodsArray.map((method) => {
    const { name, requestStream = false, responseStream = false, resolvedRequestType, resolvedResponseType } = method
    if (resolvedRequestType === null || resolvedResponseType === null) throw new Error(`${path}.${name} has no type.`)
    const definition: MethodDefinition<object, object> = {
      path: `/${path}/${name}`,
      requestStream,
      responseStream,
      requestSerialize: serializing(resolvedRequestType),
      requestDeserialize: deserializing(resolvedRequestType),
      responseSerialize: serializing(resolvedResponseType),
      responseDeserialize: deserializing(resolvedResponseType),
    }
    return [name, definition]
  })
  return Object.fromEntries(methods) as ServiceDefinition
}

function serializing(type: Type): (message: object) => Buffer {
  // In Node the library writes into a Buffer.
  return (message) => type.encode(type.fromObject(message)).finish() as Buffer
}

function deserializing(type: Type): (bytes: Buffer) => object {
  return (bytes) => type.toObject(type.decode(bytes), messageOptions)
}
