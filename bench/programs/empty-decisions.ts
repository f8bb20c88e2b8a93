/**
 * The least that a grpc-js server can do with the messages of `Decisions`: it always gives the same answer. Its
 * argument is the address to listen on.
 */

import grpc from '@grpc/grpc-js'
import { channelOptions, Decisions } from '../decisions-channel.ts'

const answer = {
  allowed: true,
  reason: 'ROLE_IN_SET',
  roleSet: 'role_set:large',
  roleSetId: 'roleset_3MWBkWCgTnSFx8Hz9dNwel52lMG',
  organizationRegistered: true,
  revision: 'u6n5mn9qg1avyfgb:1000',
} as const

const server = new grpc.Server(channelOptions)
server.addService(Decisions.service, {
  Check: (_call: unknown, answered: grpc.sendUnaryData<typeof answer>) => answered(null, answer),
})
server.bindAsync(process.argv[2] ?? '', grpc.ServerCredentials.createInsecure(), (error) => {
  if (error) throw error
  console.log('ready')
})
