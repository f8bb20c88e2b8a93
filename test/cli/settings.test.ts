/** rolesets settings: what holds for all organizations, shown and changed on the command line. */

import test from 'ava'
import { openPlace, sharedTeardown } from './pricing-tiers.ts'

const shared = sharedTeardown()
const { type, operator } = await openPlace(shared)
test.after.always(() => shared.undoAll())

test.serial('the number of roles per member is set, and a member can then have several', async (t) => {
  const { admin } = operator
  await admin.createOrganization({ id: 'org_acme', createdBy: 'user_ada' })
  const member = { organizationId: 'org_acme', userId: 'user_ben', roles: ['org:member', 'org:admin'] }
  await t.throwsAsync(admin.createMembership(member), { code: 'limit_exceeded' })
  const before = await type(['settings', 'get'])
  t.is(before.exitCode, 0, before.stderr)
  t.regex(before.stdout, /^max-roles-per-member +1\nlast-administrator +refuse\n/)

  const args = ['settings', 'set', '--max-roles-per-member', '2']
  const dry = await type([...args, '--dry-run'])
  t.is(dry.exitCode, 0, dry.stderr)
  t.regex(dry.stdout, /^The settings would be set\./)
  t.is((await admin.getSettings({})).settings.maxRolesPerMember, 1)

  const done = await type(args)
  t.is(done.exitCode, 0, done.stderr)
  t.regex(done.stdout, /^The settings are set \(revision .+\)\.\n {2}max-roles-per-member: 2\n/)
  t.deepEqual((await admin.createMembership(member)).membership?.roles, ['org:member', 'org:admin'])
})

test.serial('what is not given stays as it is, and JSON has the fields of the contract', async (t) => {
  const { admin } = operator
  const args = ['--last-administrator', 'warn', '--max-allowed-memberships', '50', '--slug-disabled', 'true']
  const set = await type(['settings', 'set', ...args, '--json'])
  t.is(set.exitCode, 0, set.stderr)
  const changed = { last_administrator: 'WARN', max_allowed_memberships: 50, slug_disabled: true, enabled: true }
  t.like((JSON.parse(set.stdout) as { settings: object }).settings, changed)
  const got = await type(['settings', 'get', '--json'])
  t.like((JSON.parse(got.stdout) as { settings: object }).settings, changed)
  const back = ['--last-administrator', 'refuse', '--max-allowed-memberships', '0', '--slug-disabled', 'false']
  t.is((await type(['settings', 'set', ...back])).exitCode, 0)
  t.like((await admin.getSettings({})).settings, { lastAdministrator: 'REFUSE', maxAllowedMemberships: 0 })
})

test('a number out of range and a call without a setting are wrong command lines', async (t) => {
  for (const args of [['--max-roles-per-member', '11'], ['--max-roles-per-member', '0'], ['--enabled', 'yes'], []])
    t.is((await type(['settings', 'set', ...args])).exitCode, 2, args.join(' '))
})
