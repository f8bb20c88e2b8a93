/** The audit in particular cases: what a change set is found by, how it is shown, and what is said of a time. */

import test from 'ava'
import type { Refusal } from '../../packages/sidecar/src/domain/refusal.ts'
import type { ChangesFilter } from '../../packages/sidecar/src/service/audit/audit.ts'
import { openTestService, reading, writing, type OpenedService } from './open-service.ts'

const startMs = 1_700_000_000_000
const special = { defaultRole: 'org:member', creatorRole: 'org:admin' }
const page = { ...reading(), pageSize: 0, pageToken: '' }

interface Teardown {
  teardown(undo: () => unknown): void
}

/** A second passes with each write. */
async function openTicking(t: Teardown, more: Parameters<typeof openTestService>[1] = {}) {
  const clock = { now: startMs }
  const opened = await openTestService(t, { ...more, now: () => clock.now })
  const later = <T>(call: (admin: OpenedService['admin']) => Promise<T>): Promise<T> => {
    clock.now += 1_000
    return call(opened.admin)
  }
  const list = async (filter: ChangesFilter = {}) => (await opened.admin.listChanges(filter, page)).items
  const operations = async (filter: ChangesFilter = {}) => (await list(filter)).map(({ operation }) => operation)
  return { ...opened, clock, later, list, operations }
}

test('each filter is kept to, and the newest come first unless the oldest are asked for', async (t) => {
  const { admin, later, operations, clock } = await openTicking(t)
  await later(() => admin.createRole({ key: 'org:a' }, writing({ actor: 'alice' })))
  await later(() => admin.createRole({ key: 'org:b' }, writing({ actor: 'bob' })))
  await later(() => admin.updateRole({ role: 'org:a', name: 'A!' }, writing({ actor: 'bob' })))
  t.deepEqual(await operations(), ['UpdateRole', 'CreateRole', 'CreateRole', 'Seed'])
  t.deepEqual(await operations({ oldestFirst: true }), ['Seed', 'CreateRole', 'CreateRole', 'UpdateRole'])
  t.deepEqual(await operations({ actor: 'bob' }), ['UpdateRole', 'CreateRole'])
  t.deepEqual(await operations({ actor: 'bob', operation: 'CreateRole' }), ['CreateRole'])
  t.deepEqual(await operations({ thing: 'org:a' }), ['UpdateRole', 'CreateRole'])
  t.deepEqual(await operations({ fromMs: clock.now }), ['UpdateRole'])
  t.deepEqual(await operations({ toMs: startMs + 1_000 }), ['Seed'])
  t.deepEqual(await operations({ actor: 'stranger' }), [])
})

test('pages follow each other without a gap, and say how far the history goes back', async (t) => {
  const { admin, store } = await openTicking(t)
  for (let n = 0; n < 7; n++) await admin.createRole({ key: `org:r${n}` }, writing())
  await store.compact({ newerThan: 0, count: 5 })
  for (const oldestFirst of [false, true]) {
    const revisions: string[] = []
    let pageToken = ''
    do {
      const found = await admin.listChanges({ oldestFirst }, { ...reading(), pageSize: 2, pageToken })
      revisions.push(...found.items.map(({ revision }) => revision))
      t.is(found.oldestRevision, `${store.epoch}:4`)
      t.is(found.revision, `${store.epoch}:9`)
      pageToken = found.nextPageToken
    } while (pageToken !== '')
    const expected = [4, 5, 6, 7, 8, 9].map((number) => `${store.epoch}:${number}`)
    t.deepEqual(revisions, oldestFirst ? expected : expected.reverse())
  }
  const strange = Buffer.from('role_1').toString('base64url')
  const refused = admin.listChanges({}, { ...reading(), pageSize: 0, pageToken: strange })
  t.is((await t.throwsAsync<Refusal>(refused))?.field, 'page_token')
})

test('a key finds its thing after it was renamed and after it is gone, and a name finds its access key', async (t) => {
  const { admin, operations } = await openTicking(t)
  await admin.createRole({ key: 'org:first' }, writing())
  await admin.updateRole({ role: 'org:first', key: 'org:second' }, writing())
  t.deepEqual(await operations({ thing: 'org:first' }), ['UpdateRole', 'CreateRole'])
  await admin.deleteRole({ role: 'org:second' }, writing())
  for (const thing of ['org:first', 'org:second'])
    t.deepEqual(await operations({ thing }), ['DeleteRole', 'UpdateRole', 'CreateRole'])
  await admin.createAccessKey({ name: 'billing', access: 'read' }, writing())
  await admin.revokeAccessKey({ accessKey: 'billing' }, writing())
  t.deepEqual(await operations({ thing: 'billing' }), ['RevokeAccessKey', 'CreateAccessKey'])
  await admin.createMembership({ organizationId: 'acme', userId: 'user_ann', role: 'org:member' }, writing())
  for (const thing of ['acme', 'user_ann']) t.deepEqual(await operations({ thing }), ['CreateMembership'])
  t.deepEqual(await operations({ thing: 'never' }), [])
})

test('a change shows its thing before and after with the names of the wire, and no digest of a key', async (t) => {
  const { admin, list, store } = await openTicking(t)
  const metadata = { publicMetadata: { ownName: { createdAt: 1 } }, privateMetadata: {} }
  await admin.createOrganization({ id: 'acme', name: 'Acme', ...metadata }, writing())
  await admin.updateOrganization({ organizationId: 'acme', name: 'ACME' }, writing())
  const [updated, created] = await list({ thing: 'acme' })
  t.is(updated?.revision, `${store.epoch}:3`)
  t.regex(updated?.seal ?? '', /^[0-9a-f]{64}$/)
  t.like(created?.changes[0], { kind: 'organization_put', thing: 'organization', id: 'acme', before: undefined })
  const after = updated?.changes[0]?.after ?? {}
  t.like(after, { name: 'ACME', role_set: 'role_set:default', created_at_ms: startMs, admin_delete_enabled: true })
  t.deepEqual(after['public_metadata'], { ownName: { createdAt: 1 } })
  t.false('revision' in after)
  t.is(updated?.changes[0]?.before?.['name'], 'Acme')
  await admin.createAccessKey({ name: 'billing', access: 'read' }, writing())
  const [key] = await list()
  t.deepEqual(Object.keys(key?.changes[0]?.after ?? {}).sort(), [
    ...['access', 'created_at_ms', 'id', 'name', 'revoked_at_ms', 'updated_at_ms'],
  ])
})

test('a set-wide change tells whom it moved, with the key of the set that is gone', async (t) => {
  const { admin, list } = await openTicking(t)
  await admin.createRole({ key: 'org:a' }, writing())
  const roles = ['org:admin', 'org:member', 'org:a']
  await admin.createRoleSet({ key: 'role_set:old', roles, ...special }, writing())
  await admin.createOrganization({ id: 'acme', roleSet: 'role_set:old' }, writing())
  await admin.createMembership({ organizationId: 'acme', userId: 'u', role: 'org:a' }, writing())
  const mappings = { 'org:a': 'org:member' }
  await admin.replaceRoleSet({ roleSet: 'role_set:old', toRoleSet: 'role_set:default', mappings }, writing())
  const [{ changes } = { changes: [] }] = await list()
  const moved = changes.find(({ kind }) => kind === 'organizations_moved')
  t.like(moved?.after, { from_role_set: 'role_set:old', to_role_set: 'role_set:default', organizations: 1 })
  const reassigned = changes.find(({ kind }) => kind === 'members_reassigned')
  t.like(reassigned, { members: 1, invitations: 0, before: undefined })
  const [mapping] = reassigned?.after?.['mappings'] as readonly object[]
  t.like(mapping, { from_role: 'org:a', to_role: 'org:member', members: 1 })
})

test('explain says what made it so: a move of the set, an edit of the set, a role that is gone', async (t) => {
  const { admin, later, store } = await openTicking(t)
  const ask = (role: string, seconds?: number) => {
    const atMs = seconds === undefined ? undefined : startMs + seconds * 1_000
    return admin.explain({ organizationId: 'acme', role, atMs }, reading())
  }
  await later(() => admin.createRole({ key: 'org:a' }, writing()))
  const roles = ['org:admin', 'org:member']
  await later(() => admin.createRoleSet({ key: 'role_set:pro', roles: [...roles, 'org:a'], ...special }, writing()))
  await later(() => admin.createRoleSet({ key: 'role_set:old', roles, ...special }, writing()))
  await later(() => admin.createOrganization({ id: 'acme', roleSet: 'role_set:old' }, writing()))
  await later(() =>
    admin.replaceRoleSet({ roleSet: 'role_set:old', toRoleSet: 'role_set:pro', mappings: {} }, writing()),
  )
  await later(() => admin.replaceRole({ roleSet: 'role_set:pro', role: 'org:a' }, writing({ actor: 'alice' })))
  await later(() => admin.deleteRole({ role: 'org:a' }, writing()))
  const answerAt = async (seconds: number) => {
    const { allowed, reason, roleSet, because } = await ask('org:a', seconds)
    return [allowed, reason, roleSet, because?.operation]
  }
  t.deepEqual(await answerAt(0), [false, 'ROLE_UNKNOWN', 'role_set:default', undefined])
  t.deepEqual(await answerAt(1), [false, 'ROLE_NOT_IN_SET', 'role_set:default', 'CreateRole'])
  t.deepEqual(await answerAt(4), [false, 'ROLE_NOT_IN_SET', 'role_set:old', 'CreateOrganization'])
  t.deepEqual(await answerAt(5), [true, 'ROLE_IN_SET', 'role_set:pro', 'ReplaceRoleSet'])
  t.deepEqual(await answerAt(6), [false, 'ROLE_NOT_IN_SET', 'role_set:pro', 'ReplaceRole'])
  t.deepEqual(await answerAt(7), [false, 'ROLE_UNKNOWN', 'role_set:pro', 'DeleteRole'])
  const { revision, explanation } = await ask('org:a', 6)
  t.is(revision, `${store.epoch}:7`)
  const when = new Date(startMs + 6_000).toISOString()
  t.is(
    explanation,
    `No: org:a is not in role_set:pro, the role set of acme, since ${when}, by ReplaceRole of alice (revision 7).`,
  )
  t.like(await ask('org:member'), { allowed: true, revision: `${store.epoch}:8` })
})

test('a time before the history that is kept is refused, and a time that is none', async (t) => {
  const { admin, later, store } = await openTicking(t)
  const ask = (atMs: number) => admin.explain({ organizationId: 'acme', role: 'org:admin', atMs }, reading())
  for (const key of ['org:a', 'org:b', 'org:c']) await later(() => admin.createRole({ key }, writing()))
  t.like(await t.throwsAsync<Refusal>(ask(startMs - 1)), { code: 'invalid_field', field: 'at_ms' })
  await store.compact({ newerThan: 0, count: 2 })
  t.like(await t.throwsAsync<Refusal>(ask(startMs + 1_999)), { code: 'invalid_field', field: 'at_ms' })
  t.like(await ask(startMs + 2_000), { allowed: true, because: undefined })
  for (const strange of [-1, 1.5, 1e17]) {
    t.like(await t.throwsAsync<Refusal>(ask(strange)), { code: 'invalid_field', field: 'at_ms' })
  }
})

test('which of two sets an organization came from is not guessed when the history does not tell', async (t) => {
  const { admin, later, store } = await openTicking(t)
  const roles = ['org:admin', 'org:member']
  for (const key of ['role_set:a', 'role_set:b', 'role_set:c'])
    await later(() => admin.createRoleSet({ key, roles, ...special }, writing()))
  await later(() => admin.createOrganization({ id: 'from_a', roleSet: 'role_set:a' }, writing()))
  await later(() => admin.createOrganization({ id: 'from_b', roleSet: 'role_set:b' }, writing()))
  // Revision 7, and after it two moves.
  await later(() => admin.createRole({ key: 'org:x' }, writing()))
  const move = (roleSet: string, toRoleSet: string) =>
    later(() => admin.replaceRoleSet({ roleSet, toRoleSet, mappings: {} }, writing()))
  await move('role_set:a', 'role_set:b')
  await move('role_set:b', 'role_set:c')
  await store.compact({ newerThan: 0, count: 3 })
  const ask = (organizationId: string, seconds: number) =>
    admin.explain({ organizationId, role: 'org:member', atMs: startMs + seconds * 1_000 }, reading())
  for (const organizationId of ['from_a', 'from_b']) {
    t.like(await ask(organizationId, 8), { roleSet: 'role_set:c' })
    t.like(await ask(organizationId, 7), { roleSet: 'role_set:b' })
    const error = await t.throwsAsync<Refusal>(ask(organizationId, 6))
    t.is(error?.field, 'at_ms')
    t.regex(error?.message ?? '', /doesn't say/)
  }
})
