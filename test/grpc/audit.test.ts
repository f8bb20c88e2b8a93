/** The history and what it explains, over the wire. */

import test from 'ava'
import { connect, openTestSidecar, refusalOf, secretKey, type Answer } from './open-sidecar.ts'

const secret = { key: secretKey }

const operationsOf = (page: Answer) => (page['changeSets'] as Answer[]).map(({ operation }) => operation)

test('the history says what was changed, by whom, and how it was before and after', async (t) => {
  const { call, write } = connect(t, (await openTestSidecar(t)).target)
  const ada = { metadata: { 'x-rolesets-actor': 'Ada' } }
  await write('CreateRole', { key: 'org:x', name: 'One' })
  const updated = await write('UpdateRole', { role: 'org:x', name: 'Two' }, ada)
  const page = await call('ListChanges', { pageSize: 1 }, secret)
  const [latest] = page['changeSets'] as Answer[]
  t.like(latest, { revision: updated['revision'], actor: 'Ada', operation: 'UpdateRole' })
  t.regex(String(latest?.['seal']), /^[0-9a-f]{64}$/)
  const [change] = latest?.['changes'] as Answer[]
  t.like(change, {
    ...{ kind: 'role_put', thing: 'role', id: (updated['role'] as Answer)['id'] },
    before: { fields: { name: { stringValue: 'One' } } },
    after: { fields: { name: { stringValue: 'Two' } } },
  })
  const rest = await call('ListChanges', { pageToken: page['nextPageToken'] }, secret)
  t.deepEqual(operationsOf(rest), ['CreateRole', 'Seed'])
  t.regex(String(rest['oldestRevision']), /:1$/)
})

test('the history is searched by thing, actor and operation, from either end', async (t) => {
  const { call, write } = connect(t, (await openTestSidecar(t)).target)
  await write('CreateRole', { key: 'org:x' })
  await write('CreateInvitation', { organizationId: 'org_1', emailAddress: 'ann@x.org', role: 'org:member' })
  await write('UpdateRole', { role: 'org:x', key: 'org:y' }, { metadata: { 'x-rolesets-actor': 'Ada' } })
  const found = async (request: Answer) => operationsOf(await call('ListChanges', request, secret))
  t.deepEqual(await found({ thing: 'org:y' }), ['UpdateRole', 'CreateRole'])
  t.deepEqual(await found({ thing: 'org_1', oldestFirst: true }), ['CreateInvitation'])
  t.deepEqual(await found({ actor: 'Ada' }), ['UpdateRole'])
  t.deepEqual(await found({ operation: 'Seed' }), ['Seed'])
  t.deepEqual(await found({ actor: 'stranger' }), [])
  t.deepEqual(await found({ toMs: 1 }), [])
  t.is((await refusalOf(call('ListChanges', { pageSize: 501 }, secret))).reason, 'LIMIT_EXCEEDED')
})

test('an explanation names the write that made it so', async (t) => {
  const { read, write } = connect(t, (await openTestSidecar(t)).target)
  await write('CreateRole', { key: 'org:x', includeInInitialRoleSet: true })
  const replaced = await write('ReplaceRole', { roleSet: 'role_set:default', role: 'org:x' })
  await write('CreatePermission', { key: 'org:a:b' })
  const explained = await read('Explain', { organizationId: 'org_1', role: 'org:x' })
  t.like(explained, {
    ...{ allowed: false, reason: 'ROLE_NOT_IN_SET', roleSet: 'role_set:default' },
    because: { operation: 'ReplaceRole', revision: replaced['revision'] },
  })
  t.truthy(explained['explanation'])
  t.is((await refusalOf(read('Explain', { organizationId: '', role: 'org:x' }))).fields[0]?.field, 'organization_id')
})

test('the history and a past invitation have the keys of their time, also when the role is gone', async (t) => {
  const { call, write } = connect(t, (await openTestSidecar(t)).target)
  await write('CreateRole', { key: 'org:then', name: 'Then' })
  await write('AddRoles', { roleSet: 'role_set:default', roles: ['org:then'] })
  const acme = { organizationId: 'acme' }
  const invited = await write('CreateInvitation', { ...acme, emailAddress: 'ann@x.org', role: 'org:then' })
  const { id: invitationId } = invited['invitation'] as Answer
  await write('RevokeInvitation', { ...acme, invitationId })
  const check = async () => {
    const { invitation } = await call('GetInvitation', { ...acme, invitationId }, secret)
    t.like(invitation, { role: 'org:then', status: 'REVOKED' })
    const { invitations } = await call('ListInvitations', acme, secret)
    t.like((invitations as Answer[])[0], { role: 'org:then' })
    const page = await call('ListChanges', { operation: 'CreateInvitation' }, secret)
    const [change] = ((page['changeSets'] as Answer[])[0]?.['changes'] as Answer[]).slice(-1)
    t.like(change, { after: { fields: { role: { stringValue: 'org:then' } } } })
  }
  await write('UpdateRole', { role: 'org:then', key: 'org:now' })
  await check()
  await write('ReplaceRole', { roleSet: 'role_set:default', role: 'org:now' })
  await write('DeleteRole', { role: 'org:now' })
  await check()
})
