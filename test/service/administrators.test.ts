/** Rule 19 in one write of several steps, in writes that share a transaction, and over many organizations. */

import test from 'ava'
import { creatorPermissionKeys } from '../../packages/sidecar/src/domain/roles.ts'
import { openTestService, reading, writing, type OpenedService } from './open-service.ts'

const refused = { code: 'organization_minimum_permissions_needed' }

/** Organizations on a set of their own, each with one administrator: `ann`, who is its owner. */
async function addOwned({ admin }: OpenedService, ...ids: readonly string[]): Promise<void> {
  await admin.createRole({ key: 'org:owner', permissions: creatorPermissionKeys }, writing())
  const roles = ['org:owner', 'org:admin', 'org:member']
  const places = { defaultRole: 'org:member', creatorRole: 'org:admin' }
  await admin.createRoleSet({ key: 'role_set:owned', roles, ...places }, writing())
  for (const id of ids) {
    await admin.createOrganization({ id, roleSet: 'role_set:owned' }, writing())
    await admin.createMembership({ organizationId: id, userId: 'ann', role: 'org:owner' }, writing())
  }
}

test('an apply is judged by its end: a role may lose its permissions in the write that gives its holders another one', async (t) => {
  const opened = await openTestService(t)
  const { admin } = opened
  await addOwned(opened, 'acme', 'beta')
  const roles = [{ key: 'org:owner', permissions: [] }]
  const move = (id: string, to: string) => ({ id, roleSet: 'role_set:default', mappings: { 'org:owner': to } })
  const applyWith = (organizations: readonly ReturnType<typeof move>[], more = {}) =>
    admin.apply({ manifest: { roles, organizations }, prune: false }, writing(more))

  await t.throwsAsync(applyWith([move('acme', 'org:admin')]), { ...refused, message: /"beta"/ })
  await t.throwsAsync(applyWith([move('acme', 'org:member'), move('beta', 'org:admin')]), {
    ...refused,
    message: /"acme"/,
  })
  const { impact } = await applyWith([move('acme', 'org:member')], { dryRun: true })
  t.deepEqual(impact.organizationIdsWithoutAdministrator, ['acme', 'beta'])
  t.deepEqual(
    impact.violations.map(({ code }) => code),
    [refused.code],
  )
  const done = await applyWith([move('acme', 'org:admin'), move('beta', 'org:admin')])
  t.is(done.impact.organizationsWithoutAdministrator, 0)
})

test('an apply whose steps exchange a role and back leaves the administrators', async (t) => {
  const opened = await openTestService(t)
  const { admin } = opened
  await addOwned(opened, 'acme')
  await admin.createRoleSet(
    { key: 'role_set:plain', roles: ['org:admin', 'org:member'], defaultRole: 'org:member', creatorRole: 'org:admin' },
    writing(),
  )
  const places = { defaultRole: 'org:admin', creatorRole: 'org:admin' }
  const manifest = {
    // The owner becomes a member, and pruning makes an administrator of every member.
    organizations: [{ id: 'acme', roleSet: 'role_set:plain', mappings: { 'org:owner': 'org:member' } }],
    roleSets: [{ key: 'role_set:plain', roles: ['org:admin'], replace: { 'org:member': 'org:admin' }, ...places }],
  }
  const { impact } = await admin.apply({ manifest, prune: true }, writing())
  t.is(impact.organizationsWithoutAdministrator, 0)
  const { value } = await admin.getMembership({ organizationId: 'acme', userId: 'ann' }, reading())
  t.is(value.role, 'org:admin')
})

test('an administrator who gets a former role back stays one, whatever the same move maps the present role to', async (t) => {
  const opened = await openTestService(t)
  const { admin } = opened
  await admin.createRole({ key: 'org:lead', permissions: creatorPermissionKeys }, writing())
  await addOwned(opened, 'acme')
  const places = { defaultRole: 'org:member', creatorRole: 'org:lead' }
  await admin.createRoleSet({ key: 'role_set:led', roles: ['org:lead', 'org:member'], ...places }, writing())
  const toLed = { organizationId: 'acme', roleSet: 'role_set:led', mappings: { 'org:owner': 'org:lead' } }
  await admin.assignRoleSet(toLed, writing())
  const back = { organizationId: 'acme', roleSet: 'role_set:owned', mappings: { 'org:lead': 'org:member' } }
  await t.throwsAsync(admin.assignRoleSet(back, writing()), refused)
  // Another one has the role by now, so the mapping has somebody to concern.
  await admin.createMembership({ organizationId: 'acme', userId: 'bob', role: 'org:lead' }, writing())
  const { impact } = await admin.assignRoleSet({ ...back, restoreFormerRoles: true }, writing())
  t.is(impact.organizationsWithoutAdministrator, 0)
  const roles = await Promise.all(
    ['ann', 'bob'].map((userId) => admin.getMembership({ organizationId: 'acme', userId }, reading())),
  )
  t.deepEqual(
    roles.map(({ value }) => value.role),
    ['org:owner', 'org:member'],
  )
})

test('of two writes that share a transaction, one takes an administrator and the other one is refused', async (t) => {
  const opened = await openTestService(t)
  const { admin } = opened
  await addOwned(opened, 'acme')
  await admin.createMembership({ organizationId: 'acme', userId: 'bob', role: 'org:admin' }, writing())
  const writes = [
    admin.updateMembership({ organizationId: 'acme', userId: 'ann', role: 'org:member' }, writing()),
    admin.removeUser({ userId: 'bob' }, writing()),
  ]
  const outcomes = await Promise.allSettled(writes)
  t.deepEqual(
    outcomes.map(({ status }) => status),
    ['fulfilled', 'rejected'],
  )
  const dry = writing({ dryRun: true })
  const previews = await Promise.all(['x', 'y'].map(() => admin.removeUser({ userId: 'bob' }, dry)))
  for (const { impact } of previews) t.is(impact.organizationsWithoutAdministrator, 1)
})

test('many organizations are counted, and the first hundred are named', async (t) => {
  const opened = await openTestService(t)
  const { admin } = opened
  const ids = Array.from({ length: 120 }, (_, place) => `org_${String(place).padStart(3, '0')}`)
  await addOwned(opened, ...ids)
  const input = { roleSet: 'role_set:owned', role: 'org:owner', toRole: 'org:member' }
  const { impact } = await admin.replaceRole(input, writing({ dryRun: true }))
  t.is(impact.organizationsWithoutAdministrator, 120)
  t.deepEqual(impact.organizationIdsWithoutAdministrator, ids.slice(0, 100))
  await t.throwsAsync(admin.replaceRole(input, writing()), { ...refused, message: /^120 organizations / })
  await admin.replaceRole(input, writing({ allowNoAdministrator: true }))
})
