/** plan: what apply would do, in its words, without doing it; and an exit code that tells a script what was found. */

import test from 'ava'
import { startSidecar } from '../processes/sidecar-process.ts'
import { type as typeAway } from './command-line.ts'
import { openPlace, pricingTiers, sharedTeardown } from './pricing-tiers.ts'

const shared = sharedTeardown()
/** For tests that leave it as they find it. */
const place = await openPlace(shared)
await place.type(['apply', '-f', pricingTiers])
test.after.always(() => shared.undoAll())

const analyst = `
roles:
  - key: org:auditor
`
/** Members of two organizations have a role that the new set of these organizations lacks. */
const withoutMappings = `
organizations:
  - id: org_globex
    role_set: role_set:free
  - id: org_initech
    role_set: role_set:free
`

async function withMembers({ operator }: typeof place): Promise<void> {
  for (const organizationId of ['org_globex', 'org_initech']) {
    await operator.admin.assignRoleSet({ organizationId, roleSet: 'role_set:pro' })
    await operator.admin.createMembership({ organizationId, userId: 'user_1', role: 'org:analyst' })
  }
}

test('with nothing to change the exit code is 0, with changes it is 1, and nothing is done', async (t) => {
  const { type, operator, file } = place
  const none = await type(['plan', '-f', pricingTiers])
  t.is(none.exitCode, 0, none.stderr)
  t.regex(none.stdout, /^Nothing to change: everything is as described/)

  const path = await file(analyst)
  const some = await type(['plan', '-f', path])
  t.is(some.exitCode, 1, some.stderr)
  t.is(some.stderr, '')
  t.regex(
    some.stdout,
    /^ {2}\+ role {2}org:auditor\n1 to create, 0 to change, 0 to delete\.\n[^]*\nPlan: apply would do this at revision \S+\. Nothing was changed\.\n$/,
  )
  const [, shown = ''] = /^([^]*)Plan: /.exec(some.stdout) ?? []
  const dry = await type(['apply', '-f', path, '--dry-run'])
  t.is(dry.stdout.replace(/Dry run: .*\n$/, ''), shown)
  const { roles } = await operator.admin.listRoles({ pageSize: 500 })
  t.false(roles.some(({ key }) => key === 'org:auditor'))
})

test('standard input, JSON and --prune work as for apply', async (t) => {
  const { type, file } = await openPlace(t)
  await type(['apply', '-f', await file(analyst)])
  const stdin = ['{"roles": [{"key": "org:billing"}]}']
  const { exitCode, stdout } = await type(['plan', '-f', '-', '--json', '--prune'], { stdin })
  t.is(exitCode, 1)
  const document = JSON.parse(stdout) as { steps: { action: string }[] }
  t.like(document, { dry_run: true, changed: false })
  t.true(document.steps.some(({ action }) => action === 'DELETE'))
})

test('a plan that apply would refuse ends with exit code 2, and shows every reason and what it takes', async (t) => {
  const own = await openPlace(t)
  const { type, file } = own
  await type(['apply', '-f', pricingTiers])
  await withMembers(own)
  const path = await file(withoutMappings)
  const { exitCode, stdout } = await type(['plan', '-f', path])
  t.is(exitCode, 2)
  t.regex(stdout, /^Refused: organization org_globex: The role set role_set:free lacks 1 role/)
  t.regex(stdout, /\nRefused: organization org_initech: The role set role_set:free lacks 1 role/)
  t.regex(stdout, /needs another role for 1 member with org:analyst in 1 organization/)
  t.regex(stdout, /\nPlan: apply would be refused at revision \S+\.\n$/)
  const asJson = await type(['plan', '-f', path, '--json'])
  t.is(asJson.exitCode, 2)
  const { impact } = JSON.parse(asJson.stdout) as { impact: { violations: { reason: string }[] } }
  t.deepEqual(
    impact.violations.map(({ reason }) => reason),
    ['MAPPING_MISSING', 'MAPPING_MISSING'],
  )
})

test('what the sidecar does not know, a malformed file and a missing file are exit code 2', async (t) => {
  const { type, file } = place
  const unknown = await type(['plan', '-f', await file('organizations: [{ id: org_x, role_set: role_set:none }]')])
  t.is(unknown.exitCode, 2)
  t.regex(unknown.stderr, /rolesets-\d+\.yaml:1:\d+: .*role_set:none/)
  for (const path of [await file('roles: 7'), await file(''), '/nowhere/rolesets.yaml'])
    t.is((await type(['plan', '-f', path])).exitCode, 2, path)
  t.is((await type(['plan'])).exitCode, 2)
})

test('a read key is enough, no key is not, and nothing listens is no answer', async (t) => {
  const { type, file } = place
  const path = await file(analyst)
  const made = await type(['keys', 'create', 'planner', '--read-only'])
  const env = { ROLESETS_KEY: made.stdout.trim() }
  t.is((await type(['plan', '-f', path], { env })).exitCode, 1)
  t.is((await type(['apply', '-f', path, '--dry-run'], { env })).exitCode, 0)
  const writing = await type(['apply', '-f', path, '--json'], { env })
  t.is(writing.exitCode, 3)
  t.like(JSON.parse(writing.stderr), { error: { code: 'write_key_required' } })
  const keyless = await typeAway(['plan', '-f', path, '--target', place.target, '--json'])
  t.is(keyless.exitCode, 3)
  t.like(JSON.parse(keyless.stderr), { error: { code: 'key_required' } })
  t.is((await typeAway(['plan', '-f', path, '--target', '127.0.0.1:1', '--timeout', '1'])).exitCode, 3)
})

test('a read-only sidecar shows how its state differs from the file', async (t) => {
  const readKey = 'read-key-of-the-command-line-0123456789'
  const { target } = await startSidecar(t, {
    env: { ROLESETS_DATABASE: 'sqlite::memory:', ROLESETS_READ_KEY: readKey, ROLESETS_READ_ONLY: 'true' },
  })
  const { exitCode, stdout } = await typeAway(['plan', '-f', pricingTiers, '--target', target, '--key', readKey])
  t.is(exitCode, 1)
  t.regex(stdout, /\n14 to create, 0 to change, 0 to delete\.\n/)
})
