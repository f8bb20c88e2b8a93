/** What the components make of the workloads of users: the sidecar, the connection to it, and nothing else. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { parse } from 'yaml'
import { projectRoot } from '../docs/code-blocks.ts'
import { temporaryFolder } from '../processes/temporary-folder.ts'
import { buildOverlay, kustomizationsBelow, reasonWithoutKustomize, type Overlay } from './kustomize.ts'
import { containersOf, jobs, optedOut, podTemplatesOf, services, type PodSpec } from './workloads.ts'

const reason = reasonWithoutKustomize()
const kustomizeTest = reason === undefined ? test : test.skip
if (reason !== undefined) console.log(reason)

const declared = 'deploy/kubernetes/declared'
const before129 = 'deploy/kubernetes/before-1.29/declared'
const group = 7450

async function podsOf(folder: string, overlay: Overlay) {
  const built = await buildOverlay(folder, overlay)
  return new Map(built.flatMap(podTemplatesOf).map(({ of, ...pod }) => [of, pod] as const))
}

/** The containers of a pod but the sidecar. */
const ownContainers = (spec: PodSpec): readonly PodSpec[] =>
  (spec['containers'] as readonly PodSpec[]).filter(({ name }) => name !== 'rolesets')

kustomizeTest('a workload of any kind gets a native sidecar, which is the first to start', async (t) => {
  const folder = await temporaryFolder(t)
  const pods = await podsOf(folder, { components: [declared], objects: [...services, ...jobs] })
  t.is(pods.size, 6)
  for (const [of, { spec, labels }] of pods) {
    const [sidecar, ...others] = spec['initContainers'] as readonly PodSpec[]
    t.like(sidecar, { name: 'rolesets', restartPolicy: 'Always' }, of)
    t.deepEqual(
      others.map(({ name }) => name),
      of === 'Deployment plain' ? [] : ['migrate'],
      of,
    )
    t.is(labels['rolesets-sidecar'], 'true', of)
    t.is(containersOf(spec).filter(({ name }) => name === 'rolesets').length, 1, of)
  }
})

kustomizeTest('every container of the application gets the target and the socket, and keeps what it has', async (t) => {
  const folder = await temporaryFolder(t)
  for (const component of [declared, before129]) {
    const objects = component === declared ? [...services, ...jobs] : services
    for (const [of, { spec }] of await podsOf(join(folder, component), { components: [component], objects })) {
      const own = ownContainers(spec)
      t.is(own.length, of === 'Deployment plain' ? 1 : 2, of)
      for (const { env, volumeMounts } of own) {
        t.deepEqual(env.at(-1), { name: 'ROLESETS_TARGET', value: 'unix:/run/rolesets/rolesets.sock' }, of)
        t.deepEqual(volumeMounts.at(-1), { name: 'rolesets-socket', mountPath: '/run/rolesets', readOnly: true }, of)
      }
      const groups = spec['securityContext'].supplementalGroups
      t.deepEqual(groups, of === 'Deployment plain' ? [group] : [4000, group], of)
      if (of === 'Deployment plain') continue
      t.is(spec['securityContext'].fsGroup, 3000, of)
      t.deepEqual(own[0]?.['env'][0], { name: 'COLOR', value: 'green' }, of)
      t.deepEqual(own[0]?.['volumeMounts'][0], { name: 'cache', mountPath: '/cache' }, of)
    }
  }
})

kustomizeTest('a variable ROLESETS_TARGET that a container has from elsewhere is replaced as a whole', async (t) => {
  const valueFrom = { configMapKeyRef: { name: 'old', key: 'target' } }
  const container = { name: 'web', image: 'web', env: [{ name: 'ROLESETS_TARGET', valueFrom }] }
  const job = { ...jobs[0], spec: { template: { spec: { restartPolicy: 'Never', containers: [container] } } } }
  const pods = await podsOf(await temporaryFolder(t), { components: [declared], objects: [job] })
  const [own] = ownContainers(pods.get('Job job')?.spec ?? {})
  t.deepEqual(own?.['env'], [{ name: 'ROLESETS_TARGET', value: 'unix:/run/rolesets/rolesets.sock' }])
})

kustomizeTest('a workload with the label rolesets-sidecar: "false" is left as it is', async (t) => {
  const folder = await temporaryFolder(t)
  for (const component of kustomizationsBelow('deploy/kubernetes').filter(({ isComponent }) => isComponent)) {
    const overlay = { components: [component.folder], objects: [optedOut] }
    const built = await buildOverlay(join(folder, component.folder), overlay)
    t.deepEqual(
      built.find(({ metadata }) => metadata.name === 'alone'),
      optedOut as object,
      component.folder,
    )
  }
})

kustomizeTest('on clusters before 1.29 a Job and a CronJob are left as they are', async (t) => {
  const folder = await temporaryFolder(t)
  const labels = { 'rolesets-sidecar': 'true' }
  const env = [{ name: 'ROLESETS_TARGET', value: 'rolesets.rolesets:7450' }]
  const spec = { template: { metadata: { labels }, spec: { containers: [{ name: 'run', image: 'run', env }] } } }
  const own = [
    ...jobs,
    { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'connected', labels }, spec },
    { apiVersion: 'batch/v1', kind: 'CronJob', metadata: { name: 'each', labels }, spec: { jobTemplate: { spec } } },
  ]
  for (const component of ['deploy/kubernetes/before-1.29/sidecar', before129]) {
    const built = await buildOverlay(join(folder, component), {
      components: [component],
      objects: [...services, ...own],
    })
    const found = built.filter(({ kind }) => ['Job', 'CronJob'].includes(kind))
    const named = (objects: readonly { metadata: { name: string } }[]) =>
      Object.fromEntries(objects.map((object) => [object.metadata.name, object]))
    t.deepEqual<unknown, unknown>(named(found), named(own), component)
  }
})

kustomizeTest('the socket is in memory, and the sidecar makes it with the group of the pod', async (t) => {
  const folder = await temporaryFolder(t)
  for (const component of [declared, before129]) {
    const pods = await podsOf(join(folder, component), { components: [component], objects: services })
    for (const [of, { spec }] of pods) {
      const sidecar = containersOf(spec).find(({ name }) => name === 'rolesets')
      const volume = spec['volumes'].find(({ name }: PodSpec) => name === 'rolesets-socket')
      t.deepEqual(volume.emptyDir, { medium: 'Memory', sizeLimit: '1Mi' }, of)
      t.is(sidecar?.['securityContext'].runAsGroup, group, of)
    }
  }
})

kustomizeTest('the gates of the sidecar are probes with a finite threshold, and there is no preStop', async (t) => {
  const folder = await temporaryFolder(t)
  for (const component of ['deploy/kubernetes/sidecar', declared, before129]) {
    const pods = await podsOf(join(folder, component), { components: [component], objects: services })
    for (const [of, { spec }] of pods) {
      const sidecar = containersOf(spec).find(({ name }) => name === 'rolesets') ?? {}
      const { startupProbe, livenessProbe, readinessProbe, lifecycle } = sidecar
      t.is(lifecycle, undefined, of)
      t.deepEqual(sidecar['ports'], [{ name: 'probes', containerPort: 7452 }], of)
      for (const [path, probe] of Object.entries({
        '/startupz': startupProbe,
        '/livez': livenessProbe,
        '/readyz': readinessProbe,
      }))
        t.deepEqual(probe.httpGet, { path, port: 'probes' }, of)
      t.is(startupProbe.periodSeconds * startupProbe.failureThreshold, 120, of)
    }
  }
})

kustomizeTest(
  'on clusters before 1.29 the sidecar is a container like the others, with the same settings',
  async (t) => {
    const folder = await temporaryFolder(t)
    const now = await podsOf(join(folder, 'now'), { components: [declared], objects: services })
    const before = await podsOf(join(folder, 'before'), { components: [before129], objects: services })
    for (const [of, { spec }] of before) {
      const { restartPolicy, ...native } = now.get(of)?.spec['initContainers'][0] as PodSpec
      t.is(restartPolicy, 'Always')
      t.deepEqual(
        spec['containers'].find(({ name }: PodSpec) => name === 'rolesets'),
        native,
        of,
      )
      t.false(
        (spec['initContainers'] ?? []).some(({ name }: PodSpec) => name === 'rolesets'),
        of,
      )
    }
  },
)

kustomizeTest('images: names the image of every container of Rolesets', async (t) => {
  const objects = [...services, ...jobs]
  const fields = {
    resources: ['objects.yaml'],
    images: [{ name: 'rolesets', newName: 'registry.example/rolesets', newTag: '9.9.9' }],
  }
  const pods = await podsOf(await temporaryFolder(t), { components: [declared], objects, fields })
  for (const [of, { spec }] of pods) {
    const images = containersOf(spec).map(({ image }) => image as string)
    t.deepEqual(
      images.filter((image) => image.includes('rolesets')),
      ['registry.example/rolesets:9.9.9'],
      of,
    )
  }
})

test('the patches for a Job and a CronJob are those for the other workloads, below another path', (t) => {
  const read = (path: string) => parse(readFileSync(join(projectRoot, 'deploy/kubernetes', path), 'utf8')) as PodSpec
  t.deepEqual(read('application/job.yaml'), {
    ...read('application/long-running/pod-template.yaml'),
    apiVersion: 'batch/v1',
    kind: 'Job',
  })
  for (const [component, of] of Object.entries({
    application: 'job',
    sidecar: 'pod-template',
    declared: 'pod-template',
  })) {
    const template = read(`${component}/${of}.yaml`)
    const cron = read(`${component}/cron-job.yaml`)
    t.deepEqual(cron['spec'], { jobTemplate: { spec: template['spec'] } }, component)
    t.deepEqual(cron['metadata'], template['metadata'], component)
  }
})

test('the role sets of the example in Kubernetes are those of the pricing tiers', (t) => {
  const read = (path: string) => parse(readFileSync(join(projectRoot, path), 'utf8')) as object
  t.deepEqual(read('examples/kubernetes/declared/rolesets.yaml'), read('examples/pricing-tiers/rolesets.yaml'))
})
