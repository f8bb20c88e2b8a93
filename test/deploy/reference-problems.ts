/** Checks what objects say about each other: names that they refer to, labels that they select, ports, volumes. */

import type { KubernetesObject } from './kustomize.ts'
import { containersOf, podTemplatesOf, type PodSpec, type PodTemplate } from './workloads.ts'

type Labels = Readonly<Record<string, string>>

/** What exists besides the objects: made by a command of the docs, or by a controller. As `Secret rolesets-keys`. */
export type Foreign = ReadonlySet<string>

/** @returns a sentence for each reference that leads nowhere */
export function referenceProblems(objects: readonly KubernetesObject[], foreign: Foreign): readonly string[] {
  const names = new Set([...objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`), ...foreign])
  for (const { kind, spec } of objects) if (kind === 'Certificate') names.add(`Secret ${spec.secretName}`)
  const pods = objects.flatMap(podTemplatesOf)
  const known: Known = { objects, names, pods }
  return [
    ...objects.flatMap((object) => objectProblemsIn(object, known)),
    ...pods.flatMap((pod) => podProblems(pod, known)),
  ]
}

interface Known {
  readonly objects: readonly KubernetesObject[]
  readonly names: ReadonlySet<string>
  readonly pods: readonly PodTemplate[]
}

function objectProblemsIn(object: KubernetesObject, { objects, names, pods }: Known): readonly string[] {
  const { kind, spec } = object
  const name = `${kind} ${object.metadata.name}`
  const selected = (labels: Labels) => pods.filter((pod) => isSelected(pod, labels))
  if (kind === 'Service') {
    const found = selected(spec.selector)
    const ports: readonly PodSpec[] = spec.ports
    const lost = found.flatMap((pod) => ports.filter(({ targetPort, port }) => !hasPort(pod, targetPort ?? port)))
    return [
      ...(found.length === 0 ? [`${name} selects no pod`] : []),
      ...lost.map((port) => `${name}: port ${port['name']} leads nowhere`),
    ]
  }
  if (kind === 'PodDisruptionBudget')
    return selected(spec.selector.matchLabels).length > 0 ? [] : [`${name} selects no pod`]
  if (kind === 'NetworkPolicy') {
    const found = selected(spec.podSelector.matchLabels)
    const ports: readonly PodSpec[] = (spec.ingress ?? []).flatMap((rule: PodSpec) => rule['ports'] ?? [])
    const lost = found.flatMap((pod) => ports.filter(({ port }) => !hasPort(pod, port)))
    return [
      ...(found.length === 0 ? [`${name} selects no pod`] : []),
      ...lost.map(({ port }) => `${name}: port ${port} leads nowhere`),
    ]
  }
  if (kind === 'Certificate' && !names.has(`${spec.issuerRef.kind} ${spec.issuerRef.name}`))
    return [`${name}: no such issuer`]
  const labels: Labels | undefined = ['Deployment', 'StatefulSet', 'DaemonSet'].includes(kind)
    ? spec.selector.matchLabels
    : undefined
  const problems: string[] = []
  const [own] = podTemplatesOf(object)
  if (labels !== undefined && own !== undefined && !isSelected(own, labels))
    problems.push(`${name} doesn't select its own pods`)
  if (kind === 'StatefulSet') {
    const service = objects.find((each) => each.kind === 'Service' && each.metadata.name === spec.serviceName)
    if (service?.['spec'].clusterIP !== 'None') problems.push(`${name}: ${spec.serviceName} is no headless Service`)
  }
  return problems
}

function podProblems({ of, spec }: PodTemplate, { objects, names }: Known): readonly string[] {
  const workload = objects.find(({ kind, metadata }) => `${kind} ${metadata.name}` === of)
  const claims: readonly PodSpec[] =
    workload?.kind === 'StatefulSet' ? (workload['spec'].volumeClaimTemplates ?? []) : []
  const volumes: readonly PodSpec[] = spec['volumes'] ?? []
  const volumeNames = new Set([...volumes.map(({ name }) => name), ...claims.map(({ metadata }) => metadata.name)])
  const containers = containersOf(spec)
  const mounted = containers.flatMap(({ volumeMounts = [] }) => volumeMounts.map(({ name }: PodSpec) => name as string))
  return [
    ...referencesOf(spec, containers)
      .filter((each) => !names.has(each))
      .map((each) => `${of}: there is no ${each}`),
    ...mounted.filter((name) => !volumeNames.has(name)).map((name) => `${of}: there is no volume ${name}`),
    ...[...volumeNames]
      .filter((name) => !mounted.includes(name))
      .map((name) => `${of}: the volume ${name} is mounted nowhere`),
    ...containers
      .flatMap(lostPortsOf)
      .map((port) => `${of}: a probe asks the port ${port}, which its container doesn't have`),
  ]
}

/** As `Secret rolesets-keys`. */
function referencesOf(spec: PodSpec, containers: readonly PodSpec[]): readonly string[] {
  const account = spec['serviceAccountName'] ?? 'default'
  const sources = (spec['volumes'] ?? []).flatMap((volume: PodSpec) => [
    volume,
    ...(volume['projected']?.sources ?? []),
  ])
  const env = containers.flatMap((container) => container['env'] ?? []).map(({ valueFrom = {} }: PodSpec) => valueFrom)
  const envFrom = containers.flatMap((container) => container['envFrom'] ?? [])
  return [
    ...(account === 'default' ? [] : [`ServiceAccount ${account}`]),
    ...sources.flatMap(({ secret, configMap, persistentVolumeClaim: claim }: PodSpec) => [
      ...(secret ? [`Secret ${secret.secretName ?? secret.name}`] : []),
      ...(configMap ? [`ConfigMap ${configMap.name}`] : []),
      ...(claim ? [`PersistentVolumeClaim ${claim.claimName}`] : []),
    ]),
    ...[...env, ...envFrom].flatMap(({ secretKeyRef, configMapKeyRef, secretRef, configMapRef }: PodSpec) => [
      ...[secretKeyRef, secretRef].filter(Boolean).map(({ name }) => `Secret ${name}`),
      ...[configMapKeyRef, configMapRef].filter(Boolean).map(({ name }) => `ConfigMap ${name}`),
    ]),
  ]
}

function lostPortsOf(container: PodSpec): readonly (string | number)[] {
  const probes = [container['startupProbe'], container['livenessProbe'], container['readinessProbe']].filter(Boolean)
  const asked = probes.map(({ httpGet, tcpSocket, grpc }) => (httpGet ?? tcpSocket ?? grpc)?.port as string | number)
  return asked.filter((port) => port !== undefined && !containerHasPort(container, port))
}

function hasPort({ spec }: PodTemplate, port: string | number): boolean {
  return containersOf(spec).some((container) => containerHasPort(container, port))
}

function containerHasPort({ ports = [] }: PodSpec, port: string | number): boolean {
  return ports.some(({ name, containerPort }: PodSpec) => port === name || port === containerPort)
}

function isSelected({ of, labels }: PodTemplate, wanted: Labels): boolean {
  const [kind, name] = of.split(' ')
  // The controller of a StatefulSet gives each pod its name as a label.
  const given: Labels =
    kind === 'StatefulSet' ? { ...labels, 'statefulset.kubernetes.io/pod-name': `${name}-0` } : labels
  return Object.entries(wanted).every(([key, value]) => given[key] === value)
}
