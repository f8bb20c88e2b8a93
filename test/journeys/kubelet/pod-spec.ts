/** The part of Kubernetes' PodSpec that this kubelet carries out. What it doesn't know it refuses, rather than leave it out. */

export interface PodSpec {
  readonly initContainers?: readonly ContainerSpec[]
  readonly containers: readonly ContainerSpec[]
  readonly volumes?: readonly VolumeSpec[]
  /** Default: `Always`. */
  readonly restartPolicy?: RestartPolicy
  /** Default: 30. */
  readonly terminationGracePeriodSeconds?: number
}

export type RestartPolicy = 'Always' | 'OnFailure' | 'Never'

export interface ContainerSpec {
  readonly name: string
  readonly image: string
  readonly command?: readonly string[]
  readonly args?: readonly string[]
  readonly env?: readonly { readonly name: string; readonly value?: string }[]
  readonly envFrom?: readonly { readonly configMapRef: { readonly name: string } }[]
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number }[]
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[]
  readonly startupProbe?: ProbeSpec
  readonly livenessProbe?: ProbeSpec
  readonly readinessProbe?: ProbeSpec
  /** Of an init container: it is a sidecar. */
  readonly restartPolicy?: 'Always'
}

export interface ProbeSpec {
  readonly httpGet: { readonly path: string; readonly port: string | number }
  /** Defaults: those of Kubernetes. */
  readonly initialDelaySeconds?: number
  readonly periodSeconds?: number
  readonly timeoutSeconds?: number
  readonly failureThreshold?: number
  readonly successThreshold?: number
}

export interface VolumeSpec {
  readonly name: string
  readonly emptyDir?: object
  readonly configMap?: { readonly name: string; readonly optional?: boolean }
  readonly secret?: { readonly secretName: string; readonly items?: readonly { key: string; path: string }[] }
  readonly persistentVolumeClaim?: { readonly claimName: string }
}

export function isSidecar({ restartPolicy }: ContainerSpec): boolean {
  return restartPolicy === 'Always'
}

/** @throws Error for what would need a kubelet that can do more */
export function assertPlayable(spec: PodSpec): void {
  for (const container of [...(spec.initContainers ?? []), ...spec.containers]) {
    const unknown = Object.keys(container).filter((field) => !known.has(field))
    const mounts = (container.volumeMounts ?? []).filter((mount) => 'subPath' in mount)
    if (unknown.length > 0 || mounts.length > 0)
      throw new Error(`This kubelet can't carry out ${[...unknown, ...mounts.map(() => 'subPath')].join(', ')}.`)
    for (const probe of [container.startupProbe, container.livenessProbe, container.readinessProbe])
      if (probe !== undefined && probe.httpGet === undefined) throw new Error('This kubelet only has HTTP probes.')
  }
}

/** With those that have no effect on processes of this machine. `lifecycle` isn't among them: a hook must not be left out. */
const known = new Set([
  ...['name', 'image', 'command', 'args', 'env', 'envFrom', 'ports', 'volumeMounts', 'restartPolicy'],
  ...['startupProbe', 'livenessProbe', 'readinessProbe'],
  ...['imagePullPolicy', 'resources', 'securityContext', 'terminationMessagePolicy', 'terminationMessagePath'],
])

/** The same pod with other limits of the startup probes of its sidecars. */
export function withStartup(spec: PodSpec, limits: Pick<ProbeSpec, 'failureThreshold' | 'periodSeconds'>): PodSpec {
  const initContainers = (spec.initContainers ?? []).map((container) =>
    container.startupProbe === undefined
      ? container
      : { ...container, startupProbe: { ...container.startupProbe, ...limits } },
  )
  return { ...spec, initContainers }
}
