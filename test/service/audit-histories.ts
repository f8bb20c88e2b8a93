/** Random writes over a few things, for questions about the past. Many are refused on purpose. */

import fc from 'fast-check'
import { Refusal } from '../../packages/sidecar/src/domain/refusal.ts'
import { reading, writing, type OpenedService } from './open-service.ts'

export const startMs = 1_700_000_000_000

/** Nothing is written in the last one. */
export const askedScopes = ['team:a', 'ward:a', 'desk:a', 'office:a'] as const
const scopes = ['team:a', 'ward:a', 'ward:b', 'desk:a'] as const

const special = { defaultRole: 'org:member', creatorRole: 'org:admin' }

export const organizations = ['acme', 'globex', 'hooli'] as const
const custom = ['org:a', 'org:b', 'org:c'] as const
/** That are asked about. */
export const roles = ['org:member', 'org:a', 'org:b'] as const
const roleSets = ['role_set:default', 'role_set:x', 'role_set:y'] as const

type Write = (admin: OpenedService['admin']) => Promise<unknown>

const { arbitraryWrite, writeInScope } = (() => {
  const organizationId = fc.constantFrom(...organizations)
  const role = fc.constantFrom(...custom)
  const roleSet = fc.constantFrom(...roleSets)
  const key = role
  const userId = fc.constantFrom('u', 'v')
  const scope = fc.constantFrom(...scopes)
  const kind = fc.constantFrom('team', 'ward', 'desk')
  const fallback = fc.constantFrom('role_set', 'organization', 'none')
  const emailAddress = fc.constantFrom('a@example.com', 'A@example.com', 'b@example.com')
  const write = <T>(parts: fc.Arbitrary<T>, call: (admin: OpenedService['admin'], parts: T) => Promise<unknown>) =>
    parts.map(
      (given): Write =>
        (admin) =>
          call(admin, given),
    )
  const arbitraryWrite: fc.Arbitrary<Write> = fc.oneof(
    write(role, (admin, key) => admin.createRole({ key }, writing())),
    write(fc.record({ role, key }), (admin, input) => admin.updateRole(input, writing())),
    write(role, (admin, role) => admin.deleteRole({ role }, writing())),
    write(fc.record({ key: roleSet, more: fc.subarray([...custom]), initial: fc.boolean() }), (admin, input) => {
      const held = ['org:admin', 'org:member', ...input.more]
      return admin.createRoleSet({ key: input.key, roles: held, initial: input.initial, ...special }, writing())
    }),
    write(fc.record({ roleSet, role }), (admin, { roleSet, role }) =>
      admin.addRoles({ roleSet, roles: [role] }, writing()),
    ),
    write(fc.record({ roleSet, role }), (admin, input) =>
      admin.replaceRole({ ...input, toRole: 'org:member' }, writing()),
    ),
    {
      weight: 5,
      arbitrary: write(fc.record({ roleSet, toRoleSet: roleSet }), async (admin, input) =>
        admin.replaceRoleSet({ ...input, mappings: await mappingsOf(admin) }, writing()),
      ),
    },
    write(roleSet, (admin, roleSet) => admin.updateRoleSet({ roleSet, initial: true }, writing())),
    write(fc.record({ id: organizationId, roleSet }), (admin, input) => admin.createOrganization(input, writing())),
    {
      weight: 4,
      arbitrary: write(fc.record({ organizationId, roleSet }), async (admin, input) =>
        admin.assignRoleSet({ ...input, mappings: await mappingsOf(admin) }, writing()),
      ),
    },
    write(fc.record({ organizationId, name: fc.constantFrom('A', 'B') }), (admin, input) =>
      admin.updateOrganization(input, writing()),
    ),
    write(organizationId, (admin, organizationId) => admin.deleteOrganization({ organizationId }, writing())),
    write(fc.record({ organizationId, userId, role }), (admin, input) => admin.createMembership(input, writing())),
    write(fc.record({ organizationId, userId, role }), (admin, input) => admin.updateMembership(input, writing())),
    write(fc.record({ organizationId, userId }), (admin, input) => admin.deleteMembership(input, writing())),
    write(fc.record({ organizationId, emailAddress, role, expiresInDays: fc.constantFrom(1, 30) }), (admin, input) =>
      admin.createInvitation(input, writing()),
    ),
    write(fc.boolean(), (admin, slugDisabled) => admin.updateSettings({ slugDisabled }, writing())),
    write(fc.constantFrom('one', 'two'), (admin, name) => admin.createAccessKey({ name, access: 'read' }, writing())),
    write(fc.constantFrom('one', 'two'), (admin, accessKey) => admin.revokeAccessKey({ accessKey }, writing())),
    write(organizationId, (admin, organizationId) =>
      admin.createMembership({ organizationId, userId: 'u', role: 'org:member' }, writing()),
    ),
  )
  const writeInScope: fc.Arbitrary<Write> = fc.oneof(
    {
      weight: 4,
      arbitrary: write(fc.record({ organizationId, userId, scope, role }), async (admin, { role, ...member }) => {
        const whole = { organizationId: member.organizationId, userId: member.userId, role: 'org:member' }
        await attempt(admin, () => admin.createMembership(whole, writing()))
        await attempt(admin, () => admin.createMembership({ ...member, role: 'org:member' }, writing()))
        await attempt(admin, () => admin.updateMembership({ ...member, role }, writing()))
      }),
    },
    write(fc.record({ organizationId, userId, scope }), (admin, input) => admin.deleteMembership(input, writing())),
    write(fc.record({ organizationId, emailAddress, scope, role }), (admin, input) =>
      admin.createInvitation(input, writing()),
    ),
    write(fc.record({ scope, roleSet }), async (admin, input) =>
      admin.setScopeDefault({ ...input, mappings: await mappingsOf(admin) }, writing()),
    ),
    write(scope, async (admin, scope) =>
      admin.deleteScopeDefault({ scope, mappings: await mappingsOf(admin) }, writing()),
    ),
    write(fc.record({ organizationId, scope, roleSet }), async (admin, input) =>
      admin.assignRoleSet({ ...input, mappings: await mappingsOf(admin) }, writing()),
    ),
    write(fc.record({ organizationId, scope, newScope: scope }), async (admin, input) =>
      admin.renameScope({ ...input, mappings: await mappingsOf(admin) }, writing()),
    ),
    write(fc.record({ organizationId, scope }), async (admin, input) =>
      admin.assignRoleSet({ ...input, clear: true, mappings: await mappingsOf(admin) }, writing()),
    ),
    write(fc.record({ organizationId, scope, name: fc.constantFrom('', 'A') }), (admin, input) =>
      admin.renameScope(input, writing()),
    ),
    write(fc.record({ kind, fallback, roleSet }), async (admin, { roleSet, ...input }) => {
      const target = input.fallback === 'role_set' ? { roleSet } : {}
      return admin.setScopeKind({ ...input, ...target, mappings: await mappingsOf(admin) }, writing())
    }),
    write(kind, (admin, kind) => admin.deleteScopeKind({ kind }, writing())),
  )
  return { arbitraryWrite, writeInScope }
})()

/** Whoever has a role that the destination lacks becomes a plain member. */
async function mappingsOf(admin: OpenedService['admin']): Promise<Readonly<Record<string, string>>> {
  const { items } = await admin.listRoles({ ...reading(), pageSize: 0, pageToken: '' })
  const keys = items.map(({ key }) => key).filter((key) => custom.some((each) => each === key))
  return Object.fromEntries(keys.map((key) => [key, 'org:member']))
}

export interface Step {
  readonly write: Write
  /** The time that passes before it. */
  readonly pause: number
}

/** Otherwise hardly a history would come to organizations that move with their set. */
const beginning: readonly Write[] = [
  (admin) => admin.createRole({ key: 'org:a' }, writing()),
  (admin) => admin.createRole({ key: 'org:b' }, writing()),
  (admin) =>
    admin.createRoleSet({ key: 'role_set:x', roles: ['org:admin', 'org:member', 'org:a'], ...special }, writing()),
  (admin) =>
    admin.createRoleSet({ key: 'role_set:y', roles: ['org:admin', 'org:member', 'org:b'], ...special }, writing()),
  (admin) => admin.createOrganization({ id: 'acme', roleSet: 'role_set:x' }, writing()),
  (admin) => admin.createOrganization({ id: 'globex', roleSet: 'role_set:y' }, writing()),
]

const kinds: readonly Write[] = [
  (admin) => admin.setScopeKind({ kind: 'team', fallback: 'organization' }, writing()),
  (admin) => admin.setScopeKind({ kind: 'desk', fallback: 'none' }, writing()),
  (admin) => admin.setScopeKind({ kind: 'ward', fallback: 'role_set', roleSet: 'role_set:y' }, writing()),
]

function historyOf(write: fc.Arbitrary<Write>, first: readonly Write[]): fc.Arbitrary<Step[]> {
  return fc
    .array(fc.record({ write, pause: fc.integer({ min: 0, max: 3 }) }), { minLength: 8, maxLength: 22 })
    .map((steps) => [...first.map((write) => ({ write, pause: 1 })), ...steps])
}

export const history = historyOf(arbitraryWrite, beginning)

/** Also in scopes, which move with their kinds, their defaults and their organizations. */
export const historyWithScopes = historyOf(fc.oneof(arbitraryWrite, writeInScope), [...beginning, ...kinds])

/** A write that is refused changes nothing. */
export async function attempt(admin: OpenedService['admin'], write: Write): Promise<void> {
  await write(admin).catch((error: unknown) => {
    if (!(error instanceof Refusal)) throw error
  })
}
