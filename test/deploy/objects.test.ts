/** Every kustomization builds, and every object that comes out has only known fields, with the right types, and no field is missing. */

import { join } from 'node:path'
import test from 'ava'
import { temporaryFolder } from '../processes/temporary-folder.ts'
import { build, buildOverlay, kustomizationsBelow, reasonWithoutKustomize, type KubernetesObject } from './kustomize.ts'
import { objectProblems } from './object-problems.ts'
import { jobs, optedOut, services } from './workloads.ts'

const reason = reasonWithoutKustomize()
const kustomizeTest = reason === undefined ? test : test.skip
if (reason !== undefined) console.log(reason)

const kustomizations = kustomizationsBelow('deploy', 'examples')
const roots = kustomizations.filter(({ isComponent }) => !isComponent)
const components = kustomizations.filter(({ isComponent }) => isComponent)

/** Sidecars of clusters before 1.29 are not for jobs. */
const workloadsFor = (folder: string) => (folder.includes('before-1.29') ? services : [...services, ...jobs])

kustomizeTest('every kustomization builds, and each of its objects is valid', async (t) => {
  t.true(
    roots.some(({ folder }) => folder === 'deploy/kubernetes/authority'),
    'they are found',
  )
  const built: { folder: string; object: KubernetesObject }[] = []
  for (const { folder } of roots) {
    const objects = await build(folder)
    t.true(objects.length > 0, folder)
    built.push(...objects.map((object) => ({ folder, object })))
  }
  for (const [at, problems] of objectProblems(built.map(({ object }) => object)).entries())
    t.deepEqual(problems, [], `${built[at]?.folder}: ${built[at]?.object.kind} ${built[at]?.object.metadata.name}`)
})

kustomizeTest(
  'every component can be added to workloads of each kind, and each object is valid afterwards',
  async (t) => {
    t.true(
      components.some(({ folder }) => folder === 'deploy/kubernetes/declared'),
      'they are found',
    )
    const folder = await temporaryFolder(t)
    const built: KubernetesObject[] = []
    for (const [at, { folder: component }] of components.entries()) {
      const objects = [...workloadsFor(component), optedOut]
      built.push(...(await buildOverlay(join(folder, String(at)), { components: [component], objects })))
    }
    for (const [at, problems] of objectProblems(built).entries())
      t.deepEqual(problems, [], `${built[at]?.kind} ${built[at]?.metadata.name}`)
  },
)

/** What a check that finds nothing would let pass: the object, where it is changed, and what the problem must name. */
const mutations: readonly (readonly [object: string, path: string, value: unknown, problem: string])[] = [
  ['StatefulSet rolesets', 'spec.template.spec.containers.0.readynessProbe', {}, 'readynessProbe'],
  ['StatefulSet rolesets', 'spec.template.spec.containers.0.ports.0.containerPort', '8080', "Type 'string'"],
  ['StatefulSet rolesets', 'spec.template.spec.containers.0.env.0.value', 7450, "Type 'number'"],
  ['StatefulSet rolesets', 'spec.template.spec.containers.0.name', undefined, '"name"'],
  [
    'StatefulSet rolesets',
    'spec.template.spec.containers.0.securityContext.readOnlyRootFileSystem',
    true,
    'readOnlyRootFileSystem',
  ],
  ['StatefulSet rolesets', 'spec.selector', undefined, '"selector"'],
  ['StatefulSet rolesets', 'spec.template.spec.volumes.0.emptydir', {}, 'emptydir'],
  ['Service rolesets', 'spec.ports.0.port', undefined, '"port"'],
  ['CronJob rolesets-backup', 'spec.jobTemplate', undefined, '"jobTemplate"'],
  ['CronJob rolesets-backup', 'spec.suspend', 'false', "Type 'string'"],
  ['NetworkPolicy rolesets', 'spec.ingres', [], 'ingres'],
  ['PodDisruptionBudget rolesets', 'spec.minUnavailable', 1, 'minUnavailable'],
  ['PersistentVolumeClaim rolesets-backups', 'spec.accessModes', 'ReadWriteOncePod', "Type 'string'"],
  ['ServiceAccount rolesets', 'automountServiceAccountToken', 'no', "Type 'string'"],
  ['Certificate rolesets-tls', 'spec.dnsName', [], 'dnsName'],
  ['Certificate rolesets-tls', 'spec.issuerRef.name', undefined, '"name"'],
  ['ServiceMonitor rolesets-authority', 'spec.endpoints.0.intervall', '30s', 'intervall'],
  ['ServiceMonitor rolesets-authority', 'spec.selector', undefined, '"selector"'],
  ['PodMonitor rolesets-sidecars', 'spec.endpoints', [], 'endpoints'],
  ['PrometheusRule rolesets', 'spec.groups.0.rules.0.expr', undefined, '"expr"'],
  ['PrometheusRule rolesets', 'spec.groups.0.rules.0.annotation', {}, 'annotation'],
  ['PrometheusRule rolesets', 'spec.groups.0.rules.0.for', 5, "Type 'number'"],
  ['ServiceAccount rolesets', 'kind', 'ServiceAcount', 'ServiceAcount'],
  ['ServiceAccount rolesets', 'apiVersion', 'v2', 'v2'],
]

kustomizeTest('a misspelled field, a wrong type and a missing field are found', async (t) => {
  const folder = await temporaryFolder(t)
  const certificates = await buildOverlay(folder, { components: ['deploy/kubernetes/cert-manager'] })
  const [authority, monitoring] = await Promise.all(
    ['deploy/kubernetes/authority', 'deploy/kubernetes/monitoring'].map(build),
  )
  const objects = [...(authority ?? []), ...(monitoring ?? []), ...certificates]
  const changed = mutations.map(([name, path, value]) => {
    const object = objects.find(({ kind, metadata }) => `${kind} ${metadata.name}` === name)
    return changedAt(t.truthy(object) && object, path.split('.'), value)
  })
  for (const [at, problems] of objectProblems(changed).entries()) {
    const [name, path, , problem] = mutations[at] ?? []
    t.true(problems.join('\n').includes(problem ?? ''), `${name} ${path}: ${problems.join('\n')}`)
    t.true(problems.length > 0, `${name} ${path}`)
  }
})

/** A copy in which one value is another one, or is missing. */
function changedAt(object: unknown, [first = '', ...rest]: readonly string[], value: unknown): object {
  const copy = (Array.isArray(object) ? [...object] : { ...(object as object) }) as Record<string, unknown>
  if (rest.length > 0) copy[first] = changedAt(copy[first], rest, value)
  else if (value === undefined) delete copy[first]
  else copy[first] = value
  return copy
}
