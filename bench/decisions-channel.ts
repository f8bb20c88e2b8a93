/**
 * The service `Decisions` of the contract with plain grpc-js, as server and as client, without other code of Rolesets.
 */

import grpc from '@grpc/grpc-js'
import protoLoader from '@grpc/proto-loader'
import type { ProtoGrpcType } from '@rolesets/proto'
import { loaderOptions, protoFiles } from '@rolesets/proto/files'

const options = { ...loaderOptions, includeDirs: [...loaderOptions.includeDirs] }
const loaded = grpc.loadPackageDefinition(protoLoader.loadSync([...protoFiles], options))

/** The constructor of clients, with the service definition. The types are generated from the same files. */
export const { Decisions } = (loaded as unknown as ProtoGrpcType).rolesets.v1

/** Turns off features that cost time on every call and that no row uses. The same for all compared programs. */
export const channelOptions = { 'grpc.enable_channelz': 0, 'grpc.max_receive_message_length': 16 * 1024 * 1024 }

export function openDecisions(target: string): InstanceType<typeof Decisions> {
  return new Decisions(target, grpc.credentials.createInsecure(), channelOptions)
}
