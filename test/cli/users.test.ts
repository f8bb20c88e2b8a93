/** rolesets users remove, and what the command line says about the last administrator. */

import test from 'ava'
import { openPlace, pricingTiers, sharedTeardown } from './pricing-tiers.ts'

const shared = sharedTeardown()
const { type, operator } = await openPlace(shared)
test.before(async (t) => {
  t.is((await type(['apply', '-f', pricingTiers])).exitCode, 0)
})
test.after.always(() => shared.undoAll())

test('a user is removed from everywhere, after a dry run that says what ends', async (t) => {
  const { admin } = operator
  for (const organizationId of ['org_u1', 'org_u2']) {
    await admin.createOrganization({ id: organizationId, createdBy: 'keeper' })
    await admin.createMembership({ organizationId, userId: 'user_ann', role: 'org:member' })
    await admin.createInvitation({
      ...{ organizationId, emailAddress: 'ann@example.com', role: 'org:member', inviterUserId: 'user_ann' },
    })
  }
  const args = ['users', 'remove', 'user_ann', '--email-address', 'ann@example.com']
  const dry = await type([...args, '--dry-run'])
  t.is(dry.exitCode, 0, dry.stderr)
  t.regex(dry.stdout, /^user_ann would be removed\.\n {2}takes the role org:member from 2 members\n/)
  t.regex(dry.stdout, / {2}ends 2 pending invitations\n {2}the user sent 2 pending invitations\n/)
  const done = await type([...args, '--json'])
  t.is(done.exitCode, 0, done.stderr)
  t.like(JSON.parse(done.stdout), { user_id: 'user_ann', impact: { members: 2, ended_invitations: 2 } })
  await t.throwsAsync(admin.getMembership({ organizationId: 'org_u1', userId: 'user_ann' }), {
    code: 'membership_not_found',
  })
})

test('the last administrator stays, unless the command line insists', async (t) => {
  await operator.admin.createOrganization({ id: 'org_last', createdBy: 'user_last' })
  const args = ['users', 'remove', 'user_last']
  const refused = await type(args)
  t.is(refused.exitCode, 1)
  t.regex(refused.stderr, /"org_last" would have no administrator.*--allow-no-administrator/)
  const dry = await type([...args, '--dry-run'])
  t.is(dry.exitCode, 1)
  t.regex(dry.stdout, /^Refused: .*\n[^]* {2}leaves 1 organization without an administrator: org_last\n/)
  const assigned = await type(['assign', 'org_last', 'role_set:pro', '--map', 'org:admin=org:member'])
  t.regex(assigned.stderr, /org_last/)
  t.is(assigned.exitCode, 1)
  t.is((await type([...args, '--allow-no-administrator'])).exitCode, 0)
})
