/** A pod with a sidecar starts in order, and ends with its application. */

import { createIssuer } from './guarded-application.ts'
import { askProbe, journey, openCluster, openLoad, suffix, untilProbe, type ProbeAnswer } from './kubelet/journey.ts'
import { Kubelet } from './kubelet/kubelet.ts'
import { undecided } from './kubelet/load.ts'
import { declare, images, manifestOf, plans, podWith } from './kubelet/pods.ts'
import { withStartup } from './kubelet/pod-spec.ts'

const waitsForManifest = ({ body }: ProbeAnswer) => /rolesets\.yaml:1:\d+/.test(body.waiting_for?.[0]?.why)

journey(
  `the sidecar starts first and the application after its startup probe, so the first request is decided${suffix}`,
  async (t) => {
    const cluster = await openCluster(t)
    const pod = await cluster.kubelet.start('application', cluster.spec)
    const load = openLoad(t, cluster, () => [pod])
    await load.settled([pod])
    await load.end()
    t.deepEqual(pod.events.slice(0, 3), ['Started rolesets', 'StartedUp rolesets', 'Started application'])
    t.is(load.statuses.get(undecided), undefined)
    t.deepEqual(load.faults, [])
  },
)

journey(
  `a pod whose manifest is wrong at its start waits and says why, and starts by itself when the manifest is right${suffix}`,
  async (t) => {
    const cluster = await openCluster(t)
    await declare(cluster.kubelet, 'roles: [')
    const pod = await cluster.kubelet.start('application', cluster.spec)
    const load = openLoad(t, cluster, () => [pod])
    const { status, body } = await untilProbe(pod, '/startupz', waitsForManifest)
    t.is(status, 503)
    t.like(body, { startup_complete: false, waiting_for: [{ what: 'manifest' }] })
    t.is(pod.container('application').starts, 0)
    await declare(cluster.kubelet, manifestOf(plans))
    await load.settled([pod])
    await load.end()
    t.is(pod.container('rolesets').starts, 1, 'nothing had to be restarted')
    t.deepEqual(load.faults, [])
    t.is((await askProbe(pod, '/readyz')).body.manifest.result, 'applied')
  },
)

journey(`a Job ends with its application, and the sidecar does not keep it${suffix}`, async (t) => {
  const issuer = await createIssuer()
  const kubelet = new Kubelet(t, { images })
  await declare(kubelet, manifestOf(plans))
  const env = { JOB_ORGANIZATION: 'org_pro', JOB_ROLE: 'org:analyst' }
  const pod = await kubelet.start('job', await podWith('declared', { kind: 'Job', env }, issuer))
  await pod.waitFor('the Job has ended', () => pod.phase === 'Succeeded' || pod.phase === 'Failed')
  t.is(pod.phase, 'Succeeded', pod.describe())
  t.deepEqual(pod.container('application').log, ['{"allowed":true}'])
  t.deepEqual(pod.container('rolesets').exits, [{ code: 0, signal: null }])
  t.deepEqual(pod.events.slice(-5), [
    'Exited application: 0',
    'Ended application',
    'Exited rolesets: 0',
    'Ended rolesets',
    'Succeeded',
  ])
})

journey(
  `a Job whose sidecar is never ready does not start its application, and ends within the grace when it is deleted${suffix}`,
  async (t) => {
    const issuer = await createIssuer()
    const kubelet = new Kubelet(t, { images })
    await declare(kubelet, 'role_sets: none')
    const spec = await podWith('declared', { kind: 'Job', env: { JOB_ORGANIZATION: 'org_pro' } }, issuer)
    // Long enough for a busy machine to start it: what isn't up yet can't end as asked.
    const pod = await kubelet.start('job', withStartup(spec, { failureThreshold: 8 }))
    const sidecar = pod.container('rolesets')
    await pod.waitFor('the kubelet has restarted the sidecar', () => sidecar.starts >= 2)
    await untilProbe(pod, '/startupz', waitsForManifest)
    await pod.delete()
    t.is(pod.container('application').starts, 0)
    t.true(
      sidecar.exits.every(({ code }) => code === 0),
      'it ends as asked, although it was never ready',
    )
    t.false(pod.events.includes('GraceOver'), pod.describe())
  },
)
