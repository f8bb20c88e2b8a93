/** Apply names the organizations of its manifest beforehand, so that the storage reads them together. */

import test from 'ava'
import type { Manifest } from '@rolesets/core'
import type { Provenance } from '../../packages/sidecar/src/storage/store.ts'
import { openTestService, writing } from './open-service.ts'

test('an apply foresees the organizations that its manifest describes', async (t) => {
  const { admin, store } = await openTestService(t)
  const foreseen: Provenance['foreseen'][] = []
  const write: typeof store.write = store.write.bind(store)
  store.write = (provenance, work) => {
    foreseen.push(provenance.foreseen)
    return write(provenance, work)
  }
  const ids = Array.from({ length: 100 }, (_none, index) => `org_${index}`)
  const manifest = { organizations: ids.map((id) => ({ id })) }
  await admin.apply({ manifest, prune: false }, writing())
  t.deepEqual(foreseen, [{ organizationIds: ids }])
})

test('a malformed list of organizations is refused, not read', async (t) => {
  const { admin } = await openTestService(t)
  for (const organizations of ['org_acme', [null], [{}]]) {
    const manifest = { organizations } as unknown as Manifest
    await t.throwsAsync(admin.apply({ manifest, prune: false }, writing()), { code: 'invalid_field' })
  }
})
