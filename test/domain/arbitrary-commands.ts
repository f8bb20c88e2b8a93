/**
 * Random commands over few keys, so that they meet: most things exist, some don't, and some are asked for what can't be.
 * All are well-formed texts; what isn't even that is for the fuzz test.
 */

import fc from 'fast-check'
import type { Metadata } from '@rolesets/core'
import { creatorPermissionKeys } from '../../packages/sidecar/src/domain/roles.ts'
import type { Command } from './commands.ts'

const customPermission = fc.constantFrom('org:a:read', 'org:a:write', 'org:b:read')
const systemPermission = fc.constantFrom('org:sys_billing:read', 'org:sys_memberships:manage')
const permission = fc.oneof({ weight: 6, arbitrary: customPermission }, { weight: 1, arbitrary: systemPermission })
const permissionKey = fc.oneof({ weight: 9, arbitrary: customPermission }, fc.constant('org:sys_new:read'))
const rolePermissions = fc.oneof(
  fc.uniqueArray(permission, { maxLength: 3 }),
  fc.uniqueArray(customPermission, { maxLength: 2 }).map((keys) => [...creatorPermissionKeys, ...keys]),
  fc.array(fc.oneof(permission, fc.constant('org:none:read')), { maxLength: 3 }),
)
const roleKey = fc.constantFrom('org:r1', 'org:r2', 'org:r3', 'org:r4')
const role = fc.oneof(
  { weight: 6, arbitrary: roleKey },
  { weight: 4, arbitrary: fc.constantFrom('org:admin', 'org:member') },
  { weight: 1, arbitrary: fc.constant('org:none') },
)
const creator = fc.oneof({ weight: 3, arbitrary: fc.constant('org:admin') }, role)
const roleSetKey = fc.constantFrom('role_set:s1', 'role_set:s2', 'role_set:s3')
const roleSet = fc.oneof(
  { weight: 6, arbitrary: roleSetKey },
  { weight: 2, arbitrary: fc.constant('role_set:default') },
  { weight: 1, arbitrary: fc.constant('role_set:none') },
)
const someRoles = fc.oneof(
  { weight: 3, arbitrary: fc.uniqueArray(role, { minLength: 1, maxLength: 4 }) },
  fc.array(role, { maxLength: 3 }),
)
const mappings = fc.dictionary(role, role, { maxKeys: 4 })
const organizationId = fc.constantFrom('o1', 'o2', 'o3', 'o4')
/** An application may use addresses as ids. */
const userId = fc.constantFrom('u1', 'u2', 'u3', 'hal@x.io')
const name = fc.constantFrom('One', 'Two')
/** One of them is also an id. */
const slug = fc.constantFrom('x', 'o4', null)
const publicMetadata = fc.constantFrom<Metadata>(
  ...[{}, { a: 1, b: [2] }, { b: [2], a: 1 }, { a: null, c: { d: 1 } }, { c: { d: null, e: 2 } }],
)
const emailAddress = fc.constantFrom('hal@x.io', 'Hal@x.io', 'ivy@x.io', 'jon@x.io')
/** The place of an invitation among all; histories put the id there. */
const invitationId = fc.constantFrom('0', '1', '2', '3')
const maxAllowedMemberships = fc.constantFrom(0, 0, 1, 2, 3, 5)
const createdAt = fc.constantFrom(0, 1_600_000_000_000)
const expiresInDays = fc.constantFrom(1, 30, 365)
const emailAddresses = fc.uniqueArray(fc.constantFrom('hal@x.io', 'IVY@x.io', 'jon@x.io'), { maxLength: 2 })
const keyName = fc.constantFrom('ci', 'console', 'admin')

type Fields<I> = { readonly [F in keyof I]-?: fc.Arbitrary<I[F]> }

/** Some fields always, the others now and then. */
function command<O extends Command['operation']>(
  operation: O,
  always: Partial<Fields<Extract<Command, { operation: O }>['input']>>,
  sometimes: Partial<Fields<Extract<Command, { operation: O }>['input']>> = {},
): fc.Arbitrary<Command> {
  const fields = { ...always, ...sometimes } as Record<string, fc.Arbitrary<unknown>>
  const input = fc.record(fields, { requiredKeys: Object.keys(always) })
  // The fields are those of this operation's input, which the compiler can't follow through the record.
  return input.map((values) => ({ operation, input: values }) as unknown as Command)
}

const usualRoleSet = {
  key: roleSetKey,
  roles: fc.subarray(['org:r1', 'org:r2', 'org:r3']).map((keys) => ['org:admin', 'org:member', ...keys]),
  defaultRole: fc.constantFrom('org:member', 'org:admin'),
  creatorRole: fc.constant('org:admin'),
}
const invitation = { emailAddress, role }
const invitationDetails = { inviterUserId: userId, expiresInDays, publicMetadata }
const newRole = { name, permissions: rolePermissions, includeInInitialRoleSet: fc.boolean() }
const places = { defaultRole: role, creatorRole: creator }
const invitations = fc.array(
  fc.record({ ...invitation, ...invitationDetails }, { requiredKeys: ['emailAddress', 'role'] }),
  { minLength: 1, maxLength: 3 },
)
const checkInviters = fc.constant(true)
/** Mostly switched on, because nothing comes of a history in which no organization can be made. */
const mostlyOn = fc.constantFrom(true, true, true, false)
const settings = {
  ...{ enabled: mostlyOn, slugDisabled: mostlyOn.map((isOn) => !isOn), adminDeleteEnabled: fc.boolean() },
  ...{ maxAllowedMemberships, domainsEnabled: fc.boolean() },
  domainsEnrollmentModes: fc.constantFrom([], ['automatic_invitation']),
  lastAdministrator: fc.constantFrom('warn' as const, 'refuse' as const, 'refuse' as const),
}

/** Each with its weight: what needs more to succeed comes more often. */
const weighted: Readonly<Record<Command['operation'], readonly [number, fc.Arbitrary<Command>]>> = {
  createPermission: [1, command('createPermission', { key: permissionKey })],
  updatePermission: [1, command('updatePermission', { permission }, { key: permissionKey, name, description: name })],
  deletePermission: [1, command('deletePermission', { permission })],
  createRole: [3, command('createRole', { key: roleKey }, newRole)],
  updateRole: [2, command('updateRole', { role }, { key: roleKey, name, permissions: rolePermissions })],
  deleteRole: [4, command('deleteRole', { role })],
  createRoleSet: [
    4,
    fc.oneof(
      command('createRoleSet', { key: roleSetKey, roles: someRoles, defaultRole: role, creatorRole: creator }),
      command('createRoleSet', usualRoleSet, { initial: fc.boolean() }),
    ),
  ],
  updateRoleSet: [
    3,
    fc.oneof(
      command('updateRoleSet', { roleSet }, { key: roleSetKey, name, ...places }),
      command('updateRoleSet', { roleSet, initial: fc.boolean() }),
    ),
  ],
  addRoles: [3, command('addRoles', { roleSet, roles: someRoles }, places)],
  replaceRole: [5, command('replaceRole', { roleSet, role }, { toRole: role })],
  replaceRoleSet: [4, command('replaceRoleSet', { roleSet, toRoleSet: roleSet }, { mappings })],
  deleteRoleSet: [3, command('deleteRoleSet', { roleSet })],
  createOrganization: [
    3,
    command(
      'createOrganization',
      { id: organizationId },
      { name, slug, roleSet, createdBy: userId, maxAllowedMemberships, createdAt },
    ),
  ],
  updateOrganization: [
    4,
    fc.oneof(
      command('updateOrganization', { organizationId }, { name, slug, maxAllowedMemberships, createdAt }),
      command('updateOrganization', { organizationId, roleSet }, { name, mappings, adminDeleteEnabled: fc.boolean() }),
    ),
  ],
  deleteOrganization: [1, command('deleteOrganization', { organizationId })],
  assignRoleSet: [4, command('assignRoleSet', { organizationId, roleSet }, { mappings })],
  createMembership: [
    8,
    command('createMembership', { organizationId, userId, role }, { publicMetadata, emailAddresses }),
  ],
  updateMembership: [
    4,
    command('updateMembership', { organizationId, userId }, { role, publicMetadata, mergeMetadata: fc.boolean() }),
  ],
  deleteMembership: [
    3,
    command('deleteMembership', { organizationId, userId }, { revokeSentInvitations: fc.boolean() }),
  ],
  removeUser: [1, command('removeUser', { userId }, { revokeSentInvitations: fc.boolean(), emailAddresses })],
  addPermission: [1, command('addPermission', { role, permission })],
  removePermission: [2, command('removePermission', { role, permission })],
  createInvitation: [
    8,
    command('createInvitation', { organizationId, ...invitation }, { ...invitationDetails, checkInviters }),
  ],
  createInvitations: [3, command('createInvitations', { organizationId, invitations }, { checkInviters })],
  revokeInvitation: [2, command('revokeInvitation', { organizationId, invitationId }, { requestingUserId: userId })],
  acceptInvitation: [5, command('acceptInvitation', { organizationId, invitationId, userId })],
  updateSettings: [2, fc.oneof(command('updateSettings', {}, settings), command('updateSettings', {}, places))],
  createAccessKey: [1, command('createAccessKey', { name: keyName }, { access: fc.constantFrom('secret', 'read') })],
  revokeAccessKey: [1, command('revokeAccessKey', { accessKey: keyName })],
}

export const operations = Object.keys(weighted)

export const anyCommand: fc.Arbitrary<Command> = fc.oneof(
  ...Object.values(weighted).map(([weight, arbitrary]) => ({ weight, arbitrary })),
)

/** Commands after which all keys but a few exist and several roles are held, so that histories begin in the thick of it. */
export const opening: readonly Command[] = [
  { operation: 'createPermission', input: { key: 'org:a:read' } },
  { operation: 'createRole', input: { key: 'org:r1', permissions: [...creatorPermissionKeys] } },
  { operation: 'createRole', input: { key: 'org:r2', permissions: ['org:a:read'] } },
  { operation: 'createRole', input: { key: 'org:r3' } },
  {
    operation: 'createRoleSet',
    input: {
      key: 'role_set:s1',
      roles: ['org:admin', 'org:r1', 'org:r2'],
      defaultRole: 'org:r2',
      creatorRole: 'org:r1',
    },
  },
  {
    operation: 'createRoleSet',
    input: {
      key: 'role_set:s2',
      roles: ['org:admin', 'org:r2', 'org:r3'],
      defaultRole: 'org:r3',
      creatorRole: 'org:admin',
    },
  },
  { operation: 'createOrganization', input: { id: 'o1', roleSet: 'role_set:s1', createdBy: 'u1', slug: 'x' } },
  { operation: 'createOrganization', input: { id: 'o2', roleSet: 'role_set:s1' } },
  { operation: 'createOrganization', input: { id: 'o3', roleSet: 'role_set:s2' } },
  { operation: 'createMembership', input: { organizationId: 'o1', userId: 'u2', role: 'org:r2' } },
  { operation: 'createMembership', input: { organizationId: 'o2', userId: 'u1', role: 'org:r2' } },
  { operation: 'createMembership', input: { organizationId: 'o3', userId: 'u3', role: 'org:r3' } },
  { operation: 'createInvitation', input: { organizationId: 'o1', emailAddress: 'hal@x.io', role: 'org:r2' } },
  {
    operation: 'createInvitation',
    input: { organizationId: 'o2', emailAddress: 'ivy@x.io', role: 'org:r1', expiresInDays: 1 },
  },
  { operation: 'createInvitation', input: { organizationId: 'o3', emailAddress: 'jon@x.io', role: 'org:r3' } },
]
