/** The main job, end to end: a sidecar process with its SQLite file, a client, and an Express application. */

import { join } from 'node:path'
import { compareRevisions, createRoleSetsClient, type RoleSetsClient } from '@rolesets/client'
import test from 'ava'
import { startSidecar } from '../processes/sidecar-process.ts'
import { temporaryFolder } from '../processes/temporary-folder.ts'
import { onceDecided, openGuardedApplication } from './guarded-application.ts'
import { applyPricingTiers, openOperator, secretKey } from './pricing-tiers.ts'

test('a grant is refused on Free, the organization is upgraded, and the same grant is accepted at once', async (t) => {
  const folder = await temporaryFolder(t)
  const database = `sqlite:${join(folder, 'rolesets.db')}`
  const sidecar = await startSidecar(t, { env: { ROLESETS_DATABASE: database, ROLESETS_SECRET_KEY: secretKey } })
  const operator = openOperator(t, sidecar)
  await applyPricingTiers(operator)
  const roleSets = createRoleSetsClient({ target: sidecar.target })
  t.teardown(() => roleSets.close())
  await roleSets.ready({ timeoutMs: 60_000 })
  const application = await openGuardedApplication(t, roleSets)
  const grant = (organizationId: string, role: string) => onceDecided(() => application.grant(organizationId, role))
  const moderate = (organizationId: string) => onceDecided(() => application.moderate(organizationId))

  const refused = await grant('org_acme', 'org:analyst')
  t.is(refused.status, 403)
  t.is(refused.body['code'], 'role_not_in_set')
  t.deepEqual(refused.body['roles'], ['org:analyst'])
  t.is(refused.body['role_set'], 'role_set:free')
  t.true(refused.headers.get('content-type')?.startsWith('application/problem+json'))
  t.is((await grant('org_acme', 'org:member')).status, 201)

  const { revision } = await operator.admin.assignRoleSet({ organizationId: 'org_acme', roleSet: 'role_set:pro' })
  await hasReceived(roleSets, revision)
  const accepted = await grant('org_acme', 'org:analyst')
  t.is(accepted.status, 201)
  t.deepEqual(accepted.body['roles'], ['org:analyst'])

  t.is((await moderate('org_acme')).status, 200)
  const withdrawn = await operator.admin.replaceRole({
    roleSet: 'role_set:pro',
    role: 'org:moderator',
    toRole: 'org:member',
  })
  await hasReceived(roleSets, withdrawn.revision)
  const stopped = await moderate('org_acme')
  t.is(stopped.status, 403, 'the token still lists the role, but the set has lost it')
  t.is((await grant('org_pro', 'org:moderator')).status, 403, 'every organization on the set follows')

  t.is(await sidecar.stop(), 0)
})

/** The test may be faster than the push: this waits until the client has received the revision. */
async function hasReceived(roleSets: RoleSetsClient, revision: string): Promise<void> {
  const isThere = () => (compareRevisions(roleSets.status().revision ?? '', revision) ?? -1) >= 0
  while (!isThere()) await new Promise((resolve) => setImmediate(resolve))
}
