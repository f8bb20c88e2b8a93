/** The application of docs/kubernetes.md in its pod, as examples/kubernetes describes it. */

import { createIssuer } from './guarded-application.ts'
import { journey, suffix, untilClosed } from './kubelet/journey.ts'
import { Kubelet } from './kubelet/kubelet.ts'
import { beginGrant, granted, Load, refused, undecided } from './kubelet/load.ts'
import { examplePod, images } from './kubelet/pods.ts'

const port = 3000

journey(
  `the example decides in its pod from its first request on, follows its ConfigMap, and finishes what it has begun when it is deleted${suffix}`,
  async (t) => {
    const kubelet = new Kubelet(t, { images })
    const issuer = await createIssuer('pricing-tiers')
    kubelet.configMaps.set('pricing-tiers-jwks', { 'jwks.json': JSON.stringify(issuer.jwks) })
    const pod = await kubelet.start('pricing-tiers', await examplePod(kubelet))
    const load = new Load(t, { issuer, answering: () => (pod.isReady ? [pod] : []), port })
    load.expect('org_acme', 'org:analyst', refused)
    load.expect('org_globex', 'org:analyst', granted)
    await load.settled([pod])

    const manifest = String(kubelet.configMaps.get('rolesets-manifest')?.['rolesets.yaml'])
    load.expect('org_acme', 'org:analyst', granted)
    const upgraded = manifest.replace(/(id: org_acme[^]*?role_set: )role_set:free/, '$1role_set:pro')
    await kubelet.setConfigMap('rolesets-manifest', { 'rolesets.yaml': upgraded })
    await load.settled()

    const token = await issuer.tokenOf('org_acme', 'admin')
    const request = beginGrant({ organizationId: 'org_acme', role: 'org:analyst' }, { host: pod.address, port, token })
    await load.settled()
    const ended = pod.delete()
    await untilClosed(pod, port)
    t.like(await request.finish(), { status: granted })
    await ended
    await load.end()
    t.deepEqual(load.faults, [])
    t.is(load.statuses.get(undecided), undefined)
    for (const { exit } of [...pod.applications, ...pod.sidecars]) t.deepEqual(exit, { code: 0, signal: null })
  },
)
