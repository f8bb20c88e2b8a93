/** rolesets invitations: made, looked at, taken back and accepted from the command line. */

import test from 'ava'
import { openPlace, pricingTiers, sharedTeardown } from './pricing-tiers.ts'

const shared = sharedTeardown()
const { type, operator } = await openPlace(shared)
test.before(async (t) => {
  t.is((await type(['apply', '-f', pricingTiers])).exitCode, 0)
})
test.after.always(() => shared.undoAll())

interface Invitation {
  readonly id: string
  readonly email_address: string
  readonly role: string
  readonly status: string
  readonly [field: string]: unknown
}

/** An organization of its own with invitations, in the order in which the addresses are given. */
async function invite(organizationId: string, ...emails: readonly string[]): Promise<readonly Invitation[]> {
  await operator.admin.createOrganization({ id: organizationId, roleSet: 'role_set:pro' })
  const { stdout } = await type(['invitations', 'create', organizationId, 'org:analyst', ...emails, '--json'])
  return (JSON.parse(stdout) as { invitations: Invitation[] }).invitations
}

async function listOf(organizationId: string, ...args: readonly string[]): Promise<readonly Invitation[]> {
  const { stdout } = await type(['invitations', 'list', organizationId, '--json', ...args])
  const lines = stdout.split('\n').filter((line) => line !== '')
  return lines.map((line) => JSON.parse(line) as Invitation)
}

test('several addresses are invited in one revision, with what was said about them', async (t) => {
  await operator.admin.createOrganization({ id: 'org_several', roleSet: 'role_set:pro' })
  const args = ['invitations', 'create', 'org_several', 'org:analyst', 'ann@example.com', 'bob@example.com']
  const offer = ['--expires-in-days', '7', '--inviter', 'user_1', '--redirect-url', 'https://example.com/join']
  const dry = await type([...args, ...offer, '--dry-run'])
  t.is(dry.exitCode, 0, dry.stderr)
  t.regex(dry.stdout, /^2 invitations to org_several would be created, with the role org:analyst\.\n/)
  t.deepEqual(await listOf('org_several'), [])

  const done = await type([...args, ...offer])
  t.is(done.exitCode, 0, done.stderr)
  t.regex(
    done.stdout,
    /^2 invitations to org_several were created, with the role org:analyst \(revision \S+\):\n {2}orginv_\w+ {2}ann@example\.com\n {2}orginv_\w+ {2}bob@example\.com\n$/,
  )
  const invitations = await listOf('org_several')
  t.is(invitations.length, 2)
  for (const { inviter_user_id, redirect_url, status, role, created_at_ms, expires_at_ms } of invitations) {
    t.deepEqual(
      [inviter_user_id, redirect_url, status, role],
      ['user_1', 'https://example.com/join', 'PENDING', 'org:analyst'],
    )
    t.is((Number(expires_at_ms) - Number(created_at_ms)) / 86_400_000, 7)
  }
})

test('one address that can not be invited keeps all others out', async (t) => {
  await invite('org_all_or_none', 'ann@example.com')
  const args = ['invitations', 'create', 'org_all_or_none', 'org:analyst', 'bob@example.com', 'ANN@example.com']
  const refused = await type(args)
  t.is(refused.exitCode, 1)
  t.is(refused.stdout, '')
  t.is((await listOf('org_all_or_none')).length, 1)

  const dry = await type([...args, '--dry-run'])
  t.is(dry.exitCode, 1)
  t.regex(dry.stdout, /^Refused: .*\nDry run: nothing was changed\./)
  const forPrograms = await type([...args, '--json'])
  t.like(JSON.parse(forPrograms.stderr), { error: { code: 'invitation_exists' } })
})

test('a role outside the set is refused', async (t) => {
  await invite('org_outside', 'ann@example.com')
  const args = ['invitations', 'create', 'org_outside', 'org:security_admin', 'bob@example.com', '--json']
  const { exitCode, stderr } = await type(args)
  t.is(exitCode, 1)
  t.like(JSON.parse(stderr), { error: { code: 'role_not_in_role_set' } })
})

test('an address that is none is a mistake of the command line', async (t) => {
  const { exitCode, stderr } = await type(['invitations', 'create', 'org_acme', 'org:member', 'nobody'])
  t.is(exitCode, 2)
  t.regex(stderr, /email_address/)
})

test('list shows each invitation on a line, and only those that stand as asked', async (t) => {
  const [ann, bob] = await invite('org_listed', 'ann@example.com', 'bob@example.com')
  t.is((await type(['invitations', 'revoke', 'org_listed', ann?.id ?? ''])).exitCode, 0)
  const { exitCode, stdout } = await type(['invitations', 'list', 'org_listed'])
  t.is(exitCode, 0)
  const lines = stdout.split('\n')
  t.true(
    lines.some((line) => /^orginv_\w+ {2}revoked {2}ann@example\.com {2}org:analyst$/.test(line)),
    stdout,
  )
  t.true(lines.some((line) => /^orginv_\w+ {2}pending {2}bob@example\.com {2}org:analyst {2}until 2\S+Z$/.test(line)))
  t.deepEqual(
    (await listOf('org_listed', '--status', 'pending', '--status', 'accepted')).map(({ id }) => id),
    [bob?.id],
  )
})

test('get shows what is known of an invitation', async (t) => {
  const [ann] = await invite('org_got', 'ann@example.com')
  const shown = await type(['invitations', 'get', 'org_got', ann?.id ?? ''])
  t.is(shown.exitCode, 0)
  t.regex(shown.stdout, /^email address {2}ann@example\.com$/m)
  t.regex(shown.stdout, /^status +pending$/m)
  t.notRegex(shown.stdout, /accepted by/)
  const forPrograms = await type(['invitations', 'get', 'org_got', ann?.id ?? '', '--json'])
  t.like(JSON.parse(forPrograms.stdout), { invitation: { id: ann?.id, status: 'PENDING' } })

  const missing = await type(['invitations', 'get', 'org_got', 'orginv_none', '--json'])
  t.is(missing.exitCode, 1)
  t.like(JSON.parse(missing.stderr), { error: { code: 'invitation_not_found' } })
})

test('accept makes the user a member, once', async (t) => {
  const [ann] = await invite('org_accepted', 'ann@example.com')
  const args = ['invitations', 'accept', 'org_accepted', ann?.id ?? '', 'user_ann']
  const dry = await type([...args, '--dry-run'])
  t.is(dry.exitCode, 0)
  t.regex(dry.stdout, /^user_ann would be a member of org_accepted with the role org:analyst\.\n/)

  const done = await type(args)
  t.is(done.exitCode, 0, done.stderr)
  t.regex(done.stdout, /^user_ann is a member of org_accepted with the role org:analyst \(revision /)
  const { membership } = await operator.admin.getMembership({ organizationId: 'org_accepted', userId: 'user_ann' })
  t.is(membership.role, 'org:analyst')

  const again = await type([...args, '--json'])
  t.is(again.exitCode, 1)
  t.like(JSON.parse(again.stderr), { error: { code: 'invitation_not_pending' } })
})

test('revoke can be held to what was seen', async (t) => {
  const [ann] = await invite('org_revoked', 'ann@example.com')
  const args = ['invitations', 'revoke', 'org_revoked', ann?.id ?? '']
  const dry = await type([...args, '--dry-run'])
  t.regex(dry.stdout, /^The invitation of ann@example\.com would be revoked\.\n/)
  const [, revision = ''] = /at revision (\S+)\.$/m.exec(dry.stdout) ?? []
  const done = await type([...args, '--expected-revision', revision])
  t.is(done.exitCode, 0, done.stderr)
  t.regex(done.stdout, /^The invitation of ann@example\.com is revoked \(revision /)
  t.is((await type([...args, '--expected-revision', revision])).exitCode, 1)
})

test('an invitation on behalf of a user is refused where the user may not give the role', async (t) => {
  const organizationId = 'org_behalf'
  await operator.admin.createOrganization({ id: organizationId, roleSet: 'role_set:pro', createdBy: 'ann' })
  await operator.admin.createMembership({ organizationId, userId: 'ben', role: 'org:member' })
  const args = ['invitations', 'create', organizationId, 'org:analyst', 'kim@example.com']
  const refused = await type([...args, '--acting-user', 'ben', '--json'])
  t.is(refused.exitCode, 1)
  t.like(JSON.parse(refused.stderr), { error: { code: 'user_lacks_permission' } })
  t.is((await type([...args, '--acting-user', '', '--json'])).exitCode, 2)
  t.is((await type([...args, '--grant-policy', 'any'])).exitCode, 2)
  const done = await type([...args, '--acting-user', 'ann', '--grant-policy', 'any', '--json'])
  t.is(done.exitCode, 0, done.stderr)
  const [made] = (JSON.parse(done.stdout) as { invitations: Invitation[] }).invitations
  const revoke = ['invitations', 'revoke', organizationId, made?.id ?? '']
  t.is((await type([...revoke, '--acting-user', 'ben'])).exitCode, 1)
  t.is((await type([...revoke, '--acting-user', 'ann'])).exitCode, 0)
})
