/**
 * Random writes about places over few keys, so that they meet. Several candidates are drawn for each turn: mostly the first
 * that the naive model takes is made, because nothing comes of a history of refusals.
 */

import fc from 'fast-check'
import type { How } from '../../domain/naive-places/model.ts'
import type { NaiveQuestion } from '../../domain/naive-places/answers.ts'
import type { Inputs, Operation, Write } from '../../domain/naive-places/run.ts'
import { anyQuestions } from './ask-places.ts'

const creating = ['org:sys_memberships:manage', 'org:sys_memberships:read', 'org:sys_profile:delete']
const permissions = fc.constantFrom(
  ...[creating, ['org:a:read'], ['org:a:read', 'org:a:write']],
  ...[['org:sys_memberships:manage', 'org:a:read'], [], [...creating, 'org:a:read']],
)
const newRole = fc.constantFrom('org:r1', 'org:r2', 'org:r3', 'org:r4')
const role = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('org:admin', 'org:member', 'org:r1', 'org:r2', 'org:r3') },
  { weight: 1, arbitrary: fc.constantFrom('org:r4', 'org:none') },
)
const someRoles = fc.oneof(
  { weight: 3, arbitrary: fc.uniqueArray(role, { minLength: 1, maxLength: 3 }) },
  fc.array(role, { minLength: 1, maxLength: 3 }),
)
const newSet = fc.constantFrom('role_set:s1', 'role_set:s2', 'role_set:d1', 'role_set:d2')
const roleSet = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom('role_set:default', 'role_set:s1', 'role_set:s2', 'role_set:d1') },
  { weight: 1, arbitrary: fc.constantFrom('role_set:d2', 'role_set:none') },
)
const organizationId = fc.constantFrom('o1', 'o1', 'o2', 'o3')
const kind = fc.constantFrom('team', 'unit', 'prod')
const scope = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom('team:x', 'team:y', 'unit:x', 'unit:y', 'prod:x') },
  { weight: 1, arbitrary: fc.constant('typo:x') },
)
const place = fc.oneof({ weight: 2, arbitrary: scope }, fc.constant(''))
/** An application may use addresses as ids. */
const userId = fc.constantFrom('u1', 'u2', 'u3', 'hal@x.io')
const emailAddress = fc.constantFrom('hal@x.io', 'ann@x.io', 'Ann@x.io', 'bob@x.io')
const mappings = fc.oneof(
  fc.constant({}),
  fc.constantFrom('org:member', 'org:r1', 'org:r2').map((to) => ({ 'org:admin': to, 'org:r1': to, 'org:r2': to })),
  fc.constantFrom('org:member', 'org:r1').map((to) => ({ 'org:r2': to, 'org:r3': to, 'org:member': to })),
  fc.dictionary(role, role, { maxKeys: 4 }),
)
const flag = fc.boolean()
/** Of the first, the second, … invitation of all. */
const invitationId = fc.nat(5).map(String)

export const startMs = 1_700_000_000_000
const dayMs = 86_400_000
/** Some are past when they are given. */
const expiresAtMs = fc.constantFrom(0, ...[1, 3, 6, 10, 15].map((days) => startMs + days * dayMs + 1))

type Fields<I> = { readonly [F in keyof I]?: fc.Arbitrary<I[F]> }

/** Some fields always, the others now and then. */
function write<O extends Operation>(
  operation: O,
  always: Fields<Inputs[O]>,
  sometimes: Fields<Inputs[O]> = {},
): fc.Arbitrary<Write> {
  const fields = { ...always, ...sometimes } as Record<string, fc.Arbitrary<unknown>>
  const input = fc.record(fields, { requiredKeys: Object.keys(always) })
  // The fields are those of this operation's input, which the compiler can't follow through the record.
  return input.map((values) => ({ operation, input: values }) as unknown as Write)
}

const where = { organizationId, scope: place }
const given = fc.oneof(
  { weight: 2, arbitrary: role.map((each) => ({ role: each })) },
  { weight: 3, arbitrary: someRoles.map((roles) => ({ roles })) },
  someRoles.map((roles) => ({ role: roles[0] ?? '', roles })),
)

/** With the roles that it gives. */
function granting<O extends Operation>(operation: O, always: Fields<Inputs[O]>, sometimes: Fields<Inputs[O]> = {}) {
  return fc
    .tuple(write(operation, always, sometimes), given)
    .map(([made, roles]) => ({ ...made, input: { ...made.input, ...roles } }) as Write)
}

const addressed = { emailAddresses: fc.constantFrom([], ['bob@x.io']) }
const special = { defaultRole: role, creatorRole: fc.constantFrom('org:admin', 'org:admin', 'org:r1', 'org:r2') }
const invitation = { emailAddress, expiresInDays: fc.constantFrom(1, 30), inviterUserId: userId }
const invitations = fc.array(
  fc
    .tuple(fc.record(invitation, { requiredKeys: ['emailAddress'] }), given)
    .map(([item, roles]) => ({ ...item, ...roles })),
  { minLength: 1, maxLength: 2 },
)

/** Each with its weight: what needs more to succeed comes more often. */
const weighted: Readonly<Record<Operation, readonly [number, fc.Arbitrary<Write>]>> = {
  createRole: [2, write('createRole', { key: newRole, permissions }, { includeInInitialRoleSet: flag })],
  updateRole: [3, write('updateRole', { role }, { key: newRole, permissions })],
  deleteRole: [2, write('deleteRole', { role })],
  createRoleSet: [3, write('createRoleSet', { key: newSet, roles: someRoles, defaultRole: role }, special)],
  updateRoleSet: [3, write('updateRoleSet', { roleSet }, { ...special, key: newSet, initial: flag })],
  addRoles: [3, write('addRoles', { roleSet, roles: someRoles }, special)],
  replaceRole: [5, write('replaceRole', { roleSet, role }, { toRole: role })],
  replaceRoleSet: [4, write('replaceRoleSet', { roleSet, toRoleSet: roleSet }, { mappings, restoreFormerRoles: flag })],
  deleteRoleSet: [1, write('deleteRoleSet', { roleSet })],
  updateSettings: [
    2,
    write(
      'updateSettings',
      {},
      { maxRolesPerMember: fc.constantFrom(1, 2, 3, 3), lastAdministrator: fc.constantFrom('warn', 'refuse') },
    ),
  ],
  createOrganization: [
    2,
    write(
      'createOrganization',
      { id: organizationId },
      { roleSet, createdBy: userId, maxAllowedMemberships: fc.constantFrom(0, 2, 3) },
    ),
  ],
  deleteOrganization: [1, write('deleteOrganization', { organizationId })],
  assignRoleSet: [
    12,
    fc.oneof(
      write('assignRoleSet', { organizationId, roleSet }, { mappings, restoreFormerRoles: flag }),
      write('assignRoleSet', { organizationId, scope, roleSet }, { mappings, restoreFormerRoles: flag }),
      write('assignRoleSet', { organizationId, scope, clear: fc.constant(true) }, { mappings }),
    ),
  ],
  renameScope: [
    4,
    write('renameScope', { organizationId, scope }, { newScope: scope, name: fc.constantFrom('', 'One'), mappings }),
  ],
  setScopeKind: [
    5,
    fc.oneof(
      write('setScopeKind', { kind, fallback: fc.constantFrom('organization', 'none') }, { mappings }),
      write('setScopeKind', { kind, fallback: fc.constant('role_set'), roleSet }, { mappings }),
    ),
  ],
  deleteScopeKind: [2, write('deleteScopeKind', { kind })],
  setScopeDefault: [4, write('setScopeDefault', { scope, roleSet }, { mappings })],
  deleteScopeDefault: [3, write('deleteScopeDefault', { scope }, { mappings })],
  createMembership: [24, granting('createMembership', { ...where, userId }, { ...addressed, expiresAtMs })],
  updateMembership: [
    9,
    fc.oneof(
      { weight: 3, arbitrary: granting('updateMembership', { ...where, userId }, { expiresAtMs }) },
      write('updateMembership', { ...where, userId, expiresAtMs }),
    ),
  ],
  deleteMembership: [3, write('deleteMembership', { ...where, userId }, { ...addressed, revokeSentInvitations: flag })],
  removeUser: [1, write('removeUser', { userId }, { ...addressed, revokeSentInvitations: flag })],
  createInvitation: [
    9,
    granting(
      'createInvitation',
      { ...where, emailAddress },
      { expiresInDays: invitation.expiresInDays, inviterUserId: userId },
    ),
  ],
  createInvitations: [5, write('createInvitations', { ...where, invitations })],
  revokeInvitation: [5, write('revokeInvitation', { organizationId, invitationId }, { scope: place })],
  acceptInvitation: [14, write('acceptInvitation', { organizationId, invitationId, userId }, { scope: place })],
}

const acting = fc.record(
  { actingUserId: userId, grantPolicy: fc.constantFrom('subset', 'any') },
  { requiredKeys: ['actingUserId'] },
)

const canBeOnBehalf: ReadonlySet<Operation> = new Set([
  ...(['createMembership', 'updateMembership', 'deleteMembership'] as const),
  ...(['createInvitation', 'createInvitations', 'revokeInvitation'] as const),
])

export interface Turn {
  readonly candidates: readonly { readonly write: Write; readonly how: How }[]
  /** False: the first is made, whatever comes of it. */
  readonly isLucky: boolean
  /** That pass before it. */
  readonly ms: number
  /** That are asked after it. */
  readonly questions: readonly NaiveQuestion[]
}

/** Histories get shorter when one fails; their writes stay as they are. */
export const anyTurn: fc.Arbitrary<Turn> = fc.noShrink(
  fc
    .oneof(...Object.values(weighted).map(([weight, arbitrary]) => ({ weight, arbitrary: fc.constant(arbitrary) })))
    .chain((ofOperation) =>
      fc.record({
        candidates: fc.array(
          fc
            .tuple(
              ofOperation,
              fc.oneof({ weight: 3, arbitrary: fc.constant({}) }, acting),
              fc.constantFrom(undefined, undefined, true),
            )
            .map(([made, onBehalf, allowNoAdministrator]) => ({
              write: made,
              how: { ...(canBeOnBehalf.has(made.operation) && onBehalf), allowNoAdministrator },
            })),
          { minLength: 8, maxLength: 8 },
        ),
        isLucky: fc.constantFrom(true, true, true, true, false),
        ms: fc.constantFrom(0, 0, 0, 1_000, dayMs),
        questions: anyQuestions,
      }),
    ),
)

const offered = ['org:admin', 'org:member']
const places = { defaultRole: 'org:member', creatorRole: 'org:admin' }

/** What histories begin with: three kinds of scopes, sets for organizations and for scopes, two organizations with members. */
export const opening: readonly Write[] = [
  { operation: 'updateSettings', input: { maxRolesPerMember: 3 } },
  { operation: 'createRole', input: { key: 'org:r1', permissions: ['org:a:read', 'org:sys_memberships:manage'] } },
  { operation: 'createRole', input: { key: 'org:r2', permissions: creating } },
  { operation: 'createRole', input: { key: 'org:r3', permissions: ['org:a:write'] } },
  { operation: 'createRoleSet', input: { key: 'role_set:s1', roles: [...offered, 'org:r1'], ...places } },
  { operation: 'createRoleSet', input: { key: 'role_set:s2', roles: [...offered, 'org:r2', 'org:r3'], ...places } },
  { operation: 'createRoleSet', input: { key: 'role_set:d1', roles: ['org:r1', 'org:r3'], defaultRole: 'org:r1' } },
  { operation: 'setScopeKind', input: { kind: 'team', fallback: 'organization' } },
  { operation: 'setScopeKind', input: { kind: 'unit', fallback: 'role_set', roleSet: 'role_set:d1' } },
  { operation: 'setScopeKind', input: { kind: 'prod', fallback: 'none' } },
  { operation: 'setScopeDefault', input: { scope: 'prod:x', roleSet: 'role_set:d1' } },
  { operation: 'createOrganization', input: { id: 'o1', roleSet: 'role_set:s1', createdBy: 'u1' } },
  { operation: 'createOrganization', input: { id: 'o2', createdBy: 'u2' } },
  ...[
    { organizationId: 'o1', userId: 'u2', roles: ['org:member', 'org:r1'] },
    { organizationId: 'o1', userId: 'u3', role: 'org:r1' },
    { organizationId: 'o2', userId: 'u3', role: 'org:member' },
    { organizationId: 'o1', scope: 'team:x', userId: 'u2', roles: ['org:r1', 'org:admin'] },
    { organizationId: 'o1', scope: 'unit:x', userId: 'u3', roles: ['org:r3', 'org:r1'] },
    { organizationId: 'o2', scope: 'unit:x', userId: 'u2', role: 'org:r3' },
  ].map((input) => ({ operation: 'createMembership' as const, input })),
  ...[
    { organizationId: 'o1', emailAddress: 'ann@x.io', roles: ['org:r1', 'org:member'] },
    { organizationId: 'o1', scope: 'team:x', emailAddress: 'bob@x.io', role: 'org:r1' },
    { organizationId: 'o2', scope: 'unit:y', emailAddress: 'hal@x.io', role: 'org:r1' },
  ].map((input) => ({ operation: 'createInvitation' as const, input })),
]
