/**
 * Runs a container of a manifest as a process: its command and its variables, with its mounts and ports moved to folders and
 * ports of the test.
 */

import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmod, cp, mkdir, mkdtemp, rename, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { projectRoot } from '../docs/code-blocks.ts'
import { freePort } from '../processes/free-port.ts'
import { cleanEnvironment, rolesetsCommand } from '../processes/sidecar-process.ts'
import type { KubernetesObject } from './kustomize.ts'
import { containersOf, type PodSpec } from './workloads.ts'

interface Teardown {
  teardown(undo: () => unknown): void
}

/** The contents of ConfigMaps and Secrets, by their kinds and names: `Secret rolesets-keys`. */
export type Contents = Readonly<Record<string, Readonly<Record<string, string>>>>

export interface LocalPod {
  /** Where a volume of the pod is. */
  readonly folderOf: (volume: string) => string
  /** The local port for one of the pod. */
  readonly portOf: (port: number) => number
  readonly envOf: (container: string) => NodeJS.ProcessEnv
  /** For `through`: a root file system that is read-only, but for the volumes of the container. Needs `unshare -m`. */
  readonly withReadOnlyRoot: (container: string) => readonly string[]
  /** Starts a container, and waits for the line of JSON that it prints when it is ready. */
  readonly start: (container: string, options?: StartOptions) => Promise<ContainerProcess>
}

export interface StartOptions {
  /** Further variables, as a kubelet adds them. */
  readonly env?: Readonly<Record<string, string>>
  /** A program that runs the command, with its own arguments. */
  readonly through?: readonly string[]
}

export interface ContainerProcess {
  readonly child: ChildProcess
  readonly ready: Readonly<Record<string, unknown>>
  /** All lines on stderr so far. */
  readonly log: readonly string[]
  /** SIGTERM, and the exit code. */
  readonly stop: () => Promise<number | null>
}

/** The programs of the images: what their entry points run. */
const programs: Readonly<Record<string, readonly string[]>> = {
  rolesets: [rolesetsCommand],
  'pricing-tiers': [join(projectRoot, 'examples/pricing-tiers/app.js')],
}

export interface LocalPodOptions {
  /** For the volumes. */
  readonly folder: string
  readonly contents: Contents
  /** Local ports of Services, by what clients call: `rolesets.rolesets.svc:7450`. */
  readonly services?: Readonly<Record<string, number>>
}

export async function openLocalPod(
  t: Teardown,
  spec: PodSpec,
  { folder, contents, services = {} }: LocalPodOptions,
): Promise<LocalPod> {
  const containers = containersOf(spec)
  const folderOf = (volume: string) => join(folder, volume)
  for (const volume of (spec['volumes'] ?? []) as readonly PodSpec[])
    await fillVolume(folderOf(volume['name']), volume, contents)
  const claims = containers.flatMap(({ volumeMounts = [] }) => volumeMounts.map(({ name }: PodSpec) => name as string))
  for (const name of claims) await mkdir(folderOf(name), { recursive: true })
  const ports = new Map<number, number>()
  for (const { ports: declared = [] } of containers)
    for (const { containerPort } of declared) ports.set(containerPort, await freePort())
  const portOf = (port: number) => ports.get(port) ?? port

  const find = (name: string) => {
    const container = containers.find((each) => each['name'] === name)
    if (container === undefined) throw new Error(`There is no container ${name}.`)
    return container
  }
  const envOf = (name: string) => ({
    ...cleanEnvironment(),
    ...localEnv(find(name), { contents, services, folderOf, portOf }),
  })
  const start = async (name: string, { env = {}, through = [] }: StartOptions = {}) => {
    const { image, args = [] } = find(name)
    const program = programs[/^[^:@]+/.exec(image as string)?.[0] ?? '']
    if (program === undefined) throw new Error(`There is no program for the image ${image}.`)
    const command = [...through, process.execPath, ...program, ...(args as string[])]
    return startProcess(t, command, { ...envOf(name), ...env })
  }
  const withReadOnlyRoot = (name: string) => {
    const mounts = ((find(name)['volumeMounts'] ?? []) as readonly PodSpec[]).map((each) => {
      const folder = folderOf(each['name'])
      const bind = `mount --bind '${folder}' '${folder}'`
      return each['readOnly'] === true ? `${bind} && mount -o remount,bind,ro '${folder}'` : bind
    })
    const script = [...mounts, 'mount -o remount,bind,ro /', 'exec "$@"'].join('\n')
    return ['unshare', '-m', 'sh', '-ec', script, 'sh']
  }
  return { folderOf, portOf, envOf, withReadOnlyRoot, start }
}

interface Local extends Pick<LocalPod, 'folderOf' | 'portOf'> {
  readonly contents: Contents
  readonly services: Readonly<Record<string, number>>
}

/** Lets the names of Services lead to this machine, as the DNS of a cluster leads to them. */
const dns = `import dns from 'node:dns'
const { lookup } = dns.promises
dns.promises.lookup = (name, ...rest) => lookup(name.endsWith('.svc') ? '127.0.0.1' : name, ...rest)`

function localEnv(container: PodSpec, { contents, services, folderOf, portOf }: Local): Record<string, string> {
  const mounts = [...((container['volumeMounts'] ?? []) as readonly PodSpec[])].sort(
    (a, b) => b['mountPath'].length - a['mountPath'].length,
  )
  const fromMaps = (container['envFrom'] ?? []).map(
    ({ configMapRef }: PodSpec) => contents[`ConfigMap ${configMapRef.name}`] ?? {},
  )
  const own = (container['env'] ?? []).map(({ name, value }: PodSpec) => [name, value])
  const all = Object.assign({}, ...fromMaps, Object.fromEntries(own)) as Record<string, string>
  const local = Object.entries(all).map(([name, value]) => {
    const mount = mounts.find(({ mountPath }) => value.includes(mountPath))
    const placed = mount === undefined ? value : value.replaceAll(mount['mountPath'], folderOf(mount['name']))
    const service = services[placed]
    if (service !== undefined) return [name, placed.replace(/\d+$/, String(service))] as const
    const moved = placed.replace(/(?<=:)\d+\b/g, (port) => String(portOf(Number(port))))
    return [name, name === 'PORT' ? String(portOf(Number(value))) : moved] as const
  })
  const preload =
    Object.keys(services).length === 0
      ? {}
      : { NODE_OPTIONS: `--import=data:text/javascript;base64,${Buffer.from(dns).toString('base64')}` }
  const temporary = mounts.find(({ mountPath }) => mountPath === '/tmp')
  const folders = temporary === undefined ? {} : { TMPDIR: folderOf(temporary['name']) }
  return { ...folders, ...Object.fromEntries(local), ...preload }
}

/** Writes the files of a ConfigMap or a Secret as the kubelet does, with the keys that `items` names. */
async function fillVolume(folder: string, volume: PodSpec, contents: Contents): Promise<void> {
  const { secret, configMap } = volume
  await mkdir(folder, { recursive: true })
  // Any user of the pod may write to an emptyDir.
  if (volume['emptyDir'] !== undefined) await chmod(folder, 0o777)
  if (secret === undefined && configMap === undefined) return
  const name = secret === undefined ? `ConfigMap ${configMap.name}` : `Secret ${secret.secretName}`
  const files = contents[name]
  if (files === undefined) throw new Error(`There is no ${name}.`)
  const items: readonly PodSpec[] | undefined = (secret ?? configMap).items
  const chosen = items?.map(({ key, path }) => [path, files[key] ?? missing(name, key)] as const)
  await mountFiles(folder, chosen === undefined ? files : Object.fromEntries(chosen))
}

function missing(name: string, key: string): never {
  throw new Error(`${name} has no ${key}.`)
}

/** As the kubelet does: the files are in a folder of their own, and one link, which is exchanged, leads to it. */
export async function mountFiles(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  const version = await mkdtemp(join(folder, '..'))
  for (const [name, text] of Object.entries(files)) await writeFile(join(version, name), text)
  const link = join(folder, '..data_tmp')
  await symlink(version, link)
  await rename(link, join(folder, '..data'))
  for (const name of Object.keys(files)) await symlink(join('..data', name), join(folder, name)).catch(() => undefined)
}

/** The contents of the ConfigMaps among objects. */
export function contentsOf(objects: readonly KubernetesObject[]): Contents {
  const maps = objects.filter(({ kind }) => kind === 'ConfigMap')
  return Object.fromEntries(maps.map(({ metadata, ['data']: data }) => [`ConfigMap ${metadata.name}`, data]))
}

async function startProcess(
  t: Teardown,
  [program = '', ...args]: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<ContainerProcess> {
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  t.teardown(() => child.kill('SIGKILL'))
  const log: string[] = []
  createInterface({ input: child.stderr }).on('line', (line) => log.push(line))
  const exited = once(child, 'close') as Promise<[number | null]>
  const early = exited.then(([code]) => {
    throw new Error(`It ended (${code}) before it was ready:\n${log.join('\n')}`)
  })
  early.catch(() => undefined)
  const [line] = (await Promise.race([once(createInterface({ input: child.stdout }), 'line'), early])) as [string]
  const stop = async () => {
    child.kill('SIGTERM')
    return (await exited)[0]
  }
  return { child, ready: JSON.parse(line) as Record<string, unknown>, log, stop }
}

/** A copy of the manifests and of the example, at the same relative paths, for tests that change them. */
export async function copyManifests(folder: string): Promise<void> {
  for (const path of ['deploy/kubernetes', 'examples/kubernetes'])
    await cp(join(projectRoot, path), join(folder, path), { recursive: true })
}
