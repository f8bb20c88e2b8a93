/**
 * `grpc.health.v1.Health`, as the project of gRPC publishes it: what a client needs to ask any server for its health.
 * The contract has no file for it, because it isn't ours.
 */

import type { MethodDefinition } from '@grpc/grpc-js'
import protobuf, { type INamespace } from 'protobufjs/light.js'
import { definitionOf } from './contract.ts'

export type ServingStatus = 'UNKNOWN' | 'SERVING' | 'NOT_SERVING' | 'SERVICE_UNKNOWN'

export interface HealthList {
  /** By the full name of the service; the empty name is the server as a whole. */
  readonly statuses: Readonly<Record<string, { readonly status: ServingStatus }>>
}

export interface HealthDefinition {
  readonly List: MethodDefinition<object, HealthList>
}

// The library's types for this form lack its map fields.
const v1 = {
  nested: {
    HealthCheckResponse: {
      fields: { status: { type: 'ServingStatus', id: 1 } },
      nested: { ServingStatus: { values: { UNKNOWN: 0, SERVING: 1, NOT_SERVING: 2, SERVICE_UNKNOWN: 3 } } },
    },
    HealthListRequest: { fields: {} },
    HealthListResponse: { fields: { statuses: { keyType: 'string', type: 'HealthCheckResponse', id: 1 } } },
    Health: { methods: { List: { requestType: 'HealthListRequest', responseType: 'HealthListResponse' } } },
  },
}

let loaded: HealthDefinition | undefined

/** Made with the first call, and the same object from then on. */
export function loadHealth(): HealthDefinition {
  return (loaded ??= load())
}

function load(): HealthDefinition {
  const parsed = { nested: { grpc: { nested: { health: { nested: { v1 } } } } } }
  const root = protobuf.Root.fromJSON(parsed as unknown as INamespace)
  root.resolveAll()
  // The definition has what the descriptor above has.
  return definitionOf(root.lookupService('grpc.health.v1.Health')) as unknown as HealthDefinition
}
