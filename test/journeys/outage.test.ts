/** Product promise 5: when no decision can be made, the guard answers 503 and does not let the request through. */

import { join } from 'node:path'
import { createRoleSetsClient } from '@rolesets/client'
import test, { type ExecutionContext } from 'ava'
import { freePort } from '../processes/free-port.ts'
import { openNetworkProxy } from '../processes/network-proxy.ts'
import { startSidecar } from '../processes/sidecar-process.ts'
import { temporaryFolder } from '../processes/temporary-folder.ts'
import { onceDecided, openGuardedApplication, type Answer } from './guarded-application.ts'
import { applyPricingTiers, openOperator, secretKey } from './pricing-tiers.ts'

/** An application whose client reaches the sidecar through a network that fails on demand. */
async function openJourney(t: ExecutionContext, maxStalenessMs: number) {
  const database = `sqlite:${join(await temporaryFolder(t), 'rolesets.db')}`
  const port = await freePort()
  const env = {
    ROLESETS_DATABASE: database,
    ROLESETS_SECRET_KEY: secretKey,
    ROLESETS_GRPC_LISTEN: `127.0.0.1:${port}`,
  }
  const sidecar = await startSidecar(t, { env })
  await applyPricingTiers(openOperator(t, sidecar))
  const proxy = await openNetworkProxy(t, sidecar.target)
  const roleSets = createRoleSetsClient({ target: proxy.address, maxStalenessMs })
  t.teardown(() => roleSets.close())
  const application = await openGuardedApplication(t, roleSets)
  await onceDecided(() => application.grant('org_pro', 'org:member'))
  return { sidecar, proxy, roleSets, env, application }
}

/** The cache is never fresh: the client asks the sidecar for every grant, as it does once the bound has passed. */
const noTime = 1

function assertNoDecision(t: ExecutionContext, answer: Answer): void {
  t.is(answer.status, 503)
  t.is(answer.body['code'], 'decision_unavailable')
  t.truthy(answer.headers.get('retry-after'))
}

for (const outage of ['cut', 'stall', 'garble'] as const) {
  test(`a grant is answered with 503 while the network is in state "${outage}", and decided again afterwards`, async (t) => {
    const { proxy, application } = await openJourney(t, noTime)
    proxy[outage]()
    assertNoDecision(t, await application.grant('org_pro', 'org:analyst'))
    assertNoDecision(t, await application.moderate('org_pro'))
    proxy.mend()
    t.is((await onceDecided(() => application.grant('org_pro', 'org:analyst'))).status, 201)
    t.is((await onceDecided(() => application.grant('org_acme', 'org:analyst'))).status, 403)
  })
}

test('a grant is answered with 503 while the sidecar hangs', async (t) => {
  const { sidecar, application } = await openJourney(t, noTime)
  sidecar.child.kill('SIGSTOP')
  t.teardown(() => sidecar.child.kill('SIGCONT'))
  assertNoDecision(t, await application.grant('org_pro', 'org:analyst'))
})

test('a grant is answered with 503 while the sidecar restarts, and decided by the restarted one', async (t) => {
  const { sidecar, env, application } = await openJourney(t, noTime)
  await sidecar.kill()
  assertNoDecision(t, await application.grant('org_pro', 'org:analyst'))
  const restarted = await startSidecar(t, { env })
  const operator = openOperator(t, restarted)
  await operator.admin.assignRoleSet({ organizationId: 'org_acme', roleSet: 'role_set:pro' })
  t.is((await onceDecided(() => application.grant('org_acme', 'org:analyst'))).status, 201)
})

test('within the bound a cut connection changes nothing for what is in memory', async (t) => {
  const { proxy, roleSets, application } = await openJourney(t, 60_000)
  await roleSets.ready({ timeoutMs: 60_000 })
  t.is((await onceDecided(() => application.grant('org_pro', 'org:analyst'))).status, 201)
  proxy.cut()
  t.is((await application.grant('org_pro', 'org:analyst')).status, 201)
  t.is((await application.grant('org_pro', 'org:nonsense')).status, 403)
  t.is(roleSets.status().state, 'fresh')
  assertNoDecision(t, await application.grant('org_never_asked_before', 'org:member'))
})
