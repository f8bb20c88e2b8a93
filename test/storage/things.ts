/** Things and changes for the tests of the storage, which accepts any of them: validity is for the rules. */

import {
  type AccessKey,
  type Change,
  initialSettings,
  type Invitation,
  type Membership,
  type Organization,
  type Permission,
  type Role,
  type RoleSet,
  type Settings,
  put,
} from '@rolesets/core'
import type { Provenance, Store, Writer } from '../../packages/sidecar/src/storage/store.ts'

export const at = 1_700_000_000_000

export const dayMs = 86_400_000

export const provenance = (more: Partial<Provenance> = {}): Provenance => ({
  actor: 'tester',
  operation: 'Test',
  at,
  ...more,
})

const stamp = (revision: number) => ({ createdAt: at, updatedAt: at, revision })

export function permission(id: string, revision: number, more: Partial<Permission> = {}): Change {
  const thing = {
    id,
    key: `org:x:${id}`,
    name: id,
    description: '',
    type: 'custom',
    ...stamp(revision),
    ...more,
  } as const
  return put('permission', thing, null)
}

export function role(id: string, revision: number, more: Partial<Role> = {}): Change {
  const thing: Role = {
    id,
    key: `org:${id}`,
    name: id,
    description: '',
    permissionIds: [],
    ...stamp(revision),
    ...more,
  }
  return put('role', thing, null)
}

export function roleSet(id: string, roleIds: readonly string[], revision: number, more: Partial<RoleSet> = {}): Change {
  const [special = ''] = roleIds
  const named = { id, key: `role_set:${id}`, name: id, description: '', type: 'custom', ...stamp(revision) } as const
  const thing: RoleSet = { ...named, roleIds, defaultRoleId: special, creatorRoleId: special, ...more }
  return put('role_set', thing, null)
}

export function organizationOf(id: string, revision: number, more: Partial<Organization> = {}): Organization {
  const own = { createdBy: '', maxAllowedMemberships: 0, adminDeleteEnabled: true }
  const content = { name: '', slug: null, roleSetId: 'free', ...own, publicMetadata: {}, privateMetadata: {} }
  return { id, ...content, ...stamp(revision), ...more }
}

export function organization(id: string, revision: number, more: Partial<Organization> = {}): Change {
  return put('organization', organizationOf(id, revision, more), null)
}

export function membershipOf(
  organizationId: string,
  userId: string,
  revision: number,
  more: Partial<Membership> = {},
): Membership {
  const content = { scope: '', roleIds: ['member'], expiresAt: null, publicMetadata: {}, privateMetadata: {} }
  return { id: `orgmem_${organizationId}_${userId}`, organizationId, userId, ...content, ...stamp(revision), ...more }
}

export function membership(
  organizationId: string,
  userId: string,
  revision: number,
  more: Partial<Membership> = {},
): Change {
  return put('membership', membershipOf(organizationId, userId, revision, more), null)
}

/** Pending, for one more day. */
export function invitationOf(
  organizationId: string,
  emailAddress: string,
  revision: number,
  more: Partial<Invitation> = {},
): Invitation {
  const id = `orginv_${organizationId}_${emailAddress}`
  const users = { inviterUserId: '', acceptedByUserId: '' }
  const place = { organizationId, scope: '' }
  const content = { roleIds: ['member'], status: 'pending', expiresAt: at + dayMs, redirectUrl: '', ...users } as const
  const metadata = { publicMetadata: {}, privateMetadata: {} }
  return { id, ...place, emailAddress, ...content, ...metadata, ...stamp(revision), ...more }
}

export function invitation(
  organizationId: string,
  emailAddress: string,
  revision: number,
  more: Partial<Invitation> = {},
): Change {
  const thing = invitationOf(organizationId, emailAddress, revision, more)
  return put('invitation', thing, null)
}

export function settingsOf(revision: number, more: Partial<Settings> = {}): Settings {
  return { ...initialSettings, updatedAt: at, revision, ...more }
}

export function settings(revision: number, more: Partial<Settings> = {}): Change {
  return put('settings', settingsOf(revision, more), initialSettings)
}

export function accessKeyOf(id: string, revision: number, more: Partial<AccessKey> = {}): AccessKey {
  return { id, name: id, access: 'read', digest: `digest of ${id}`, revokedAt: null, ...stamp(revision), ...more }
}

export function accessKey(id: string, revision: number, more: Partial<AccessKey> = {}): Change {
  return put('access_key', accessKeyOf(id, revision, more), null)
}

/** One write of these changes, which receive its revision. */
export async function record(store: Store, changesOf: (revision: number) => readonly Change[]): Promise<number> {
  return (await store.write(provenance(), (writer) => writer.record(changesOf(writer.nextRevision)))).revision
}

/** Roles `admin`, `member` and `analyst`; the sets `free` (initial, without the analyst) and `pro`. Revision 1. */
export function catalogueChanges(revision: number): readonly Change[] {
  return [
    permission('read', revision),
    permission('manage', revision),
    role('admin', revision, { permissionIds: ['read', 'manage'] }),
    role('member', revision, { permissionIds: ['read'] }),
    role('analyst', revision),
    roleSet('free', ['admin', 'member'], revision, { type: 'initial' }),
    roleSet('pro', ['admin', 'member', 'analyst'], revision),
  ]
}

export async function withCatalogue(store: Store): Promise<Store> {
  await record(store, catalogueChanges)
  return store
}

/** A work that records these changes and returns its revision. */
export function recording(changesOf: (revision: number) => readonly Change[]) {
  return async (writer: Writer): Promise<number> => {
    await writer.record(changesOf(writer.nextRevision))
    return writer.nextRevision
  }
}
