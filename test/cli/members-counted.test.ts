/** A member with several roles is one member, whatever a command prints about the roles, and is shown with all of them. */

import test from 'ava'
import { openPlace, sharedTeardown } from './pricing-tiers.ts'

const shared = sharedTeardown()
const { type, operator } = await openPlace(shared)
test.after.always(() => shared.undoAll())

test.serial('who has two roles that get others is counted once, before and after and in the log', async (t) => {
  const { admin } = operator
  await admin.updateSettings({ maxRolesPerMember: 2 })
  for (const key of ['org:nurse', 'org:head']) await admin.createRole({ key })
  const roles = ['org:admin', 'org:member', 'org:nurse', 'org:head']
  await admin.createRoleSet({ key: 'role_set:clinic', roles, defaultRole: 'org:member', creatorRole: 'org:admin' })
  await admin.createOrganization({ id: 'org_clinic', roleSet: 'role_set:clinic', createdBy: 'user_ada' })
  const place = { organizationId: 'org_clinic' }
  await admin.createMembership({ ...place, userId: 'user_ann', roles: ['org:nurse', 'org:head'] })
  await admin.createMembership({ ...place, userId: 'user_bob', role: 'org:nurse' })
  const maps = ['--map', 'org:nurse=org:member', '--map', 'org:head=org:member']
  const assign = (...more: string[]) => type(['assign', 'org_clinic', 'role_set:default', ...maps, ...more])
  const lines = [
    '  gives 1 member with org:head the role org:member',
    '  gives 2 members with org:nurse the role org:member',
    '  these are 2 members',
  ].join('\n')
  for (const answer of [await assign('--dry-run'), await assign()]) {
    t.is(answer.exitCode, 0, answer.stderr)
    t.true(answer.stdout.includes(lines), answer.stdout)
  }
  const log = await type(['log', '--limit', '1'])
  t.regex(log.stdout, /1 member from org:head to org:member.*, these are 2 members\n/)
  const [changeSet] = (await admin.listChanges({ pageSize: 1 })).changeSets
  t.is(changeSet?.changes.find(({ kind }) => kind === 'members_reassigned')?.members, 2)
})

test.serial('log shows all roles of a member who has several', async (t) => {
  const { admin } = operator
  await admin.updateSettings({ maxRolesPerMember: 2 })
  const [first, second] = ['org:member', 'org:admin'] as const
  await admin.createOrganization({ id: 'acme', createdBy: 'boss' })
  const dora = { organizationId: 'acme', userId: 'dora' }
  await admin.createMembership({ ...dora, roles: [first, second] })
  await admin.updateMembership({ ...dora, role: first })
  await admin.updateMembership({ ...dora, roles: [second, first] })
  await admin.deleteMembership(dora)
  const { stdout } = await type(['log', '--thing', 'dora', '--oldest-first'])
  t.deepEqual(stdout.match(/(?<=^ {2}membership dora in acme).*$/gm), [
    ' added: org:member, org:admin',
    ': roles org:member, org:admin → org:member',
    ': roles org:member → org:admin, org:member',
    ' deleted',
  ])
})
