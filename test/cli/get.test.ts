/** `get`: what the sidecar has, as a table and for programs; and what lists say when they are empty. */

import test from 'ava'
import { openPlace, pricingTiers, sharedTeardown } from './pricing-tiers.ts'

const shared = sharedTeardown()
const { type, operator } = await openPlace(shared)
test.before(async (t) => {
  t.is((await type(['apply', '-f', pricingTiers])).exitCode, 0)
  const invited = { organizationId: 'org_globex', role: 'org:member', emailAddress: 'ann@example.com' }
  await operator.admin.createInvitation(invited)
  await operator.admin.createMembership({ organizationId: 'org_globex', userId: 'user_ann', role: 'org:analyst' })
})
test.after.always(() => shared.undoAll())

for (const [args, told, field] of [
  [['organizations'], /^org_acme +role_set:free/m, 'id'],
  [['role-sets'], /^role_set:free +initial +\S.*org:admin, org:member/m, 'key'],
  [['roles'], /^org:analyst +Analyst +org:reports:read/m, 'key'],
  [['permissions'], /^org:reports:read +/m, 'key'],
  [['members', 'org_globex'], /^user_ann +org:analyst +\d{4}-/m, 'userId'],
  [['invitations', 'org_globex'], /^orginv_\w+ +pending +ann@example.com +org:member/m, 'id'],
] as const)
  test(`get ${args[0]} prints a table, one document on each line with --json, and one thing by its id`, async (t) => {
    const table = await type(['get', ...args])
    t.is(table.exitCode, 0, table.stderr)
    t.regex(table.stdout, told)
    const lines = (await type(['get', ...args, '--json'])).stdout.trimEnd().split('\n')
    t.is(lines.length, table.stdout.trimEnd().split('\n').length)
    const name = field === 'userId' ? 'user_id' : field
    const ids = lines.map((line) => (JSON.parse(line) as Record<string, string>)[name] ?? '')
    const one = await type(['get', ...args, ids[0] ?? ''])
    t.is(one.exitCode, 0, one.stderr)
    t.true(one.stdout.includes(ids[0] ?? '?'))
    const none = await type(['get', ...args, 'no_such_thing'])
    t.is(none.exitCode, 1)
    t.regex(none.stderr, /^rolesets: .*no_such_thing/)
  })

test('get filters by role set, role and status', async (t) => {
  const on = async (roleSet: string) => (await type(['get', 'organizations', '--role-set', roleSet])).stdout
  t.regex(await on('role_set:pro'), /^org_globex/m)
  t.notRegex(await on('role_set:free'), /^org_globex/m)
  t.is((await type(['get', 'members', 'org_globex', '--role', 'org:admin'])).stdout, '')
  t.is((await type(['get', 'invitations', 'org_globex', '--status', 'revoked'])).stdout, '')
})

test('a list of an organization that is not registered says so, and does not look empty', async (t) => {
  for (const args of [
    ['get', 'members', 'org_nope'],
    ['get', 'invitations', 'org_nope'],
    ['invitations', 'list', 'org_nope'],
  ]) {
    const { exitCode, stdout, stderr } = await type(args)
    t.is(exitCode, 1, stderr)
    t.is(stdout, '')
    t.regex(stderr, /^rolesets: .*org_nope/)
    const { error } = JSON.parse((await type([...args, '--json'])).stderr) as { error: { code: string } }
    t.is(error.code, 'organization_not_found')
  }
})

test('a list that is empty says so on standard error, and nothing with --json', async (t) => {
  for (const args of [
    ['keys', 'list'],
    ['get', 'members', 'org_acme'],
    ['invitations', 'list', 'org_acme'],
  ]) {
    const { exitCode, stdout, stderr } = await type(args)
    t.is(exitCode, 0, stderr)
    t.is(stdout, '')
    t.regex(stderr, /^rolesets: There are no(ne| keys)/)
    t.is((await type([...args, '--json'])).stderr, '')
  }
})

test('version prints the version', async (t) => {
  t.is((await type(['version'])).stdout, '1.2.3\n')
  t.deepEqual(JSON.parse((await type(['version', '--json'])).stdout), { version: '1.2.3' })
})
