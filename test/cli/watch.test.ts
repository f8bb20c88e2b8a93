/** watch: each committed write as one line, for people and for programs. */

import test from 'ava'
import { openPlace, sharedTeardown } from './pricing-tiers.ts'

const shared = sharedTeardown()
const { type, operator } = await openPlace(shared)
test.after.always(() => shared.undoAll())

test.serial('watch prints each change as one line, from a revision on, until it is interrupted', async (t) => {
  const { revision } = await operator.admin.createOrganization({ id: 'org_watched' })
  const ended = new AbortController()
  const lines: string[] = []
  const watching = type(['watch', '--after', revision], {
    signal: ended.signal,
    onStdout: (text) => lines.push(text) === 2 && ended.abort(),
  })
  const named = { organizationId: 'org_watched', name: 'Watched' }
  const first = await operator.admin.updateOrganization(named, { actor: 'billing' })
  const second = await operator.admin.createRole({ key: 'org:nurse' })
  t.is((await watching).exitCode, 0)
  const time = /\d{4}-\d\d-\d\dT[\d:.]+Z/
  t.deepEqual(
    lines.map((line) => line.replace(time, '<time>')),
    [
      `${first.revision}  <time>  billing  UpdateOrganization  organization org_watched on role_set:default\n`,
      `${second.revision}  <time>  admin  CreateRole  role org:nurse\n`,
    ],
  )
})

test.serial('watch without a revision begins with the next change', async (t) => {
  const ended = new AbortController()
  let created: Promise<unknown> = Promise.resolve()
  const { exitCode, stdout, stderr } = await type(['watch'], {
    signal: ended.signal,
    onStderr: () => (created = operator.admin.createOrganization({ id: 'org_next' })),
    onStdout: () => ended.abort(),
  })
  await created
  t.is(exitCode, 0)
  t.regex(stderr, /^rolesets: watching 127\.0\.0\.1:\d+ after revision \w+:\d+\. Ctrl-C ends it\.\n$/)
  t.regex(stdout, /^\S+ .* {2}CreateOrganization {2}organization org_next on role_set:default\n$/)
})

test.serial('watch gives programs one document a line, in the names of the contract', async (t) => {
  const { revision } = await operator.admin.createOrganization({ id: 'org_programs' })
  const ended = new AbortController()
  const watching = type(['watch', '--json', '--after', revision], {
    signal: ended.signal,
    onStdout: () => ended.abort(),
  })
  await operator.admin.deleteOrganization({ organizationId: 'org_programs' })
  const { exitCode, stdout, stderr } = await watching
  t.is(exitCode, 0)
  t.is(stderr, '')
  const [line = '', rest] = stdout.split('\n')
  t.is(rest, '')
  const { operation, changes, ...others } = JSON.parse(line) as Record<string, unknown>
  t.deepEqual(Object.keys(others).sort(), ['actor', 'committed_at_ms', 'revision'])
  t.is(operation, 'DeleteOrganization')
  t.deepEqual(changes, [{ organization_deleted: { id: 'org_programs', key: '' } }])
})

test.serial('watch tells of invitations, settings, keys, and of invitations that go with their role', async (t) => {
  const small = { roles: ['org:admin'], defaultRole: 'org:admin', creatorRole: 'org:admin' }
  await operator.admin.createRoleSet({ key: 'role_set:small', ...small })
  const { revision } = await operator.admin.createOrganization({ id: 'org_inviting' })
  const ended = new AbortController()
  const facts: string[] = []
  const watching = type(['watch', '--after', revision], {
    signal: ended.signal,
    onStdout: (text) => facts.push(text.trimEnd().split('  ').slice(4).join('  ')) === 6 && ended.abort(),
  })
  const [organizationId, emailAddress] = ['org_inviting', 'ann@example.com']
  const { invitation } = await operator.admin.createInvitation({ organizationId, emailAddress, role: 'org:member' })
  await operator.admin.assignRoleSet({
    organizationId,
    roleSet: 'role_set:small',
    mappings: { 'org:member': 'org:admin' },
  })
  await operator.admin.revokeInvitation({ organizationId, invitationId: invitation.id })
  await operator.admin.updateSettings({ maxAllowedMemberships: 7 })
  await operator.admin.createAccessKey({ name: 'billing', access: 'READ' })
  await operator.admin.revokeAccessKey({ accessKey: 'billing' })
  t.is((await watching).exitCode, 0)
  const ann = `invitation ${invitation.id} of ann@example.com to org_inviting`
  t.deepEqual(
    facts.map((fact) => fact.replace(/role_\w{20,} to role_\w{20,}/, '<member> to <admin>')),
    [
      `${ann}: org:member, pending`,
      'in org_inviting: 1 invitation from <member> to <admin>; organization org_inviting on role_set:small',
      `${ann}: org:admin, revoked`,
      'settings',
      'key billing: read',
      'key billing: revoked',
    ],
  )
})
