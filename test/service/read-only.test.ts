/** The one place that refuses the writes of a read-only sidecar, and the only caller that passes it. */

import test from 'ava'
import { openTestService, reading, writing } from './open-service.ts'

test('a write is refused, and the message says where the state is declared', async (t) => {
  const { admin, store } = await openTestService(t, { readOnly: { declaredIn: '/etc/rolesets' } })
  const before = store.head
  await t.throwsAsync(admin.createRole({ key: 'org:analyst' }, writing()), {
    code: 'read_only',
    message: /^The state of this sidecar is declared in \/etc\/rolesets; change it there\./,
  })
  await t.throwsAsync(admin.createRole({ key: '' }, writing({ expectedRevision: 'nonsense' })), { code: 'read_only' })
  t.is(store.head, before)
})

test('what the manifest of the sidecar declares is written, and a dry run is answered', async (t) => {
  const { admin } = await openTestService(t, { readOnly: { declaredIn: undefined } })
  const { value } = await admin.createRole({ key: 'org:analyst' }, writing({ dryRun: true }))
  t.is(value?.key, 'org:analyst')
  await t.throwsAsync(admin.getRole('org:analyst', reading()), { code: 'role_not_found' })
  await admin.createRole({ key: 'org:analyst' }, writing({ isDeclared: true }))
  t.is((await admin.getRole('org:analyst', reading())).value.key, 'org:analyst')
})

test('the store of a read-only sidecar begins like every other one', async (t) => {
  const { admin } = await openTestService(t, { readOnly: { declaredIn: undefined } })
  const { items } = await admin.listRoles({ ...reading(), pageSize: 0, pageToken: '' })
  t.deepEqual(items.map(({ key }) => key).toSorted(), ['org:admin', 'org:member'])
})
