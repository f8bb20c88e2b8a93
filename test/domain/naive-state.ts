/** What the naive model remembers, by keys, and how it looks things up and says no. */

import { canCreate, renamed, rename } from './naive-keys.ts'

export interface NaiveRole {
  name: string
  description: string
  permissions: string[]
}

export interface NaiveRoleSet {
  name: string
  description: string
  roles: string[]
  defaultRole: string
  creatorRole: string
}

export interface NaiveOrganization {
  name: string
  slug: string | null
  roleSet: string
  createdAt: number
  createdBy: string
  quota: number
  adminDelete: boolean
  members: Record<string, { role: string; metadata: unknown }>
}

export interface NaiveInvitation {
  organization: string
  address: string
  role: string
  status: string
  expiresAt: number
  inviter: string
  acceptedBy: string
  metadata: unknown
}

export interface Counts {
  members: number
  invitations: number
  organizations: number
}

export interface NaiveState {
  permissions: Record<string, string>
  roles: Record<string, NaiveRole>
  roleSets: Record<string, NaiveRoleSet>
  initial: string
  organizations: Record<string, NaiveOrganization>
  /** Ids that were deleted and not created again. */
  deletedOrganizations: string[]
  /** In the order in which they were made. */
  invitations: NaiveInvitation[]
  settings: {
    enabled: boolean
    quota: number
    adminDelete: boolean
    slugDisabled: boolean
    lastAdministrator: string
    domains: boolean
    modes: string[]
  }
  /** What each opens; empty: it was revoked. */
  accessKeys: Record<string, string>
  /** What the last command needed mappings for, by role. */
  required: Record<string, Counts>
  now: number
  readonly deniesUnknown: boolean
}

const adminPermissions = [
  'org:sys_billing:manage',
  'org:sys_billing:read',
  'org:sys_domains:manage',
  'org:sys_domains:read',
  'org:sys_entconns:manage',
  'org:sys_memberships:manage',
  'org:sys_memberships:read',
  'org:sys_profile:delete',
  'org:sys_profile:manage',
]

export function freshState(deniesUnknown: boolean): NaiveState {
  const memberPermissions = ['org:sys_billing:read', 'org:sys_memberships:read']
  return {
    permissions: Object.fromEntries(adminPermissions.map((key) => [key, 'system'])),
    roles: {
      'org:admin': { name: 'Admin', description: 'May do everything.', permissions: adminPermissions },
      'org:member': { name: 'Member', description: 'May see members and billing.', permissions: memberPermissions },
    },
    roleSets: {
      'role_set:default': {
        ...{ name: 'Primary role set', description: '', roles: ['org:admin', 'org:member'] },
        ...{ defaultRole: 'org:member', creatorRole: 'org:admin' },
      },
    },
    initial: 'role_set:default',
    organizations: {},
    deletedOrganizations: [],
    invitations: [],
    settings: {
      ...{ enabled: true, quota: 0, adminDelete: true, slugDisabled: false, domains: false, modes: [] },
      lastAdministrator: 'refuse',
    },
    accessKeys: {},
    required: {},
    now: 0,
    deniesUnknown,
  }
}

/** Whether an organization that is still there had an administrator and has none. */
export function losesAdministrator(before: NaiveState, after: NaiveState): boolean {
  const isManaged = ({ roles, organizations }: NaiveState, id: string) =>
    Object.values(organizations[id]?.members ?? {}).some(({ role }) => canCreate(roles[role]?.permissions ?? []))
  return Object.keys(after.organizations).some((id) => isManaged(before, id) && !isManaged(after, id))
}

/** Ends the pending invitations to a user, by all addresses that are known. */
export function endInvitationsTo(
  state: NaiveState,
  user: { readonly userId: string; readonly emailAddresses?: readonly string[] | undefined },
  organization?: string,
): void {
  const accepted = state.invitations.filter(({ acceptedBy }) => acceptedBy === user.userId).map((it) => it.address)
  const known = [user.userId, ...(user.emailAddresses ?? []), ...accepted].map((address) => address.toLowerCase())
  for (const invitation of pendingOf(state)) {
    const isThere = organization === undefined || invitation.organization === organization
    if (isThere && known.includes(invitation.address.toLowerCase())) invitation.status = 'revoked'
  }
}

/** Ends those that a user sent. */
export function endInvitationsFrom(state: NaiveState, userId: string, organization?: string): void {
  for (const invitation of pendingOf(state)) {
    const isThere = organization === undefined || invitation.organization === organization
    if (isThere && invitation.inviter === userId) invitation.status = 'revoked'
  }
}

export class No extends Error {}

export function no(code: string): never {
  throw new No(code)
}

export function demand(condition: unknown, code: string): void {
  if (!condition) no(code)
}

export function needRole(state: NaiveState, key: string): NaiveRole {
  return state.roles[key] ?? no('role_not_found')
}

export function needRoleSet(state: NaiveState, key: string): NaiveRoleSet {
  return state.roleSets[key] ?? no('role_set_not_found')
}

export function needOrganization(state: NaiveState, id: string): NaiveOrganization {
  return state.organizations[id] ?? no('organization_not_found')
}

export function demandWellFormed(state: NaiveState, key: string): void {
  const set = needRoleSet(state, key)
  demand(set.roles.includes(set.defaultRole), 'special_role_not_in_role_set')
  demand(set.roles.includes(set.creatorRole), 'special_role_not_in_role_set')
  demand(canCreate(needRole(state, set.creatorRole).permissions), 'role_not_creator_eligible')
}

export function pendingOf(state: NaiveState): NaiveInvitation[] {
  return state.invitations.filter(({ status, expiresAt }) => status === 'pending' && expiresAt > state.now)
}

/** Everyone who has a role in these organizations: members, and invitations that are pending. */
export function holdersIn(state: NaiveState, isMeant: (organization: NaiveOrganization) => boolean) {
  return Object.entries(state.organizations)
    .filter(([, organization]) => isMeant(organization))
    .flatMap(([id, { members }]) => [
      ...Object.values(members).map((holder) => ({ id, kind: 'members' as const, holder })),
      ...pendingOf(state)
        .filter(({ organization }) => organization === id)
        .map((holder) => ({ id, kind: 'invitations' as const, holder })),
    ])
}

/** Notes who of these needs a mapping, because the set has no place for the role. */
export function noteRequired(
  state: NaiveState,
  isMeant: (organization: NaiveOrganization) => boolean,
  available: readonly string[],
): void {
  const seen = new Set<string>()
  for (const { id, kind, holder } of holdersIn(state, isMeant)) {
    if (available.includes(holder.role)) continue
    const counts = (state.required[holder.role] ??= { members: 0, invitations: 0, organizations: 0 })
    counts[kind] += 1
    const place = `${id} ${holder.role}`
    if (!seen.has(place)) counts.organizations += 1
    seen.add(place)
  }
}

export function renameRole(state: NaiveState, from: string, to: string): void {
  state.roles = rename(state.roles, from, to)
  for (const set of Object.values(state.roleSets)) {
    set.roles = renamed(set.roles, from, to)
    if (set.defaultRole === from) set.defaultRole = to
    if (set.creatorRole === from) set.creatorRole = to
  }
  for (const { members } of Object.values(state.organizations))
    for (const member of Object.values(members)) if (member.role === from) member.role = to
  for (const invitation of state.invitations) if (invitation.role === from) invitation.role = to
}
