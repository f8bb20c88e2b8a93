/** The parts of requests that need a translation for the rules: enums, metadata and manifests. */

import type * as proto from '@rolesets/proto'
import type { GrantPolicy } from '../domain/acting.ts'
import type { InvitationStatus, LastAdministrator, Manifest, Metadata, ScopeFallback } from '@rolesets/core'
import { jsonOfStruct } from '@rolesets/proto'
import { Refusal } from '../domain/refusal.ts'
import type { Call } from './handler.ts'

const roleSetTypes = { ROLE_SET_TYPE_UNSPECIFIED: undefined, INITIAL_SET: true, CUSTOM_SET: false } as const
const lastAdministrators = { LAST_ADMINISTRATOR_UNSPECIFIED: undefined, WARN: 'warn', REFUSE: 'refuse' } as const
const grantPolicies = { GRANT_POLICY_UNSPECIFIED: undefined, SUBSET: 'subset', ANY: 'any' } as const
const fallbacks = {
  FALLBACK_UNSPECIFIED: undefined,
  ORGANIZATION: 'organization',
  ROLE_SET: 'role_set',
  NONE: 'none',
} as const
const accesses = { ACCESS_UNSPECIFIED: 'secret', SECRET: 'secret', READ: 'read' } as const
const statuses = { PENDING: 'pending', ACCEPTED: 'accepted', REVOKED: 'revoked', EXPIRED: 'expired' } as const

/** Undefined: not given. */
export function isInitial(type: proto.RoleSetType__Output): boolean | undefined {
  return valueOf(roleSetTypes, type, { field: 'type', must: 'It must be INITIAL_SET or CUSTOM_SET, or not given.' })
}

/** Undefined: not given. */
export function lastAdministratorOf(given: proto.LastAdministrator__Output | undefined): LastAdministrator | undefined {
  if (given === undefined) return undefined
  const must = 'It must be WARN or REFUSE, or not given.'
  return valueOf(lastAdministrators, given, { field: 'last_administrator', must })
}

/** Undefined: not given. */
export function grantPolicyOf(given: proto.GrantPolicy__Output | undefined): GrantPolicy | undefined {
  if (given === undefined) return undefined
  return valueOf(grantPolicies, given, { field: 'grant_policy', must: 'It must be SUBSET or ANY, or not given.' })
}

/** Undefined: not given. */
export function fallbackOf(given: keyof typeof fallbacks, field = 'fallback'): ScopeFallback | undefined {
  return valueOf(fallbacks, given, { field, must: 'It must be ORGANIZATION, ROLE_SET or NONE.' })
}

export function accessOf(access: proto.Access__Output): 'secret' | 'read' {
  return valueOf(accesses, access, { field: 'access', must: 'It must be SECRET or READ, or not given.' })
}

/** Undefined: all, because none was named. */
export function statusesOf(given: readonly proto.InvitationStatus__Output[]): readonly InvitationStatus[] | undefined {
  if (given.length === 0) return undefined
  return given.map((status, place) => {
    if (status !== 'INVITATION_STATUS_UNSPECIFIED' && Object.hasOwn(statuses, status)) return statuses[status]
    const message = `statuses has ${String(status)}. Give ${Object.keys(statuses).join(', ')}, or none for all.`
    throw new Refusal('invalid_field', message, { field: `statuses[${place}]` })
  })
}

/** A number that the enum doesn't have arrives as that number. */
export function valueOf<Name extends string, Value>(
  values: { readonly [name in Name]: Value },
  given: Name,
  { field, must }: { readonly field: string; readonly must: string },
): Value {
  if (Object.hasOwn(values, given)) return values[given]
  throw new Refusal('invalid_field', `${field} is ${String(given)}. ${must}`, { field })
}

/** 0 days: the default. */
export function newInvitationOf({ expiresInDays, ...invitation }: proto.NewInvitation__Output, path = '') {
  return {
    emailAddress: invitation.emailAddress,
    role: invitation.role,
    roles: invitation.roles,
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
    scopeKinds: request.scopeKinds.map((each, place) => ({
      ...each,
      // Where none is given, that is found with the other faults of the manifest.
      fallback: fallbackOf(each.fallback, `scope_kinds[${place}].fallback`) as ScopeFallback,
    })),
    scopeDefaults: request.scopeDefaults,
    organizations: request.organizations.map(({ scopes, ...each }) => ({ ...each, scopes: scopes?.scopes })),
  }
}

/** A call that waits for a revision can take long, and must not hold up a server that stops. */
export function readCall({ atLeastRevision }: { atLeastRevision: string }, call: Call) {
  return { atLeastRevision, signal: atLeastRevision === '' ? call.signal : call.waitSignal }
}
