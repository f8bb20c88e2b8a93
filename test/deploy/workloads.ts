/** The workloads of users on which the components are tried, and the pods of any object. */

import type { KubernetesObject } from './kustomize.ts'

/** As `spec.template.spec` of a workload. */
export type PodSpec = Record<string, any> // eslint-disable-line @typescript-eslint/no-explicit-any -- As in KubernetesObject.

const securityContext = {
  runAsNonRoot: true,
  runAsUser: 2000,
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
}
const container = (name: string, further: object = {}) => ({ name, image: `shop/${name}`, securityContext, ...further })

/** A pod that has already what a component could overwrite: variables, mounts, groups, an init container, a volume. */
const spec = {
  securityContext: { fsGroup: 3000, supplementalGroups: [4000] },
  initContainers: [container('migrate')],
  containers: [
    container('web', {
      env: [{ name: 'COLOR', value: 'green' }],
      volumeMounts: [{ name: 'cache', mountPath: '/cache' }],
    }),
    container('proxy'),
  ],
  volumes: [{ name: 'cache', emptyDir: {} }],
}

const template = (name: string, further: object = {}) => ({
  metadata: { labels: { app: name } },
  spec: { ...spec, ...further },
})
const selector = (name: string) => ({ matchLabels: { app: name } })
const job = { template: template('job', { restartPolicy: 'Never' }) }
const plain = { containers: [container('web')] }

export const services = [
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'deployment' },
    spec: { selector: selector('deployment'), template: template('deployment') },
  },
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'plain' },
    spec: { selector: selector('plain'), template: { metadata: { labels: { app: 'plain' } }, spec: plain } },
  },
  {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'stateful' },
    spec: { serviceName: 'stateful', selector: selector('stateful'), template: template('stateful') },
  },
  {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: 'daemon' },
    spec: { selector: selector('daemon'), template: template('daemon') },
  },
] as const

export const jobs = [
  { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'job' }, spec: job },
  {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name: 'cron' },
    spec: { schedule: '0 * * * *', jobTemplate: { spec: job } },
  },
] as const

/** It asks the components to leave it alone. */
export const optedOut = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'alone', labels: { 'rolesets-sidecar': 'false' } },
  spec: { selector: selector('alone'), template: template('alone') },
} as const

export interface PodTemplate {
  /** The object and its name, for messages. */
  readonly of: string
  readonly labels: Readonly<Record<string, string>>
  readonly spec: PodSpec
}

/** The pods that an object makes; none for others than workloads. */
export function podTemplatesOf(object: KubernetesObject): readonly PodTemplate[] {
  const found = templateOf(object)
  if (found === undefined) return []
  return [{ of: `${object.kind} ${object.metadata.name}`, labels: found.metadata?.labels ?? {}, spec: found.spec }]
}

function templateOf({
  kind,
  metadata,
  spec,
}: KubernetesObject): { metadata?: KubernetesObject['metadata']; spec: PodSpec } | undefined {
  if (kind === 'Pod') return { metadata, spec }
  if (kind === 'CronJob') return spec.jobTemplate.spec.template
  return ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'Job'].includes(kind) ? spec.template : undefined
}

/** All containers of a pod, in the order in which they start. */
export function containersOf(spec: PodSpec): readonly PodSpec[] {
  return [...(spec.initContainers ?? []), ...(spec.containers ?? []), ...(spec.ephemeralContainers ?? [])]
}
