/**
 * Demotions and removals beside grants and requests of many users: in the log no grant on behalf of a user stands after the
 * demotion, and no question that begins after one was acknowledged is answered as before it.
 */

import { createRoleSetsClient } from '@rolesets/client'
import { authenticate, problems, requireRole } from '@rolesets/express'
import test, { type ExecutionContext } from 'ava'
import express from 'express'
import { connect, detailsOf, openTestSidecar, secretKey, type TestClient } from '../grpc/open-sidecar.ts'
import { serve } from '../middleware/application.ts'
import { audience, issuer, openIssuer } from '../middleware/issuer.ts'
import { createRandom } from '../random.ts'

const organizationId = 'acme'
const scope = 'team:x'
const manage = 'org:sys_memberships:manage'
const managing = [manage, 'org:sys_memberships:read']
/** Of grants that each manager has on the way. */
const atOnce = 2

/** Managers of the organization as a whole, and of one of its teams. */
async function openTeam(t: ExecutionContext) {
  const { target } = await openTestSidecar(t)
  const connections = Array.from({ length: 4 }, () => connect(t, target))
  const { write } = connections[0] as TestClient
  for (const key of ['org:manager', 'org:lead']) await write('CreateRole', { key, permissions: managing })
  for (const key of ['org:guest', 'org:helper']) await write('CreateRole', { key })
  const roles = ['org:manager', 'org:lead', 'org:guest', 'org:helper']
  await write('AddRoles', { roleSet: 'role_set:default', roles })
  await write('SetScopeKind', { kind: 'team', fallback: 'ORGANIZATION' })
  await write('CreateOrganization', { id: organizationId, createdBy: 'boss' })
  return { target, connections, write }
}

interface Manager {
  readonly userId: string
  readonly scope: string
  readonly demote: (write: TestClient['write']) => Promise<Record<string, unknown>>
}

const update = (userId: string, role: string, more = {}): Manager['demote'] => {
  return (write) => write('UpdateMembership', { organizationId, userId, role, ...more })
}
const remove = (userId: string, more = {}): Manager['demote'] => {
  return (write) => write('DeleteMembership', { organizationId, userId, ...more })
}

/** Each way to take the permission from one user. */
const managers: readonly Manager[] = Array.from({ length: 4 }, (_, n) => [
  { userId: `a${n}`, scope: '', demote: update(`a${n}`, 'org:helper') },
  { userId: `b${n}`, scope: '', demote: remove(`b${n}`) },
  { userId: `c${n}`, scope, demote: update(`c${n}`, 'org:helper', { scope }) },
  { userId: `d${n}`, scope, demote: remove(`d${n}`, { scope }) },
  // With the membership of the organization as a whole.
  { userId: `e${n}`, scope, demote: remove(`e${n}`) },
]).flat()

async function addManagers(write: TestClient['write']): Promise<void> {
  await Promise.all(
    managers.map(async ({ userId, scope }) => {
      const role = scope === '' ? 'org:manager' : 'org:guest'
      await write('CreateMembership', { organizationId, userId, role })
      if (scope !== '') await write('CreateMembership', { organizationId, scope, userId, role: 'org:lead' })
    }),
  )
}

const numberOf = (revision: unknown) => Number(String(revision).split(':')[1])

/** The revisions at which each manager's grants are in the log, by user. */
async function grantsInLog(read: TestClient['read']): Promise<Map<string, number[]>> {
  const found = new Map<string, number[]>()
  for (let pageToken = ''; ;) {
    const page = await read('ListChanges', { pageSize: 500, pageToken })
    for (const { revision, changes } of page['changeSets'] as Record<string, unknown>[])
      for (const text of JSON.stringify(changes).matchAll(/"(\w+)\.\d+@x\.io"/gu))
        found.set(text[1] ?? '', [...(found.get(text[1] ?? '') ?? []), numberOf(revision)])
    pageToken = page['nextPageToken'] as string
    if (pageToken === '') return found
  }
}

test('in the log no grant on behalf of a user stands after the demotion, however it came about', async (t) => {
  const { connections, write } = await openTeam(t)
  await addManagers(write)
  const demotedAt = new Map<string, number>()
  const granted = new Map<string, number>()

  async function grant({ userId, scope }: Manager, n: number): Promise<'done' | 'refused' | 'over'> {
    const isAfter = demotedAt.has(userId)
    const connection = connections[n % connections.length] as TestClient
    const emailAddress = `${userId}.${n}@x.io`
    const input = { organizationId, scope, emailAddress, role: 'org:helper', actingUserId: userId }
    try {
      await connection.write('CreateInvitation', input)
    } catch (error) {
      t.is(detailsOf(error).reason, 'USER_LACKS_PERMISSION')
      return 'refused'
    }
    t.false(isAfter, `${userId} has given a role after the demotion was acknowledged`)
    granted.set(userId, (granted.get(userId) ?? 0) + 1)
    return isAfter ? 'over' : 'done'
  }

  await Promise.all(
    managers.map(async (manager) => {
      let made = 0
      const granting = Array.from({ length: atOnce }, async () => {
        while ((await grant(manager, made++)) === 'done');
      })
      while ((granted.get(manager.userId) ?? 0) < atOnce) await new Promise((resolve) => setImmediate(resolve))
      const { revision } = await manager.demote(write)
      demotedAt.set(manager.userId, numberOf(revision))
      await Promise.all(granting)
    }),
  )
  const log = await grantsInLog(write)
  for (const { userId } of managers) {
    const revisions = log.get(userId) ?? []
    t.is(revisions.length, granted.get(userId) ?? 0, userId)
    t.true(Math.max(...revisions) < (demotedAt.get(userId) ?? 0), userId)
  }
})

test('a question that begins after a demotion or removal was acknowledged sees it, among those of many users', async (t) => {
  const { target, connections, write } = await openTeam(t)
  const userIds = Array.from({ length: 18 }, (_, n) => `user_${n}`)
  const roleSets = createRoleSetsClient({ target, key: secretKey, deadlineMs: 20_000, maxStalenessMs: 60_000 })
  t.teardown(() => roleSets.close())
  await roleSets.ready({ timeoutMs: 20_000 })
  for (const userId of userIds) await write('CreateMembership', { organizationId, userId, role: 'org:helper' })
  for (const userId of userIds) await write('CreateMembership', { organizationId, scope, userId, role: 'org:helper' })
  const tokens = await openIssuer(t)
  const app = express()
  app.use(authenticate({ issuer, audience, jwks: tokens.jwks }))
  app.get('/whole', requireRole('org:helper', { roleSets, membership: 'current' }), (_req, res) => void res.end())
  app.get('/team', requireRole('org:helper', { roleSets, scope }), (_req, res) => void res.end())
  app.use(problems())
  const ask = await serve(t, app)
  const tokenOf = (sub: string) => tokens.tokenOf({ claims: { sub, org_id: organizationId, org_role: 'org:helper' } })
  const tokensOf = new Map(await Promise.all(userIds.map(async (id) => [id, await tokenOf(id)] as const)))
  const statusOf = async (userId: string, path: string) => (await ask(path, { token: tokensOf.get(userId) })).status
  /** Without a cache, on another connection. */
  const holds = async (userId: string, more = {}) => {
    const asked = { organizationId, userId, role: 'org:helper', ...more }
    return (await (connections[3] as TestClient).read('CheckMember', asked))['allowed']
  }

  const random = createRandom()
  let isOver = false
  let passed = 0
  const load = Array.from({ length: 4 }, async () => {
    while (!isOver) {
      const userId = userIds[Math.floor(random() * userIds.length)] ?? ''
      if ((await statusOf(userId, random() < 0.5 ? '/whole' : '/team')) === 200) passed += 1
    }
  })
  while (passed < 20) await new Promise((resolve) => setImmediate(resolve))
  const { admin } = roleSets
  const patient = { deadlineMs: 60_000 }
  const demotions = [
    (userId: string) => admin.deleteMembership({ organizationId, userId }, patient),
    (userId: string) => admin.updateMembership({ organizationId, userId, role: 'org:guest' }, patient),
    (userId: string) => admin.deleteMembership({ organizationId, scope, userId }, patient),
  ]
  const demoted = Promise.all(
    userIds.map(async (userId, n) => {
      // What the same process has written it sees at once, whether the feed has delivered it or not.
      await demotions[n % 3]?.(userId)
      const [isWhole, isTeam] = [n % 3 === 2, n % 3 === 1]
      const asked = [statusOf(userId, '/whole'), statusOf(userId, '/team'), holds(userId), holds(userId, { scope })]
      t.deepEqual(await Promise.all(asked), [isWhole ? 200 : 403, isTeam ? 200 : 403, isWhole, isTeam], userId)
    }),
  )
  await demoted.finally(() => (isOver = true))
  await Promise.all(load)
})
