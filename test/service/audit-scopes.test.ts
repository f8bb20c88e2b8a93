/** The audit of scopes in particular cases: which write gave a scope its role set, at any time, and the history of a scope. */

import test from 'ava'
import type { Refusal } from '../../packages/sidecar/src/domain/refusal.ts'
import type { ChangesFilter } from '../../packages/sidecar/src/service/audit/audit.ts'
import { addRoleSet, openTestService, reading, writing, type OpenedService } from './open-service.ts'

const startMs = 1_700_000_000_000
const acme = 'acme'
const scope = 'ward:north'

/** A second passes with each write. The organization's set has org:a, the others org:b, org:c and org:d. */
async function openTicking(
  t: Parameters<typeof openTestService>[0],
  options: Parameters<typeof openTestService>[1] = {},
) {
  const clock = { now: startMs }
  const opened = await openTestService(t, { ...options, now: () => clock.now })
  for (const name of ['a', 'b', 'c', 'd']) await addRoleSet(opened, `role_set:${name}`, [`org:${name}`])
  await opened.admin.createOrganization({ id: acme, roleSet: 'role_set:a' }, writing())
  const later = async (call: (admin: OpenedService['admin']) => Promise<unknown>) => {
    clock.now += 1_000
    await call(opened.admin)
  }
  const explain = (role: string, seconds?: number, place = { organizationId: acme, scope }) => {
    const atMs = seconds === undefined ? undefined : startMs + seconds * 1_000
    return opened.admin.explain({ ...place, role, atMs }, reading())
  }
  /** The same with what decided. */
  const answerAt = async (role: string, seconds: number) => {
    const { reason, roleSet, origin, because, placeBecause } = await explain(role, seconds)
    return [reason, roleSet, origin, because?.operation, placeBecause?.operation]
  }
  return { ...opened, later, explain, answerAt }
}

const special = { defaultRole: 'org:member', creatorRole: 'org:admin' }

test('explain says which rule gave a scope its role set at each time, and by which write', async (t) => {
  const { later, answerAt } = await openTicking(t)
  const place = { organizationId: acme, scope }
  await later((admin) => admin.setScopeKind({ kind: 'ward', fallback: 'none' }, writing()))
  await later((admin) => admin.setScopeKind({ kind: 'ward', fallback: 'organization' }, writing()))
  await later((admin) => admin.setScopeKind({ kind: 'ward', fallback: 'role_set', roleSet: 'role_set:b' }, writing()))
  await later((admin) => admin.setScopeDefault({ scope, roleSet: 'role_set:c' }, writing()))
  await later((admin) => admin.assignRoleSet({ ...place, roleSet: 'role_set:d' }, writing()))
  await later((admin) => admin.renameScope({ ...place, name: 'North' }, writing()))
  await later((admin) =>
    admin.replaceRoleSet({ roleSet: 'role_set:d', toRoleSet: 'role_set:b', mappings: {} }, writing()),
  )
  await later((admin) => admin.assignRoleSet({ ...place, clear: true }, writing()))
  await later((admin) => admin.replaceRole({ roleSet: 'role_set:c', role: 'org:c' }, writing()))
  await later((admin) => admin.deleteScopeDefault({ scope }, writing()))
  await later((admin) =>
    admin.replaceRoleSet({ roleSet: 'role_set:b', toRoleSet: 'role_set:c', mappings: {} }, writing()),
  )
  t.deepEqual(await answerAt('org:a', 0), ['SCOPE_KIND_UNKNOWN', '', undefined, undefined, undefined])
  t.deepEqual(await answerAt('org:a', 1), ['SCOPE_UNASSIGNED', '', undefined, 'SetScopeKind', 'SetScopeKind'])
  t.deepEqual(await answerAt('org:a', 2), ['ROLE_IN_SET', 'role_set:a', 'organization', 'SetScopeKind', 'SetScopeKind'])
  t.deepEqual(await answerAt('org:a', 3), ['ROLE_NOT_IN_SET', 'role_set:b', 'kind', 'SetScopeKind', 'SetScopeKind'])
  t.deepEqual(await answerAt('org:c', 4), [
    'ROLE_IN_SET',
    'role_set:c',
    'default',
    'SetScopeDefault',
    'SetScopeDefault',
  ])
  t.deepEqual(await answerAt('org:d', 5), ['ROLE_IN_SET', 'role_set:d', 'own', 'AssignRoleSet', 'AssignRoleSet'])
  t.deepEqual(await answerAt('org:d', 6), ['ROLE_IN_SET', 'role_set:d', 'own', 'AssignRoleSet', 'AssignRoleSet'])
  t.deepEqual(await answerAt('org:b', 7), ['ROLE_IN_SET', 'role_set:b', 'own', 'ReplaceRoleSet', 'ReplaceRoleSet'])
  t.deepEqual(await answerAt('org:c', 8), ['ROLE_IN_SET', 'role_set:c', 'default', 'AssignRoleSet', 'AssignRoleSet'])
  t.deepEqual(await answerAt('org:c', 9), ['ROLE_NOT_IN_SET', 'role_set:c', 'default', 'ReplaceRole', 'AssignRoleSet'])
  t.deepEqual(await answerAt('org:b', 10), [
    ...['ROLE_IN_SET', 'role_set:b', 'kind', 'DeleteScopeDefault', 'DeleteScopeDefault'],
  ])
  t.deepEqual(await answerAt('org:b', 11), [
    'ROLE_NOT_IN_SET',
    'role_set:c',
    'kind',
    'ReplaceRoleSet',
    'ReplaceRoleSet',
  ])
})

test('the sentence about a scope says why it has its role set, and since when if that is another write', async (t) => {
  const { admin, later, explain } = await openTicking(t)
  const sentenceOf = async (role: string) => (await explain(role)).explanation
  await later((admin) => admin.setScopeKind({ kind: 'ward', fallback: 'organization' }, writing({ actor: 'alice' })))
  const since = (seconds: number) => `since ${new Date(startMs + seconds * 1_000).toISOString()}, by`
  t.is(
    await sentenceOf('org:a'),
    `Yes: org:a is in role_set:a, the role set of ward:north of acme (that of the organization, which the kind ward follows), ${since(1)} SetScopeKind of alice (revision 11).`,
  )
  await later((admin) => admin.setScopeDefault({ scope, roleSet: 'role_set:c' }, writing({ actor: 'alice' })))
  await later((admin) => admin.replaceRole({ roleSet: 'role_set:c', role: 'org:c' }, writing({ actor: 'bob' })))
  t.is(
    await sentenceOf('org:c'),
    `No: org:c is not in role_set:c, the role set of ward:north of acme (the default of ward:north), ${since(3)} ReplaceRole of bob (revision 13). It has had this role set ${since(2)} SetScopeDefault of alice (revision 12).`,
  )
  t.is(await sentenceOf('org:z'), `No: there is no role org:z, ${since(1)} SetScopeKind of alice (revision 11).`)
  const elsewhere = (organizationId: string, scope: string) =>
    explain('org:member', undefined, { organizationId, scope })
  t.regex((await elsewhere(acme, 'wrad:north')).explanation, /^No: there is no kind of scopes wrad, in the whole/)
  t.regex(
    (await elsewhere('stranger', 'ward:x')).explanation,
    /^Yes: org:member is in role_set:default, .* \(the initial role set, because the kind ward follows the organization, which isn't registered\), since .* SetScopeKind/,
  )
  await admin.deleteOrganization({ organizationId: acme }, writing())
  t.like(await explain('org:member'), {
    ...{ reason: 'ORGANIZATION_UNKNOWN', roleSet: '', origin: undefined, placeBecause: undefined },
    because: { operation: 'DeleteOrganization' },
  })
})

test('a question about the organization as a whole is answered as before there were scopes', async (t) => {
  const { admin, later } = await openTicking(t)
  await later((admin) => admin.setScopeKind({ kind: 'ward', fallback: 'organization' }, writing()))
  for (const asked of [
    { organizationId: acme, role: 'org:a' },
    { organizationId: acme, scope: '', role: 'org:a' },
  ]) {
    const explained = await admin.explain(asked, reading())
    t.deepEqual(Object.keys(explained).sort(), [
      ...['allowed', 'because', 'explanation', 'organizationRegistered', 'reason', 'revision', 'roleSet'],
    ])
    t.like(explained, { allowed: true, because: { operation: 'CreateOrganization' } })
  }
})

test('what a scope had ends with its organization, also if the organization is made again', async (t) => {
  const { later, answerAt } = await openTicking(t)
  await later((admin) => admin.setScopeKind({ kind: 'ward', fallback: 'none' }, writing()))
  await later((admin) => admin.assignRoleSet({ organizationId: acme, scope, roleSet: 'role_set:d' }, writing()))
  await later((admin) => admin.deleteOrganization({ organizationId: acme }, writing()))
  await later((admin) => admin.createOrganization({ id: acme, roleSet: 'role_set:a' }, writing()))
  t.deepEqual(await answerAt('org:d', 2), ['ROLE_IN_SET', 'role_set:d', 'own', 'AssignRoleSet', 'AssignRoleSet'])
  t.deepEqual(await answerAt('org:d', 3), ['ORGANIZATION_UNKNOWN', '', undefined, 'DeleteOrganization', undefined])
  t.deepEqual(await answerAt('org:d', 4), ['SCOPE_UNASSIGNED', '', undefined, 'CreateOrganization', 'SetScopeKind'])
})

test('a renamed scope takes its role set along, and the history of both keys says so', async (t) => {
  const { admin, later, explain, answerAt } = await openTicking(t)
  await later((admin) => admin.setScopeKind({ kind: 'ward', fallback: 'none' }, writing()))
  await later((admin) => admin.assignRoleSet({ organizationId: acme, scope, roleSet: 'role_set:d' }, writing()))
  const renaming = { organizationId: acme, scope, newScope: 'ward:south' }
  await later((admin) => admin.renameScope(renaming, writing()))
  t.deepEqual(await answerAt('org:d', 3), ['SCOPE_UNASSIGNED', '', undefined, 'RenameScope', 'RenameScope'])
  const south = { organizationId: acme, scope: 'ward:south' }
  t.like(await explain('org:d', 2, south), { reason: 'SCOPE_UNASSIGNED' })
  t.like(await explain('org:d', 3, south), { allowed: true, placeBecause: { operation: 'RenameScope' } })
  const operations = async (filter: ChangesFilter) =>
    (await admin.listChanges(filter, { ...reading(), pageSize: 0, pageToken: '' })).items.map((each) => each.operation)
  t.deepEqual(await operations({ scope }), ['RenameScope', 'AssignRoleSet'])
  t.deepEqual(await operations({ scope: 'ward:south' }), ['RenameScope'])
})

test('when the history does not tell what a scope had, explain does not guess', async (t) => {
  const { store, later, explain } = await openTicking(t)
  await later((admin) => admin.setScopeKind({ kind: 'ward', fallback: 'none' }, writing()))
  await later((admin) => admin.assignRoleSet({ organizationId: acme, scope, roleSet: 'role_set:d' }, writing()))
  await later((admin) => admin.createRole({ key: 'org:z' }, writing()))
  await later((admin) => admin.deleteOrganization({ organizationId: acme }, writing()))
  t.like(await explain('org:d', 3), { allowed: true })
  await store.compact({ newerThan: 0, count: 2 })
  const refused = await t.throwsAsync<Refusal>(explain('org:d', 3))
  t.like(refused, { code: 'invalid_field', field: 'at_ms' })
  t.regex(refused?.message ?? '', /doesn't say which role set ward:north of acme had/)
})

test('a scope moves with all places of its set although no change names it, also before the kept history', async (t) => {
  const { store, later, explain, answerAt } = await openTicking(t)
  await later((admin) => admin.setScopeKind({ kind: 'ward', fallback: 'none' }, writing()))
  await later((admin) => admin.assignRoleSet({ organizationId: acme, scope, roleSet: 'role_set:d' }, writing()))
  await later((admin) => admin.createRole({ key: 'org:z' }, writing()))
  await later((admin) =>
    admin.replaceRoleSet({ roleSet: 'role_set:d', toRoleSet: 'role_set:b', mappings: {} }, writing()),
  )
  await store.compact({ newerThan: 0, count: 2 })
  t.deepEqual(await answerAt('org:d', 3), ['ROLE_IN_SET', 'role_set:d', 'own', undefined, undefined])
  t.deepEqual(await answerAt('org:b', 4), ['ROLE_IN_SET', 'role_set:b', 'own', 'ReplaceRoleSet', 'ReplaceRoleSet'])
  t.like(await explain('org:d'), { reason: 'ROLE_NOT_IN_SET', roleSet: 'role_set:b' })
})

test('the history of a scope is that of its role set, its default, its members and its invitations', async (t) => {
  const { admin } = await openTicking(t)
  await admin.setScopeKind({ kind: 'ward', fallback: 'role_set', roleSet: 'role_set:b' }, writing())
  await admin.createRoleSet({ key: 'role_set:e', roles: ['org:admin', 'org:member'], ...special }, writing())
  for (const organizationId of [acme, 'globex']) {
    await admin.createMembership({ organizationId, userId: 'ann', role: 'org:member' }, writing())
    await admin.createMembership({ organizationId, scope, userId: 'ann', role: 'org:member' }, writing())
  }
  await admin.assignRoleSet({ organizationId: acme, scope, roleSet: 'role_set:d' }, writing())
  await admin.setScopeDefault({ scope, roleSet: 'role_set:c' }, writing())
  const invited = { organizationId: acme, scope, emailAddress: 'bob@example.com', role: 'org:member' }
  await admin.createInvitation(invited, writing())
  const operations = async (filter: ChangesFilter) =>
    (await admin.listChanges(filter, { ...reading(), pageSize: 0, pageToken: '' })).items.map((each) => each.operation)
  const all = ['CreateInvitation', 'SetScopeDefault', 'AssignRoleSet', 'CreateMembership', 'CreateMembership']
  t.deepEqual(await operations({ scope }), all)
  t.deepEqual(await operations({ scope, oldestFirst: true }), all.toReversed())
  t.deepEqual(await operations({ thing: 'globex', scope }), ['CreateMembership'])
  t.deepEqual(await operations({ thing: acme, scope }), ['CreateInvitation', 'AssignRoleSet', 'CreateMembership'])
  t.deepEqual(await operations({ thing: 'ann', scope, operation: 'CreateMembership' }), [
    ...['CreateMembership', 'CreateMembership'],
  ])
  t.deepEqual(await operations({ scope: 'ward:south' }), [])
  const page = { ...reading(), pageSize: 2, pageToken: '' }
  const first = await admin.listChanges({ scope }, page)
  const second = await admin.listChanges({ scope }, { ...page, pageToken: first.nextPageToken })
  t.deepEqual(
    [...first.items, ...second.items].map((each) => each.operation),
    all.slice(0, 4),
  )
})

test('an ill-formed scope is refused, and the field is named', async (t) => {
  const { admin, explain } = await openTicking(t)
  for (const scope of [
    'ward',
    'ward:',
    ':north',
    'Ward:north',
    'ward:a/b',
    'ward: north',
    '*',
    `ward:${'x'.repeat(191)}`,
  ]) {
    const asked = await t.throwsAsync<Refusal>(explain('org:a', undefined, { organizationId: acme, scope }))
    t.is(asked?.field, 'scope', scope)
    const listed = admin.listChanges({ scope }, { ...reading(), pageSize: 0, pageToken: '' })
    t.is((await t.throwsAsync<Refusal>(listed))?.field, 'scope', scope)
  }
})
