/**
 * Random writes of every kind, over few things, so that they meet. The rules' own commands come from the tests of the
 * rules; what names an invitation is chosen when it is asked for, among those that are there.
 */

import fc from 'fast-check'
import type { Store } from '../../packages/sidecar/src/storage/store.ts'
import { anyCommand, opening as openingCommands, operations as ruleOperations } from '../domain/arbitrary-commands.ts'

export interface Write {
  readonly operation: Operation
  readonly input: unknown
  /** How long after the one before. */
  readonly afterMs: number
}

const invitationPlaces = ['revokeInvitation', 'acceptInvitation'] as const

const ownOperations = [
  ...invitationPlaces,
  ...(['createInvitation', 'createInvitations', 'updateSettings', 'updateOrganization'] as const),
  ...(['createAccessKey', 'revokeAccessKey', 'addPermission', 'removePermission', 'apply'] as const),
]

type RuleOperation =
  | `${'create' | 'update' | 'delete'}${'Permission' | 'Role' | 'RoleSet' | 'Organization' | 'Membership'}`
  | 'addRoles'
  | 'replaceRole'
  | 'replaceRoleSet'
  | 'assignRoleSet'
  | 'removeUser'

export type Operation = RuleOperation | (typeof ownOperations)[number]

export const operations: readonly Operation[] = [...new Set([...(ruleOperations as RuleOperation[]), ...ownOperations])]

const organizationId = fc.constantFrom('o1', 'o2', 'o3', 'o4')
const userId = fc.constantFrom('u1', 'u2', 'u3', 'u4')
const role = fc.constantFrom('org:admin', 'org:member', 'org:r1', 'org:r2', 'org:r3', 'org:r4', 'org:none')
const roleSet = fc.constantFrom('role_set:default', 'role_set:s1', 'role_set:s2', 'role_set:s3')
const permission = fc.constantFrom(
  'org:a:read',
  'org:a:write',
  'org:sys_memberships:read',
  'org:sys_memberships:manage',
)
const emailAddress = fc.constantFrom('ann@x.org', 'Ann@X.org', 'bob@x.org', 'cy@x.org', 'di@x.org')
const metadata = fc.constantFrom({}, { a: 1, b: { c: 2 } }, { a: null, b: { d: 3 } })
const mappings = fc.dictionary(role, role, { maxKeys: 4 })
const wholeMapping = { 'org:r1': 'org:member', 'org:r2': 'org:member', 'org:r3': 'org:admin', 'org:r4': 'org:member' }
const flag = fc.boolean()
const mostlyOn = fc.constantFrom(true, true, true, false)
const quota = fc.constantFrom(0, 0, 2, 4)
const keyName = fc.constantFrom('ci', 'ops', 'admin', 'ben')

const invitation = fields(
  { emailAddress, role },
  { expiresInDays: fc.constantFrom(1, 5), inviterUserId: userId, publicMetadata: metadata },
)

/** Of these, a list; each with the weight that it needs to be done now and then. */
const own: Readonly<Record<(typeof ownOperations)[number], readonly [number, fc.Arbitrary<unknown>]>> = {
  createInvitation: [8, fc.tuple(fields({ organizationId }), invitation).map(([a, b]) => ({ ...a, ...b }))],
  createInvitations: [
    3,
    fields({ organizationId, invitations: fc.array(invitation, { minLength: 1, maxLength: 3, size: 'max' }) }),
  ],
  revokeInvitation: [3, fields({ place: fc.nat(20) }, { requestingUserId: userId })],
  acceptInvitation: [4, fields({ place: fc.nat(20), userId })],
  updateSettings: [
    3,
    fields(
      {},
      {
        enabled: mostlyOn,
        maxAllowedMemberships: quota,
        adminDeleteEnabled: flag,
        slugDisabled: flag,
        lastAdministrator: fc.constantFrom('warn', 'refuse'),
        domainsEnrollmentModes: fc.constant(['manual_invitation']),
        creatorRole: role,
        defaultRole: role,
      },
    ),
  ],
  updateOrganization: [
    5,
    fields(
      { organizationId },
      {
        name: fc.constantFrom('One', 'Two'),
        slug: fc.constantFrom('x', 'y', ''),
        roleSet,
        mappings,
        maxAllowedMemberships: quota,
        adminDeleteEnabled: flag,
        createdAt: fc.constantFrom(5, 1_600_000_000_000),
        publicMetadata: metadata,
        mergeMetadata: flag,
      },
    ),
  ],
  createAccessKey: [2, fields({ name: keyName, access: fc.constantFrom('secret', 'read') })],
  revokeAccessKey: [2, fields({ accessKey: keyName })],
  addPermission: [4, fields({ role, permission })],
  removePermission: [4, fields({ role, permission })],
  apply: [6, fields({ manifest: anyManifest(), prune: flag })],
}

function anyManifest(): fc.Arbitrary<unknown> {
  const roles = fc.uniqueArray(fc.constantFrom('org:r1', 'org:r2', 'org:r3'), { maxLength: 3 })
  const sets = fc.uniqueArray(fc.constantFrom('role_set:s1', 'role_set:s2', 'role_set:s3'), { maxLength: 2 })
  const ids = fc.uniqueArray(organizationId, { maxLength: 2 })
  return fc
    .tuple(roles, sets, ids, roleSet, fc.oneof(mappings, fc.constant(wholeMapping)))
    .map(([keys, setKeys, orgs, on, mapped]) => ({
      roles: keys.map((key) => ({ key })),
      roleSets: setKeys.map((key) => ({
        ...{ key, roles: ['org:admin', 'org:member', ...keys], defaultRole: 'org:member', creatorRole: 'org:admin' },
        replace: wholeMapping,
      })),
      organizations: orgs.map((id) => ({ id, roleSet: on, mappings: mapped })),
    }))
}

/** Of a membership, after its write; 0: it has no end. Most writes say nothing of it. */
const endsAfterMs = fc.constantFrom(undefined, undefined, undefined, 0, 500, 1_000, 3_600_000)
const memberWrites: readonly string[] = ['createMembership', 'updateMembership']

const afterMs = fc.constantFrom(0, 0, 1_000, 3_600_000, 24 * 3_600_000)

const ofTheRules = anyCommand
  .filter(({ operation }) => !(ownOperations as readonly string[]).includes(operation))
  .map(({ operation, input }) => ({ operation: operation, input: input }))

export const anyWrite: fc.Arbitrary<Write> = fc
  .tuple(
    fc.oneof(
      { weight: 55, arbitrary: ofTheRules },
      ...Object.entries(own).map(([operation, [weight, input]]) => ({
        weight,
        arbitrary: input.map((values) => ({ operation: operation as Operation, input: values })),
      })),
    ),
    afterMs,
    endsAfterMs,
  )
  .map(([write, after, endsAfter]) => {
    if (endsAfter === undefined || !memberWrites.includes(write.operation)) return { ...write, afterMs: after }
    return { ...write, input: { ...(write.input as object), endsAfterMs: endsAfter }, afterMs: after }
  })

export const opening: readonly Write[] = [
  ...openingCommands
    .filter(({ operation }) => !(ownOperations as readonly string[]).includes(operation))
    .map(({ operation, input }) => ({ operation: operation, input, afterMs: 0 })),
  ...['ann@x.org', 'bob@x.org'].map((address) => ({
    operation: 'createInvitation' as const,
    input: { organizationId: 'o1', emailAddress: address, role: 'org:r2' },
    afterMs: 0,
  })),
]

/** The same write with the invitation that it is about named, where it is about one, and with a time for an end. */
export async function resolved(write: Write, store: Store, now: number): Promise<Write> {
  const { endsAfterMs: endsAfter, ...others } = write.input as { readonly endsAfterMs?: number }
  if (endsAfter !== undefined)
    return { ...write, input: { ...others, expiresAtMs: endsAfter === 0 ? 0 : now + endsAfter } }
  if (!(invitationPlaces as readonly string[]).includes(write.operation)) return write
  const { value: all } = await store.read(async (reader) => {
    const lists = ['o1', 'o2', 'o3', 'o4'].map((id) => reader.invitations(id, { size: 100 }, { now }))
    return (await Promise.all(lists)).flat()
  })
  const { place, ...input } = write.input as { readonly place: number }
  // The youngest first: those are pending more often.
  const chosen = all.sort((a, b) => (a.id < b.id ? 1 : -1))[place % Math.max(all.length, 1)]
  const named = { organizationId: chosen?.organizationId ?? 'o1', invitationId: chosen?.id ?? 'orginv_none' }
  return { ...write, input: { ...input, ...named } }
}

function fields(
  always: Readonly<Record<string, fc.Arbitrary<unknown>>>,
  sometimes: Readonly<Record<string, fc.Arbitrary<unknown>>> = {},
): fc.Arbitrary<Readonly<Record<string, unknown>>> {
  return fc.record({ ...always, ...sometimes }, { requiredKeys: Object.keys(always) })
}
