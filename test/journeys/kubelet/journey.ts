/** What the journeys of pods begin with: a kubelet, a pod whose sidecar has a declared state, and users of its application. */

import { connect } from 'node:net'
import test from 'ava'
import { createIssuer, type Issuer } from '../guarded-application.ts'
import { Kubelet, type Pod, type Teardown } from './kubelet.ts'
import { granted, Load, refused } from './load.ts'
import {
  applicationPort,
  declare,
  images,
  manifestOf,
  plans,
  podWith,
  probePort,
  reasonWithoutKubelet,
} from './pods.ts'
import type { PodSpec } from './pod-spec.ts'

/** `test`, with a title that says why it is skipped where it is. */
export function journeyFor(skipped: string | undefined): { journey: typeof test | typeof test.skip; suffix: string } {
  return skipped === undefined ? { journey: test, suffix: '' } : { journey: test.skip, suffix: ` (${skipped})` }
}

export const { journey, suffix } = journeyFor(reasonWithoutKubelet())

export interface Cluster {
  readonly kubelet: Kubelet
  readonly issuer: Issuer
  /** Of a Deployment with the component `declared`. */
  readonly spec: PodSpec
}

export async function openCluster(t: Teardown, env: Readonly<Record<string, string>> = {}): Promise<Cluster> {
  const issuer = await createIssuer()
  const kubelet = new Kubelet(t, { images })
  await declare(kubelet, manifestOf(plans))
  return { kubelet, issuer, spec: await podWith('declared', { kind: 'Deployment', env }, issuer) }
}

/** Users of these pods who ask for what `plans` allow and refuse, also while a pod that is ready isn't any more. */
export function openLoad(t: Teardown, { issuer }: Cluster, pods: () => readonly Pod[]): Load {
  const load = new Load(t, { issuer, answering: () => pods().filter((pod) => pod.isReady), port: applicationPort })
  load.expect('org_pro', 'org:analyst', granted)
  load.expect('org_acme', 'org:moderator', refused)
  return load
}

export interface ProbeAnswer {
  readonly status: number
  // Facts of several rooms.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly body: any
}

export async function askProbe(pod: Pod, path: '/readyz' | '/startupz'): Promise<ProbeAnswer> {
  const response = await fetch(`http://${pod.address}:${probePort}${path}`)
  return { status: response.status, body: await response.json() }
}

/** Asks until it is so, between two requests of the users. */
export async function untilProbe(
  pod: Pod,
  path: '/readyz' | '/startupz',
  isSo: (answer: ProbeAnswer) => boolean,
): Promise<ProbeAnswer> {
  let last: ProbeAnswer | undefined
  let isOver = false
  const asking = (async () => {
    while (!isOver) {
      last = await askProbe(pod, path).catch(() => last)
      pod.changed()
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  })()
  await pod
    .until(
      path,
      () => last !== undefined && isSo(last),
      () => `${JSON.stringify(last)}\n${pod.describe()}`,
    )
    .finally(() => (isOver = true))
  await asking
  return last as ProbeAnswer
}

/** The application of the pod takes no new connections. */
export async function untilClosed({ address: host }: Pod, port = applicationPort): Promise<void> {
  for (;;) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect({ host, port })
      socket.on('connect', () => (socket.destroy(), resolve(true))).on('error', () => resolve(false))
    })
    if (!isOpen) return
    await new Promise((resolve) => setImmediate(resolve))
  }
}
