/** The content of a new store: Clerk's nine system permissions, the roles admin and member, and a role set of the two. */

import { type Change, type Permission, type Role, type RoleSet, put } from '@rolesets/core'
import { stampNew } from './amend.ts'
import type { Context } from './decided.ts'

const systemPermissions = [
  ['org:sys_profile:manage', 'Manage organization', 'Change the profile and the settings of the organization.'],
  ['org:sys_profile:delete', 'Delete organization', 'Delete the organization.'],
  ['org:sys_memberships:read', 'Read members', 'See the members and their roles.'],
  ['org:sys_memberships:manage', 'Manage members', 'Invite and remove members and change their roles.'],
  ['org:sys_domains:read', 'Read domains', 'See the domains of the organization.'],
  ['org:sys_domains:manage', 'Manage domains', 'Add, verify and remove domains.'],
  ['org:sys_billing:read', 'Read billing', 'See the plan and the invoices.'],
  ['org:sys_billing:manage', 'Manage billing', 'Change the plan and the means of payment.'],
  ['org:sys_entconns:manage', 'Manage enterprise connections', 'Set up single sign-on.'],
] as const

const memberPermissions: readonly string[] = ['org:sys_memberships:read', 'org:sys_billing:read']

/** What every store has from its beginning, besides the system permissions. */
export const seededKeys = { admin: 'org:admin', member: 'org:member', roleSet: 'role_set:default' } as const

/** In an order in which each change refers only to things before it. */
export function seedChanges(context: Context): Change[] {
  const stamps = stampNew(context)
  const permissions = systemPermissions.map(([key, name, description]): Permission => ({
    ...{ id: context.newId('perm'), key, name, description, type: 'system' },
    ...stamps,
  }))
  const idsOf = (chosen: readonly Permission[]) =>
    [...chosen].sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ id }) => id)
  const admin: Role = {
    ...{ id: context.newId('role'), key: seededKeys.admin, name: 'Admin', description: 'May do everything.' },
    ...{ permissionIds: idsOf(permissions), ...stamps },
  }
  const member: Role = {
    ...{
      id: context.newId('role'),
      key: seededKeys.member,
      name: 'Member',
      description: 'May see members and billing.',
    },
    ...{ permissionIds: idsOf(permissions.filter(({ key }) => memberPermissions.includes(key))), ...stamps },
  }
  const roleSet: RoleSet = {
    ...{ id: context.newId('roleset'), key: seededKeys.roleSet, name: 'Primary role set', description: '' },
    ...{ roleIds: [admin.id, member.id], defaultRoleId: member.id, creatorRoleId: admin.id, type: 'initial' },
    ...stamps,
  }
  return [
    ...permissions.map((permission): Change => put('permission', permission, null)),
    put('role', admin, null),
    put('role', member, null),
    put('role_set', roleSet, null),
  ]
}
