/**
 * The wire contract: where its proto files are, how they are loaded, and the types of what they load to. Everybody who
 * speaks it, server or client, loads it with the same options.
 */

import { fileURLToPath } from 'node:url'
import type { ProtoGrpcType as AdministrationGrpcType } from './generated/administration.ts'
import type { ProtoGrpcType as ChangesGrpcType } from './generated/changes.ts'
import type { ProtoGrpcType as DecisionsGrpcType } from './generated/decisions.ts'

export type * from './generated/index.ts'

/** What `grpc.loadPackageDefinition` gives for `protoFiles`, once they are loaded with `loaderOptions`. */
export type ProtoGrpcType = AdministrationGrpcType & ChangesGrpcType & DecisionsGrpcType

/** The folder that the imports of the proto files are relative to. */
export const protoDirectory = fileURLToPath(new URL('../', import.meta.url))

/** The proto files that define services and reasons, relative to `protoDirectory`. */
export const protoFiles = [
  'rolesets/v1/decisions.proto',
  'rolesets/v1/administration.proto',
  'rolesets/v1/changes.proto',
  'rolesets/v1/errors.proto',
] as const

/** A `google.protobuf.FileDescriptorSet` of the contract and all that it imports, as reflection serves it. */
export const descriptorSetFile = fileURLToPath(new URL('../src/generated/rolesets.binpb', import.meta.url))

/** The contract as protobufjs has it once it is parsed (`Root.fromJSON`): read in a fraction of the time. */
export const parsedContractFile = fileURLToPath(new URL('../src/generated/rolesets.json', import.meta.url))

/** Options for `@grpc/proto-loader`; the generated types are made for these, so the two are changed together. */
export const loaderOptions = {
  keepCase: false,
  longs: Number,
  enums: String,
  defaults: true,
  oneofs: true,
  includeDirs: [protoDirectory],
} as const
