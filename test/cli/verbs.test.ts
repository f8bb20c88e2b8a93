/** check, roles, assign and watch: what they say, and the exit codes that scripts rely on. */

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { temporaryFolder } from '../processes/temporary-folder.ts'
import { openPlace, pricingTiers, secretKey, sharedTeardown } from './pricing-tiers.ts'

const shared = sharedTeardown()
const { type, operator, target } = await openPlace(shared)
test.before(async (t) => {
  t.is((await type(['apply', '-f', pricingTiers])).exitCode, 0)
})
test.after.always(() => shared.undoAll())

test('check says yes with exit code 0', async (t) => {
  const { exitCode, stdout, stderr } = await type(['check', 'org_globex', 'org:analyst'])
  t.is(exitCode, 0, stderr)
  t.regex(stdout, /^yes: org:analyst is in role_set:pro, the role set of org_globex \(revision \w+:\d+\)\n$/)
  t.is(stderr, '')
})

test('check says no with exit code 1, and why', async (t) => {
  for (const [args, why] of [
    [['org_globex', 'org:security_admin'], 'org:security_admin is not in role_set:pro, the role set of org_globex'],
    [['org_globex', 'org:astrologer'], 'there is no role org:astrologer'],
    [
      ['never_heard_of', 'org:analyst'],
      "org:analyst is not in role_set:free, the role set of never_heard_of; never_heard_of isn't registered, so the initial role set holds for it",
    ],
    [['org_globex', 'org:analyst', '--permission', 'org:audit:read'], 'org:analyst does not hold org:audit:read'],
    [['org_globex', 'org:analyst', '--permission', 'org:a:b'], 'there is no permission org:a:b'],
  ] as const) {
    const { exitCode, stdout, stderr } = await type(['check', ...args])
    t.is(exitCode, 1, stderr)
    t.true(stdout.startsWith(`no: ${why} (revision `), stdout)
    t.is(stderr, '')
  }
})

test('check asks about a permission too', async (t) => {
  const asked = ['check', 'org_globex', 'org:analyst', '--permission', 'org:reports:read', '--json']
  const { exitCode, stdout } = await type(asked)
  t.is(exitCode, 0)
  t.like(JSON.parse(stdout), {
    organization_id: 'org_globex',
    role: 'org:analyst',
    permission: 'org:reports:read',
    allowed: true,
    reason: 'ROLE_IN_SET',
    role_set: 'role_set:pro',
  })
})

test('check needs no key on the same machine', async (t) => {
  const { exitCode } = await type(['check', 'org_globex', 'org:analyst'], { env: { ROLESETS_KEY: '' } })
  t.is(exitCode, 0)
})

test('check waits for the revision that a write gave', async (t) => {
  const { revision } = await operator.admin.createOrganization({ id: 'org_fresh', roleSet: 'role_set:pro' })
  const { exitCode } = await type(['check', 'org_fresh', 'org:analyst', '--at-least', revision])
  t.is(exitCode, 0)
})

test('roles lists what an organization offers, with the default and the creator role', async (t) => {
  const { exitCode, stdout } = await type(['roles', 'org_globex'])
  t.is(exitCode, 0)
  t.deepEqual(
    stdout
      .replace(/\(revision .*\)/, '(revision)')
      .split('\n')
      .map((line) => line.replace(/: .*/, '')),
    [
      'org_globex has the role set role_set:pro (revision):'.replace(/: .*/, ''),
      '  org:admin      Admin (creator)',
      '  org:analyst    Analyst',
      '  org:member     Member (default)',
      '  org:moderator  Moderator',
      '',
    ],
  )
  t.regex(stdout, /Analyst: org:reports:read\n/)
})

test('roles gives programs one document in the names of the contract', async (t) => {
  const { stdout } = await type(['roles', 'org_globex', '--json'])
  const answer = JSON.parse(stdout) as { roles: { key: string }[] }
  t.deepEqual(Object.keys(answer), [
    'organization_id',
    'role_set',
    'roles',
    'default_role',
    'creator_role',
    'organization_registered',
    'revision',
  ])
  t.deepEqual(
    answer.roles.map(({ key }) => key),
    ['org:admin', 'org:analyst', 'org:member', 'org:moderator'],
  )
})

test('assign moves an organization, after a dry run that changes nothing', async (t) => {
  await operator.admin.createOrganization({ id: 'org_mover', roleSet: 'role_set:free' })
  const dry = await type(['assign', 'org_mover', 'role_set:pro', '--dry-run'])
  t.is(dry.exitCode, 0)
  t.regex(
    dry.stdout,
    /^org_mover would get the role set role_set:pro\.\n[^]*Dry run: nothing was changed\. This is what it would do at revision \w+:\d+\.\n$/,
  )
  t.is((await type(['check', 'org_mover', 'org:analyst'])).exitCode, 1)

  const done = await type(['assign', 'org_mover', 'role_set:pro'])
  t.is(done.exitCode, 0)
  t.regex(done.stdout, /^org_mover has the role set role_set:pro \(revision \w+:\d+\)\.\n/)
  t.is((await type(['check', 'org_mover', 'org:analyst'])).exitCode, 0)
})

test('an organization that is not registered is told as such, and no verb registers it in passing', async (t) => {
  for (const [args, exitCode, told] of [
    [
      ['check', 'org_tpyo', 'org:member'],
      0,
      /^yes: .*; org_tpyo isn't registered, so the initial role set holds for it/,
    ],
    [['check', 'org_tpyo', 'org:astrologer'], 1, /^no: .*; org_tpyo isn't registered/],
    [['roles', 'org_tpyo'], 0, /^org_tpyo isn't registered, so the initial role set role_set:free holds for it/],
    [['explain', 'org_tpyo', 'org:member'], 0, /isn't registered/],
  ] as const) {
    const text = await type(args)
    t.is(text.exitCode, exitCode, text.stderr)
    t.regex(text.stdout, told)
    const json = await type([...args, '--json'])
    t.false((JSON.parse(json.stdout) as { organization_registered: boolean }).organization_registered)
    const known = await type([args[0], 'org_globex', ...args.slice(2), '--json'])
    t.true((JSON.parse(known.stdout) as { organization_registered: boolean }).organization_registered)
  }
  for (const args of [
    ['assign', 'org_tpyo', 'role_set:pro'],
    ['assign', 'org_tpyo', 'role_set:pro', '--dry-run'],
    ['invitations', 'create', 'org_tpyo', 'org:member', 'ann@example.com'],
  ]) {
    const { exitCode, stdout, stderr } = await type(args)
    t.is(exitCode, 2)
    t.is(stdout, '')
    t.regex(stderr, /^rolesets: The organization "org_tpyo" isn't registered\. Correct its id, or .*--create/)
    const { error } = JSON.parse((await type([...args, '--json'])).stderr) as { error: { code: string } }
    t.is(error.code, 'organization_not_found')
  }
  await t.throwsAsync(operator.admin.getOrganization({ organizationId: 'org_tpyo' }), {
    code: 'organization_not_found',
  })
})

test('assign --create registers an organization, and then assigns as before', async (t) => {
  const args = ['assign', 'org_created', 'role_set:pro', '--create']
  t.regex((await type([...args, '--dry-run'])).stdout, /^org_created would get the role set role_set:pro\./)
  t.is((await type(['assign', 'org_created', 'role_set:pro'])).exitCode, 2)
  t.regex((await type(args)).stdout, /^org_created has the role set role_set:pro/)
  t.is((await type(['assign', 'org_created', 'role_set:free', '--create'])).exitCode, 0)
  t.is((await operator.admin.getOrganization({ organizationId: 'org_created' })).organization.roleSet, 'role_set:free')
})

test('assign refuses to lose a role in use, and says how to map it', async (t) => {
  await operator.admin.createOrganization({ id: 'org_down', roleSet: 'role_set:pro' })
  await operator.admin.createMembership({ organizationId: 'org_down', userId: 'user_1', role: 'org:analyst' })
  const refused = await type(['assign', 'org_down', 'role_set:free'])
  t.is(refused.exitCode, 1)
  t.regex(refused.stderr, /org:analyst \(1 member.*--map <from>=<to>/)
  t.is(refused.stdout, '')

  const mapped = await type(['assign', 'org_down', 'role_set:free', '--map', 'org:analyst=org:member'])
  t.is(mapped.exitCode, 0)
  t.regex(mapped.stdout, /gives 1 member with org:analyst the role org:member/)
})

test('a write without a key says how to give one, and asks nobody', async (t) => {
  const env = { ROLESETS_KEY: '', ROLESETS_TARGET: '127.0.0.1:1' }
  for (const args of [
    ['assign', 'org_acme', 'role_set:pro'],
    ['apply', '-f', pricingTiers],
    ['replace-role', 'role_set:pro', 'org:analyst'],
    ['replace-set', 'role_set:pro', 'role_set:free'],
    ['invitations', 'create', 'org_acme', 'org:member', 'ann@example.com'],
    ['keys', 'create', 'billing'],
    ['keys', 'list'],
  ]) {
    const { exitCode, stderr } = await type(args, { env })
    t.is(exitCode, 2)
    t.regex(stderr, /^rolesets: This command needs the secret key\. Give it with --key-file/)
  }
})

test('a key that the sidecar does not know is told with exit code 3', async (t) => {
  const { exitCode, stderr } = await type(['assign', 'org_acme', 'role_set:pro'], { env: { ROLESETS_KEY: 'wrong' } })
  t.is(exitCode, 3)
  t.regex(stderr, /no valid key\. Give the right one with --key-file/)
  t.false(stderr.includes('wrong'), 'a key is never printed')
})

test('the key comes from a flag, a file or the environment, and from one of them only', async (t) => {
  const keyFile = join(await temporaryFolder(t), 'key')
  await writeFile(keyFile, `${secretKey}\n`)
  const dryRun = ['assign', 'org_acme', 'role_set:pro', '--dry-run']
  const none = { ROLESETS_KEY: '' }
  t.is((await type([...dryRun, '--key-file', keyFile], { env: none })).exitCode, 0)
  t.is((await type([...dryRun, '--key', secretKey], { env: none })).exitCode, 0)
  t.is((await type(dryRun, { env: { ...none, ROLESETS_KEY_FILE: keyFile } })).exitCode, 0)
  t.is((await type([...dryRun, '--key', secretKey], { env: { ROLESETS_KEY: 'overridden' } })).exitCode, 0)

  const both = await type([...dryRun, '--key', secretKey, '--key-file', keyFile])
  t.is(both.exitCode, 2)
  t.regex(both.stderr, /Give one of --key and --key-file, not both/)
  const missing = await type([...dryRun, '--key-file', `${keyFile}.missing`])
  t.is(missing.exitCode, 2)
  t.regex(missing.stderr, /cannot be read \(ENOENT: no such file or directory\)/)
  await writeFile(keyFile, 'two words\n')
  t.regex((await type([...dryRun, '--key-file', keyFile], { env: none })).stderr, /has no valid key/)
})

test('a sidecar that is away is exit code 3 and never looks like a no', async (t) => {
  const env = { ROLESETS_TARGET: '127.0.0.1:1' }
  const verbs = [
    ['check', 'org_acme', 'org:analyst'],
    ['roles', 'org_acme'],
    ['assign', 'org_acme', 'role_set:pro'],
    ['watch'],
  ]
  for (const { exitCode, stdout, stderr } of await Promise.all(verbs.map((args) => type(args, { env })))) {
    t.is(exitCode, 3)
    t.is(stdout, '')
    t.regex(
      stderr,
      /^rolesets: The sidecar at 127\.0\.0\.1:1 cannot be reached: nothing listens there\. Start it, or correct the target: the gRPC address, /,
    )
  }
})

test('a wrong command line is exit code 2 and says what is wrong', async (t) => {
  for (const [args, problem] of [
    [['check', 'org_acme'], /missing required argument 'role'\. See rolesets check --help\./],
    [['check', 'org_acme', 'org:a', 'extra'], /too many arguments/],
    [['check', '', 'org:a'], /<organization> is missing\. Give an id/],
    [['check', ' org_acme', 'org:a'], /<organization> is " org_acme"\. It must not begin or end with a space/],
    [
      ['check', 'x'.repeat(256), 'org:a'],
      /<organization> has 256 characters; at most 255 are allowed \(limit idCharactersMax\)/,
    ],
    [['check', 'org_acme', ''], /<role> is missing/],
    [['check', 'org_acme', 'org:a', '--permission', ''], /--permission is missing/],
    [['check', 'org_acme', 'org:a', '--at-least', 'yesterday'], /atLeastRevision|at_least_revision/],
    [['check', 'org_acme', 'org:a', '--timeout', '0'], /Give a number of seconds from 0\.001 to 3600/],
    [['check', 'org_acme', 'org:a', '--target', 'a b'], /The target must be/],
    [['check', 'org_acme', 'org:a', '--tls-cert', 'c.pem'], /needs both --tls-cert and --tls-key/],
    [['check', 'org_acme', 'org:a', '--tls-ca', '/nowhere'], /--tls-ca, \/nowhere, cannot be read/],
    [['check', 'org_acme', 'org:a', '--colour'], /unknown option '--colour'/],
    [['assign', 'org_acme', 'role_set:pro', '--map', 'org:a'], /Write it as <from>=<to>/],
    [['assign', 'org_acme', 'role_set:pro', '--map', 'org:a='], /The role after the = is missing/],
    [['assign', 'org_acme', 'role_set:pro', '--map', 'org:a=org:b', '--map', 'org:a=org:c'], /mapped twice/],
    [['assign', 'org_acme', 'role_set:pro', '--actor', 'a\nb'], /--actor must be/],
    [['assign', 'org_acme', 'role_set:pro', '--expected-revision', 'x'], /--expected-revision is "x"\. Write it as/],
    [['replace-role', 'role_set:pro'], /missing required argument 'role'\. See rolesets replace-role --help\./],
    [['invitations'], /a verb is missing, one of create, list, get, revoke, accept\. See rolesets invitations --help/],
    [['invitations', 'send'], /unknown command 'send'\. See rolesets invitations --help\./],
    [
      ['invitations', 'create', 'org_acme', 'org:a'],
      /missing required argument 'email'\. See rolesets invitations create/,
    ],
    [['invitations', 'create', 'o', 'org:a', 'a@b.c', '--expires-in-days', '0'], /Give a whole number from 1 to 365/],
    [['invitations', 'list', 'org_acme', '--status', 'lost'], /Give pending, accepted, revoked or expired/],
    [['keys'], /a verb is missing, one of create, list, revoke\. See rolesets keys --help\./],
    [['keys', 'revoke', ''], /<name> is missing/],
    [['watch', '--after', 'yesterday'], /--after is "yesterday"\. Write it as <epoch>:<number>/],
    [['apply'], /required option '-f, --file <path>' not specified/],
  ] as const) {
    const { exitCode, stdout, stderr } = await type(args)
    t.is(exitCode, 2, args.join(' '))
    t.regex(stderr, problem)
    t.is(stdout, '')
  }
})

test('with --json a failure is one document on standard error', async (t) => {
  for (const [args, code] of [
    [['check', 'org_acme', '--json'], 'usage'],
    [['assign', 'org_acme', 'role_set:none', '--json'], 'role_set_not_found'],
    [['watch', '--after', 'x:1', '--json'], 'revision_of_another_epoch'],
  ] as const) {
    const { stdout, stderr } = await type(args)
    t.is(stdout, '')
    const { error } = JSON.parse(stderr) as { error: { code: string; message: string } }
    t.is(error.code, code)
    t.truthy(error.message)
  }
})

test('a flag decides about the target before the environment does', async (t) => {
  const { exitCode } = await type(['check', 'org_globex', 'org:analyst', '--target', target], {
    env: { ROLESETS_TARGET: '127.0.0.1:1' },
  })
  t.is(exitCode, 0)
})
