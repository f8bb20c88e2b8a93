/** Moves that give back what the mappings of earlier moves took in scopes and from invitations. */

import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { type } from '../cli/command-line.ts'
import { connect, openTestSidecar, refusalOf, type Answer, type Request, type TestClient } from './open-sidecar.ts'

const roles = ['org:admin', 'org:member', 'org:analyst']
const acme = { organizationId: 'acme' }
/** Follows its organization. */
const ward = { ...acme, scope: 'department:ward' }
/** Has no role set until one is assigned. */
const shop = { ...acme, scope: 'product:shop' }

const toMember = { mappings: { 'org:analyst': 'org:member' } }
const restore = { restoreFormerRoles: true }
const free = { roleSet: 'role_set:free' }
const pro = { roleSet: 'role_set:pro' }

interface Plans extends TestClient {
  /** Who has which roles: members by id, invitations by address. */
  readonly held: (place: Request) => Promise<Readonly<Record<string, string>>>
  readonly join: (place: Request, ...userIds: readonly string[]) => Promise<void>
  readonly invite: (place: Request, emailAddress: string) => Promise<string>
  /** Ends the sidecar; the file must be sound. */
  readonly examine: () => Promise<void>
}

/** Acme is on `role_set:pro`; `ann` administers it. The product has a set of its own. */
async function openPlans(t: ExecutionContext): Promise<Plans> {
  const { target, close, folder } = await openTestSidecar(t)
  const client = connect(t, target)
  const { read, write } = client
  await write('CreateRole', { key: 'org:analyst' })
  const special = { defaultRole: 'org:member', creatorRole: 'org:admin' }
  await write('CreateRoleSet', { key: 'role_set:free', roles: roles.slice(0, 2), ...special })
  await write('CreateRoleSet', { key: 'role_set:pro', roles, ...special })
  await write('SetScopeKind', { kind: 'department', fallback: 'ORGANIZATION' })
  await write('SetScopeKind', { kind: 'product', fallback: 'NONE' })
  await write('CreateOrganization', { id: 'acme', ...pro, createdBy: 'ann' })
  await write('AssignRoleSet', { ...shop, ...pro })
  return {
    ...client,
    held: async (place) => {
      const { memberships } = await read('ListMemberships', { ...place, pageSize: 500 })
      const { invitations } = await read('ListInvitations', { ...place, statuses: ['PENDING'], pageSize: 500 })
      const members = (memberships as { userId: string; role: string }[]).map(({ userId, role }) => [userId, role])
      const invited = (invitations as { emailAddress: string; role: string }[]).map((it) => [it.emailAddress, it.role])
      return Object.fromEntries([...members, ...invited].filter(([name]) => name !== 'ann')) as Record<string, string>
    },
    join: async (place, ...userIds) => {
      for (const userId of userIds) await write('CreateMembership', { ...place, userId, role: 'org:analyst' })
    },
    invite: async (place, emailAddress) => {
      const { invitation } = await write('CreateInvitation', { ...place, emailAddress, role: 'org:analyst' })
      return (invitation as { id: string }).id
    },
    examine: async () => {
      await close()
      const { exitCode, stdout, stderr } = await type(['doctor', '--database', `sqlite:${join(folder, 'r.db')}`])
      t.is(exitCode, 0, stdout + stderr)
    },
  }
}

const impactOf = (answer: Answer) =>
  (answer['impact'] as { roles: Readonly<Record<string, unknown>>[] }).roles.map(
    (each) =>
      `${String(each['role'])} → ${String(each['toRole'])}: ${String(each['members'])}, ${String(each['invitations'])}`,
  )

const everybody = (role: string, ...names: readonly string[]) => Object.fromEntries(names.map((name) => [name, role]))

test('a scope that gets a larger set of its own gives members and invitations their roles back, unless changed since', async (t) => {
  const { write, held, join: add, invite, examine } = await openPlans(t)
  await add(acme, 'ben', 'cem')
  await add(shop, 'ben', 'cem')
  await invite(shop, 'eve@x.org')
  t.deepEqual(impactOf(await write('AssignRoleSet', { ...shop, ...free, ...toMember })), [
    'org:analyst → org:member: 2, 1',
  ])
  await write('UpdateMembership', { ...shop, userId: 'cem', role: 'org:admin' })
  await write('UpdateMembership', { ...shop, userId: 'cem', role: 'org:member' })
  const back = { ...shop, ...pro, ...restore }
  const preview = impactOf(await write('AssignRoleSet', { ...back, dryRun: true }))
  t.deepEqual(preview, ['org:member → org:analyst: 1, 1'])
  t.deepEqual(impactOf(await write('AssignRoleSet', back)), preview)
  t.deepEqual(await held(shop), { ben: 'org:analyst', cem: 'org:member', 'eve@x.org': 'org:analyst' })
  t.deepEqual(await held(acme), everybody('org:analyst', 'ben', 'cem'))
  await examine()
})

test('scopes that follow their organization give back with it, and others are left alone', async (t) => {
  const { write, held, join: add, invite, examine } = await openPlans(t)
  for (const place of [acme, ward, shop]) await add(place, 'ben')
  await invite(acme, 'eve@x.org')
  await invite(ward, 'fay@x.org')
  await write('AssignRoleSet', { ...shop, ...free, ...toMember })
  await write('AssignRoleSet', { ...acme, ...free, ...toMember })
  t.deepEqual(await held({ ...acme, scope: '*' }), everybody('org:member', 'ben', 'eve@x.org', 'fay@x.org'))
  await write('AssignRoleSet', { ...acme, ...pro, ...restore })
  t.deepEqual(await held(acme), everybody('org:analyst', 'ben', 'eve@x.org'))
  t.deepEqual(await held(ward), everybody('org:analyst', 'ben', 'fay@x.org'))
  t.deepEqual(await held(shop), everybody('org:member', 'ben'))
  await examine()
})

test('a set that is replaced gives back in every place that had it', async (t) => {
  const { write, held, join: add, invite, examine } = await openPlans(t)
  for (const place of [acme, ward, shop]) await add(place, 'ben')
  for (const place of [acme, ward, shop]) await invite(place, 'eve@x.org')
  await write('CreateRoleSet', { key: 'role_set:new', roles, defaultRole: 'org:member', creatorRole: 'org:admin' })
  const ends = { roleSet: 'role_set:pro', toRoleSet: 'role_set:free' }
  t.deepEqual(impactOf(await write('ReplaceRoleSet', { ...ends, ...toMember })), ['org:analyst → org:member: 3, 3'])
  const answer = await write('ReplaceRoleSet', { roleSet: 'role_set:free', toRoleSet: 'role_set:new', ...restore })
  t.deepEqual(impactOf(answer), ['org:member → org:analyst: 3, 3'])
  for (const place of [acme, ward, shop]) t.deepEqual(await held(place), everybody('org:analyst', 'ben', 'eve@x.org'))
  await examine()
})

test('a scope that gives up its own set gives back what the set that it has then offers', async (t) => {
  const { write, held, join: add, examine } = await openPlans(t)
  await add(acme, 'ben')
  await add(ward, 'ben')
  await write('AssignRoleSet', { ...ward, ...free, ...toMember })
  t.deepEqual(await held(ward), { ben: 'org:member' })
  t.deepEqual(impactOf(await write('AssignRoleSet', { ...ward, clear: true, ...restore })), [
    'org:member → org:analyst: 1, 0',
  ])
  t.deepEqual(await held(ward), { ben: 'org:analyst' })
  await examine()
})

test('a scope with another key remembers what it remembered, and one that was made anew remembers nothing', async (t) => {
  const { write, held, join: add, examine } = await openPlans(t)
  await add(acme, 'ben', 'cem')
  await add(shop, 'ben', 'cem')
  await write('AssignRoleSet', { ...shop, ...free, ...toMember })
  await write('DeleteMembership', { ...shop, userId: 'cem' })
  await write('RenameScope', { ...shop, newScope: 'product:store' })
  const store = { ...acme, scope: 'product:store' }
  await write('CreateMembership', { ...store, userId: 'cem', role: 'org:member' })
  await write('AssignRoleSet', { ...shop, ...free })
  await write('CreateMembership', { ...shop, userId: 'ben', role: 'org:member' })
  await write('AssignRoleSet', { ...shop, ...pro, ...restore })
  await write('AssignRoleSet', { ...store, ...pro, ...restore })
  t.deepEqual(await held(shop), { ben: 'org:member' })
  t.deepEqual(await held(store), { ben: 'org:analyst', cem: 'org:member' })
  await examine()
})

test('the change of a default or a kind is not remembered, and what it left needs a mapping as always', async (t) => {
  const { write, held, join: add, examine } = await openPlans(t)
  await add(acme, 'ben')
  await add(ward, 'ben')
  await write('SetScopeDefault', { scope: ward.scope, ...free, ...toMember })
  t.deepEqual(impactOf(await write('AssignRoleSet', { ...ward, ...pro, ...restore })), [])
  t.deepEqual(await held(ward), { ben: 'org:member' })
  await write('CreateRole', { key: 'org:clerk' })
  await write('CreateRoleSet', { key: 'role_set:tiny', roles: ['org:clerk'], defaultRole: 'org:clerk' })
  const refused = await refusalOf(write('AssignRoleSet', { ...ward, roleSet: 'role_set:tiny', ...restore }))
  t.is(refused.reason, 'MAPPING_MISSING')
  await examine()
})

test('who has accepted an invitation keeps the role that it gave, and a revoked one gets nothing back', async (t) => {
  const { write, read, held, join: add, invite, examine } = await openPlans(t)
  await add(acme, 'eve')
  const accepted = await invite(shop, 'eve@x.org')
  const revoked = await invite(shop, 'fay@x.org')
  await write('AssignRoleSet', { ...shop, ...free, ...toMember })
  await write('AcceptInvitation', { ...shop, invitationId: accepted, userId: 'eve' })
  await write('RevokeInvitation', { ...acme, invitationId: revoked })
  t.deepEqual(impactOf(await write('AssignRoleSet', { ...shop, ...pro, ...restore })), [])
  t.deepEqual(await held(shop), { eve: 'org:member' })
  const { invitation } = await read('GetInvitation', { ...acme, invitationId: revoked })
  t.is((invitation as { role: string }).role, 'org:member')
  await examine()
})
