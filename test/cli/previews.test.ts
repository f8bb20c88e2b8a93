/** Dry runs, and the changes that follow them: what is shown, what is refused, and that a preview can be held to. */

import type { Impact } from '@rolesets/client'
import test from 'ava'
import { openPlace, pricingTiers, sharedTeardown } from './pricing-tiers.ts'

const shared = sharedTeardown()
const { type, file, operator } = await openPlace(shared)
test.before(async (t) => {
  t.is((await type(['apply', '-f', pricingTiers])).exitCode, 0)
})
test.after.always(() => shared.undoAll())

/** An organization on a set of its own with two analysts, an invited analyst and a moderator. */
async function openTier(name: string): Promise<{ roleSet: string; organizationId: string }> {
  const roleSet = `role_set:${name}`
  const organizationId = `org_${name}`
  const roles = ['org:admin', 'org:member', 'org:analyst', 'org:moderator']
  await operator.admin.createRoleSet({ key: roleSet, roles, defaultRole: 'org:member', creatorRole: 'org:admin' })
  await operator.admin.createOrganization({ id: organizationId, roleSet })
  for (const [userId, role] of [
    ['user_1', 'org:analyst'],
    ['user_2', 'org:analyst'],
    ['user_3', 'org:moderator'],
  ] as const) {
    await operator.admin.createMembership({ organizationId, userId, role })
  }
  await operator.admin.createInvitation({ organizationId, emailAddress: 'ann@example.com', role: 'org:analyst' })
  return { roleSet, organizationId }
}

const previewed = /^Dry run: nothing was changed\. This is what it would do at revision (\w+:\d+)\.$/m
const allMapped = ['--map', 'org:analyst=org:member', '--map', 'org:moderator=org:member']

function revisionOf(stdout: string): string {
  return previewed.exec(stdout)?.[1] ?? ''
}

/** Nobody's business but the preview's: without its revision. */
async function rolesOf(organizationId: string): Promise<readonly string[]> {
  const { memberships } = await operator.admin.listMemberships({ organizationId })
  return memberships.map(({ userId, role }) => `${userId} ${role}`).sort()
}

test('a dry run of assign tells who would need other roles, why it would be refused, and what to type', async (t) => {
  const { organizationId } = await openTier('refused')
  const before = await operator.admin.getOrganization({ organizationId })
  const refused = await type(['assign', organizationId, 'role_set:free', '--dry-run'])
  t.is(refused.exitCode, 1)
  t.is(refused.stderr, '')
  const lines = refused.stdout.split('\n')
  t.regex(lines[0] ?? '', /^Refused: .*org:analyst/)
  t.true(lines.includes('  needs another role for 2 members and 1 invitation with org:analyst in 1 organization'))
  t.true(lines.includes('  needs another role for 1 member with org:moderator in 1 organization'))
  t.true(lines.includes('Add a mapping for each: --map org:analyst=<to> --map org:moderator=<to>'))
  t.regex(refused.stdout, previewed)

  const half = await type(['assign', organizationId, 'role_set:free', '--map', 'org:analyst=org:member', '--dry-run'])
  t.is(half.exitCode, 1)
  t.regex(half.stdout, /^Add a mapping for each: --map org:moderator=<to>$/m, 'only what is still missing')
  const after = await operator.admin.getOrganization({ organizationId })
  t.deepEqual(after.organization, before.organization)
})

test('a dry run of assign says what the real call then does', async (t) => {
  const { organizationId } = await openTier('moved')
  const args = ['assign', organizationId, 'role_set:free', ...allMapped]
  const dry = await type([...args, '--dry-run'])
  t.is(dry.exitCode, 0, dry.stdout)
  t.regex(dry.stdout, new RegExp(`^${organizationId} would get the role set role_set:free\\.\n`))
  t.regex(dry.stdout, /gives 2 members and 1 invitation with org:analyst the role org:member/)
  t.regex(dry.stdout, /gives 1 member with org:moderator the role org:member/)
  t.deepEqual(await rolesOf(organizationId), ['user_1 org:analyst', 'user_2 org:analyst', 'user_3 org:moderator'])

  const real = await type([...args, '--expected-revision', revisionOf(dry.stdout)])
  t.is(real.exitCode, 0, real.stderr)
  const impact = (text: string) => text.split('\n').filter((line) => /^ {2}(affects|gives)/.test(line))
  t.is(impact(dry.stdout).length, 3)
  t.deepEqual(impact(real.stdout), impact(dry.stdout))
  t.notRegex(real.stdout, /needs another role/, 'what was needed is done')
  t.deepEqual(await rolesOf(organizationId), ['user_1 org:member', 'user_2 org:member', 'user_3 org:member'])
})

test('a preview that no longer holds is refused, and the answer names its revision', async (t) => {
  const { organizationId, roleSet } = await openTier('changed')
  const commands = [
    ['assign', organizationId, 'role_set:free', ...allMapped],
    ['replace-role', roleSet, 'org:analyst', 'org:member'],
    ['replace-set', roleSet, 'role_set:free', ...allMapped],
  ]
  const revisions = []
  for (const args of commands) revisions.push(revisionOf((await type([...args, '--dry-run'])).stdout))
  await operator.admin.updateOrganization({ organizationId, name: 'Changed' })
  await operator.admin.updateRoleSet({ roleSet, name: 'Another' })
  for (const [place, args] of commands.entries()) {
    const revision = revisions[place] ?? ''
    const { exitCode, stdout, stderr } = await type([...args, '--expected-revision', revision])
    t.is(exitCode, 1, `${args.join(' ')} ${stdout}`)
    t.is(stdout, '')
    t.regex(
      stderr,
      new RegExp(`the write expected revision ${revision.split(':')[1]}\\b.* Run the command again with --dry-run\\.`),
    )
    const forPrograms = await type([...args, '--expected-revision', revision, '--json'])
    t.like(JSON.parse(forPrograms.stderr), { error: { code: 'revision_conflict' } })
  }
})

test('replace-role moves the members and says so; without a role for them it is refused and says how to name one', async (t) => {
  const { roleSet, organizationId } = await openTier('role_replaced')
  const args = ['replace-role', roleSet, 'org:analyst']
  const dry = await type([...args, '--dry-run'])
  t.is(dry.exitCode, 1)
  t.regex(dry.stdout, /^Refused: .*org:analyst/)
  t.regex(
    dry.stdout,
    new RegExp(`^Give the role that they get: rolesets replace-role ${roleSet} org:analyst <to-role>$`, 'm'),
  )
  t.is((await type(args)).exitCode, 1)

  const done = await type([...args, 'org:moderator'])
  t.is(done.exitCode, 0, done.stderr)
  t.regex(
    done.stdout,
    new RegExp(`^org:analyst is removed from ${roleSet} and replaced by org:moderator \\(revision .*\\)`),
  )
  t.regex(done.stdout, /gives 2 members and 1 invitation with org:analyst the role org:moderator/)
  t.deepEqual(await rolesOf(organizationId), ['user_1 org:moderator', 'user_2 org:moderator', 'user_3 org:moderator'])
})

test('a role without members is removed without another', async (t) => {
  const { roleSet } = await openTier('role_dropped')
  await operator.admin.addRoles({ roleSet, roles: ['org:compliance_officer'] })
  const { exitCode, stdout } = await type(['replace-role', roleSet, 'org:compliance_officer'])
  t.is(exitCode, 0)
  t.regex(stdout, new RegExp(`^org:compliance_officer is removed from ${roleSet} \\(revision `))
})

test('replace-set moves the organizations and deletes the set, after a dry run that says it', async (t) => {
  const { roleSet, organizationId } = await openTier('set_replaced')
  const dry = await type(['replace-set', roleSet, 'role_set:free', '--dry-run'])
  t.is(dry.exitCode, 1)
  t.regex(dry.stdout, /--map org:analyst=<to> --map org:moderator=<to>$/m)

  const args = ['replace-set', roleSet, 'role_set:free', ...allMapped]
  const mapped = await type([...args, '--dry-run'])
  t.is(mapped.exitCode, 0)
  t.regex(mapped.stdout, new RegExp(`^${roleSet} would be deleted, and its organizations would get role_set:free\\.\n`))
  const done = await type([...args, '--expected-revision', revisionOf(mapped.stdout)])
  t.is(done.exitCode, 0, done.stderr)
  t.regex(done.stdout, new RegExp(`^${roleSet} is deleted, and its organizations have role_set:free`))
  t.is((await operator.admin.getOrganization({ organizationId })).organization.roleSet, 'role_set:free')
})

test('a dry run gives programs the impact in the names of the contract', async (t) => {
  const { organizationId } = await openTier('programs')
  const { exitCode, stdout } = await type(['assign', organizationId, 'role_set:free', '--dry-run', '--json'])
  t.is(exitCode, 1)
  const answer = JSON.parse(stdout) as { dry_run: boolean; organization?: object; impact: Record<string, unknown> }
  t.true(answer.dry_run)
  t.is(answer.organization, undefined)
  const names: Record<keyof Impact, unknown> | Record<string, unknown> = answer.impact
  t.deepEqual(Object.keys(names).sort(), [
    'ended_invitations',
    'invitations',
    'members',
    'organization_ids_without_administrator',
    'organizations',
    'organizations_without_administrator',
    'required_mappings',
    'roles',
    'sent_invitations',
    'violations',
  ])
  t.like(answer.impact, {
    required_mappings: { 0: { role: 'org:analyst', members: 2, invitations: 1, organizations: 1 } },
    violations: { 0: { reason: 'MAPPING_MISSING' } },
  })
})

test('a dry run of apply says why it would be refused, where, and what to write; the real call is refused alike', async (t) => {
  const { organizationId } = await openTier('applied')
  const path = await file(`organizations:\n  - id: ${organizationId}\n    role_set: role_set:free\n`)
  const dry = await type(['apply', '-f', path, '--dry-run'])
  t.is(dry.exitCode, 1, dry.stderr)
  t.regex(
    dry.stdout,
    /^Refused: organization org_applied: The role set role_set:free lacks 2 roles that members or invitations have: org:analyst/,
  )
  t.regex(dry.stdout, /^ {2}needs another role for 2 members and 1 invitation with org:analyst in 1 organization$/m)
  t.regex(dry.stdout, /^Add mappings to the organization, or replace to the role set, in the file/m)
  t.regex(dry.stdout, previewed)

  const real = await type(['apply', '-f', path])
  t.is(real.exitCode, 1)
  t.is(real.stdout, '')
  t.regex(
    real.stderr,
    /^rolesets: organization org_applied: The role set role_set:free lacks 2 roles that members or invitations have: org:analyst/,
  )
  const forPrograms = await type(['apply', '-f', path, '--json'])
  t.like(JSON.parse(forPrograms.stderr), { error: { code: 'mapping_missing' } })
})

test('apply can be held to its preview', async (t) => {
  const { organizationId, roleSet } = await openTier('held')
  const path = await file(`organizations:\n  - id: ${organizationId}\n    name: Held\n    role_set: ${roleSet}\n`)
  const dry = await type(['apply', '-f', path, '--dry-run'])
  const revision = revisionOf(dry.stdout)
  await operator.admin.updateOrganization({ organizationId, slug: 'held' })
  const refused = await type(['apply', '-f', path, '--expected-revision', revision])
  t.is(refused.exitCode, 1)
  t.regex(refused.stderr, / Run the command again with --dry-run\./)

  const again = revisionOf((await type(['apply', '-f', path, '--dry-run'])).stdout)
  t.is((await operator.admin.getOrganization({ organizationId })).organization.name, '')
  const done = await type(['apply', '-f', path, '--expected-revision', again])
  if (done.exitCode === 1) t.regex(done.stderr, /Run the command again with --dry-run/, 'other tests write meanwhile')
  else t.is((await operator.admin.getOrganization({ organizationId })).organization.name, 'Held')
})

test('writes wait for the sidecar as long as it lives, unless --timeout says otherwise', async (t) => {
  for (const verb of [['assign'], ['replace-role'], ['replace-set'], ['apply'], ['invitations', 'create']]) {
    t.regex(
      (await type([...verb, '--help'])).stdout,
      /--timeout <seconds> +how long to wait for an answer \(default:\s+3600\)/,
    )
  }
  t.regex((await type(['check', '--help'])).stdout, /\(default:\s+10\)/)
  const { exitCode, stderr } = await type(['assign', 'org_acme', 'role_set:pro', '--dry-run', '--timeout', '0.001'])
  t.is(exitCode, 3)
  t.regex(stderr, /in time|deadline/)
})

test('a move gives back what an earlier move took, and the preview says to how many', async (t) => {
  const { roleSet, organizationId } = await openTier('restored')
  t.is((await type(['assign', organizationId, 'role_set:free', ...allMapped])).exitCode, 0)
  await operator.admin.updateMembership({ organizationId, userId: 'user_2', role: 'org:admin' })
  const back = ['assign', organizationId, roleSet, '--restore-former-roles']
  const dry = await type([...back, '--dry-run'])
  t.is(dry.exitCode, 0, dry.stderr)
  t.regex(dry.stdout, /gives 1 member and 1 invitation with org:member the role org:analyst\n/)
  t.is((await type(back)).exitCode, 0)
  const { memberships } = await operator.admin.listMemberships({ organizationId })
  const roles = Object.fromEntries(memberships.map(({ userId, role }) => [userId, role]))
  t.deepEqual(roles, { user_1: 'org:analyst', user_2: 'org:admin', user_3: 'org:moderator' })
})
