/** A pod ends under load, in the right order and in the wrong one. */

import { journey, openCluster, openLoad, suffix, untilClosed } from './kubelet/journey.ts'
import type { Pod } from './kubelet/kubelet.ts'
import { beginGrant, granted, undecided } from './kubelet/load.ts'
import { applicationPort, podWith } from './kubelet/pods.ts'

/** What the application says when it ends. */
function countsOf(pod: Pod): { taken: number; answered: number } {
  return JSON.parse(pod.container('application').log.at(-1) ?? '{}') as { taken: number; answered: number }
}

journey(
  `a pod that is deleted under load ends its application first, which decides all that it has begun, and then the sidecar${suffix}`,
  async (t) => {
    // The cache is never fresh: what is decided at the end needs the sidecar.
    const cluster = await openCluster(t, { MAX_STALENESS_MS: '1' })
    const pod = await cluster.kubelet.start('application', cluster.spec)
    const load = openLoad(t, cluster, () => [pod])
    await load.settled([pod])
    const token = await cluster.issuer.tokenOf('org_pro', 'admin')
    const question = { organizationId: 'org_pro', role: 'org:analyst' }
    const request = beginGrant(question, { host: pod.address, port: applicationPort, token })
    await load.settled()
    const ended = pod.delete()
    await untilClosed(pod)
    t.like(await request.finish(), { status: granted })
    await ended
    await load.end()
    const names = pod.events
      .slice(pod.events.indexOf('Killing application'))
      .filter((event) => /^(Exited|Grace)/.test(event))
    t.deepEqual(names, ['Exited application: 0', 'Exited rolesets: 0'], pod.describe())
    const { taken, answered } = countsOf(pod)
    t.true(taken > 0)
    t.is(answered, taken)
    t.is(load.statuses.get(undecided), undefined)
    t.deepEqual(load.faults, [])
  },
)

journey(
  `a sidecar that is killed under its application makes grants fail closed until the kubelet has started it again${suffix}`,
  async (t) => {
    // The cache is never fresh: each grant is asked.
    const cluster = await openCluster(t, { MAX_STALENESS_MS: '1' })
    const pod = await cluster.kubelet.start('application', cluster.spec)
    const load = openLoad(t, cluster, () => [pod])
    await load.settled([pod])
    load.mayBeUndecided = true
    // As when it has used more memory than it may.
    pod.container('rolesets').kill('SIGKILL')
    await load.saw(undecided)
    await pod.ready()
    await load.settled([pod])
    load.mayBeUndecided = false
    await load.settled([pod])
    await load.end()
    t.deepEqual(load.faults, [])
    t.is(pod.container('rolesets').starts, 2)
    t.is(pod.container('application').starts, 1)
  },
)

journey(
  `a sidecar that is killed while the application answers from memory is followed again, and nothing wrong is granted meanwhile${suffix}`,
  async (t) => {
    const cluster = await openCluster(t)
    const pod = await cluster.kubelet.start('application', cluster.spec)
    const load = openLoad(t, cluster, () => [pod])
    await load.settled([pod])
    load.mayBeUndecided = true
    for (let round = 2; round <= 3; round++) {
      pod.container('rolesets').kill('SIGKILL')
      await pod.waitFor('it has started again', () => pod.container('rolesets').starts === round)
      await pod.ready()
      await load.settled([pod])
    }
    await load.end()
    t.deepEqual(load.faults, [])
  },
)

journey(
  `before Kubernetes 1.29 the sidecar may end before the application, and nothing is granted that should not be${suffix}`,
  async (t) => {
    const cluster = await openCluster(t)
    const spec = await podWith('before-1.29/declared', { kind: 'Deployment' }, cluster.issuer)
    const pod = await cluster.kubelet.start('application', spec)
    const load = openLoad(t, cluster, () => [pod])
    // The application of this test doesn't wait for it with `ready()`.
    load.mayBeUndecided = true
    await load.settled([pod])
    await pod.delete()
    await load.end()
    t.deepEqual(load.faults, [])
    t.false(pod.events.includes('GraceOver'), pod.describe())
    for (const { exit } of pod.applications) t.deepEqual(exit, { code: 0, signal: null })
    const { taken, answered } = countsOf(pod)
    t.is(answered, taken)
  },
)
