/** All pods keep to the restricted profile of Pod Security, so a namespace may enforce it. */

import { join } from 'node:path'
import test from 'ava'
import { temporaryFolder } from '../processes/temporary-folder.ts'
import { build, buildOverlay, kustomizationsBelow, reasonWithoutKustomize } from './kustomize.ts'
import { restricted, violationsOf } from './pod-security.ts'
import { containersOf, jobs, podTemplatesOf, services, type PodSpec } from './workloads.ts'

const reason = reasonWithoutKustomize()
const kustomizeTest = reason === undefined ? test : test.skip
if (reason !== undefined) console.log(reason)

const kustomizations = kustomizationsBelow('deploy', 'examples')

kustomizeTest('every pod keeps to the restricted profile, and its root file system is read-only', async (t) => {
  let count = 0
  for (const { folder, isComponent } of kustomizations) {
    if (isComponent) continue
    for (const pod of (await build(folder)).flatMap(podTemplatesOf)) {
      t.deepEqual(violationsOf(pod), [], `${folder}: ${pod.of}`)
      t.true(
        containersOf(pod.spec).every(({ securityContext }) => securityContext.readOnlyRootFilesystem),
        pod.of,
      )
      t.is(pod.spec['automountServiceAccountToken'], false, `${folder}: ${pod.of}`)
      count++
    }
  }
  t.true(count >= 2, 'there are pods')
})

kustomizeTest('a pod that keeps to the restricted profile still does with a sidecar', async (t) => {
  const folder = await temporaryFolder(t)
  for (const [at, { folder: component }] of kustomizations.filter(({ isComponent }) => isComponent).entries()) {
    const objects = component.includes('before-1.29') ? services : [...services, ...jobs]
    const built = await buildOverlay(join(folder, String(at)), { components: [component], objects })
    for (const pod of built.flatMap(podTemplatesOf)) t.deepEqual(violationsOf(pod), [], `${component}: ${pod.of}`)
  }
})

const unconfined = { type: 'Unconfined' }

/** For each control, changes that violate it: to the pod, or to its first container. */
const mutations: Readonly<Record<string, readonly { pod?: PodSpec; container?: PodSpec; context?: PodSpec }[]>> = {
  HostProcess: [
    { context: { windowsOptions: { hostProcess: true } } },
    { pod: { securityContext: { windowsOptions: { hostProcess: true } } } },
  ],
  'Host Namespaces': [{ pod: { hostNetwork: true } }, { pod: { hostPID: true } }, { pod: { hostIPC: true } }],
  'Privileged Containers': [{ context: { privileged: true } }],
  'HostPath Volumes': [{ pod: { volumes: [{ name: 'root', hostPath: { path: '/' } }] } }],
  'Host Ports': [{ container: { ports: [{ containerPort: 7450, hostPort: 7450 }] } }],
  'Host Probes / Lifecycle Hooks': [
    { container: { livenessProbe: { httpGet: { port: 1, host: '169.254.169.254' } } } },
    { container: { lifecycle: { preStop: { tcpSocket: { port: 1, host: '10.0.0.1' } } } } },
  ],
  AppArmor: [{ context: { appArmorProfile: unconfined } }],
  SELinux: [{ context: { seLinuxOptions: { type: 'spc_t' } } }, { context: { seLinuxOptions: { user: 'root' } } }],
  '/proc Mount Type': [{ context: { procMount: 'Unmasked' } }],
  Sysctls: [{ pod: { securityContext: { sysctls: [{ name: 'kernel.msgmax', value: '1' }] } } }],
  'Volume Types': [{ pod: { volumes: [{ name: 'n', nfs: { server: 's', path: '/' } }] } }],
  'Privilege Escalation': [
    { context: { allowPrivilegeEscalation: true } },
    { context: { allowPrivilegeEscalation: undefined } },
  ],
  'Running as Non-root': [{ context: { runAsNonRoot: false } }, { context: { runAsNonRoot: undefined } }],
  'Running as Non-root user': [{ context: { runAsUser: 0 } }, { pod: { securityContext: { runAsUser: 0 } } }],
  Seccomp: [
    { context: { seccompProfile: unconfined } },
    { context: { seccompProfile: undefined } },
    { pod: { securityContext: { seccompProfile: unconfined } } },
  ],
  Capabilities: [
    { context: { capabilities: { drop: ['NET_RAW'] } } },
    { context: { capabilities: undefined } },
    { context: { capabilities: { drop: ['ALL'], add: ['SYS_ADMIN'] } } },
  ],
}

test('each control of the profile is violated by a change that it forbids', (t) => {
  t.deepEqual(
    Object.keys(mutations),
    restricted.map(({ name }) => name),
  )
  const good = services[1].spec.template
  const podOf = (spec: PodSpec) => ({ of: 'a pod', labels: {}, spec })
  t.deepEqual(violationsOf(podOf(good.spec)), [])
  for (const [name, changes] of Object.entries(mutations)) {
    for (const { pod = {}, container = {}, context = {} } of changes) {
      const [first] = good.spec.containers
      const changed = { ...first, ...container, securityContext: { ...first?.securityContext, ...context } }
      const found = violationsOf(podOf({ ...good.spec, ...pod, containers: [changed] }))
      t.true(found.includes(name), `${name}: ${JSON.stringify({ pod, container, context })}`)
      const asInit = violationsOf(podOf({ ...good.spec, ...pod, initContainers: [changed] }))
      t.true(asInit.includes(name), `${name}, in an init container: ${JSON.stringify({ pod, container, context })}`)
    }
  }
})
