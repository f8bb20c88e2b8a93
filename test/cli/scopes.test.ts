/** Scopes on the command line: kinds, defaults, sets of their own, keys and names, and questions about parts of an organization. */

import test, { type ExecutionContext } from 'ava'
import { openPlace, pricingTiers, sharedTeardown } from './pricing-tiers.ts'

const shared = sharedTeardown()
const { type, operator } = await openPlace(shared)
const { admin } = operator
test.before(async (t) => {
  t.is((await type(['apply', '-f', pricingTiers])).exitCode, 0)
  for (const key of ['org:pharmacist', 'org:technician']) await admin.createRole({ key })
  const roles = ['org:pharmacist', 'org:technician']
  await admin.createRoleSet({ key: 'role_set:pharmacy', roles, defaultRole: 'org:technician' })
})

/** Types it, and expects the exit code 0. */
async function done(t: ExecutionContext, ...args: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await type(args)
  t.is(exitCode, 0, `${args.join(' ')}: ${stderr}`)
  return stdout
}

async function checked(organization: string, role: string, scope: string): Promise<string> {
  const { stdout } = await type(['check', organization, role, '--scope', scope])
  return stdout.replace(/ \(revision .*\n/, '')
}
test.after.always(() => shared.undoAll())

test('a scope whose kind is misspelt is refused, and never answered as the organization', async (t) => {
  const place = ['org_globex', 'org:analyst', '--scope', 'departmnet:pharmacy']
  const { exitCode, stdout } = await type(['check', ...place])
  t.is(exitCode, 1)
  t.regex(stdout, /^no: there is no kind of scopes departmnet \(revision \w+:\d+\)\n$/)
  t.like(JSON.parse((await type(['check', ...place, '--json'])).stdout), {
    ...{ organization_id: 'org_globex', scope: 'departmnet:pharmacy', allowed: false, reason: 'SCOPE_KIND_UNKNOWN' },
    role_set: '',
  })
  const listed = await type(['roles', 'org_globex', '--scope', 'departmnet:pharmacy'])
  t.is(listed.exitCode, 1)
  t.is(listed.stdout, '')
  t.regex(listed.stderr, /^rolesets: There is no kind of scopes "departmnet"\./)
})

test('a scope that is malformed is a wrong command line, and so is an empty one', async (t) => {
  for (const [scope, problem] of [
    ['', /--scope is missing|--scope is ""/],
    ['pharmacy', /--scope is "pharmacy"\. Write it as <kind>:<name>, for example department:cardiology/],
    ['department:', /--scope is "department:"\. Write it as/],
    ['Department:pharmacy', /--scope has a kind that is "Department"/],
    ['department:a/b', /A name can't have a \//],
    ['*', /--scope is "\*"\. Write it as/],
  ] as const)
    for (const args of [
      ['check', 'org_globex', 'org:analyst'],
      ['roles', 'org_globex'],
    ]) {
      const { exitCode, stdout, stderr } = await type([...args, '--scope', scope])
      t.is(exitCode, 2, stderr)
      t.is(stdout, '')
      t.regex(stderr, problem)
    }
})

test('without --scope, no answer has a scope', async (t) => {
  for (const args of [
    ['check', 'org_globex', 'org:analyst'],
    ['roles', 'org_globex'],
  ]) {
    const answer = JSON.parse((await type([...args, '--json'])).stdout) as object
    t.false('scope' in answer)
  }
})

test('a kind is registered, shown, changed and deleted, each time after a dry run that changes nothing', async (t) => {
  const kindsShown = async () => (await type(['get', 'scope-kinds'])).stdout
  const registering = ['scopes', 'kind', 'ward', '--fallback', 'organization']
  t.regex(
    await done(t, ...registering, '--dry-run'),
    /^Scopes of the kind ward would have the role set of their organization\.\n/,
  )
  t.notRegex(await kindsShown(), /^ward/m)
  t.regex(await done(t, ...registering), /^Scopes of the kind ward have the role set of their organization \(revision /)
  t.regex(await kindsShown(), /^ward +organization$/m)
  t.is(
    await checked('org_globex', 'org:analyst', 'ward:7'),
    'yes: org:analyst is in role_set:pro, the role set of ward:7 of org_globex',
  )

  await done(t, 'scopes', 'kind', 'ward', '--fallback', 'none')
  t.is(
    await checked('org_globex', 'org:analyst', 'ward:7'),
    'no: ward:7 of org_globex has no role set, so no role can be given there',
  )
  const roles = await type(['roles', 'org_globex', '--scope', 'ward:7'])
  t.is(roles.exitCode, 1)
  t.regex(roles.stderr, /has no role set/)

  const toSet = ['scopes', 'kind', 'ward', '--fallback', 'role_set', '--role-set', 'role_set:pharmacy']
  t.regex(await done(t, ...toSet), /^Scopes of the kind ward have the role set role_set:pharmacy \(revision /)
  t.regex(await kindsShown(), /^ward +role_set +role_set:pharmacy$/m)
  const document = JSON.parse(
    (await done(t, 'get', 'scope-kinds', '--json')).split('\n').find((line) => line.includes('ward')) ?? '',
  ) as object
  t.like(document, { kind: 'ward', fallback: 'ROLE_SET', role_set: 'role_set:pharmacy' })

  await done(t, 'assign', 'org_globex', 'role_set:pro', '--scope', 'ward:7')
  const inUse = await type(['scopes', 'kind', 'ward', '--delete'])
  t.is(inUse.exitCode, 1)
  t.regex(inUse.stderr, /The kind of scopes ward is in use/)
  await done(t, 'assign', 'org_globex', '--scope', 'ward:7', '--clear')
  t.regex(await done(t, 'scopes', 'kind', 'ward', '--delete', '--dry-run'), /^The kind ward would be deleted\./)
  t.regex(await done(t, 'scopes', 'kind', 'ward', '--delete'), /^The kind ward is deleted \(revision /)
  t.notRegex(await kindsShown(), /^ward/m)
})

test('a default decides for all scopes with its key, until it is deleted', async (t) => {
  await done(t, 'scopes', 'kind', 'clinic', '--fallback', 'organization')
  const setting = ['scopes', 'default', 'clinic:pharmacy', '--role-set', 'role_set:pharmacy']
  t.regex(
    await done(t, ...setting, '--dry-run'),
    /^clinic:pharmacy would have the role set role_set:pharmacy by default\./,
  )
  t.regex(await done(t, ...setting), /^clinic:pharmacy has the role set role_set:pharmacy by default \(revision /)
  t.regex(await done(t, 'get', 'scope-defaults'), /^clinic:pharmacy +role_set:pharmacy$/m)
  t.like(JSON.parse(await done(t, 'get', 'scope-defaults', '--json')), {
    scope: 'clinic:pharmacy',
    role_set: 'role_set:pharmacy',
  })
  t.regex(
    await checked('org_acme', 'org:pharmacist', 'clinic:pharmacy'),
    /^yes: .* role_set:pharmacy, the role set of clinic:pharmacy of org_acme/,
  )
  t.regex(
    await done(t, 'roles', 'org_acme', '--scope', 'clinic:pharmacy'),
    /^clinic:pharmacy of org_acme has the role set role_set:pharmacy \(revision .*\n {2}org:pharmacist/,
  )
  t.regex(await done(t, ...setting.slice(0, 3), '--delete'), /^clinic:pharmacy has no default \(revision /)
  t.regex(await checked('org_acme', 'org:pharmacist', 'clinic:pharmacy'), /^no: org:pharmacist is not in role_set:free/)
  const again = await type([...setting.slice(0, 3), '--delete'])
  t.is(again.exitCode, 1)
  t.regex(again.stderr, /has no default/)
})

test('a scope gets a role set of its own, is listed with why it has it, and gives it up again', async (t) => {
  await done(t, 'scopes', 'kind', 'unit', '--fallback', 'organization')
  await admin.createOrganization({ id: 'org_units', roleSet: 'role_set:pro' })
  const args = ['assign', 'org_units', 'role_set:pharmacy', '--scope', 'unit:pharmacy']
  t.regex(
    await done(t, ...args, '--dry-run'),
    /^unit:pharmacy of org_units would get the role set role_set:pharmacy\.\n {2}affects 1 scope: unit:pharmacy of org_units\n/,
  )
  t.is(await done(t, 'get', 'scopes', 'org_units'), '')
  t.regex(await done(t, ...args), /^unit:pharmacy of org_units has the role set role_set:pharmacy \(revision /)
  t.regex(await done(t, 'get', 'scopes', 'org_units'), /^unit:pharmacy +role_set:pharmacy +own +0 members$/m)
  t.is((await admin.getOrganization({ organizationId: 'org_units' })).organization.roleSet, 'role_set:pro')

  await done(t, 'scopes', 'rename', 'org_units', 'unit:pharmacy', '--name', 'Pharmacy, ground floor')
  t.regex(
    await done(t, 'get', 'scopes', 'org_units'),
    /^unit:pharmacy +role_set:pharmacy +own +0 members +Pharmacy, ground floor$/m,
  )
  t.regex(
    await done(t, 'assign', 'org_units', '--scope', 'unit:pharmacy', '--clear'),
    /^unit:pharmacy of org_units has no role set of its own \(revision /,
  )
  t.regex(
    await done(t, 'get', 'scopes', 'org_units'),
    /^unit:pharmacy +role_set:pro +organization +0 members +Pharmacy, ground floor$/m,
  )
  t.like(JSON.parse(await done(t, 'get', 'scopes', 'org_units', '--json')), {
    scope: 'unit:pharmacy',
    role_set: 'role_set:pro',
    members: 0,
  })
  const withoutKey = (...args: readonly string[]) =>
    type(['get', 'scopes', 'org_units', ...args], { env: { ROLESETS_KEY: '' } })
  t.regex((await withoutKey()).stdout, /^unit:pharmacy +role_set:pro +organization +Pharmacy, ground floor$/m)
  t.false('members' in (JSON.parse((await withoutKey('--json')).stdout) as object))
})

test('a scope is renamed with all that it has, and not onto one that is there', async (t) => {
  await done(t, 'scopes', 'kind', 'office', '--fallback', 'none')
  await done(t, 'assign', 'org_named', 'role_set:pro', '--create')
  for (const scope of ['office:berln', 'office:paris'])
    await done(t, 'assign', 'org_named', 'role_set:pharmacy', '--scope', scope)
  const args = ['scopes', 'rename', 'org_named', 'office:berln', 'office:berlin', '--name', 'Berlin']
  t.regex(
    await done(t, ...args, '--dry-run'),
    /^office:berln of org_named would have the key office:berlin and the name Berlin\.\n/,
  )
  t.regex(
    await done(t, ...args),
    /^office:berln of org_named has the key office:berlin and the name Berlin \(revision /,
  )
  t.regex(
    await done(t, 'get', 'scopes', 'org_named'),
    /^office:berlin +role_set:pharmacy +own +0 members +Berlin\noffice:paris /,
  )
  const taken = await type(['scopes', 'rename', 'org_named', 'office:berlin', 'office:paris', '--json'])
  t.is(taken.exitCode, 1)
  t.like(JSON.parse(taken.stderr), { error: { code: 'key_taken' } })
  const unknown = await type(['scopes', 'rename', 'org_named', 'office:rome', 'office:roma', '--json'])
  t.is(unknown.exitCode, 1)
  t.like(JSON.parse(unknown.stderr), { error: { code: 'scope_not_found' } })
})

test('what does not fit together is a wrong command line, and reaches no sidecar', async (t) => {
  for (const [args, problem] of [
    [['assign', 'org_acme'], /<role-set> is missing\. Give a key or an id; or --clear, for a scope/],
    [['assign', 'org_acme', '--clear'], /--clear needs --scope/],
    [
      ['assign', 'org_acme', 'role_set:pro', '--clear', '--scope', 'a:b'],
      /--clear and <role-set> can't be given together/,
    ],
    [['assign', 'org_acme', 'role_set:pro', '--scope', ''], /--scope/],
    [['assign', 'org_acme', 'role_set:pro', '--scope', '*'], /--scope is "\*"/],
    [['scopes'], /a verb is missing, one of kind, default, rename/],
    [['scopes', 'kind', 'ward'], /--fallback is missing\. Give organization, role_set or none; or --delete/],
    [['scopes', 'kind', 'Ward', '--delete'], /<kind> is "Ward"/],
    [['scopes', 'kind', 'ward', '--fallback', 'maybe'], /Allowed choices are organization, role_set, none/],
    [['scopes', 'kind', 'ward', '--fallback', 'role_set'], /--fallback role_set and --role-set are given together/],
    [['scopes', 'kind', 'ward', '--fallback', 'none', '--role-set', 'role_set:pro'], /are given together/],
    [['scopes', 'kind', 'ward', '--fallback', 'none', '--delete'], /--delete and --fallback can't be given together/],
    [['scopes', 'default', 'ward:7'], /--role-set is missing/],
    [['scopes', 'default', 'ward', '--delete'], /<scope> is "ward"\. Write it as/],
    [['scopes', 'default', 'ward:7', '--role-set', 'x', '--delete'], /--delete and --role-set can't be given together/],
    [['scopes', 'rename', 'org_acme', 'ward:7'], /Give the new key, or --name, or both/],
    [['scopes', 'rename', 'org_acme', 'ward:7', 'ward'], /<to> is "ward"/],
    [['get', 'scopes', ''], /<organization> is missing/],
  ] as const) {
    const { exitCode, stdout, stderr } = await type(args, { env: { ROLESETS_TARGET: '127.0.0.1:1' } })
    t.is(exitCode, 2, `${args.join(' ')}: ${stderr}`)
    t.is(stdout, '')
    t.regex(stderr, problem)
  }
})

test('scopes of an organization that is not registered are refused with its id, and --create registers it', async (t) => {
  const listed = await type(['get', 'scopes', 'org_nope', '--json'])
  t.is(listed.exitCode, 1)
  t.like(JSON.parse(listed.stderr), { error: { code: 'organization_not_found' } })
  await done(t, 'scopes', 'kind', 'region', '--fallback', 'none')
  const args = ['assign', 'org_fresh', 'role_set:pharmacy', '--scope', 'region:eu']
  t.is((await type(args)).exitCode, 2)
  t.regex(await done(t, ...args, '--create'), /^region:eu of org_fresh has the role set role_set:pharmacy/)
  t.is((await admin.getOrganization({ organizationId: 'org_fresh' })).organization.roleSet, 'role_set:free')
})
