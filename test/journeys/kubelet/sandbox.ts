/**
 * What the containers of a pod share: its address, and the folders that they see. Without namespaces of their own, the paths and the
 * addresses in the description of a container are replaced by those on this machine.
 */

import { spawn, type ChildProcess } from 'node:child_process'
import { cleanEnvironment } from '../../processes/sidecar-process.ts'
import type { ContainerSpec } from './pod-spec.ts'
import type { Objects } from './volumes.ts'

/** What an image runs, by its name without a tag: its entry point. The arguments of the container follow. */
export type Images = Readonly<Record<string, readonly string[]>>

export interface Sandbox {
  /** Where the kubelet, and other pods, reach the pod. */
  readonly address: string
  /** Starts a command inside. */
  start(command: readonly string[], env: NodeJS.ProcessEnv): ChildProcess
  /** An address as it is for the pod's processes, for example `0.0.0.0`. */
  translateHosts(text: string): string
  close(): Promise<void>
}

let pods = 0

/** An address of its own below 127.0.0.0/8, so that all pods can listen on the ports of their descriptions. */
export function openLoopbackSandbox(): Sandbox {
  const address = nextLoopbackAddress()
  return {
    address,
    start: ([program = '', ...args], env) => spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] }),
    // The pod's loopback is this address, too.
    translateHosts: (text) => text.replace(/(?<![\d.])(?:0\.0\.0\.0|127\.0\.0\.1|localhost)(?=:\d|$)/g, address),
    close: async () => undefined,
  }
}

/** Different in each process, as long as fewer than 250 are made. */
export function nextLoopbackAddress(): string {
  return `127.${64 + ((process.pid >> 8) % 128)}.${process.pid % 256}.${++pods}`
}

/** Why this machine can't give pods addresses; undefined: it can. */
export function reasonWithoutPods(): string | undefined {
  return process.platform === 'linux' ? undefined : 'skipped: pods need addresses of 127.0.0.0/8, which only Linux has'
}

export interface Available {
  readonly images: Images
  /** Of the volumes of the pod, by their names. */
  readonly folders: ReadonlyMap<string, string>
  readonly sandbox: Sandbox
  readonly objects: Objects
}

/** The command and the environment of a container, as they are on this machine. */
export function commandOf(
  spec: ContainerSpec,
  { images, folders, sandbox, objects }: Available,
): { readonly command: readonly string[]; readonly env: NodeJS.ProcessEnv } {
  const image = images[spec.image.replace(/:[^/]*$/, '')]
  if (image === undefined) throw new Error(`There is no image "${spec.image}".`)
  const mounts = (spec.volumeMounts ?? []).map(
    ({ name, mountPath }) => [mountPath, folders.get(name) ?? noVolume(spec.name, name)] as const,
  )
  mounts.sort(([a], [b]) => b.length - a.length)
  const translate = (text: string) => translatePaths(sandbox.translateHosts(text), mounts)
  const shared = (spec.envFrom ?? []).flatMap(({ configMapRef: { name } }) =>
    Object.entries(objects.configMaps.get(name) ?? {}),
  )
  const own = (spec.env ?? []).map(({ name, value }) => [name, value] as const)
  const variables = [...shared, ...own].map(([name, value]) => [name, translate(value?.toString() ?? '')] as const)
  return {
    // The command of an image is one of this machine, wherever this repository is.
    command: [...(spec.command?.map(translate) ?? image), ...(spec.args ?? []).map(translate)],
    env: { ...cleanEnvironment(), ...Object.fromEntries(variables) },
  }
}

/** In one go, because a folder of this machine can contain a path of the container, such as /tmp. */
function translatePaths(text: string, mounts: readonly (readonly [path: string, folder: string])[]): string {
  if (mounts.length === 0) return text
  const paths = mounts.map(([path]) => path.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  const whole = new RegExp(`(?<![\\w./-])(?:${paths.join('|')})(?![\\w.-])`, 'g')
  const folders = new Map(mounts)
  return text.replace(whole, (path) => folders.get(path) ?? path)
}

function noVolume(container: string, name: string): never {
  throw new Error(`The container "${container}" mounts the volume "${name}", which isn't there.`)
}
