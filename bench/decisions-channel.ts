/** The service `Decisions` of the contract over bare grpc-js, as server and as client, without anything of ours around it. */

import grpc from '@grpc/grpc-js'
import protoLoader from '@grpc/proto-loader'
import { loaderOptions, protoFiles, type ProtoGrpcType } from '@rolesets/proto'

const options = { ...loaderOptions, includeDirs: [...loaderOptions.includeDirs] }
const loaded = grpc.loadPackageDefinition(protoLoader.loadSync([...protoFiles], options))

/** A constructor of clients, with the definition of the service. The types are generated from the same files. */
export const { Decisions } = (loaded as unknown as ProtoGrpcType).rolesets.v1

/** What costs time on every call and is used by nobody here is off for everyone. */
export const channelOptions = { 'grpc.enable_channelz': 0, 'grpc.max_receive_message_length': 16 * 1024 * 1024 }

export function openDecisions(target: string): InstanceType<typeof Decisions> {
  return new Decisions(target, grpc.credentials.createInsecure(), channelOptions)
}
