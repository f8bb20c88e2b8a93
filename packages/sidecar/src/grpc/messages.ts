/** Things and answers as messages of the wire. */

import type { Metadata } from '@rolesets/core'
import type * as proto from '@rolesets/proto'
import { structOfJson } from '@rolesets/proto'
import type { Applied } from '../service/operations/call.ts'
import type {
  AccessKeyView,
  ImpactView,
  InvitationView,
  MembershipView,
  OrganizationView,
  PermissionView,
  RoleSetView,
  RoleView,
  ScopeDefaultView,
  ScopeKindView,
  ScopeView,
  SettingsView,
} from '../service/views.ts'
import { reasonOf } from './status.ts'

export function permissionMessage(permission: PermissionView): proto.Permission {
  return { ...stored(permission), type: permission.type === 'system' ? 'SYSTEM' : 'CUSTOM' }
}

export function roleMessage(role: RoleView): proto.Role {
  return { ...stored(role), permissions: [...role.permissions], permissionIds: [...role.permissionIds] }
}

export function roleSetMessage(roleSet: RoleSetView): proto.RoleSet {
  const type = roleSet.type === 'initial' ? 'INITIAL_SET' : 'CUSTOM_SET'
  return { ...stored(roleSet), roles: [...roleSet.roles], roleIds: [...roleSet.roleIds], type }
}

const fallbacks = { organization: 'ORGANIZATION', role_set: 'ROLE_SET', none: 'NONE' } as const

export function scopeKindMessage({
  updatedAt: updatedAtMs,
  revision: _revision,
  ...kind
}: ScopeKindView): proto.ScopeKind {
  return { ...kind, fallback: fallbacks[kind.fallback], updatedAtMs }
}

export function scopeDefaultMessage({
  updatedAt: updatedAtMs,
  revision: _revision,
  ...each
}: ScopeDefaultView): proto.ScopeDefault {
  return { ...each, updatedAtMs }
}

const origins = { own: 'OWN', default: 'DEFAULT', kind: 'KIND', organization: 'ORGANIZATION' } as const

/** How many members there are is for callers with a key. */
export function scopeMessage({ origin, members, ...scope }: ScopeView, isAnonymous: boolean): proto.Scope {
  return { ...scope, origin: originMessage(origin), ...(!isAnonymous && { members }) }
}

/** What a caller without a key may know of: a scope with neither a name nor a role set of its own is there by its members alone. */
export function isMoreThanMembers({ name, origin }: ScopeView): boolean {
  return name !== '' || origin === 'own'
}

export function originMessage(origin: ScopeView['origin']): NonNullable<proto.Scope['origin']> {
  return origin === undefined ? 'ORIGIN_UNSPECIFIED' : origins[origin]
}

/** Without a key a caller sees where an organization stands, and neither its metadata nor who created it. */
export function organizationMessage(organization: OrganizationView, isAnonymous: boolean): proto.Organization {
  const { publicMetadata, privateMetadata, createdBy, domains: _domains, ...shown } = organization
  const message = { ...stored(shown), slug: organization.slug ?? '' }
  return isAnonymous ? message : { ...message, createdBy, ...metadataOf({ publicMetadata, privateMetadata }) }
}

export function membershipMessage({ expiresAt, ...membership }: MembershipView): proto.Membership {
  const roles = { roles: [...membership.roles], roleIds: [...membership.roleIds] }
  return { ...stored(membership), ...roles, ...metadataOf(membership), expiresAtMs: expiresAt ?? 0 }
}

export function invitationMessage({
  expiresAt: expiresAtMs,
  roleName: _name,
  ...invitation
}: InvitationView): proto.Invitation {
  const statuses = { pending: 'PENDING', accepted: 'ACCEPTED', revoked: 'REVOKED', expired: 'EXPIRED' } as const
  const roles = { roles: [...invitation.roles], roleIds: [...invitation.roleIds] }
  const status = statuses[invitation.status]
  return { ...stored(invitation), ...roles, ...metadataOf(invitation), status, expiresAtMs }
}

export function settingsMessage(settings: SettingsView): proto.Settings {
  const { updatedAt: updatedAtMs, revision: _revision, initialRoleSetId: _set, ...more } = settings
  const { creatorRoleId: _creator, defaultRoleId: _default, ...fields } = more
  const lastAdministrator = settings.lastAdministrator === 'warn' ? 'WARN' : 'REFUSE'
  return { ...fields, domainsEnrollmentModes: [...settings.domainsEnrollmentModes], updatedAtMs, lastAdministrator }
}

export function accessKeyMessage({ id, name, access, createdAt, revokedAt }: AccessKeyView): proto.AccessKey {
  return {
    ...{ id, name, access: access === 'secret' ? 'SECRET' : 'READ' },
    ...{ createdAtMs: createdAt, revokedAtMs: revokedAt ?? 0 },
  }
}

export function impactMessage({ roles, requiredMappings, violations, ...totals }: ImpactView): proto.Impact {
  return {
    ...totals,
    roles: [...roles],
    requiredMappings: [...requiredMappings],
    firstPlaces: [...totals.firstPlaces],
    organizationIdsWithoutAdministrator: [...totals.organizationIdsWithoutAdministrator],
    violations: violations.map(({ code, field = '', ...more }) => ({ ...more, reason: reasonOf(code), field })),
  }
}

export function stepMessage({ action, details, ...step }: Applied['steps'][number]): proto.AppliedStep {
  const actions = { create: 'CREATE', update: 'UPDATE', delete: 'DELETE' } as const
  return { ...step, action: actions[action], details: [...details] }
}

interface Stored {
  readonly createdAt: number
  readonly updatedAt: number
  readonly revision: number
}

/** On the wire, times have their unit in their name, and things have no revision of their own. */
function stored<Thing extends Stored>(thing: Thing) {
  const { createdAt: createdAtMs, updatedAt: updatedAtMs, revision: _revision, ...more } = thing
  return { ...more, createdAtMs, updatedAtMs }
}

function metadataOf(thing: { readonly publicMetadata: Metadata; readonly privateMetadata: Metadata }) {
  return {
    publicMetadata: structOfJson(thing.publicMetadata),
    privateMetadata: structOfJson(thing.privateMetadata),
  }
}
