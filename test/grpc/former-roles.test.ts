/** Moves that give back what the mappings of earlier moves took: over the wire, in the history, and in the file. */

import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { type } from '../cli/command-line.ts'
import { connect, openTestSidecar, refusalOf, type Answer, type Request, type TestClient } from './open-sidecar.ts'

const roles = ['org:admin', 'org:member', 'org:analyst', 'org:chief']
const sets: Readonly<Record<string, readonly string[]>> = {
  'role_set:free': roles.slice(0, 2),
  'role_set:pro': roles.slice(0, 3),
  'role_set:max': roles,
}

interface Plans extends TestClient {
  /** Who has which role in an organization. */
  readonly rolesIn: (organizationId: string) => Promise<Readonly<Record<string, string>>>
  readonly move: (organizationId: string, plan: string, more?: Request) => Promise<Answer>
  readonly change: (organizationId: string, userId: string, role: string) => Promise<Answer>
  /** Ends the sidecar; the file must be sound. */
  readonly examine: () => Promise<void>
}

/** Organizations of these names on `role_set:max`, whose members have these roles; `ann` administers each. */
async function openPlans(t: ExecutionContext, members: Readonly<Record<string, Request>>): Promise<Plans> {
  const { target, close, folder } = await openTestSidecar(t)
  const client = connect(t, target)
  const { read, write } = client
  for (const key of ['org:analyst', 'org:chief']) await write('CreateRole', { key })
  for (const [key, offered] of Object.entries(sets))
    await write('CreateRoleSet', { key, roles: offered, defaultRole: 'org:member', creatorRole: 'org:admin' })
  for (const [id, held] of Object.entries(members)) {
    await write('CreateOrganization', { id, roleSet: 'role_set:max', createdBy: 'ann' })
    for (const [userId, role] of Object.entries(held))
      await write('CreateMembership', { organizationId: id, userId, role })
  }
  return {
    ...client,
    rolesIn: async (organizationId) => {
      const { memberships } = await read('ListMemberships', { organizationId, pageSize: 500 })
      const found = (memberships as { userId: string; role: string }[]).filter(({ userId }) => userId !== 'ann')
      return Object.fromEntries(found.map(({ userId, role }) => [userId, role]))
    },
    move: (organizationId, plan, more = {}) =>
      write('AssignRoleSet', { organizationId, roleSet: `role_set:${plan}`, ...more }),
    change: (organizationId, userId, role) => write('UpdateMembership', { organizationId, userId, role }),
    examine: async () => {
      await close()
      const { exitCode, stdout, stderr } = await type(['doctor', '--database', `sqlite:${join(folder, 'r.db')}`])
      t.is(exitCode, 0, stdout + stderr)
    },
  }
}

const toMember = { mappings: { 'org:analyst': 'org:member', 'org:chief': 'org:member' } }
const restore = { restoreFormerRoles: true }

const impactOf = (answer: Answer) =>
  (answer['impact'] as { roles: Readonly<Record<string, unknown>>[] }).roles.map(
    ({ role, toRole, members }) => `${String(role)} → ${String(toRole)}: ${String(members)}`,
  )

test('after a smaller plan and a larger one, analysts are analysts again, unless they were changed since', async (t) => {
  const { move, change, rolesIn, write, examine } = await openPlans(t, {
    acme: { ben: 'org:analyst', cem: 'org:analyst', dan: 'org:member', eve: 'org:analyst', fay: 'org:analyst' },
  })
  await move('acme', 'pro')
  t.deepEqual(impactOf(await move('acme', 'free', toMember)), ['org:analyst → org:member: 4'])
  await change('acme', 'cem', 'org:admin')
  await change('acme', 'cem', 'org:member')
  await write('DeleteMembership', { organizationId: 'acme', userId: 'fay' })
  await write('CreateMembership', { organizationId: 'acme', userId: 'fay', role: 'org:member' })
  await write('UpdateMembership', { organizationId: 'acme', userId: 'eve', publicMetadata: { fields: {} } })
  const preview = await move('acme', 'pro', { ...restore, dryRun: true })
  t.deepEqual(impactOf(preview), ['org:member → org:analyst: 2'])
  t.deepEqual(impactOf(await move('acme', 'pro', restore)), ['org:member → org:analyst: 2'])
  const now = { ben: 'org:analyst', cem: 'org:member', dan: 'org:member', eve: 'org:analyst', fay: 'org:member' }
  t.deepEqual(await rolesIn('acme'), now)
  const { changeSets } = await write('ListChanges', { thing: 'ben', pageSize: 1 })
  t.like(changeSets, [{ operation: 'AssignRoleSet' }])
  await examine()
})

test('without being asked for, nothing comes back, and it can be asked for later', async (t) => {
  const { move, rolesIn, examine } = await openPlans(t, { acme: { ben: 'org:analyst' } })
  await move('acme', 'free', toMember)
  await move('acme', 'pro')
  t.deepEqual(await rolesIn('acme'), { ben: 'org:member' })
  await move('acme', 'free')
  await move('acme', 'pro', restore)
  t.deepEqual(await rolesIn('acme'), { ben: 'org:analyst' })
  await examine()
})

test('over several plans, each gives back as much as it has', async (t) => {
  const { move, rolesIn, examine } = await openPlans(t, { acme: { ben: 'org:chief', cem: 'org:analyst' } })
  await move('acme', 'pro', { mappings: { 'org:chief': 'org:analyst' } })
  await move('acme', 'free', toMember)
  t.deepEqual(await rolesIn('acme'), { ben: 'org:member', cem: 'org:member' })
  await move('acme', 'pro', restore)
  t.deepEqual(await rolesIn('acme'), { ben: 'org:analyst', cem: 'org:analyst' })
  await move('acme', 'max', restore)
  t.deepEqual(await rolesIn('acme'), { ben: 'org:chief', cem: 'org:analyst' })
  await move('acme', 'free', toMember)
  await move('acme', 'max', restore)
  t.deepEqual(await rolesIn('acme'), { ben: 'org:chief', cem: 'org:analyst' })
  await examine()
})

test('a mapping is for those who get nothing back, and nobody gets a role that the call maps away', async (t) => {
  const { move, rolesIn, write, examine } = await openPlans(t, {
    acme: { ben: 'org:analyst', cem: 'org:chief', dan: 'org:member' },
  })
  const basic = { key: 'org:basic' }
  await write('CreateRole', basic)
  const special = { defaultRole: 'org:basic', creatorRole: 'org:admin' }
  await write('CreateRoleSet', { key: 'role_set:tiny', roles: ['org:admin', 'org:basic'], ...special })
  const all = ['org:analyst', 'org:chief', 'org:member'].map((role) => [role, 'org:basic'])
  await move('acme', 'tiny', { mappings: Object.fromEntries(all) })
  const refused = await refusalOf(move('acme', 'free', restore))
  t.is(refused.reason, 'MAPPING_MISSING')
  t.is(refused.facts['org:basic'], '2 members, 0 invitations', 'dan gets org:member back')
  await move('acme', 'free', { ...restore, mappings: { 'org:basic': 'org:member' } })
  t.deepEqual(await rolesIn('acme'), { ben: 'org:member', cem: 'org:member', dan: 'org:member' })
  await move('acme', 'max', { ...restore, mappings: { 'org:chief': 'org:analyst' } })
  t.deepEqual(await rolesIn('acme'), { ben: 'org:analyst', cem: 'org:member', dan: 'org:member' })
  await examine()
})

test('nobody stops administering the organization by getting a role back', async (t) => {
  const { move, rolesIn, write } = await openPlans(t, { acme: { ben: 'org:analyst' } })
  await move('acme', 'free', { mappings: { 'org:analyst': 'org:admin' } })
  await write('DeleteMembership', { organizationId: 'acme', userId: 'ann' })
  t.deepEqual(impactOf(await move('acme', 'pro', restore)), [])
  t.deepEqual(await rolesIn('acme'), { ben: 'org:admin' })
})

test('the replacement of a role set remembers and gives back, the replacement of one role does not', async (t) => {
  const { move, rolesIn, write, examine } = await openPlans(t, {
    acme: { ben: 'org:analyst', cem: 'org:chief' },
    beta: { dan: 'org:analyst' },
    gamma: { eve: 'org:analyst' },
  })
  await write('ReplaceRole', { roleSet: 'role_set:max', role: 'org:chief', toRole: 'org:member' })
  await move('gamma', 'pro')
  await write('ReplaceRoleSet', { roleSet: 'role_set:max', toRoleSet: 'role_set:free', ...toMember })
  const names = ['acme', 'beta', 'gamma']
  const held = async () => Promise.all(names.map(rolesIn))
  t.deepEqual(await held(), [{ ben: 'org:member', cem: 'org:member' }, { dan: 'org:member' }, { eve: 'org:analyst' }])
  const answer = await write('ReplaceRoleSet', { roleSet: 'role_set:free', toRoleSet: 'role_set:pro', ...restore })
  t.deepEqual(impactOf(answer), ['org:member → org:analyst: 2'])
  t.deepEqual(await held(), [{ ben: 'org:analyst', cem: 'org:member' }, { dan: 'org:analyst' }, { eve: 'org:analyst' }])
  await examine()
})

test('an organization that was deleted and made again remembers nothing', async (t) => {
  const { move, rolesIn, write, examine } = await openPlans(t, { acme: { ben: 'org:analyst' } })
  await move('acme', 'free', toMember)
  await write('DeleteOrganization', { organizationId: 'acme' })
  await write('CreateOrganization', { id: 'acme', roleSet: 'role_set:free' })
  await write('CreateMembership', { organizationId: 'acme', userId: 'ben', role: 'org:member' })
  await move('acme', 'pro', restore)
  t.deepEqual(await rolesIn('acme'), { ben: 'org:member' })
  await examine()
})

test('a member with several roles gets all of them back', async (t) => {
  const { move, read, write, examine } = await openPlans(t, { acme: {} })
  await write('UpdateSettings', { maxRolesPerMember: 3 })
  const member = { organizationId: 'acme', userId: 'ben' }
  await write('CreateMembership', { ...member, roles: ['org:chief', 'org:analyst'] })
  const held = async () => ((await read('GetMembership', member))['membership'] as { roles: string[] }).roles
  await move('acme', 'free', toMember)
  t.deepEqual(await held(), ['org:member'])
  await move('acme', 'pro', restore)
  t.deepEqual(await held(), ['org:member'], 'this set lacks one of the two')
  await move('acme', 'max', restore)
  t.deepEqual(await held(), ['org:chief', 'org:analyst'])
  await move('acme', 'pro', { mappings: { 'org:chief': 'org:analyst' } })
  t.deepEqual(await held(), ['org:analyst'], 'kept once')
  await move('acme', 'max', restore)
  t.deepEqual(await held(), ['org:chief', 'org:analyst'])
  await examine()
})
