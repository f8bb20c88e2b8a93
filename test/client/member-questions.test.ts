/** Questions about members that are none are rejected before anything is asked. */

import test from 'ava'
import { openScriptedKeyed } from './open-client.ts'

const isAdmin = { role: 'org:admin' } as const

for (const [what, question] of [
  ['names nothing', {}],
  ['names a role and a permission', { role: 'org:admin', permission: 'org:reports:read' }],
  ['has an empty role', { role: '' }],
  ['has a permission that is no text', { permission: 1 }],
  ['has another reach', { role: 'org:admin', reach: 'ANYWHERE' }],
  ['is none', undefined],
] as const) {
  test(`a question that ${what} is rejected, and nothing is asked`, async (t) => {
    const { client, transport } = await openScriptedKeyed(t)
    const invalid = question as unknown as { role: string }
    await t.throwsAsync(client.checkMember('acme', 'ann', invalid), { code: 'invalid_argument' })
    t.throws(() => client.checkMemberCached('acme', 'ann', invalid), { code: 'invalid_argument' })
    t.is(transport.calls.length, 0)
  })
}

test('ids that are none are rejected', async (t) => {
  const { client } = await openScriptedKeyed(t)
  for (const id of ['', 'a\nb', 'x'.repeat(256), 7 as unknown as string]) {
    t.throws(() => client.checkMemberCached(id, 'ann', isAdmin), { code: 'invalid_argument' })
    t.throws(() => client.checkMemberCached('acme', id, isAdmin), { code: 'invalid_argument' })
    await t.throwsAsync(client.memberRoles('acme', id), { code: 'invalid_argument' })
  }
})
