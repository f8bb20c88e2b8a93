/**
 * The pods of the journeys, as `kubectl kustomize` builds them from deploy/kubernetes. Only the images are others: the built command,
 * and an application for tests.
 */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stringify } from 'yaml'
import { build, buildOverlay, reasonWithoutKustomize, type KubernetesObject } from '../../deploy/kustomize.ts'
import { projectRoot } from '../../docs/code-blocks.ts'
import { rolesetsCommand } from '../../processes/sidecar-process.ts'
import type { Issuer } from '../guarded-application.ts'
import type { Kubelet } from './kubelet.ts'
import type { PodSpec } from './pod-spec.ts'
import { reasonWithoutPods, type Images } from './sandbox.ts'
import type { Files } from './volumes.ts'

export const applicationPort = 8080
export const probePort = 7452
export const manifestName = 'rolesets-manifest'
export const authorityClaim = 'data-rolesets-0'

/** Why this machine can't play a kubelet; undefined: it can. */
export function reasonWithoutKubelet(): string | undefined {
  return reasonWithoutPods() ?? reasonWithoutKustomize()
}

const loader = fileURLToPath(new URL('../../../scripts/typescript/register.mjs', import.meta.url))
const application = fileURLToPath(new URL('program-application.ts', import.meta.url))

/** The application uses the built packages. */
export const images: Images = {
  rolesets: [process.execPath, rolesetsCommand],
  application: [process.execPath, `--import=${loader}`, application],
  'pricing-tiers': [process.execPath, join(projectRoot, 'examples/pricing-tiers/app.js')],
}

export interface Workload {
  readonly kind: 'Deployment' | 'Job'
  /** Of the application. */
  readonly env?: Readonly<Record<string, string>>
}

/** An application of a user, which knows nothing of Rolesets but its client. */
function workload({ kind, env = {} }: Workload, issuer: Issuer): object {
  const isJob = kind === 'Job'
  const variables = { LISTEN: `0.0.0.0:${applicationPort}`, JWKS: JSON.stringify(issuer.jwks), ...env }
  const serving = {
    ports: [{ name: 'http', containerPort: applicationPort }],
    readinessProbe: { httpGet: { path: '/healthz', port: 'http' }, periodSeconds: 1 },
  }
  const container = {
    name: 'application',
    image: 'application',
    env: Object.entries(variables).map(([name, value]) => ({ name, value })),
    ...(isJob ? {} : serving),
  }
  const metadata = { labels: { app: 'application' } }
  const template = { metadata, spec: { ...(isJob ? { restartPolicy: 'Never' } : {}), containers: [container] } }
  const selector = isJob ? {} : { selector: { matchLabels: metadata.labels } }
  return {
    apiVersion: isJob ? 'batch/v1' : 'apps/v1',
    kind,
    metadata: { name: 'application' },
    spec: { ...selector, template },
  }
}

/** A pod of an application with the components of deploy/kubernetes, for example `declared`. */
export async function podWith(
  component: 'declared' | 'before-1.29/declared',
  workloadOptions: Workload,
  issuer: Issuer,
): Promise<PodSpec> {
  return specOf(await render([workload(workloadOptions, issuer)], [component]), workloadOptions.kind)
}

/** The pod of examples/kubernetes/declared. Its ConfigMaps are put into the cluster. */
export async function examplePod(kubelet: Kubelet): Promise<PodSpec> {
  const objects = await build('examples/kubernetes/declared')
  for (const object of objects)
    if (object.kind === 'ConfigMap') await kubelet.setConfigMap(object.metadata.name, object['data'] as Files)
  return specOf(objects, 'Deployment')
}

/** The pod of the authority. Its volume is the claim `data-rolesets-0`. */
export async function authorityPod(): Promise<PodSpec> {
  const spec = specOf(await build('deploy/kubernetes/authority'), 'StatefulSet')
  // As the StatefulSet does it with its claim template.
  const data = { name: 'data', persistentVolumeClaim: { claimName: authorityClaim } }
  return { ...spec, volumes: [...(spec.volumes ?? []), data] }
}

/** An application that asks the authority over the network, with TLS and the read key. */
export function remotePod(authority: string, options: Workload, issuer: Issuer): PodSpec {
  const env = {
    ROLESETS_TARGET: `${authority}:7450`,
    KEY_FILE: '/etc/rolesets/keys/read-key',
    CA_FILE: '/etc/rolesets/ca/ca.crt',
    ...options.env,
  }
  const spec = specOf([workload({ ...options, env }, issuer) as KubernetesObject], options.kind)
  const volumes = [
    { name: 'keys', secret: { secretName: 'rolesets-keys', items: [{ key: 'read-key', path: 'read-key' }] } },
    { name: 'ca', secret: { secretName: 'rolesets-tls', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
  ]
  const volumeMounts = [
    { name: 'keys', mountPath: '/etc/rolesets/keys' },
    { name: 'ca', mountPath: '/etc/rolesets/ca' },
  ]
  return { ...spec, volumes, containers: spec.containers.map((container) => ({ ...container, volumeMounts })) }
}

async function render(objects: readonly object[], components: readonly string[]): Promise<readonly KubernetesObject[]> {
  const folder = await mkdtemp(join(tmpdir(), 'overlay-'))
  try {
    return await buildOverlay(folder, { objects, components: components.map((name) => `deploy/kubernetes/${name}`) })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function specOf(objects: readonly KubernetesObject[], kind: string): PodSpec {
  const found = objects.find((object) => object.kind === kind)
  if (found === undefined) throw new Error(`kustomize has built no ${kind}.`)
  return found['spec'].template.spec as PodSpec
}

/** The roles that each plan offers. */
export type Plans = Readonly<Record<'free' | 'pro', readonly string[]>>

export const plans: Plans = {
  free: ['org:admin', 'org:member'],
  pro: ['org:admin', 'org:member', 'org:moderator', 'org:analyst'],
}

/** org_acme is on Free, org_pro on Pro. */
export function manifestOf({ free, pro }: Plans): string {
  const places = { default_role: 'org:member', creator_role: 'org:admin' }
  return stringify({
    roles: ['moderator', 'analyst'].map((name) => ({ key: `org:${name}`, name })),
    role_sets: [
      { key: 'role_set:free', name: 'Free', roles: free, ...places, initial: true },
      { key: 'role_set:pro', name: 'Pro', roles: pro, ...places },
    ],
    organizations: [
      { id: 'org_acme', name: 'Acme', role_set: 'role_set:free' },
      { id: 'org_pro', name: 'Pro Ltd', role_set: 'role_set:pro' },
    ],
  })
}

export async function declare(kubelet: Kubelet, manifest: string): Promise<void> {
  await kubelet.setConfigMap(manifestName, { 'rolesets.yaml': manifest })
}
