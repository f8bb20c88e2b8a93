/** Members of scopes and invitations into them on the command line, and what becomes of them when their scope moves. */

import test, { type ExecutionContext } from 'ava'
import { openPlace, pricingTiers, sharedTeardown } from './pricing-tiers.ts'

const shared = sharedTeardown()
const { type, operator } = await openPlace(shared)
const { admin } = operator
const scope = 'department:pharmacy'
test.before(async (t) => {
  t.is((await type(['apply', '-f', pricingTiers])).exitCode, 0)
  for (const key of ['org:pharmacist', 'org:technician']) await admin.createRole({ key })
  const roles = ['org:pharmacist', 'org:technician']
  await admin.createRoleSet({ key: 'role_set:pharmacy', roles, defaultRole: 'org:technician' })
  await admin.setScopeKind({ kind: 'department', fallback: 'ROLE_SET', roleSet: 'role_set:pharmacy' })
})
test.after.always(() => shared.undoAll())

/** Types it, and expects the exit code 0. */
async function done(t: ExecutionContext, ...args: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await type(args)
  t.is(exitCode, 0, `${args.join(' ')}: ${stderr}`)
  return stdout
}

/** An organization whose member is a technician of its pharmacy, too. */
async function makeHospital(id: string): Promise<void> {
  await admin.createOrganization({ id, roleSet: 'role_set:pro' })
  const member = { organizationId: id, userId: 'user_ann' }
  await admin.createMembership({ ...member, role: 'org:member' })
  await admin.createMembership({ ...member, scope, role: 'org:technician' })
}

test('get members shows those of the organization, of one scope, or of all', async (t) => {
  await makeHospital('org_listed')
  const get = (...more: readonly string[]) => done(t, 'get', 'members', 'org_listed', ...more)
  t.regex(await get(), /^user_ann +org:member +\S+Z\n$/)
  t.regex(await get('--scope', scope), /^user_ann +org:technician +\S+Z +department:pharmacy\n$/)
  t.is((await get('--scope', '*')).split('\n').length, 3)
  t.regex(await get('user_ann', '--scope', scope), /^user_ann +org:technician /)
  t.like(JSON.parse(await get('user_ann', '--scope', scope, '--json')), {
    membership: { scope, role: 'org:technician' },
  })
  t.is(await get('--scope', 'department:other'), '')
  const both = await type(['get', 'members', 'org_listed', 'user_ann', '--scope', '*'])
  t.is(both.exitCode, 2)
  t.is((await type(['get', 'members', 'org_listed', '--scope', ''])).exitCode, 2)
})

test('invitations into a scope are created, listed, revoked and accepted', async (t) => {
  await makeHospital('org_invites')
  const into = ['--scope', scope]
  const create = [
    'invitations',
    'create',
    'org_invites',
    'org:pharmacist',
    'ann@example.com',
    'bob@example.com',
    ...into,
  ]
  t.regex(
    await done(t, ...create, '--dry-run'),
    /^2 invitations to department:pharmacy of org_invites would be created/,
  )
  t.regex(await done(t, ...create), /^2 invitations to department:pharmacy of org_invites were created/)
  for (const list of [
    ['invitations', 'list', 'org_invites'],
    ['get', 'invitations', 'org_invites'],
  ]) {
    t.is(await done(t, ...list), '')
    t.is((await done(t, ...list, '--scope', '*')).split('\n').length, 3)
    t.regex(await done(t, ...list, ...into), /ann@example\.com +org:pharmacist +until \S+ +department:pharmacy\n/)
  }
  const { invitations } = await admin.listInvitations({ organizationId: 'org_invites', scope })
  const [first, second] = invitations.map(({ id }) => id)
  t.regex(await done(t, 'invitations', 'get', 'org_invites', first ?? ''), /^scope +department:pharmacy$/m)
  const elsewhere = await type(['invitations', 'revoke', 'org_invites', first ?? '', '--scope', 'department:other'])
  t.is(elsewhere.exitCode, 1)
  t.regex(await done(t, 'invitations', 'revoke', 'org_invites', first ?? '', ...into), /is revoked/)
  await admin.createMembership({ organizationId: 'org_invites', userId: 'user_bob', role: 'org:member' })
  const accepted = await done(t, 'invitations', 'accept', 'org_invites', second ?? '', 'user_bob')
  t.regex(accepted, /^user_bob is a member of department:pharmacy of org_invites with the role org:pharmacist/)
  const outside = await type([
    'invitations',
    'create',
    'org_invites',
    'org:analyst',
    'eve@example.com',
    ...into,
    '--json',
  ])
  t.like(JSON.parse(outside.stderr), { error: { code: 'role_not_in_role_set' } })
})

test('a scope with members moves after a dry run that says what needs a mapping', async (t) => {
  await makeHospital('org_moving')
  const assign = ['assign', 'org_moving', 'role_set:pro', '--scope', scope]
  const dry = await type([...assign, '--dry-run'])
  t.is(dry.exitCode, 1)
  t.regex(
    dry.stdout,
    /^Refused: .*\n {2}affects 1 scope: department:pharmacy of org_moving\n {2}needs another role for 1 member with org:technician in 1 organization\nAdd a mapping for each: --map org:technician=<to>\n/,
  )
  const mapped = await done(t, ...assign, '--map', 'org:technician=org:analyst')
  t.regex(mapped, /\n {2}gives 1 member with org:technician the role org:analyst\n/)
  t.regex(await done(t, 'get', 'scopes', 'org_moving'), /^department:pharmacy +role_set:pro +own +1 member$/m)

  const clear = ['assign', 'org_moving', '--scope', scope, '--clear']
  t.is((await type(clear)).exitCode, 1)
  await done(t, ...clear, '--map', 'org:analyst=org:pharmacist')
  t.regex(await done(t, 'get', 'members', 'org_moving', '--scope', scope), /org:pharmacist/)
})

test('a kind and a default move all their scopes at once, and the members with them', async (t) => {
  await admin.setScopeKind({ kind: 'product', fallback: 'ORGANIZATION' })
  for (const id of ['org_p1', 'org_p2']) {
    await admin.createOrganization({ id, roleSet: 'role_set:pro' })
    const member = { organizationId: id, userId: 'user_ann', role: 'org:analyst' }
    await admin.createMembership(member)
    await admin.createMembership({ ...member, scope: 'product:crm' })
  }
  const setting = ['scopes', 'default', 'product:crm', '--role-set', 'role_set:pharmacy']
  const refused = await type(setting)
  t.is(refused.exitCode, 1)
  t.regex(refused.stderr, /org:analyst \(2 members.*--map <from>=<to>/)
  const dry = await done(t, ...setting, '--map', 'org:analyst=org:pharmacist', '--dry-run')
  t.regex(
    dry,
    /\n {2}affects 2 scopes: product:crm of org_p1, product:crm of org_p2\n {2}gives 2 members with org:analyst the role org:pharmacist\n/,
  )
  await done(t, ...setting, '--map', 'org:analyst=org:pharmacist')
  const none = await type(['scopes', 'kind', 'product', '--fallback', 'none'])
  t.is(none.exitCode, 0, 'scopes with a default do not depend on their kind')
  const deleting = ['scopes', 'default', 'product:crm', '--delete', '--map', 'org:pharmacist=org:member']
  const withoutSet = await type([...deleting, '--json'])
  t.is(withoutSet.exitCode, 1)
  t.like(JSON.parse(withoutSet.stderr), { error: { code: 'in_use' } })
  await done(t, 'scopes', 'kind', 'product', '--fallback', 'organization')
  t.regex(await done(t, ...deleting), /^product:crm has no default/)
  t.regex(
    await done(t, 'get', 'members', 'org_p1'),
    /^user_ann +org:analyst/,
    'members of the organization as a whole stay',
  )
  t.regex(await done(t, 'get', 'members', 'org_p1', '--scope', 'product:crm'), /^user_ann +org:member/)
})
