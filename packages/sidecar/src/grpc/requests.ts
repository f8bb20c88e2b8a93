/** The parts of requests that the rules don't take as they come: enums, metadata, and the described state of an apply. */

import type * as proto from '@rolesets/proto'
import type { Manifest } from '../domain/apply.ts'
import type { Metadata } from '../domain/model.ts'
import { Refusal } from '../domain/refusal.ts'
import { jsonOfStruct, type StructAsRead } from './struct.ts'

/** Undefined: not said. A number that the enum doesn't have comes as that number. */
export function isInitial(type: proto.RoleSetType__Output): boolean | undefined {
  switch (type) {
    case 'ROLE_SET_TYPE_UNSPECIFIED':
      return undefined
    case 'INITIAL_SET':
      return true
    case 'CUSTOM_SET':
      return false
  }
  const message = `type is ${String(type)}. Give INITIAL_SET or CUSTOM_SET, or leave it out.`
  throw new Refusal('invalid_field', message, { field: 'type' })
}

/** Only what was given: in an update, metadata that is absent stays as it is. */
export function metadataOf(request: {
  readonly publicMetadata: StructAsRead | null
  readonly privateMetadata: StructAsRead | null
}): { publicMetadata: Metadata | undefined; privateMetadata: Metadata | undefined } {
  const { publicMetadata, privateMetadata } = request
  return {
    publicMetadata: publicMetadata ? jsonOfStruct(publicMetadata, 'public_metadata') : undefined,
    privateMetadata: privateMetadata ? jsonOfStruct(privateMetadata, 'private_metadata') : undefined,
  }
}

export function manifestOf(request: proto.ApplyRequest__Output): Manifest {
  return {
    permissions: request.permissions,
    roles: request.roles.map(({ permissions, ...role }) => ({ ...role, permissions: permissions?.keys })),
    roleSets: request.roleSets,
    organizations: request.organizations,
  }
}
