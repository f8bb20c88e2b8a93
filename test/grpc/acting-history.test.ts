/** The history says on whose behalf a write was made (rule 18), wherever it is read, and nothing of it where nobody was named. */

import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { createRoleSetsClient } from '@rolesets/client'
import { Connection } from '../../packages/sidecar/src/storage/sqlite/connection.ts'
import { type } from '../cli/command-line.ts'
import { connect, nextMessage, openTestSidecar, secretKey, type Answer } from './open-sidecar.ts'

const organizationId = 'org_1'

async function open(t: ExecutionContext) {
  const { target, sidecar, folder, close } = await openTestSidecar(t, { ROLESETS_HTTP_LISTEN: '127.0.0.1:0' })
  const client = connect(t, target)
  await client.write('CreateOrganization', { id: organizationId, createdBy: 'ann' })
  await client.write('CreateMembership', { organizationId, userId: 'lea', role: 'org:admin' })
  const call = async (method: string, path: string, body?: object, headers: Record<string, string> = {}) => {
    const answer = await fetch(`http://${String(sidecar.http)}/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${secretKey}`, 'content-type': 'application/json', ...headers },
      ...(body && { body: JSON.stringify(body) }),
    })
    return (await answer.json()) as Record<string, never>
  }
  /** Operations with the users on whose behalf they were made, the newest first. */
  const log = async (request: object = {}) => {
    const { changeSets } = await client.write('ListChanges', { pageSize: 10, ...request })
    return (changeSets as Answer[]).map((each) => `${String(each['operation'])} ${String(each['actingUserId'])}`)
  }
  return { target, folder, close, client, call, log }
}

test('the acting user of a call stands in its change set, and is found like a thing', async (t) => {
  const { client, log, target } = await open(t)
  const stream = client.watch({ after: (await client.call('GetSettings'))['revision'] }, { key: secretKey })
  const anonymous = client.watch({ after: (await client.call('GetSettings'))['revision'] })
  for (const each of [stream, anonymous]) {
    each.on('error', () => undefined)
    t.teardown(() => each.cancel())
  }
  await client.write('CreateMembership', { organizationId, userId: 'ben', role: 'org:member', actingUserId: 'lea' })
  await client.write('DeleteMembership', { organizationId, userId: 'ben', actingUserId: 'ann' })
  await client.write('CreateMembership', { organizationId, userId: 'ben', role: 'org:member' })
  t.deepEqual(await log({ pageSize: 3 }), ['CreateMembership ', 'DeleteMembership ann', 'CreateMembership lea'])
  t.deepEqual(await log({ thing: 'lea' }), ['CreateMembership lea', 'CreateMembership '])
  const ofFirst = async (from: typeof stream) => {
    for (;;) {
      const { changeSet } = await nextMessage(from)
      if (changeSet) return (changeSet as Answer)['actingUserId']
    }
  }
  t.is(await ofFirst(stream), 'lea')
  t.is(await ofFirst(anonymous), '')

  const env = { ROLESETS_TARGET: target, ROLESETS_KEY: secretKey }
  const { stdout } = await type(['log', '--limit', '3'], { env })
  t.regex(stdout, /CreateMembership\n[^]*DeleteMembership for ann\n[^]*CreateMembership for lea\n/)
  const lines = (await type(['log', '--limit', '2', '--json'], { env })).stdout.trim().split('\n')
  const documents = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
  t.false('acting_user_id' in (documents[0] ?? {}))
  t.is(documents[1]?.['acting_user_id'], 'ann')
  const reader = createRoleSetsClient({ target, key: secretKey, deadlineMs: 10_000 })
  t.teardown(() => reader.close())
  t.is((await reader.admin.listChanges({ pageSize: 2 })).changeSets[1]?.actingUserId, 'ann')
})

test("Clerk's inviters and requesting users are named where they were checked", async (t) => {
  const { client, call, log } = await open(t)
  const path = `/organizations/${organizationId}/invitations`
  const invite = (email_address: string, inviter_user_id?: string) => ({
    email_address,
    role: 'org:member',
    inviter_user_id,
  })
  await call('POST', path, invite('a@x.io', 'lea'))
  const { id } = await call('POST', path, invite('b@x.io'))
  await call('POST', `${path}/${String(id)}/revoke`, { requesting_user_id: 'ann' })
  await call('POST', `${path}/bulk`, [invite('c@x.io', 'lea'), invite('d@x.io', 'lea')] as object)
  await call('POST', `${path}/bulk`, [invite('e@x.io', 'lea'), invite('f@x.io', 'ann')] as object)
  await call('POST', path, invite('g@x.io', 'lea'), { 'x-rolesets-acting-user': 'ann' })
  // Over gRPC an inviter is a fact that nobody checks.
  await client.write('CreateInvitation', {
    ...{ organizationId, emailAddress: 'h@x.io', role: 'org:member' },
    inviterUserId: 'lea',
  })
  const expected = [
    ...['CreateInvitation ', 'CreateInvitation ann', 'CreateInvitations ', 'CreateInvitations lea'],
    ...['RevokeInvitation ann', 'CreateInvitation ', 'CreateInvitation lea'],
  ]
  t.deepEqual(await log({ pageSize: 7 }), expected)
  const { data } = (await call('GET', '/changes?limit=2')) as unknown as { data: Record<string, unknown>[] }
  t.deepEqual(
    data.map((each) => each['acting_user_id']),
    [undefined, 'ann'],
  )
})

test('a write that names nobody has the same bytes as before, and the file is sound with both', async (t) => {
  const { client, folder, close } = await open(t)
  await client.write('CreateMembership', { organizationId, userId: 'ben', role: 'org:member' })
  await client.write('UpdateMembership', { organizationId, userId: 'ben', role: 'org:admin', actingUserId: 'lea' })
  await close()
  const file = join(folder, 'r.db')
  const connection = await Connection.open(file)
  const rows = await connection.all('SELECT changes FROM change_sets ORDER BY revision DESC LIMIT 2')
  await connection.close()
  const [acting, plain] = rows.map((row) => JSON.parse(String(row['changes'])) as Record<string, unknown>[])
  t.deepEqual(Object.keys(plain?.[0] ?? {}), ['verb', 'thing', 'after', 'before'])
  t.is(acting?.[0]?.['actingUserId'], 'lea')
  const { exitCode, stdout, stderr } = await type(['doctor', '--database', `sqlite:${file}`])
  t.is(exitCode, 0, stdout + stderr)
})
