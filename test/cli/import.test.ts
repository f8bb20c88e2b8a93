/** `rolesets import clerk`: everything comes over, a second run finds nothing to do, and what can't come is told. */

import { createRoleSetsClient } from '@rolesets/client'
import test from 'ava'
import type { ExecutionContext } from 'ava'
import { membership, openSourceServer, organization, sourceKey } from './import-source-server.ts'
import { openTestSidecar, secretKey } from '../grpc/open-sidecar.ts'
import { type } from './command-line.ts'

async function open(t: ExecutionContext) {
  const source = await openSourceServer(t)
  const { target } = await openTestSidecar(t)
  const operator = createRoleSetsClient({ target, key: secretKey, deadlineMs: 10_000 })
  t.teardown(() => operator.close())
  const env = { ROLESETS_IMPORT_KEY: sourceKey, ROLESETS_TARGET: target, ROLESETS_KEY: secretKey }
  const run = (...args: string[]) => type(['import', 'clerk', '--url', source.url, ...args], { env })
  return { admin: operator.admin, source, run, target }
}

type Report = Record<string, { there: number; created: number; changed: number; unchanged: number; skipped: number }>

test('everything comes over, and a second run changes nothing and says so', async (t) => {
  const { run, admin } = await open(t)
  const first = await run()
  t.is(first.exitCode, 0, first.stderr)
  const { organization } = await admin.getOrganization({ organizationId: 'org_acme' })
  t.like(organization, { name: 'The org_acme', slug: 'org-acme', roleSet: 'role_set:pro', createdBy: 'user_ada' })
  t.like(organization, { maxAllowedMemberships: 5, createdAtMs: 1_600_000_000_000, adminDeleteEnabled: true })
  t.deepEqual(organization.publicMetadata, { tier: 'gold' })
  t.deepEqual(organization.privateMetadata, { crm: { id: 7 } })
  const { organization: hooli } = await admin.getOrganization({ organizationId: 'org_hooli' })
  t.is(hooli.roleSet, 'role_set:default')
  const { memberships } = await admin.listMemberships({ organizationId: 'org_acme' })
  t.deepEqual(memberships.map(({ userId, role, publicMetadata }) => [userId, role, publicMetadata]).sort(), [
    ['user_ada', 'org:analyst', { seat: 1 }],
    ['user_bob', 'org:admin', { seat: 1 }],
  ])
  const { invitations } = await admin.listInvitations({ organizationId: 'org_acme' })
  t.is(invitations.length, 1)
  t.like(invitations[0], { emailAddress: 'Eve@example.com', role: 'org:member', inviterUserId: 'user_ada' })
  const days = ((invitations[0]?.expiresAtMs ?? 0) - Date.now()) / 86_400_000
  t.true(days > 6 && days <= 7, `${days}`)
  const { role } = await admin.getRole({ role: 'org:analyst' })
  t.deepEqual(role.permissions, ['org:reports:read'])

  const { revision } = await admin.getSettings({})
  const second = await run()
  t.is(second.exitCode, 0, second.stderr)
  t.true(
    second.stdout.includes(`Nothing to change: the sidecar already matches the source (revision ${revision}).`),
    second.stdout,
  )
  t.is((await admin.getSettings({})).revision, revision)
})

test('a dry run says what it would do, and does nothing', async (t) => {
  const { run, admin } = await open(t)
  const { revision } = await admin.getSettings({})
  const { exitCode, stdout, stderr } = await run('--dry-run', '--json')
  t.is(exitCode, 0, stderr)
  const report = JSON.parse(stdout) as Report
  t.like(report, { dry_run: true, revision })
  t.is(report['organizations']?.created, 2)
  t.is(report['memberships']?.created, 3)
  t.is(report['invitations']?.created, 1)
  t.is((await admin.getSettings({})).revision, revision)
  t.true((await run('--dry-run')).stdout.includes('Dry run: nothing was changed.'))
})

test('what has changed at the source is changed here, and only that', async (t) => {
  const { run, source } = await open(t)
  await run()
  const [acme, hooli] = source.lists['organizations'] ?? []
  Object.assign(acme ?? {}, { name: 'Acme', public_metadata: {} })
  Object.assign(hooli ?? {}, { slug: null })
  source.lists['organizations/org_acme/memberships']?.splice(1, 1, membership('user_bob', 'org:member'))
  Object.assign(source.lists['organizations/org_acme/invitations']?.[0] ?? {}, { role: 'org:analyst' })
  const { exitCode, stdout, stderr } = await run('--json')
  t.is(exitCode, 0, stderr)
  const { organizations, memberships, invitations, roles } = JSON.parse(stdout) as Report
  t.like(organizations, { there: 2, changed: 2, created: 0 })
  t.like(memberships, { there: 3, changed: 1, unchanged: 2 })
  t.like(invitations, { there: 1, changed: 1 })
  t.like(roles, { unchanged: 3, changed: 0 })
})

test('what can not come over is told and counted, and the rest comes', async (t) => {
  const { run, admin, source } = await open(t)
  await admin.createOrganization({ id: 'org_here', slug: 'org-hooli' })
  source.lists['organizations/org_hooli/memberships']?.push(membership('user_dan', 'org:analyst'))
  const lost = { role_set_key: 'role_set:gone' }
  source.lists['organizations']?.push(organization('org_odd', { slug: 'Odd Slug' }), organization('org_lost', lost))
  source.lists['organizations']?.push(organization('org_long', { name: 'x'.repeat(300) }))
  const { exitCode, stdout, stderr } = await run()
  t.is(exitCode, 1, stderr)
  t.regex(stdout, /slug org_hooli\/org-hooli: /)
  t.regex(stdout, /slug org_odd\/Odd Slug: /)
  t.regex(stdout, /organization org_lost: its role set role_set:gone could not be imported/)
  t.regex(stdout, /organization org_long: .*256/)
  t.is((await admin.getOrganization({ organizationId: 'org_odd' })).organization.slug, '')
  t.regex(stdout, /membership org_hooli\/user_dan: at the source, its role org:analyst is not in role_set:default/)
  t.is((await admin.getOrganization({ organizationId: 'org_hooli' })).organization.slug, '')
  t.is((await admin.listMemberships({ organizationId: 'org_hooli' })).memberships.length, 1)
  const { revision } = await admin.getSettings({})
  t.is((await run()).exitCode, 1)
  t.is((await admin.getSettings({})).revision, revision)
})

test('an organization with more members than it may have now comes over with all of them, and its limit', async (t) => {
  const { run, admin, source } = await open(t)
  Object.assign(source.lists['organizations']?.[0] ?? {}, { max_allowed_memberships: 1 })
  const { exitCode, stdout } = await run()
  t.is(exitCode, 0, stdout)
  t.is((await admin.listMemberships({ organizationId: 'org_acme' })).memberships.length, 2)
  t.is((await admin.getOrganization({ organizationId: 'org_acme' })).organization.maxAllowedMemberships, 1)
  t.true((await run()).stdout.includes('Nothing to change'))
})

test('a creator who has left does not come back as a member', async (t) => {
  const { run, admin, source } = await open(t)
  source.lists['organizations/org_acme/memberships']?.shift()
  t.is((await run()).exitCode, 0)
  const { memberships } = await admin.listMemberships({ organizationId: 'org_acme' })
  t.deepEqual(
    memberships.map(({ userId }) => userId),
    ['user_bob'],
  )
})
