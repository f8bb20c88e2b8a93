/** Questions about scopes of organizations (rule 14): from the cache, and from a sidecar. */

import test from 'ava'
import type { RoleSetsError } from '@rolesets/client'
import { openBesideFake, openScripted, tiers } from './open-client.ts'
import { changeSet, checkReply, free, heartbeat, organization, pro, snapshot } from './wire-messages.ts'

const hospital = {
  ...tiers,
  roleSets: {
    ...tiers.roleSets,
    'role_set:ward': ['org:admin', 'org:nurse'],
    'role_set:pharmacy': ['org:admin', 'org:pharmacist'],
  },
  scopeKinds: { department: 'role_set:ward', team: 'organization', product: 'none' },
  scopeDefaults: { 'department:pharmacy': 'role_set:pharmacy' },
}

test('a scope is asked about in check, checkCached, checkMany and availableRoles', async (t) => {
  const { client, sidecar } = await openBesideFake(t, { sidecar: hospital })
  const scope = 'department:cardiology'
  t.is(client.checkCached('acme', 'org:nurse', { scope }), undefined)
  t.like(await client.check('acme', 'org:nurse', { scope }), { allowed: true, roleSet: 'role_set:ward' })
  t.is(sidecar.calls.length, 1)
  t.like(client.checkCached('acme', 'org:nurse', { scope }), { allowed: true, source: 'cache' })
  t.like(client.checkCached('acme', 'org:member', { scope }), { allowed: false, reason: 'ROLE_NOT_IN_SET' })
  t.like(client.checkCached('acme', 'org:member'), { allowed: true }, 'its organization came with it')
  t.like(client.checkCached('acme', 'org:admin', { scope, permission: 'org:reports:read' }), { allowed: true })
  t.like(client.checkCached('acme', 'org:nurse', { scope, permission: 'org:reports:read' }), {
    reason: 'PERMISSION_NOT_IN_ROLE',
  })
  const many = await client.checkMany([
    { organizationId: 'acme', role: 'org:pharmacist', scope: 'department:pharmacy' },
    { organizationId: 'acme', role: 'org:member', scope: 'team:a' },
    { organizationId: 'acme', role: 'org:member', scope: '' },
  ])
  t.deepEqual(
    many.map(({ roleSet }) => roleSet),
    ['role_set:pharmacy', 'role_set:free', 'role_set:free'],
  )
  t.is(client.checkManyCached([{ organizationId: 'acme', role: 'org:nurse', scope }])?.[0]?.allowed, true)
  const listed = await client.availableRoles('acme', { scope: 'department:pharmacy' })
  t.like(listed, { scope: 'department:pharmacy', roleSet: 'role_set:pharmacy', source: 'cache' })
  t.false('scope' in (await client.availableRoles('acme')))
})

test('a scope without a role set is refused with the reason', async (t) => {
  const { client } = await openBesideFake(t, { sidecar: hospital })
  for (const source of ['sidecar', 'cache'] as const) {
    const unassigned = await client.check('acme', 'org:admin', { scope: 'product:crm' })
    t.like(unassigned, { allowed: false, reason: 'SCOPE_UNASSIGNED', roleSet: '', source })
    const misspelt = await client.check('acme', 'org:admin', { scope: 'prodct:crm' })
    t.like(misspelt, { allowed: false, reason: 'SCOPE_KIND_UNKNOWN', roleSet: '', source })
  }
  const listing = (scope: string) => t.throwsAsync<RoleSetsError>(client.availableRoles('acme', { scope }))
  t.is((await listing('product:crm'))?.code, 'scope_without_role_set')
  t.is((await listing('prodct:crm'))?.code, 'scope_kind_not_found')
  t.is((await listing('no colon'))?.code, 'invalid_argument')
  t.throws(() => client.checkCached('acme', 'org:admin', { scope: 'a/b' }), { code: 'invalid_argument' })
})

test('cached scopes follow kinds, defaults, their own sets, and the moves of organizations that they follow', async (t) => {
  const { client, sidecar, clock } = await openBesideFake(t, { sidecar: hospital })
  const scopes = ['team:a', 'department:a', 'department:pharmacy', 'product:a']
  for (const scope of scopes) await client.check('acme', 'org:admin', { scope })
  const calls = sidecar.calls.length
  const setsNow = async () => {
    await clock.settle()
    return scopes.map((scope) => client.checkCached('acme', 'org:admin', { scope })?.roleSet.replace('role_set:', ''))
  }
  t.deepEqual(await setsNow(), ['free', 'ward', 'pharmacy', ''])
  sidecar.assign('acme', 'role_set:pro')
  t.deepEqual(await setsNow(), ['pro', 'ward', 'pharmacy', ''])
  sidecar.assign('acme', 'role_set:pharmacy', 'product:a')
  sidecar.setScopeKind('department', 'organization')
  t.deepEqual(await setsNow(), ['pro', 'pro', 'pharmacy', 'pharmacy'])
  sidecar.setScopeDefault('team:a', 'role_set:ward')
  sidecar.replaceRoleSet('role_set:pharmacy', 'role_set:ward')
  t.deepEqual(await setsNow(), ['ward', 'pro', 'ward', 'ward'])
  sidecar.unassign('acme', 'product:a')
  t.deepEqual(await setsNow(), ['ward', 'pro', 'ward', ''])
  t.is(sidecar.calls.length, calls, 'the feed says it all')
})

test('what a scope had goes with its organization, also when that is created again', async (t) => {
  const { client, sidecar, clock } = await openBesideFake(t, { sidecar: hospital })
  sidecar.assign('acme', 'role_set:ward', 'team:a')
  await clock.settle()
  t.is((await client.check('acme', 'org:admin', { scope: 'team:a' })).roleSet, 'role_set:ward')
  sidecar.removeOrganization('acme')
  await clock.settle()
  t.is(client.checkCached('acme', 'org:admin', { scope: 'team:a' }), undefined)
  t.is((await client.check('acme', 'org:admin', { scope: 'team:a' })).reason, 'ORGANIZATION_UNKNOWN')
  sidecar.assign('acme', 'role_set:pro')
  await clock.settle()
  t.is((await client.check('acme', 'org:admin', { scope: 'team:a' })).roleSet, 'role_set:pro')
})

test('there are at most as many scopes in the cache as organizations', async (t) => {
  const { client, sidecar } = await openBesideFake(t, { sidecar: hospital, organizationsMax: 3 })
  for (let n = 0; n < 5; n++) await client.check('acme', 'org:admin', { scope: `team:${n}` })
  t.is(client.checkCached('acme', 'org:admin', { scope: 'team:0' }), undefined)
  t.true(client.checkCached('acme', 'org:admin', { scope: 'team:4' })?.allowed)
  t.is(sidecar.calls.length, 5)
})

test('an organization that is dropped from the cache takes its scopes along, and one that is asked about keeps them', async (t) => {
  const { client } = await openBesideFake(t, { sidecar: hospital, organizationsMax: 2 })
  const isCached = (organizationId: string) => client.checkCached(organizationId, 'org:admin', inScope) !== undefined
  const inScope = { scope: 'team:a', permission: 'org:reports:read' }
  await client.check('acme', 'org:admin', inScope)
  await client.check('globex', 'org:admin', inScope)
  t.true(isCached('globex') && isCached('acme'), 'acme was asked about last')
  await client.check('initech', 'org:admin', inScope)
  t.deepEqual(['acme', 'globex', 'initech'].map(isCached), [true, false, true])
})

test('a scope is found among many of its organization', async (t) => {
  const { client, sidecar, clock } = await openBesideFake(t, { sidecar: hospital })
  const scopes = Array.from({ length: 20 }, (_, n) => ({ scope: `department:${n}` }))
  for (const inScope of scopes) await client.check('acme', 'org:nurse', inScope)
  sidecar.assign('acme', 'role_set:pharmacy', 'department:7')
  sidecar.assign('acme', 'role_set:pharmacy', 'department:0')
  await clock.settle()
  const sets = scopes.map((inScope) => client.checkCached('acme', 'org:nurse', inScope)?.roleSet)
  t.deepEqual(
    sets,
    scopes.map((_, n) => (n === 0 || n === 7 ? 'role_set:pharmacy' : 'role_set:ward')),
  )
  sidecar.removeOrganization('acme')
  await clock.settle()
  t.is(
    scopes.findIndex((inScope) => client.checkCached('acme', 'org:nurse', inScope)),
    -1,
  )
})

test('a question about a scope that is not an object or has a wrong part is rejected, also when the answer is known', async (t) => {
  const { client } = await openBesideFake(t, { sidecar: hospital })
  await client.check('acme', 'org:admin')
  t.true(client.checkCached('acme', 'org:admin', { scope: '' })?.allowed)
  const isRejected = (about: unknown) =>
    t.throws(() => client.checkCached('acme', 'org:admin', about as string), { code: 'invalid_argument' })
  for (const about of [null, [], { scope: null }, { scope: 7 }, { permission: null }, { permission: '' }])
    isRejected(about)
})

test('while an organization is known from ahead of the feed, its scopes are not answered from before it', async (t) => {
  const { client, transport, clock } = await openScripted(t)
  const scopeKinds = [{ kind: 'team', fallback: 'ORGANIZATION', roleSetId: '' }]
  transport.stream.send(snapshot('e:10', 0, { scopeKinds }), heartbeat('e:10'))
  await client.ready()
  const inScope = { scope: 'team:a' }
  const ask = async (reply: object, options: { scope?: string } = {}) => {
    const asked = client.check('acme', 'org:owner', options)
    await clock.settle()
    transport.call.reply(reply)
    return asked
  }
  await ask(checkReply('e:10', free, { inScope: true, organizationRoleSetId: free.id, ownRoleSetId: '' }), inScope)
  t.like(client.checkCached('acme', 'org:analyst', inScope), { allowed: false, revision: 'e:10' })
  const asked = client.check('acme', 'org:owner', { atLeastRevision: 'e:12' })
  await clock.settle()
  transport.call.reply(checkReply('e:12', pro))
  await asked
  t.is(client.checkCached('acme', 'org:analyst', inScope), undefined)
  transport.stream.send(changeSet('e:11'), changeSet('e:12', [{ organizationPut: organization('acme', pro) }]))
  await clock.settle()
  t.like(client.checkCached('acme', 'org:analyst', inScope), { allowed: true, revision: 'e:12' })
})

test('a sidecar that knows no scopes has answered for the whole organization: there is no decision', async (t) => {
  const { client, transport } = await openScripted(t)
  const asked = client.check('acme', 'org:admin', { scope: 'team:a' })
  const whole = { allowed: true, reason: 'ROLE_IN_SET', roleSet: 'role_set:free', roleSetId: 'roleset_free' }
  transport.calls[0]?.reply({ ...whole, organizationRegistered: true, revision: 'e:1' })
  const error = await t.throwsAsync<RoleSetsError>(asked)
  t.is(error?.code, 'unavailable')
  t.regex(error?.message ?? '', /knows no scopes/)
})
