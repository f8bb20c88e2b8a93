/** What the cache answers while it is fresh. */

import test from 'ava'
import { createRoleSetsClient } from '@rolesets/client'
import { createFakeSidecar } from '@rolesets/client/testing'
import { openBesideFake, tiers } from './open-client.ts'

test('a role outside the set is refused, and the answer names the set', async (t) => {
  const { client, sidecar } = await openBesideFake(t)
  const asked = await client.check('acme', 'org:analyst')
  const expected = { allowed: false, reason: 'ROLE_NOT_IN_SET', roleSet: 'role_set:free', revision: sidecar.revision }
  t.deepEqual(asked, { ...expected, source: 'sidecar' })
  t.deepEqual(client.checkCached('acme', 'org:analyst'), { ...expected, source: 'cache' })
})

test('an organization that was asked for once is answered from the cache for any role', async (t) => {
  const { client, sidecar } = await openBesideFake(t)
  t.is(client.checkCached('acme', 'org:member'), undefined)
  await client.check('acme', 'org:member')
  t.true(client.checkCached('acme', 'org:member')?.allowed)
  t.true(client.checkCached('acme', 'org:admin')?.allowed)
  t.is(client.checkCached('acme', 'org:owner')?.reason, 'ROLE_UNKNOWN')
  t.is(sidecar.calls.length, 1)
})

test('a cached answer is one shared, frozen object until the next revision', async (t) => {
  const { client, sidecar, clock } = await openBesideFake(t)
  await client.checkMany([
    { organizationId: 'acme', role: 'org:member' },
    { organizationId: 'unheard-of', role: 'org:member' },
  ])
  const first = client.checkCached('acme', 'org:member')
  t.true(Object.isFrozen(first))
  t.is(client.checkCached('acme', 'org:member'), first)
  t.is(client.checkCached('acme', 'org:admin'), first, 'the same set, reason and revision')
  sidecar.touch()
  await clock.settle()
  t.not(client.checkCached('acme', 'org:member'), first)
  t.is(client.checkCached('acme', 'org:member')?.revision, sidecar.revision)
})

test('a permission is asked for together with the role', async (t) => {
  const { client } = await openBesideFake(t)
  const asked = await client.check('globex', 'org:analyst', { permission: 'org:reports:read' })
  t.true(asked.allowed)
  for (const again of ['first', 'remembered']) {
    t.true(client.checkCached('globex', 'org:analyst', 'org:reports:read')?.allowed, again)
    t.is(client.checkCached('globex', 'org:analyst', 'org:reports:write')?.reason, 'PERMISSION_NOT_IN_ROLE', again)
    t.is(client.checkCached('globex', 'org:analyst', 'org:nothing:such')?.reason, 'PERMISSION_UNKNOWN', again)
    t.is(client.checkCached('globex', 'org:owner', 'org:reports:read')?.reason, 'ROLE_UNKNOWN', again)
  }
  await client.check('acme', 'org:member')
  t.is(client.checkCached('acme', 'org:analyst', 'org:reports:read')?.reason, 'ROLE_NOT_IN_SET')
})

test('a permission is named by its key: its id is unknown to the sidecar and to the cache alike', async (t) => {
  const { client, sidecar } = await openBesideFake(t)
  const ids: string[] = []
  for await (const { snapshotChunk } of sidecar.transport.watch(
    { after: '', snapshotScope: 'CATALOGUE' },
    watchCall(),
  )) {
    ids.push(...(snapshotChunk?.permissions ?? []).map(({ id }) => id))
    break
  }
  t.is(ids.length, 2)
  for (const permission of [...ids, 'org:reports:delete']) {
    const answers = [
      await client.check('globex', 'org:admin', { permission, atLeastRevision: sidecar.touch() }),
      await client.check('globex', 'org:admin', { permission }),
    ]
    t.deepEqual(
      answers.map(({ source }) => source),
      ['sidecar', 'cache'],
    )
    for (const answer of answers) t.like(answer, { allowed: false, reason: 'PERMISSION_UNKNOWN' })
  }
})

function watchCall() {
  return { signal: new AbortController().signal, onCall: () => {} }
}

test('an edit of a set is enforced for every organization on it, without asking again', async (t) => {
  const { client, sidecar, clock } = await openBesideFake(t)
  const organizations = Array.from({ length: 100 }, (_, at) => `organization ${at}`)
  await client.checkMany(organizations.map((organizationId) => ({ organizationId, role: 'org:analyst' })))
  sidecar.setRoleSet('role_set:free', ['org:admin', 'org:analyst'])
  await clock.settle()
  for (const organization of organizations) t.true(client.checkCached(organization, 'org:analyst')?.allowed)
  t.false(client.checkCached('organization 7', 'org:member')?.allowed)
  t.is(sidecar.calls.length, 1)
})

test('a permission that is taken from a role stops counting with the next message', async (t) => {
  const { client, sidecar, clock } = await openBesideFake(t)
  await client.check('globex', 'org:analyst', { permission: 'org:reports:read' })
  t.true(client.checkCached('globex', 'org:analyst', 'org:reports:read')?.allowed)
  sidecar.setRole('org:analyst', [])
  await clock.settle()
  t.is(client.checkCached('globex', 'org:analyst', 'org:reports:read')?.reason, 'PERMISSION_NOT_IN_ROLE')
})

test('an organization that moves to another set is answered by that set', async (t) => {
  const { client, sidecar, clock } = await openBesideFake(t)
  await client.check('acme', 'org:analyst')
  sidecar.assign('acme', 'role_set:pro')
  await clock.settle()
  t.true(client.checkCached('acme', 'org:analyst')?.allowed)
})

test('all organizations of a set move as one, also over several moves', async (t) => {
  const { client, sidecar, clock } = await openBesideFake(t, {
    sidecar: {
      organizations: { acme: 'role_set:trial', hooli: 'role_set:trial' },
      roleSets: { ...tiers.roleSets, 'role_set:trial': ['org:admin', 'org:member'] },
    },
  })
  await client.check('acme', 'org:analyst')
  await client.check('hooli', 'org:analyst')
  sidecar.setRoleSet('role_set:next', ['org:admin', 'org:member'])
  sidecar.replaceRoleSet('role_set:trial', 'role_set:next')
  await clock.settle()
  t.is(client.checkCached('acme', 'org:analyst')?.roleSet, 'role_set:next')
  sidecar.replaceRoleSet('role_set:next', 'role_set:pro')
  await clock.settle()
  t.is(client.checkCached('acme', 'org:analyst')?.roleSet, 'role_set:pro')
  t.true(client.checkCached('hooli', 'org:analyst')?.allowed, 'one that was not looked at in between')
  t.is(sidecar.calls.length, 2)
})

test('an unregistered organization follows the initial set wherever that goes', async (t) => {
  const { client, sidecar, clock } = await openBesideFake(t)
  const asked = await client.check('unheard-of', 'org:analyst')
  t.is(asked.roleSet, 'role_set:free')
  sidecar.setRoleSet('role_set:pro', { roles: ['org:admin', 'org:analyst'], initial: true })
  await clock.settle()
  t.true(client.checkCached('unheard-of', 'org:analyst')?.allowed)
  sidecar.assign('unheard-of', 'role_set:free')
  await clock.settle()
  t.false(client.checkCached('unheard-of', 'org:analyst')?.allowed, 'it is registered now')
  sidecar.removeOrganization('unheard-of')
  await clock.settle()
  t.is(client.checkCached('unheard-of', 'org:analyst')?.reason, 'ORGANIZATION_UNKNOWN', 'a deleted one stays deleted')
})

test('where unknown organizations are denied, they are refused from the cache too', async (t) => {
  const { client } = await openBesideFake(t, { sidecar: { unknownOrganizations: 'deny' } })
  const asked = await client.check('unheard-of', 'org:member')
  t.like(asked, { allowed: false, reason: 'ORGANIZATION_UNKNOWN', roleSet: '', source: 'sidecar' })
  t.like(client.checkCached('unheard-of', 'org:member'), {
    reason: 'ORGANIZATION_UNKNOWN',
    roleSet: '',
    source: 'cache',
  })
  t.is(client.checkCached('unheard-of', 'org:member', 'org:reports:read')?.reason, 'ORGANIZATION_UNKNOWN')
})

test('the setting for unknown organizations is heard of again after a restart of the sidecar', async (t) => {
  const { client, sidecar, clock } = await openBesideFake(t)
  await client.check('unheard-of', 'org:member')
  sidecar.setUnknownOrganizations('deny')
  await clock.advance(1000)
  t.is(client.checkCached('unheard-of', 'org:member')?.reason, 'ORGANIZATION_UNKNOWN')
  sidecar.setUnknownOrganizations('initial')
  await clock.advance(1000)
  t.true(client.checkCached('unheard-of', 'org:member')?.allowed)
})

// Caches that kept keys instead of ids had to follow every renaming (model.md, rule 9).
test('a renamed role or set answers under its new key, and a role always under its id', async (t) => {
  const { client, sidecar, clock } = await openBesideFake(t)
  await client.check('globex', 'org:analyst')
  const { roles } = await client.availableRoles('globex')
  const id = roles.find(({ key }) => key === 'org:analyst')?.id ?? ''
  t.true(client.checkCached('globex', id)?.allowed)
  sidecar.rename('org:analyst', 'org:researcher')
  sidecar.rename('role_set:pro', 'role_set:business')
  await clock.settle()
  t.true(client.checkCached('globex', 'org:researcher')?.allowed)
  t.is(client.checkCached('globex', 'org:analyst')?.reason, 'ROLE_UNKNOWN')
  t.like(client.checkCached('globex', id), { allowed: true, roleSet: 'role_set:business' })
  sidecar.rename('org:reports:read', 'org:numbers:read')
  await clock.settle()
  t.true(client.checkCached('globex', id, 'org:numbers:read')?.allowed)
})

test('a role that is deleted is unknown, also in the sets that had it', async (t) => {
  const { client, sidecar, clock } = await openBesideFake(t)
  await client.check('globex', 'org:analyst')
  sidecar.removeRole('org:analyst')
  await clock.settle()
  t.is(client.checkCached('globex', 'org:analyst')?.reason, 'ROLE_UNKNOWN')
})

// Incomplete or colliding cache keys let one tenant's answer serve another (CVE-2026-33729; GHSA-4vrg-r928-h5vv).
test('organizations and roles with confusable ids never share an answer', async (t) => {
  const { client } = await openBesideFake(t, {
    sidecar: {
      organizations: {
        'a:b': 'role_set:pro',
        a: 'role_set:free',
        'a|org': 'role_set:pro',
        ['__proto__']: 'role_set:pro',
      },
    },
  })
  const questions = [
    { organizationId: 'a:b', role: 'org:analyst' },
    { organizationId: 'a', role: 'b:org:analyst' },
    { organizationId: 'a', role: 'org:analyst' },
    { organizationId: 'a|org', role: 'org:analyst' },
    { organizationId: '__proto__', role: 'org:analyst' },
    { organizationId: 'constructor', role: 'constructor' },
  ]
  const asked = await Promise.all(questions.map(({ organizationId, role }) => client.check(organizationId, role)))
  const allowed = [true, false, false, true, true, false]
  t.deepEqual(
    asked.map((decision) => decision.allowed),
    allowed,
  )
  t.deepEqual(
    questions.map(({ organizationId, role }) => client.checkCached(organizationId, role)?.allowed),
    allowed,
  )
})

test('several questions are answered at one revision, in their order', async (t) => {
  const { client, sidecar } = await openBesideFake(t)
  const questions = [
    { organizationId: 'acme', role: 'org:analyst' },
    { organizationId: 'globex', role: 'org:analyst', permission: 'org:reports:read' },
    { organizationId: 'globex', role: 'org:analyst', permission: 'org:reports:write' },
    { organizationId: 'acme', role: 'org:member' },
  ]
  t.is(client.checkManyCached(questions), undefined)
  const reasons = ['ROLE_NOT_IN_SET', 'ROLE_IN_SET', 'PERMISSION_NOT_IN_ROLE', 'ROLE_IN_SET']
  t.deepEqual(
    (await client.checkMany(questions)).map(({ reason }) => reason),
    reasons,
  )
  const cached = client.checkManyCached(questions) ?? []
  t.deepEqual(
    cached.map(({ reason }) => reason),
    reasons,
  )
  t.deepEqual(new Set(cached.map(({ revision }) => revision)), new Set([sidecar.revision]))
  t.is(
    client.checkManyCached([...questions, { organizationId: 'hooli', role: 'org:member' }]),
    undefined,
    'all or none',
  )
  t.is(sidecar.calls.length, 1)
})

test('no questions have no answer, rather than one that callers take for yes', async (t) => {
  const { client } = await openBesideFake(t)
  await t.throwsAsync(client.checkMany([]), { code: 'invalid_argument' })
  t.throws(() => client.checkManyCached([]), { code: 'invalid_argument' })
})

test('the available roles come with their permissions, ordered by key', async (t) => {
  const { client, sidecar, clock } = await openBesideFake(t)
  const expected = {
    organizationId: 'globex',
    defaultRole: 'org:member',
    creatorRole: 'org:admin',
    roleSet: 'role_set:pro',
    revision: sidecar.revision,
    stale: false,
  }
  const asked = await client.availableRoles('globex')
  t.like(asked, { ...expected, source: 'sidecar' })
  const cached = await client.availableRoles('globex')
  t.like(cached, { ...expected, source: 'cache' })
  t.deepEqual(cached.roles, asked.roles)
  t.deepEqual(
    cached.roles.map(({ key, permissions }) => [key, permissions]),
    [
      ['org:admin', ['org:reports:read', 'org:reports:write']],
      ['org:analyst', ['org:reports:read']],
      ['org:member', []],
    ],
  )
  sidecar.rename('org:reports:read', 'org:reports:view')
  await clock.settle()
  t.deepEqual((await client.availableRoles('globex')).roles[1]?.permissions, ['org:reports:view'])
  t.is(sidecar.calls.length, 1)
})

test('an organization that is unknown and denied has no available roles', async (t) => {
  const { client } = await openBesideFake(t, { sidecar: { unknownOrganizations: 'deny' } })
  await client.check('unheard-of', 'org:member')
  await t.throwsAsync(client.availableRoles('unheard-of'), { code: 'organization_not_found' })
})

test('more organizations than fit are asked for again, and none is answered wrongly', async (t) => {
  const { client, sidecar } = await openBesideFake(t, { organizationsMax: 2 })
  await client.check('acme', 'org:analyst')
  await client.check('globex', 'org:analyst')
  await client.check('hooli', 'org:analyst')
  t.is(client.checkCached('acme', 'org:analyst'), undefined)
  t.true(client.checkCached('globex', 'org:analyst')?.allowed)
  t.false((await client.check('acme', 'org:analyst')).allowed)
  t.is(sidecar.calls.length, 4)
})

test('hits and misses are counted by question', async (t) => {
  const { client } = await openBesideFake(t)
  await client.check('acme', 'org:member')
  await client.check('acme', 'org:member')
  client.checkCached('acme', 'org:admin')
  client.checkCached('acme', 'org:admin')
  client.checkCached('hooli', 'org:admin')
  t.like(client.status(), { hits: 3, misses: 1 })
})

test('two clients of one process have nothing in common', async (t) => {
  const { client } = await openBesideFake(t)
  const other = createRoleSetsClient({
    transport: createFakeSidecar({ roleSets: { 'role_set:other': ['org:analyst'] } }).transport,
  })
  t.teardown(() => other.close())
  await other.ready()
  t.true((await other.check('acme', 'org:analyst')).allowed)
  t.false((await client.check('acme', 'org:analyst')).allowed)
})
