/** The wire contract: its one loader, the types of its messages, and `google.protobuf.Struct` from and to JSON. */

import type { ProtoGrpcType as AdministrationGrpcType } from './generated/administration.ts'
import type { ProtoGrpcType as ChangesGrpcType } from './generated/changes.ts'
import type { ProtoGrpcType as DecisionsGrpcType } from './generated/decisions.ts'

export type * from './generated/index.ts'
export { loadContract, type Contract } from './contract.ts'
export { loadHealth, type HealthDefinition, type HealthList, type ServingStatus } from './health.ts'
export { scanMessage, type ScanLimits, type ScanProblem } from './scan.ts'
export { loadShapes, type CallShapes, type FieldShape, type MessageShape } from './shapes.ts'
export { jsonOfStruct, structOfJson, type JsonObject } from './struct.ts'
/** What `grpc.loadPackageDefinition` returns for the proto files, loaded with `loaderOptions`. */
export type ProtoGrpcType = AdministrationGrpcType & ChangesGrpcType & DecisionsGrpcType
