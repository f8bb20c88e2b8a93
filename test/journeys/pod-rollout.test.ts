/** A Deployment is rolled out to another manifest, pod by pod, under load. Each pod has a store of its own, in memory. */

import { journey, openCluster, openLoad, suffix, type Cluster } from './kubelet/journey.ts'
import type { Pod } from './kubelet/kubelet.ts'
import { granted, refused } from './kubelet/load.ts'
import { manifestOf, plans } from './kubelet/pods.ts'
import { withStartup, type PodSpec } from './kubelet/pod-spec.ts'

/** As a kustomization with a hash in the name of its ConfigMap: a new manifest is a new ConfigMap, and new pods. */
function withManifest({ kubelet, spec }: Cluster, name: string, text: string): PodSpec {
  kubelet.configMaps.set(name, { 'rolesets.yaml': text })
  const volumes = (spec.volumes ?? []).map((volume) =>
    volume.configMap === undefined ? volume : { ...volume, configMap: { name } },
  )
  return { ...spec, volumes }
}

const next = { free: [...plans.free, 'org:moderator'], pro: plans.pro.filter((role) => role !== 'org:analyst') }

journey(
  `in a rolling restart each pod that is ready answers by its own manifest, and never from an empty store${suffix}`,
  async (t) => {
    const cluster = await openCluster(t)
    const { kubelet } = cluster
    const old = await Promise.all(
      ['old-1', 'old-2'].map((name) => kubelet.start(name, withManifest(cluster, 'old', manifestOf(plans)))),
    )
    const young: Pod[] = []
    const ofOld = openLoad(t, cluster, () => old)
    const ofYoung = openLoad(t, cluster, () => young)
    ofYoung.expect('org_pro', 'org:analyst', refused)
    ofYoung.expect('org_acme', 'org:moderator', granted)
    ofYoung.expect('org_pro', 'org:moderator', granted)
    await Promise.all(old.map((pod) => pod.ready()))
    await ofOld.settled()

    const spec = withManifest(cluster, 'young', manifestOf(next))
    for (const pod of old) {
      const successor = await kubelet.start(pod.name.replace('old', 'young'), spec)
      young.push(successor)
      await successor.ready()
      await pod.delete()
      t.is(pod.phase, 'Succeeded', pod.describe())
    }
    await ofYoung.settled(young)
    await Promise.all([ofOld.end(), ofYoung.end()])
    t.deepEqual([...ofOld.faults, ...ofYoung.faults], [])
  },
)

journey(
  `a new pod whose manifest is wrong is never ready, so the roll-out stops and the old pod goes on${suffix}`,
  async (t) => {
    const cluster = await openCluster(t)
    const old = await cluster.kubelet.start('old', cluster.spec)
    const load = openLoad(t, cluster, () => [old])
    await load.settled([old])
    const spec = withManifest(cluster, 'wrong', manifestOf({ ...plans, pro: ['org:nobody'] }))
    const stuck = await cluster.kubelet.start('stuck', withStartup(spec, { failureThreshold: 2 }))
    const { starts } = await untilRestarted(stuck)
    t.true(starts >= 2)
    t.false(
      stuck.events.some((event) => /^(StartedUp|Ready|Started application)/.test(event)),
      stuck.describe(),
    )
    await load.settled()
    await load.end()
    t.deepEqual(load.faults, [])
  },
)

async function untilRestarted(pod: Pod) {
  const sidecar = pod.container('rolesets')
  await pod.waitFor('the kubelet has restarted the sidecar', () => sidecar.starts >= 2)
  return sidecar
}
