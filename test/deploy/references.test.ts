/** The objects fit together: names, labels, ports and volumes that they refer to exist. */

import { join } from 'node:path'
import test from 'ava'
import { codeBlocksOf, commandsOf } from '../docs/code-blocks.ts'
import { temporaryFolder } from '../processes/temporary-folder.ts'
import { build, buildOverlay, kustomizationsBelow, reasonWithoutKustomize, type KubernetesObject } from './kustomize.ts'
import { referenceProblems } from './reference-problems.ts'
import { services } from './workloads.ts'

const reason = reasonWithoutKustomize()
const kustomizeTest = reason === undefined ? test : test.skip
if (reason !== undefined) console.log(reason)

const kinds: Readonly<Record<string, string>> = { secret: 'Secret', configmap: 'ConfigMap' }

/** What the commands of the pages create: a value that belongs to no repository. */
async function madeByCommands(): Promise<ReadonlySet<string>> {
  const pages = ['docs/kubernetes.md', 'examples/kubernetes/README.md']
  const blocks = (await Promise.all(pages.map(codeBlocksOf))).flat().filter(({ language }) => language === 'sh')
  const made = blocks.flatMap(commandsOf).flatMap((command) => {
    const [, kind = '', name] = /kubectl (?:-n \S+ )?create (secret|configmap)(?: generic)? (\S+)/.exec(command) ?? []
    return kinds[kind] === undefined ? [] : [`${kinds[kind]} ${name}`]
  })
  return new Set(made)
}

kustomizeTest(
  'every reference leads to an object of its kustomization, or to one that a documented command makes',
  async (t) => {
    const made = await madeByCommands()
    for (const { folder, isComponent } of kustomizationsBelow('deploy', 'examples'))
      if (!isComponent) t.deepEqual(referenceProblems(await build(folder), made), [], folder)
  },
)

kustomizeTest('the volumes and ports of a sidecar are in the pod to which it was added', async (t) => {
  const folder = await temporaryFolder(t)
  const foreign = new Set(['ConfigMap rolesets-manifest', 'Secret rolesets-keys', 'Secret rolesets-tls'])
  for (const { folder: component, isComponent } of kustomizationsBelow('deploy')) {
    if (!isComponent) continue
    const built = await buildOverlay(join(folder, component), { components: [component], objects: services })
    const isSidecar = ({ metadata }: KubernetesObject) => metadata.name === 'plain'
    t.deepEqual(referenceProblems(built.filter(isSidecar), foreign), [], component)
  }
})

/** The object of the authority, what is changed in it, and what the sentence must name. */
const mutations: readonly (readonly [object: string, change: (object: KubernetesObject) => void, sentence: string])[] =
  [
    ['Service rolesets', ({ spec }) => (spec.selector['app.kubernetes.io/name'] = 'roleset'), 'selects no pod'],
    ['Service rolesets', ({ spec }) => (spec.ports[0].targetPort = 'grcp'), 'leads nowhere'],
    ['Service rolesets-headless', ({ spec }) => delete spec.clusterIP, 'no headless Service'],
    ['NetworkPolicy rolesets', ({ spec }) => (spec.ingress[1].ports[0].port = 7453), 'leads nowhere'],
    ['PodDisruptionBudget rolesets', ({ spec }) => (spec.selector.matchLabels.x = 'y'), 'selects no pod'],
    ['StatefulSet rolesets', ({ spec }) => (spec.selector.matchLabels.x = 'y'), "doesn't select its own pods"],
    ['StatefulSet rolesets', ({ spec }) => (spec.template.spec.serviceAccountName = 'other'), 'ServiceAccount other'],
    ['StatefulSet rolesets', ({ spec }) => (spec.volumeClaimTemplates = []), 'there is no volume data'],
    ['StatefulSet rolesets', ({ spec }) => (spec.template.spec.containers[0].volumeMounts = []), 'is mounted nowhere'],
    [
      'StatefulSet rolesets',
      ({ spec }) => (spec.template.spec.containers[0].ports.length = 2),
      'a probe asks the port probes',
    ],
    ['StatefulSet rolesets', ({ spec }) => (spec.template.spec.volumes[2].secret.secretName = 'keys'), 'Secret keys'],
    [
      'CronJob rolesets-backup',
      ({ spec }) => (spec.jobTemplate.spec.template.spec.volumes[0].persistentVolumeClaim.claimName = 'other'),
      'PersistentVolumeClaim other',
    ],
  ]

kustomizeTest('a reference that leads nowhere is found', async (t) => {
  const objects = await build('deploy/kubernetes/authority')
  const foreign = new Set(['Secret rolesets-keys', 'Secret rolesets-tls'])
  t.deepEqual(referenceProblems(objects, foreign), [])
  for (const [name, change, sentence] of mutations) {
    const copies = structuredClone(objects) as KubernetesObject[]
    const object = copies.find(({ kind, metadata }) => `${kind} ${metadata.name}` === name)
    if (object !== undefined) change(object)
    const problems = referenceProblems(copies, foreign)
    t.true(problems.join('\n').includes(sentence), `${name}, ${sentence}: ${problems.join('\n')}`)
  }
})
