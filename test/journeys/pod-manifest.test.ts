/** The ConfigMap of a pod changes under load, as kubelets change it. */

import { stringify } from 'yaml'
import { askProbe, journey, openCluster, openLoad, suffix, untilProbe } from './kubelet/journey.ts'
import { granted, refused } from './kubelet/load.ts'
import { declare, manifestOf, plans } from './kubelet/pods.ts'

/** Moderators also on Free, and no analysts any more. */
const others = { free: [...plans.free, 'org:moderator'], pro: plans.pro.filter((role) => role !== 'org:analyst') }

const wrong = {
  'is cut off': manifestOf(plans).slice(0, -40) + '  "',
  'is empty': '',
  'names a role that no role set can have': manifestOf({ ...plans, free: ['org:nobody'] }),
  'is of another program': stringify({ apiVersion: 'v1', kind: 'ConfigMap' }),
}

journey(
  `a ConfigMap that changes under load is in effect from one moment on: what it took away is never granted again${suffix}`,
  async (t) => {
    const cluster = await openCluster(t)
    const pod = await cluster.kubelet.start('application', cluster.spec)
    const load = openLoad(t, cluster, () => [pod])
    await load.settled([pod])

    load.expect('org_pro', 'org:analyst', refused)
    load.expect('org_acme', 'org:moderator', granted)
    await declare(cluster.kubelet, manifestOf(others))
    await load.settled()
    await load.more(20)

    load.expect('org_pro', 'org:analyst', granted)
    load.expect('org_acme', 'org:moderator', refused)
    await declare(cluster.kubelet, manifestOf(plans))
    await load.settled()
    await load.end()
    t.deepEqual(load.faults, [])
    t.like((await askProbe(pod, '/readyz')).body, {
      ready: true,
      manifest: { result: 'applied', drift: { changes: 0 } },
    })
  },
)

journey(
  `a ConfigMap that is wrong changes nothing under load, is told in /readyz, and the next right one is applied${suffix}`,
  async (t) => {
    const cluster = await openCluster(t)
    const pod = await cluster.kubelet.start('application', cluster.spec)
    const load = openLoad(t, cluster, () => [pod])
    await load.settled([pod])
    let { manifest } = (await askProbe(pod, '/readyz')).body
    const { applied_hash: applied } = manifest
    for (const [why, text] of Object.entries(wrong)) {
      const { hash: former } = manifest
      await declare(cluster.kubelet, text)
      const { status, body } = await untilProbe(pod, '/readyz', ({ body }) => body.manifest.hash !== former)
      manifest = body.manifest
      t.is(status, 200, why)
      t.like(manifest, { result: 'refused', applied_hash: applied }, why)
      t.truthy(manifest.error.message, why)
      await load.settled()
      t.true(pod.isReady, why)
    }
    load.expect('org_pro', 'org:analyst', refused)
    load.expect('org_acme', 'org:moderator', granted)
    await declare(cluster.kubelet, manifestOf(others))
    await load.settled()
    await load.end()
    t.deepEqual(load.faults, [])
    t.is(pod.container('rolesets').starts, 1)
  },
)

journey(`of ConfigMaps that change in quick succession the last one is in effect${suffix}`, async (t) => {
  const cluster = await openCluster(t)
  const pod = await cluster.kubelet.start('application', cluster.spec)
  const load = openLoad(t, cluster, () => [pod])
  await load.settled([pod])
  const last = openLoad(t, cluster, () => [pod])
  last.expect('org_acme', 'org:analyst', refused)
  await last.settled()

  load.waver('org_pro', 'org:analyst', granted)
  load.waver('org_acme', 'org:moderator', refused)
  last.waver('org_pro', 'org:analyst', granted)
  last.waver('org_acme', 'org:moderator', refused)
  last.expect('org_acme', 'org:analyst', granted)
  for (const text of [others, plans, others, plans, others].map(manifestOf)) await declare(cluster.kubelet, text)
  await declare(cluster.kubelet, 'roles: [')
  await declare(cluster.kubelet, manifestOf({ ...plans, free: [...plans.free, 'org:analyst'] }))
  // Only the last one has this.
  await last.settled()
  await load.settled()
  await load.more(20)
  await Promise.all([load.end(), last.end()])
  t.deepEqual([...load.faults, ...last.faults], [])
})
