/** The files of the contract on disk, for reflection and for tools that read proto files. A bundle doesn't have them. */

import { fileURLToPath } from 'node:url'
import { messageOptions } from './contract.ts'

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

/** Options for `@grpc/proto-loader`, with which it reads and writes messages as `loadContract` does. */
export const loaderOptions = { ...messageOptions, keepCase: false, includeDirs: [protoDirectory] }
