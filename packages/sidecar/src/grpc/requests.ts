/** The parts of requests that need a translation for the rules: enums, metadata and manifests. */

import type * as proto from '@rolesets/proto'
import type { InvitationStatus, Manifest, Metadata } from '@rolesets/core'
import { jsonOfStruct } from '@rolesets/proto'
import { Refusal } from '../domain/refusal.ts'

/** Undefined: not given. A number that the enum doesn't have arrives as that number. */
export function isInitial(type: proto.RoleSetType__Output): boolean | undefined {
  switch (type) {
    case 'ROLE_SET_TYPE_UNSPECIFIED':
      return undefined
    case 'INITIAL_SET':
      return true
    case 'CUSTOM_SET':
      return false
  }
  const message = `type is ${String(type)}. It must be INITIAL_SET or CUSTOM_SET, or not given.`
  throw new Refusal('invalid_field', message, { field: 'type' })
}

/** A number that the enum doesn't have arrives as that number. */
export function accessOf(access: proto.Access__Output): 'secret' | 'read' {
  switch (access) {
    case 'ACCESS_UNSPECIFIED':
    case 'SECRET':
      return 'secret'
    case 'READ':
      return 'read'
  }
  const message = `access is ${String(access)}. It must be SECRET or READ, or not given.`
  throw new Refusal('invalid_field', message, { field: 'access' })
}

const statuses = { PENDING: 'pending', ACCEPTED: 'accepted', REVOKED: 'revoked', EXPIRED: 'expired' } as const

/** Undefined: all, because none was named. */
export function statusesOf(given: readonly proto.InvitationStatus__Output[]): readonly InvitationStatus[] | undefined {
  if (given.length === 0) return undefined
  return given.map((status, place) => {
    if (status !== 'INVITATION_STATUS_UNSPECIFIED' && Object.hasOwn(statuses, status)) return statuses[status]
    const message = `statuses has ${String(status)}. Give ${Object.keys(statuses).join(', ')}, or none for all.`
    throw new Refusal('invalid_field', message, { field: `statuses[${place}]` })
  })
}

/** 0 days: the default. */
export function newInvitationOf({ expiresInDays, ...invitation }: proto.NewInvitation__Output, path = '') {
  return {
    emailAddress: invitation.emailAddress,
    role: invitation.role,
    inviterUserId: invitation.inviterUserId,
    expiresInDays: expiresInDays === 0 ? undefined : expiresInDays,
    redirectUrl: invitation.redirectUrl,
    ...metadataOf(invitation, path),
  }
}

type StructAsRead = NonNullable<proto.CreateOrganizationRequest__Output['publicMetadata']>

/** Only what was given: in an update, metadata that is absent stays as it is. */
export function metadataOf(
  request: { readonly publicMetadata: StructAsRead | null; readonly privateMetadata: StructAsRead | null },
  path = '',
): { publicMetadata: Metadata | undefined; privateMetadata: Metadata | undefined } {
  const { publicMetadata, privateMetadata } = request
  return {
    publicMetadata: publicMetadata ? metadataOfStruct(publicMetadata, `${path}public_metadata`) : undefined,
    privateMetadata: privateMetadata ? metadataOfStruct(privateMetadata, `${path}private_metadata`) : undefined,
  }
}

/** How deep and how large it may be is checked by the rules. */
function metadataOfStruct(struct: StructAsRead, field: string): Metadata {
  return jsonOfStruct(struct, () => {
    const problem = 'has a Value without a kind. Set one of null, number, string, bool, struct and list.'
    throw new Refusal('invalid_field', `${field} ${problem}`, { field })
  })
}

export function manifestOf(request: proto.ApplyRequest__Output): Manifest {
  return {
    permissions: request.permissions,
    roles: request.roles.map(({ permissions, ...role }) => ({ ...role, permissions: permissions?.keys })),
    roleSets: request.roleSets,
    organizations: request.organizations,
  }
}
