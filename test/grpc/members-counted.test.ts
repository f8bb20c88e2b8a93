/**
 * Counts say members, not pairs of a member and a role: in the impact of a dry run and of the write, and in the history. A member
 * of an organization and of one of its scopes has two memberships, which count as two.
 */

import test, { type ExecutionContext } from 'ava'
import { connect, openTestSidecar, type Answer, type Request, type TestClient } from './open-sidecar.ts'

const kept = ['org:admin', 'org:member', 'org:x', 'org:y']
const place = { organizationId: 'acme' }
const ward = { ...place, scope: 'department:ward' }
const unit = { ...place, scope: 'unit:one' }

/** An organization on `role_set:wide`; its departments follow it, and its units have the role set of their kind. */
async function openWide(t: ExecutionContext): Promise<TestClient> {
  const client = connect(t, (await openTestSidecar(t)).target)
  const { write } = client
  await write('UpdateSettings', { maxRolesPerMember: 3 })
  for (const key of ['org:a', 'org:b', 'org:x', 'org:y']) await write('CreateRole', { key })
  const special = { defaultRole: 'org:member', creatorRole: 'org:admin' }
  await write('CreateRoleSet', { key: 'role_set:wide', roles: [...kept, 'org:a', 'org:b'], ...special })
  await write('CreateRoleSet', { key: 'role_set:narrow', roles: kept, ...special })
  await write('CreateOrganization', { id: 'acme', roleSet: 'role_set:wide', createdBy: 'zoe' })
  await write('SetScopeKind', { kind: 'department', fallback: 'ORGANIZATION' })
  await write('SetScopeKind', { kind: 'unit', fallback: 'ROLE_SET', roleSet: 'role_set:wide' })
  return client
}

const mappings = { 'org:a': 'org:x', 'org:b': 'org:y' }
const both = ['org:a', 'org:b']

interface Row {
  readonly title: string
  /** Who is a member of what, beside the creator. */
  readonly members: readonly Request[]
  readonly write: readonly [operation: string, request: Request]
  /** Members and invitations that get other roles; each member is invited with the same roles, too. */
  readonly counted: number
  /** By role. */
  readonly pairs: Readonly<Record<string, number>>
}

const toNarrow = { ...place, roleSet: 'role_set:narrow', mappings }
const member = (roles: readonly string[], at: Request = place, userId = 'ann'): Request => ({ ...at, userId, roles })

const rows: readonly Row[] = [
  {
    title: 'both roles of a member are mapped',
    members: [member(both)],
    write: ['AssignRoleSet', toNarrow],
    ...{ counted: 1, pairs: { 'org:a': 1, 'org:b': 1 } },
  },
  {
    title: 'one role of two is mapped',
    members: [member(['org:a', 'org:y'])],
    write: ['AssignRoleSet', toNarrow],
    ...{ counted: 1, pairs: { 'org:a': 1 } },
  },
  {
    title: 'no role is mapped',
    members: [member(['org:x', 'org:y'])],
    write: ['AssignRoleSet', toNarrow],
    ...{ counted: 0, pairs: {} },
  },
  {
    title: 'both roles become one, which is kept once',
    members: [member(both)],
    write: ['AssignRoleSet', { ...toNarrow, mappings: { 'org:a': 'org:x', 'org:b': 'org:x' } }],
    ...{ counted: 1, pairs: { 'org:a': 1, 'org:b': 1 } },
  },
  {
    title: 'a member of the organization and of a scope that follows it has two memberships',
    members: [member(both), member(both, ward)],
    write: ['AssignRoleSet', toNarrow],
    ...{ counted: 2, pairs: { 'org:a': 2, 'org:b': 2 } },
  },
  {
    title: 'a scope that does not follow its organization is not reached',
    members: [member(both), member(both, unit)],
    write: ['AssignRoleSet', toNarrow],
    ...{ counted: 1, pairs: { 'org:a': 1, 'org:b': 1 } },
  },
  {
    title: 'a set is replaced: in the organization, and in scopes that have it by their kind',
    members: [
      member(both),
      member(both, ward),
      member(['org:a', 'org:b', 'org:x'], unit),
      member(['org:b'], place, 'bob'),
    ],
    write: ['ReplaceRoleSet', { roleSet: 'role_set:wide', toRoleSet: 'role_set:narrow', mappings }],
    ...{ counted: 4, pairs: { 'org:a': 3, 'org:b': 4 } },
  },
  {
    title: 'one scope gets a set of its own',
    members: [member(['org:member']), member(both, unit)],
    write: ['AssignRoleSet', { ...toNarrow, ...unit }],
    ...{ counted: 1, pairs: { 'org:a': 1, 'org:b': 1 } },
  },
  {
    title: 'a default of scopes is set',
    members: [member(['org:member']), member(both, unit)],
    write: ['SetScopeDefault', { scope: unit.scope, roleSet: 'role_set:narrow', mappings }],
    ...{ counted: 1, pairs: { 'org:a': 1, 'org:b': 1 } },
  },
  {
    title: 'a kind of scopes changes',
    members: [
      member(['org:member']),
      member(both, unit),
      member(['org:member'], place, 'bob'),
      member(both, unit, 'bob'),
    ],
    write: ['SetScopeKind', { kind: 'unit', fallback: 'ROLE_SET', roleSet: 'role_set:narrow', mappings }],
    ...{ counted: 2, pairs: { 'org:a': 2, 'org:b': 2 } },
  },
  {
    title: 'a scope gets the key of another kind',
    members: [member(['org:member']), member(both, unit)],
    write: ['RenameScope', { ...unit, newScope: 'clinic:one', mappings }],
    ...{ counted: 1, pairs: { 'org:a': 1, 'org:b': 1 } },
  },
]

for (const { title, members, write: operation, counted, pairs } of rows)
  test(`${title}: dry run, write and history count ${counted}`, async (t) => {
    const { write } = await openWide(t)
    await write('SetScopeKind', { kind: 'clinic', fallback: 'ROLE_SET', roleSet: 'role_set:narrow' })
    for (const each of members) await write('CreateMembership', each)
    for (const { userId, ...each } of members)
      await write('CreateInvitation', { ...each, emailAddress: `${String(userId)}.other@example.com` })
    const [name, request] = operation
    const dry = impactOf(await write(name, { ...request, dryRun: true }))
    const done = impactOf(await write(name, request))
    t.deepEqual(dry, done)
    t.like(done, { members: counted, invitations: counted })
    t.deepEqual(Object.fromEntries(done.roles.map(({ role, members: held }) => [role, held])), pairs)
    t.deepEqual(Object.fromEntries(done.roles.map(({ role, invitations: held }) => [role, held])), pairs)
    const { changeSets } = await write('ListChanges', { pageSize: 1 })
    const changes = (changeSets as { changes: readonly Answer[] }[])[0]?.changes ?? []
    const reassigned = changes.filter(({ kind }) => kind === 'members_reassigned')
    t.deepEqual(
      reassigned.map((change) => [change['members'], change['invitations']]),
      counted === 0 ? [] : [[counted, counted]],
    )
  })

interface Counts {
  readonly members: number
  readonly invitations: number
  readonly roles: readonly { readonly role: string; readonly members: number; readonly invitations: number }[]
}

function impactOf(answer: Answer): Counts {
  return answer['impact'] as Counts
}
