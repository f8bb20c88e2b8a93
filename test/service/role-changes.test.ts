/** Changes of roles under load: what is withdrawn is withdrawn from everybody, and nothing slips in beside it. */

import test from 'ava'
import { addRoleSet, openTestService, reading, writing, type OpenedService } from './open-service.ts'

async function rolesOf({ admin }: OpenedService, organizationId: string): Promise<string[]> {
  const { items } = await admin.listMemberships({ organizationId }, { ...reading(), pageSize: 500, pageToken: '' })
  return [...new Set(items.map(({ role }) => role))].sort()
}

async function settled(works: readonly Promise<unknown>[]): Promise<{ readonly refused: readonly unknown[] }> {
  const outcomes = await Promise.allSettled(works)
  return { refused: outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : [])) }
}

// better-auth, AuthP: checked, and written without a transaction, so a role that went in between was granted all the same.
test('a role that is withdrawn while it is being granted belongs to no member afterwards', async (t) => {
  const opened = await openTestService(t)
  const { admin } = opened
  await addRoleSet(opened, 'role_set:pro', ['org:analyst'])
  await admin.createOrganization({ id: 'org_acme', name: '', roleSet: 'role_set:pro' }, writing())
  const grant = (user: number) =>
    admin.createMembership({ organizationId: 'org_acme', userId: `user_${user}`, role: 'org:analyst' }, writing())
  const withdraw = admin.replaceRole.bind(undefined, {
    roleSet: 'role_set:pro',
    role: 'org:analyst',
    toRole: 'org:member',
  })
  const works = Array.from({ length: 60 }, (_, i) => (i === 30 ? withdraw(writing()) : grant(i)))
  const { refused } = await settled(works)
  t.is(refused.length, 29, 'those before the withdrawal were moved, those after it refused')
  t.true(refused.every((error) => (error as { code?: string }).code === 'role_not_in_role_set'))
  t.deepEqual(await rolesOf(opened, 'org_acme'), ['org:member'])
})

// ZITADEL GHSA-v859-c572-qh5p: removing several roles at once left some grants alive.
test('several roles that go at once leave no grant of any of them alive', async (t) => {
  const opened = await openTestService(t)
  const { admin } = opened
  const going = ['org:r1', 'org:r2', 'org:r3', 'org:r4', 'org:r5']
  await addRoleSet(opened, 'role_set:old', going)
  await addRoleSet(opened, 'role_set:new', [])
  for (const organizationId of ['org_a', 'org_b']) {
    await admin.createOrganization({ id: organizationId, name: '', roleSet: 'role_set:old' }, writing())
    const grants = ['org:admin', 'org:member', ...going].flatMap((role, place) =>
      [0, 1].map((n) => admin.createMembership({ organizationId, userId: `user_${place}_${n}`, role }, writing())),
    )
    await Promise.all(grants)
  }
  const mappings = Object.fromEntries(going.map((role, place) => [role, place % 2 === 0 ? 'org:member' : 'org:admin']))
  const input = { roleSet: 'role_set:old', toRoleSet: 'role_set:new', mappings }
  const { 'org:r3': _missing, ...incomplete } = mappings
  await t.throwsAsync(admin.replaceRoleSet({ ...input, mappings: incomplete }, writing()), {
    code: 'mapping_missing',
    message: /org:r3/,
  })
  const { impact } = await admin.replaceRoleSet(input, writing())
  t.like(impact, { organizations: 2, members: 20 })
  for (const organizationId of ['org_a', 'org_b'])
    t.deepEqual(await rolesOf(opened, organizationId), ['org:admin', 'org:member'])
})
