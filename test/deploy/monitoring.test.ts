/** What the monitoring installs fits the other manifests: it scrapes the pods that they make, on a port that serves metrics. */

import { join } from 'node:path'
import test from 'ava'
import { temporaryFolder } from '../processes/temporary-folder.ts'
import { build, buildOverlay, reasonWithoutKustomize, type KubernetesObject } from './kustomize.ts'
import { containersOf, jobs, podTemplatesOf, services, type PodSpec } from './workloads.ts'

const reason = reasonWithoutKustomize()
const kustomizeTest = reason === undefined ? test : test.skip
if (reason !== undefined) console.log(reason)

const monitoring = await (reason === undefined ? build('deploy/kubernetes/monitoring') : [])

function objectOf(kind: string): KubernetesObject {
  const [object, ...others] = monitoring.filter((each) => each.kind === kind)
  if (object === undefined || others.length > 0) throw new Error(`There must be one ${kind}.`)
  return object
}

const isSelected = (labels: Readonly<Record<string, string>> = {}, wanted: Readonly<Record<string, string>>) =>
  Object.entries(wanted).every(([label, value]) => labels[label] === value)

/** The containers that have a port of this name, and whether they serve metrics on it. */
const serversOf = (spec: PodSpec, port: string) =>
  containersOf(spec)
    .filter(({ ports = [] }) => ports.some(({ name }: PodSpec) => name === port))
    .map(({ name, env = [], ports }) => {
      const valueOf = (variable: string) => env.find((each: PodSpec) => each['name'] === variable)?.value as unknown
      const { containerPort } = ports.find((each: PodSpec) => each['name'] === port)
      const isServed = valueOf('ROLESETS_PROBE_LISTEN') === `0.0.0.0:${containerPort}`
      return `${name}: ${isServed && valueOf('ROLESETS_PROBE_METRICS') === 'true'}`
    })

kustomizeTest(
  'the ServiceMonitor finds the Service of the authority, and the port on which its pod serves metrics',
  async (t) => {
    const { spec } = objectOf('ServiceMonitor')
    t.deepEqual(spec.namespaceSelector, { any: true })
    const authority = await build('deploy/kubernetes/authority')
    const found = authority.filter(
      ({ kind, metadata }) => kind === 'Service' && isSelected(metadata.labels, spec.selector.matchLabels),
    )
    t.deepEqual(
      found.map(({ metadata }) => metadata.name),
      ['rolesets'],
    )
    const [{ port, path }] = spec.endpoints
    t.is(path, '/metrics')
    const servicePort = (found[0]?.['spec'].ports as readonly PodSpec[]).find(({ name }) => name === port)
    const pods = authority.filter(({ kind }) => kind === 'StatefulSet').flatMap(podTemplatesOf)
    for (const pod of pods) t.deepEqual(serversOf(pod.spec, servicePort?.['targetPort'] as string), ['rolesets: true'])
    t.is(pods.length, 1)
  },
)

kustomizeTest('the PodMonitor finds every pod with a sidecar, of any workload, and no authority', async (t) => {
  const { spec } = objectOf('PodMonitor')
  t.deepEqual(spec.namespaceSelector, { any: true })
  const [{ port, path }] = spec.podMetricsEndpoints
  t.is(path, '/metrics')
  const folder = await temporaryFolder(t)
  const ways = ['sidecar', 'declared', 'before-1.29/sidecar', 'before-1.29/declared']
  for (const [at, way] of ways.entries()) {
    const objects = way.startsWith('before') ? services : [...services, ...jobs]
    const components = [`deploy/kubernetes/${way}`]
    const pods = (await buildOverlay(join(folder, String(at)), { components, objects })).flatMap(podTemplatesOf)
    t.is(pods.length, objects.length)
    for (const { of, labels, spec: pod } of pods) {
      t.true(isSelected(labels, spec.selector.matchLabels), `${way}: ${of}`)
      t.deepEqual(serversOf(pod, port as string), ['rolesets: true'], `${way}: ${of}`)
    }
  }
  for (const { of, labels } of (await build('deploy/kubernetes/authority')).flatMap(podTemplatesOf))
    t.false(isSelected(labels, spec.selector.matchLabels), of)
})

kustomizeTest('the NetworkPolicy of the authority lets the namespace of Prometheus reach the metrics', async (t) => {
  const [policy] = (await build('deploy/kubernetes/authority')).filter(({ kind }) => kind === 'NetworkPolicy')
  const rules = policy?.['spec'].ingress as readonly PodSpec[]
  const [{ port }] = objectOf('ServiceMonitor')['spec'].endpoints
  const open = rules.filter(({ ports }) => ports.some((each: PodSpec) => each['port'] === port))
  t.deepEqual(
    open.map(({ from }) => from),
    [[{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } }]],
  )
})

kustomizeTest('the dashboard is a ConfigMap that Grafana finds by its label, and keeps its name', (t) => {
  const { metadata, data } = objectOf('ConfigMap')
  t.is(metadata.name, 'rolesets-dashboard')
  t.is(metadata.labels?.['grafana_dashboard'], '1')
  t.deepEqual(Object.keys(data as object), ['rolesets.json'])
  t.like(JSON.parse((data as { 'rolesets.json': string })['rolesets.json']), { uid: 'rolesets', title: 'Rolesets' })
})
