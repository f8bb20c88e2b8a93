/** apply: says what it will do, does exactly that in one revision, and does nothing when there is nothing to do. */

import { compareRevisions } from '@rolesets/client'
import test from 'ava'
import { type as typeAway } from './command-line.ts'
import { openPlace, pricingTiers, secretKey, sharedTeardown } from './pricing-tiers.ts'

const shared = sharedTeardown()
/** For tests that don't mind each other. */
const place = await openPlace(shared)
test.after.always(() => shared.undoAll())

interface AppliedDocument {
  readonly changed: boolean
  readonly dry_run: boolean
  readonly revision: string
  readonly steps: { readonly action: string; readonly kind: string; readonly key: string; readonly details: string[] }[]
  readonly left_alone: string[]
}

/** A role and a set with it, of one name. */
function roleAndSet(name: string): string {
  return `
roles:
  - key: org:${name}
role_sets:
  - key: role_set:${name}
    roles: [org:admin, org:member, org:${name}]
    default_role: org:member
    creator_role: org:admin
`
}

test('apply prints everything before it does it, does it in one revision, and then has nothing to do', async (t) => {
  const { type, operator } = await openPlace(t)
  const { revision: before } = await operator.admin.listRoles({})
  let organizationsAtPreview: number | undefined
  const first = await type(['apply', '-f', pricingTiers], {
    onStdout: async (text) => {
      if (!text.includes('to create')) return
      organizationsAtPreview = (await operator.admin.listOrganizations({})).organizations.length
    },
  })
  t.is(first.exitCode, 0, first.stderr)
  t.is(organizationsAtPreview, 0, 'when it was printed, nothing was done yet')
  t.regex(first.stdout, /^ {2}\+ permission {4}org:reports:read\n/)
  t.regex(first.stdout, /\n {2}\+ organization {2}org_acme\n {6}name: "Acme"\n {6}role set: role_set:free\n/)
  t.regex(first.stdout, /\n14 to create, 0 to change, 0 to delete\.\n/)
  const [, revision = ''] = /Applied at revision (\S+)\.\n$/.exec(first.stdout) ?? []
  t.is(compareRevisions(revision, before), 1)

  const second = await type(['apply', '-f', pricingTiers])
  t.is(second.exitCode, 0)
  t.true(second.stdout.startsWith(`Nothing to change: everything is as described (revision ${revision}).\n`))
  t.is((await type(['check', 'org_globex', 'org:analyst'])).exitCode, 0)
})

test('a dry run prints the same and changes nothing', async (t) => {
  const { type, operator, file } = place
  const { exitCode, stdout } = await type(['apply', '-f', await file(roleAndSet('dry')), '--dry-run'])
  t.is(exitCode, 0)
  t.regex(
    stdout,
    /2 to create, 0 to change, 0 to delete\.\n[^]*Dry run: nothing was changed\. This is what it would do at revision \S+\.\n$/,
  )
  const { roles } = await operator.admin.listRoles({ pageSize: 500 })
  t.false(roles.some(({ key }) => key === 'org:dry'))
})

test('with --json there is one document, whether something changes or not', async (t) => {
  const { type, file } = place
  const path = await file(roleAndSet('document'))
  const documents: AppliedDocument[] = []
  for (const extra of [['--dry-run'], [], []]) {
    const { stdout } = await type(['apply', '-f', path, '--json', ...extra])
    documents.push(JSON.parse(stdout) as AppliedDocument)
  }
  t.deepEqual(
    documents.map(({ dry_run, changed, steps }) => ({ dry_run, changed, steps: steps.length })),
    [
      { dry_run: true, changed: false, steps: 2 },
      { dry_run: false, changed: true, steps: 2 },
      { dry_run: false, changed: false, steps: 0 },
    ],
  )
  t.like(documents[1]?.steps[0], { action: 'CREATE', kind: 'role', key: 'org:document' })
  t.true(documents[2]?.left_alone.includes('role set role_set:default'))
})

test('what is not described is left alone, and goes only with --prune', async (t) => {
  const { type, operator, file } = await openPlace(t)
  await type(['apply', '-f', pricingTiers])
  await operator.admin.createMembership({ organizationId: 'org_globex', userId: 'user_1', role: 'org:analyst' })
  const { revision } = await operator.admin.createOrganization({ id: 'org_kept', roleSet: 'role_set:pro' })
  const path = await file(`
role_sets:
  - key: role_set:free
    roles: [org:admin, org:member]
    default_role: org:member
    creator_role: org:admin
    initial: true
  - key: role_set:pro
    roles: [org:admin, org:member]
    default_role: org:member
    creator_role: org:admin
    replace: { org:analyst: org:member }
organizations:
  - id: org_initech
    role_set: role_set:pro
`)
  const kept = await type(['apply', '-f', path])
  t.is(kept.exitCode, 0, kept.stderr)
  t.regex(kept.stdout, /\n12 things are not described, and stay: permission org:audit:read, /)
  t.is((await type(['check', 'org_globex', 'org:analyst'])).exitCode, 0)

  const pruned = await type(['apply', '-f', path, '--prune'])
  t.is(pruned.exitCode, 0, pruned.stderr)
  for (const line of [
    '- role_set    role_set:enterprise',
    '- role        org:analyst',
    '- permission  org:audit:read',
  ]) {
    t.true(pruned.stdout.includes(`  ${line}\n`), pruned.stdout)
  }
  t.regex(pruned.stdout, /gives 1 member with org:analyst the role org:member/)
  t.is((await type(['check', 'org_globex', 'org:analyst'])).exitCode, 1)
  const { membership } = await operator.admin.getMembership({ organizationId: 'org_globex', userId: 'user_1' })
  t.is(membership.role, 'org:member')
  const { organization } = await operator.admin.getOrganization({ organizationId: 'org_kept' })
  t.is(organization.roleSet, 'role_set:pro', 'organizations are never deleted')
  t.is(compareRevisions((await operator.admin.listRoles({})).revision, revision), 2, 'one revision for each apply')
})

test('a state that the sidecar refuses changes nothing at all, and the fault is told with its place', async (t) => {
  const { type, operator, file } = place
  const path = await file(`permissions:
  - key: org:reports:read
roles:
  - key: org:refused
    permissions: [org:reports:read, org:reports:write]
`)
  const { exitCode, stdout, stderr } = await type(['apply', '-f', path])
  t.is(exitCode, 1)
  t.is(stdout, '')
  t.regex(
    stderr,
    new RegExp(
      `^rolesets: ${path}:5:37: roles\\[0\\]\\.permissions\\[1\\] is org:reports:write, which neither the manifest nor the store has`,
    ),
  )
  const { permissions } = await operator.admin.listPermissions({ pageSize: 500 })
  t.false(permissions.some(({ key }) => key === 'org:reports:read'))
})

test('a move that would lose a role in use is refused, and nothing else of the file is done either', async (t) => {
  const { type, operator, file } = await openPlace(t)
  await type(['apply', '-f', pricingTiers])
  await operator.admin.createMembership({ organizationId: 'org_globex', userId: 'user_1', role: 'org:analyst' })
  const { revision: before } = await operator.admin.listRoles({})
  const text = 'roles: [{ key: org:auditor }]\norganizations:\n  - { id: org_globex, role_set: role_set:free }\n'
  const refused = await type(['apply', '-f', await file(text)])
  t.is(refused.exitCode, 1)
  t.regex(refused.stderr, /org:analyst \(1 member/)
  t.is((await operator.admin.listRoles({})).revision, before)

  const mapped = text.replace('role_set:free', 'role_set:free, mappings: { org:analyst: org:member }')
  t.is((await type(['apply', '-f', await file(mapped)])).exitCode, 0)
})

test('what others write meanwhile does not matter while the plan stays the same', async (t) => {
  const { type, operator, file } = place
  const { exitCode, stdout } = await type(['apply', '-f', await file(roleAndSet('meanwhile'))], {
    onStdout: async (text) => {
      if (text.includes('to create')) await operator.admin.createOrganization({ id: 'org_meanwhile' })
    },
  })
  t.is(exitCode, 0)
  t.regex(stdout, /Applied at revision/)
})

test('when others have changed what was printed, nothing is done', async (t) => {
  const { type, operator, file } = place
  const { exitCode, stdout, stderr } = await type(['apply', '-f', await file(roleAndSet('overtaken'))], {
    onStdout: async (text) => {
      if (text.includes('to create')) await operator.admin.createRole({ key: 'org:overtaken' })
    },
  })
  t.is(exitCode, 1)
  t.false(stdout.includes('Applied'))
  t.regex(stderr, /The store was changed since the plan was printed\. Nothing was applied\. Run the command again\./)
  const { roleSets } = await operator.admin.listRoleSets({ pageSize: 500 })
  t.false(roleSets.some(({ key }) => key === 'role_set:overtaken'))
})

test('a malformed file is exit code 2, with every fault on its line, and no sidecar is asked', async (t) => {
  const path = await place.file('roles:\n  - key: analyst\n    permisions: []\n')
  const env = { ROLESETS_TARGET: '127.0.0.1:1', ROLESETS_KEY: secretKey }
  const told = await typeAway(['apply', '-f', path], { env })
  t.is(told.exitCode, 2)
  t.is(
    told.stderr,
    `${path}:2:10: roles[0].key is "analyst". Write it as org:<name>, with a-z, 0-9 and _ only.\n` +
      `${path}:3:5: roles[0].permisions is not a field. Did you mean permissions?\n`,
  )
  const { stderr } = await typeAway(['apply', '-f', path, '--json'], { env })
  const { error } = JSON.parse(stderr) as { error: { code: string; faults: object[] } }
  t.is(error.code, 'invalid_file')
  t.deepEqual(
    error.faults.map((fault) => ({ ...fault, message: '' })),
    [
      { file: path, line: 2, column: 10, path: 'roles[0].key', message: '' },
      { file: path, line: 3, column: 5, path: 'roles[0].permisions', message: '' },
    ],
  )
})

test('the file can come from standard input, and JSON is YAML', async (t) => {
  const { type } = place
  const described = JSON.stringify({ organizations: [{ id: 'org_piped' }] })
  const { exitCode, stdout } = await type(['apply', '-f', '-'], {
    stdin: [described.slice(0, 10), described.slice(10)],
  })
  t.is(exitCode, 0)
  t.regex(stdout, /\+ organization {2}org_piped/)
})

test('a file that cannot be read, is no text or is too large is exit code 2', async (t) => {
  const missing = await typeAway(['apply', '-f', '/nowhere/rolesets.yaml'])
  t.is(missing.exitCode, 2)
  t.regex(missing.stderr, /The file \/nowhere\/rolesets\.yaml cannot be read \(ENOENT: no such file or directory\)/)
  const binary = await typeAway(['apply', '-f', '-'], { stdin: [Uint8Array.of(0xff, 0xfe)] })
  t.is(binary.exitCode, 2)
  t.regex(binary.stderr, /Standard input is not UTF-8 text/)
  const endless = await typeAway(['apply', '-f', '/dev/zero'])
  t.is(endless.exitCode, 2)
  t.regex(endless.stderr, /The file \/dev\/zero is larger than 4194304 bytes/)
})

test('a plan names kinds, defaults and scopes, and a refusal leads to its place in the file', async (t) => {
  const { type, operator, file } = await openPlace(t)
  const text = (roleSet: string) => `
role_sets:
  - { key: role_set:ward, roles: [org:nurse], default_role: org:nurse }
roles:
  - { key: org:nurse, name: Nurse }
scope_kinds:
  - { kind: department, fallback: role_set, role_set: role_set:ward }
scope_defaults:
  - { scope: department:pharmacy, role_set: ${roleSet} }
organizations:
  - id: org_clinic
    scopes:
      - { key: department:x-ray, name: X-ray, role_set: role_set:ward }
`
  const refused = await type(['plan', '-f', await file(text('role_set:none'))])
  t.is(refused.exitCode, 2)
  t.regex(
    refused.stderr + refused.stdout,
    /rolesets-\d\.yaml:9:45: scope_defaults\[0\]\.role_set is role_set:none, which neither/,
  )
  const path = await file(text('role_set:ward'))
  t.is((await type(['plan', '-f', path])).exitCode, 1)
  const { exitCode, stdout } = await type(['apply', '-f', path])
  t.is(exitCode, 0)
  t.true(
    stdout.startsWith(`  + role           org:nurse
      name: "Nurse"
  + role_set       role_set:ward
      roles: + org:nurse
      default role: org:nurse
  + scope_kind     department
      fallback: role_set
      role set: role_set:ward
  + scope_default  department:pharmacy
      role set: role_set:ward
  + organization   org_clinic
  + scope          org_clinic/department:x-ray
      role set: role_set:ward
  ~ scope          org_clinic/department:x-ray
      name: "X-ray"
6 to create, 1 to change, 0 to delete.
`),
    stdout,
  )
  t.is((await type(['plan', '-f', path])).exitCode, 0)
  const { scopes } = await operator.admin.listScopes({ organizationId: 'org_clinic' })
  t.like(scopes[0], { scope: 'department:x-ray', name: 'X-ray', roleSet: 'role_set:ward', origin: 'OWN' })
  const json = await type(['apply', '-f', path, '--json'])
  t.deepEqual((JSON.parse(json.stdout) as AppliedDocument).steps, [])
})
