/**
 * The profile `restricted` of the Pod Security Standards, with all of `baseline`, as a table.
 * Source: https://kubernetes.io/docs/concepts/security/pod-security-standards/ (Kubernetes 1.34). Windows is left out but for
 * HostProcess, and so is what only other profiles allow.
 */

import { containersOf, type PodSpec, type PodTemplate } from './workloads.ts'

interface Control {
  /** As the standard calls it. */
  readonly name: string
  /** Whether a pod keeps to it. */
  readonly holds: (pod: PodTemplate, containers: readonly PodSpec[]) => boolean
}

const isOneOf = (value: unknown, ...allowed: readonly unknown[]) => allowed.includes(value)

/** The security contexts of the pod and of all its containers; an empty one where there is none. */
const contextsOf = ({ spec }: PodTemplate, containers: readonly PodSpec[]): readonly PodSpec[] =>
  [spec, ...containers].map(({ securityContext }) => (securityContext as PodSpec | undefined) ?? {})

const volumeTypes = [
  ...['configMap', 'csi', 'downwardAPI', 'emptyDir', 'ephemeral', 'persistentVolumeClaim', 'projected', 'secret'],
]

const sysctls = [
  ...['kernel.shm_rmid_forced', 'net.ipv4.ip_local_port_range', 'net.ipv4.ip_unprivileged_port_start'],
  ...['net.ipv4.tcp_syncookies', 'net.ipv4.ping_group_range', 'net.ipv4.ip_local_reserved_ports'],
  ...['net.ipv4.tcp_keepalive_time', 'net.ipv4.tcp_fin_timeout', 'net.ipv4.tcp_keepalive_intvl'],
  ...['net.ipv4.tcp_keepalive_probes', 'net.ipv4.tcp_rmem', 'net.ipv4.tcp_wmem'],
]

const seLinuxTypes = [undefined, '', 'container_t', 'container_init_t', 'container_kvm_t', 'container_engine_t']

/** Where a container can name the host that the kubelet connects to. */
const handlersOf = ({ livenessProbe, readinessProbe, startupProbe, lifecycle }: PodSpec): readonly PodSpec[] =>
  [livenessProbe, readinessProbe, startupProbe, lifecycle?.postStart, lifecycle?.preStop]
    .flatMap((handler: PodSpec | undefined) => [handler?.['httpGet'], handler?.['tcpSocket']])
    .filter((handler) => handler !== undefined)

const everyContext = (holds: (context: PodSpec) => boolean): Control['holds'] => {
  return (pod, containers) => contextsOf(pod, containers).every(holds)
}
const everyContainer = (holds: (container: PodSpec, pod: PodTemplate) => boolean): Control['holds'] => {
  return (pod, containers) => containers.every((container) => holds(container, pod))
}

export const restricted: readonly Control[] = [
  // Baseline.
  { name: 'HostProcess', holds: everyContext(({ windowsOptions }) => !windowsOptions?.hostProcess) },
  { name: 'Host Namespaces', holds: ({ spec }) => !spec['hostNetwork'] && !spec['hostPID'] && !spec['hostIPC'] },
  { name: 'Privileged Containers', holds: everyContainer(({ securityContext }) => !securityContext?.privileged) },
  {
    name: 'HostPath Volumes',
    holds: ({ spec }) => (spec['volumes'] ?? []).every((volume: PodSpec) => !volume['hostPath']),
  },
  { name: 'Host Ports', holds: everyContainer(({ ports = [] }) => ports.every((port: PodSpec) => !port['hostPort'])) },
  {
    name: 'Host Probes / Lifecycle Hooks',
    holds: everyContainer((each) => handlersOf(each).every(({ host }) => !host)),
  },
  {
    name: 'AppArmor',
    holds: everyContext(({ appArmorProfile }) =>
      isOneOf(appArmorProfile?.type, undefined, 'RuntimeDefault', 'Localhost'),
    ),
  },
  {
    name: 'SELinux',
    holds: everyContext(
      ({ seLinuxOptions: { type, user, role } = {} }) => isOneOf(type, ...seLinuxTypes) && !user && !role,
    ),
  },
  { name: '/proc Mount Type', holds: everyContext(({ procMount }) => isOneOf(procMount, undefined, 'Default')) },
  {
    name: 'Sysctls',
    holds: ({ spec }) =>
      (spec['securityContext']?.sysctls ?? []).every(({ name }: PodSpec) => isOneOf(name, ...sysctls)),
  },
  // Restricted.
  {
    name: 'Volume Types',
    holds: ({ spec }) =>
      (spec['volumes'] ?? []).every((volume: PodSpec) =>
        Object.keys(volume).every((field) => field === 'name' || volumeTypes.includes(field)),
      ),
  },
  {
    name: 'Privilege Escalation',
    holds: everyContainer(({ securityContext }) => securityContext?.allowPrivilegeEscalation === false),
  },
  {
    name: 'Running as Non-root',
    holds: everyContainer(
      ({ securityContext }, { spec }) =>
        (securityContext?.runAsNonRoot ?? spec['securityContext']?.runAsNonRoot) === true,
    ),
  },
  { name: 'Running as Non-root user', holds: everyContext(({ runAsUser }) => runAsUser !== 0) },
  {
    name: 'Seccomp',
    holds: (pod, containers) =>
      everyContext(({ seccompProfile }) => isOneOf(seccompProfile?.type, undefined, 'RuntimeDefault', 'Localhost'))(
        pod,
        containers,
      ) &&
      containers.every(
        ({ securityContext }) => securityContext?.seccompProfile ?? pod.spec['securityContext']?.seccompProfile,
      ),
  },
  {
    name: 'Capabilities',
    holds: everyContainer(({ securityContext }) => {
      const { drop = [], add = [] } = securityContext?.capabilities ?? {}
      return drop.includes('ALL') && add.every((name: string) => name === 'NET_BIND_SERVICE')
    }),
  },
]

/** The names of the controls that a pod doesn't keep to. */
export function violationsOf(pod: PodTemplate): readonly string[] {
  const containers = containersOf(pod.spec)
  return restricted.filter(({ holds }) => !holds(pod, containers)).map(({ name }) => name)
}
