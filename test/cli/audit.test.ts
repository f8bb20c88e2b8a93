/** log and explain: what they say, and the exit codes that scripts rely on. */

import test from 'ava'
import { openPlace, sharedTeardown } from './pricing-tiers.ts'

const shared = sharedTeardown()
const { type, operator } = await openPlace(shared)
const { admin } = operator
const times: number[] = []

test.before(async () => {
  const special = { defaultRole: 'org:member', creatorRole: 'org:admin' }
  await admin.createRole({ key: 'org:analyst', name: 'Analyst' }, { actor: 'alice' })
  await admin.createRoleSet({ key: 'role_set:pro', roles: ['org:admin', 'org:member', 'org:analyst'], ...special })
  await admin.createOrganization({ id: 'acme', roleSet: 'role_set:pro', createdBy: 'boss' })
  await admin.createMembership({ organizationId: 'acme', userId: 'ann', role: 'org:analyst' })
  await admin.replaceRole({ roleSet: 'role_set:pro', role: 'org:analyst', toRole: 'org:member' }, { actor: 'bob' })
  await admin.updateRole(
    { role: 'org:analyst', name: 'The analyst', description: 'Looks at numbers' },
    { actor: 'bob' },
  )
  const { changeSets } = await admin.listChanges({ oldestFirst: true })
  times.push(...changeSets.map(({ committedAtMs }) => committedAtMs))
})
test.after.always(() => shared.undoAll())

const time = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`

test('log says who did what when, the newest first, with what was before', async (t) => {
  const { exitCode, stdout, stderr } = await type(['log', '--thing', 'org:analyst'])
  t.is(exitCode, 0, stderr)
  const [update = '', replaced = '', created = ''] = stdout.split(/^(?=\S)/m)
  t.regex(update, new RegExp(`^\\w+:7  ${time}  bob  UpdateRole\n`))
  t.regex(update, /\n {2}role org:analyst: name Analyst → "The analyst", description "" → "Looks at numbers"\n/)
  t.regex(replaced, /^\w+:6 .* bob {2}ReplaceRole\n/)
  t.regex(replaced, /\n {2}in role set roleset_\w+: 1 member from org:analyst to org:member\n/)
  t.regex(replaced, /\n {2}role set role_set:pro: roles .*org:analyst.* → org:admin, org:member\n/)
  t.regex(created, /^\w+:2 .* alice {2}CreateRole\n {2}role org:analyst added\n$/)
})

test('log keeps to each filter', async (t) => {
  const operations = async (...args: readonly string[]) => {
    const { stdout, exitCode, stderr } = await type(['log', '--json', ...args])
    t.is(exitCode, 0, stderr)
    const lines = stdout.split('\n').slice(0, -1)
    return lines.map((line) => (JSON.parse(line) as { operation: string }).operation)
  }
  t.deepEqual(await operations('--actor', 'alice'), ['CreateRole'])
  t.deepEqual(await operations('--operation', 'ReplaceRole'), ['ReplaceRole'])
  t.deepEqual(await operations('--thing', 'ann'), ['CreateMembership'])
  t.deepEqual((await operations('--oldest-first')).slice(0, 2), ['Seed', 'CreateRole'])
  const last = times.at(-1) ?? 0
  t.true((await operations('--from', new Date(last).toISOString())).includes('UpdateRole'))
  t.deepEqual(await operations('--from', String(last + 1)), [])
  t.deepEqual(await operations('--to', '2020-01-01'), [])
})

test('log prints one JSON document on each line, with what was before and after, and the seal', async (t) => {
  const { stdout } = await type(['log', '--json', '--limit', '1'])
  const [line = '', rest] = stdout.split('\n')
  t.is(rest, '')
  const document = JSON.parse(line) as { changes: readonly { before: object; after: object }[]; seal: string }
  t.like(document, { actor: 'bob', operation: 'UpdateRole' })
  t.regex(document.seal, /^[0-9a-f]{64}$/)
  t.like(document.changes[0]?.before, { name: 'Analyst', key: 'org:analyst' })
  t.like(document.changes[0]?.after, { name: 'The analyst', permission_ids: [] })
})

test('log stops at its limit, and says that there is more', async (t) => {
  const { stdout, stderr, exitCode } = await type(['log', '--limit', '2'])
  t.is(stdout.match(/^\S/gm)?.length, 2)
  t.regex(stderr, /there is more/)
  t.is(exitCode, 0)
})

test('explain says yes and no, since when, and by which write', async (t) => {
  const now = await type(['explain', 'acme', 'org:analyst'])
  t.is(now.exitCode, 1, now.stderr)
  t.regex(now.stdout, /^No: org:analyst is not in role_set:pro, .* by ReplaceRole of bob \(revision 6\)\.\n\n\w+:6 /)
  const member = await type(['explain', 'acme', 'org:member', '--json'])
  t.is(member.exitCode, 0)
  t.like(JSON.parse(member.stdout), {
    ...{ organization_id: 'acme', role: 'org:member', allowed: true, reason: 'ROLE_IN_SET' },
    ...{ role_set: 'role_set:pro', because: { operation: 'CreateOrganization' } },
  })
})

test('explain tells how it was at a time', async (t) => {
  const [, , , registered = 0] = times
  const { exitCode, stdout, stderr } = await type(['explain', 'acme', 'org:analyst', '--at', String(registered)])
  // Writes of the same millisecond count as done.
  t.true(exitCode === 0 || times.filter((each) => each === registered).length > 1, stderr)
  t.regex(stdout, /org:analyst/)
  const early = await type(['explain', 'acme', 'org:analyst', '--at', '2020-01-01T00:00Z'])
  t.is(early.exitCode, 2)
  t.regex(early.stderr, /before the stored history begins/)
})

test('explain of a scope says why it has its role set and by which write, and log finds what is of the scope', async (t) => {
  const { type, operator } = await openPlace(t)
  const scope = 'ward:north'
  await operator.admin.setScopeKind({ kind: 'ward', fallback: 'ORGANIZATION' }, { actor: 'alice' })
  await operator.admin.createOrganization({ id: 'acme' })
  await operator.admin.setScopeDefault({ scope, roleSet: 'role_set:default' }, { actor: 'bob' })
  const text = await type(['explain', 'acme', 'org:member', '--scope', scope])
  t.is(text.exitCode, 0, text.stderr)
  t.regex(
    text.stdout,
    /^Yes: org:member is in role_set:default, the role set of ward:north of acme \(the default of ward:north\), /,
  )
  t.regex(text.stdout, /\n\n\w+:4 .* bob {2}SetScopeDefault\n {2}/)
  const json = async (...args: readonly string[]): Promise<object> =>
    JSON.parse((await type(['explain', 'acme', 'org:member', '--json', ...args])).stdout) as object
  t.like(await json('--scope', scope), { scope, origin: 'DEFAULT', place_because: { operation: 'SetScopeDefault' } })
  t.like(await json('--scope', 'wrad:north'), { allowed: false, reason: 'SCOPE_KIND_UNKNOWN', role_set: '' })
  t.deepEqual(Object.keys(await json()).sort(), [
    ...[
      'allowed',
      'because',
      'explanation',
      'organization_id',
      'organization_registered',
      'reason',
      'revision',
      'role',
    ],
    'role_set',
  ])
  const log = await type(['log', '--scope', scope])
  t.is(log.stdout.match(/^\S/gm)?.length, 1)
  t.regex(log.stdout, /SetScopeDefault/)
  t.is((await type(['log', '--scope', scope, '--thing', 'acme'])).stdout, '')
})

test('a time or a limit that is none is refused before anything is asked', async (t) => {
  for (const args of [
    ['log', '--from', 'yesterday'],
    ['log', '--to', '2026-13-01'],
    ['log', '--from', '2026'],
    ['log', '--limit', '0'],
    ['explain', 'acme', 'org:analyst', '--at', 'noon'],
    ['explain', '', 'org:analyst'],
    ['explain', 'acme', 'org:analyst', '--scope', ''],
    ['explain', 'acme', 'org:analyst', '--scope', 'ward'],
    ['log', '--scope', 'ward:'],
    ['log', '--scope', '*'],
  ]) {
    const { exitCode, stdout } = await type(args)
    t.is(exitCode, 2, args.join(' '))
    t.is(stdout, '')
  }
})

test('the history needs a key that may write', async (t) => {
  const { exitCode, stderr } = await type(['log'], { env: { ROLESETS_KEY: '' } })
  t.is(exitCode, 2)
  t.regex(stderr, /key/)
})

test('log prints the keys that things had then, also after a rename and a deletion', async (t) => {
  const place = await openPlace(t)
  const change = place.operator.admin
  await change.createRole({ key: 'org:then', name: 'Then' })
  await change.addRoles({ roleSet: 'role_set:default', roles: ['org:then'] })
  await change.createMembership({ organizationId: 'acme', userId: 'ann', role: 'org:then' })
  await change.updateRole({ role: 'org:then', key: 'org:now' })
  await change.replaceRole({ roleSet: 'role_set:default', role: 'org:now', toRole: 'org:member' })
  await change.deleteRole({ role: 'org:now' })
  const { stdout } = await place.type(['log', '--thing', 'ann'])
  t.regex(stdout, /\n {2}membership ann in acme added: org:then\n/)
  for (const thing of ['org:then', 'org:now']) {
    const ofRole = (await place.type(['log', '--thing', thing])).stdout
    t.regex(ofRole, /roles org:admin, org:member, org:now → org:admin, org:member\n/)
    t.regex(ofRole, /role org:now: key org:then → org:now\n/)
    t.regex(ofRole, /1 member from org:now to org:member\n/)
    t.regex(ofRole, /role org:now deleted\n/)
  }
})

test('log says which role set a new kind of scopes names, and what a new scope has that got none', async (t) => {
  const { type: typeThere, operator } = await openPlace(t)
  const { admin } = operator
  await admin.createOrganization({ id: 'acme' })
  await admin.setScopeKind({ kind: 'ward', fallback: 'ROLE_SET', roleSet: 'role_set:default' })
  await admin.setScopeKind({ kind: 'department', fallback: 'ORGANIZATION' })
  await admin.renameScope({ organizationId: 'acme', scope: 'department:er', name: 'Emergency' })
  const { stdout } = await typeThere(['log', '--limit', '3'])
  t.regex(stdout, /\n {2}scope kind ward added: role_set:default\n/)
  t.regex(stdout, /\n {2}scope kind department added: organization\n/)
  t.regex(stdout, /\n {2}assignment department:er of acme added: Emergency\n/)
})
