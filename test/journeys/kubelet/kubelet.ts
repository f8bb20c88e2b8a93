/**
 * A small kubelet for tests. It plays what a kubelet does with a pod: sidecars first and until they have started, then the
 * containers; probes, restarts, volumes; at the end the containers first and then the sidecars. A second between two probes or
 * restarts is shorter than a second, but no container has less time than its description gives it.
 */

import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Changing } from './changing.ts'
import { Container } from './container.ts'
import { assertPlayable, isSidecar, type ContainerSpec, type PodSpec } from './pod-spec.ts'
import { commandOf, openLoopbackSandbox, type Images, type Sandbox } from './sandbox.ts'
import { filesOf, openVolume, replaceFiles, type Files, type Objects, type Volume } from './volumes.ts'

export interface Teardown {
  teardown(undo: () => unknown): void
}

export interface KubeletOptions {
  readonly images: Images
  /** How long one second of the descriptions takes between two probes or restarts. */
  readonly secondMs?: number
  /** Default: an address of 127.0.0.0/8. */
  readonly openSandbox?: () => Promise<Sandbox> | Sandbox
}

export type Phase = 'Pending' | 'Running' | 'Succeeded' | 'Failed'

/** One kubelet, and what the pods of its cluster refer to. */
export class Kubelet implements Objects {
  readonly configMaps = new Map<string, Files>()
  readonly secrets = new Map<string, Files>()
  readonly claims = new Map<string, string>()
  readonly #options: KubeletOptions
  readonly #pods = new Set<Pod>()

  constructor(t: Teardown, options: KubeletOptions) {
    this.#options = options
    // Also where a test run is given up: no process stays.
    process.once('exit', () => this.#pods.forEach((pod) => pod.kill()))
    t.teardown(() => Promise.all([...this.#pods].map((pod) => pod.remove())))
  }

  /** Starts a pod in the background. */
  async start(name: string, spec: PodSpec): Promise<Pod> {
    assertPlayable(spec)
    const { images, secondMs = 40, openSandbox = openLoopbackSandbox } = this.#options
    const root = await mkdtemp(join(tmpdir(), 'pod-'))
    const folder = join(root, 'volumes')
    await mkdir(folder)
    const volumes = await Promise.all((spec.volumes ?? []).map((volume) => openVolume(volume, this, folder)))
    const pod = new Pod(name, spec, { images, secondMs, objects: this, volumes, root, sandbox: await openSandbox() })
    this.#pods.add(pod)
    pod.run()
    return pod
  }

  /** Changes it, and its files in each pod that mounts it. */
  async setConfigMap(name: string, files: Files): Promise<void> {
    this.configMaps.set(name, files)
    await Promise.all([...this.#pods].map((pod) => pod.refresh(this, (spec) => spec.configMap?.name === name)))
  }
}

interface PodParts {
  readonly images: Images
  readonly secondMs: number
  readonly objects: Objects
  readonly volumes: readonly Volume[]
  readonly root: string
  readonly sandbox: Sandbox
}

export class Pod extends Changing {
  readonly name: string
  readonly spec: PodSpec
  /** What has happened, in order: `Started rolesets`, `Exited application: 0`. */
  readonly events: string[] = []
  readonly sidecars: readonly Container[]
  readonly applications: readonly Container[]
  /** It was deleted, or its application has ended. */
  isEnding = false
  phase: Phase = 'Pending'
  readonly #parts: PodParts
  readonly #graceMs: number

  constructor(name: string, spec: PodSpec, parts: PodParts) {
    super()
    this.name = name
    this.spec = spec
    this.#parts = parts
    this.#graceMs = (spec.terminationGracePeriodSeconds ?? 30) * 1_000
    const init = spec.initContainers ?? []
    if (!init.every(isSidecar)) throw new Error('This kubelet only has init containers that are sidecars.')
    this.sidecars = init.map((container) => this.#container(container))
    this.applications = spec.containers.map((container) => this.#container(container))
  }

  get address(): string {
    return this.#parts.sandbox.address
  }

  /** Gets requests from Services. */
  get isReady(): boolean {
    return !this.isEnding && this.#all.every(({ isReady }) => isReady)
  }

  container(name: string): Container {
    const found = this.#all.find(({ spec }) => spec.name === name)
    if (found === undefined) throw new Error(`The pod ${this.name} has no container "${name}".`)
    return found
  }

  /** The folder of a volume on this machine. */
  folder(volume: string): string {
    return this.#folders.get(volume) ?? ''
  }

  run(): void {
    void this.#start()
  }

  async started(): Promise<void> {
    await this.waitFor('every container has started', () => this.#all.every(({ isStarted }) => isStarted))
  }

  async ready(): Promise<void> {
    await this.waitFor('the pod is ready', () => this.isReady)
  }

  /** As `until`; what the containers printed is in the error. */
  async waitFor(what: string, isSo: () => boolean): Promise<void> {
    await this.until(`${this.name}: ${what}`, isSo, () => this.describe())
  }

  /** Ends it as `kubectl delete pod`: SIGTERM, and SIGKILL to what is left after the grace. */
  async delete(): Promise<void> {
    this.isEnding = true
    this.#hear(`Killing ${this.name}`)
    await this.#stopInOrder()
  }

  /** The files of a volume, as the objects of the cluster are now. */
  async refresh(objects: Objects, isMeant: (spec: Volume['spec']) => boolean): Promise<void> {
    for (const { spec, folder } of this.#parts.volumes)
      if (!this.isEnding && isMeant(spec)) await replaceFiles(folder, filesOf(spec, objects) ?? {})
  }

  /** As when its node is lost. */
  kill(): void {
    this.isEnding = true
    this.#killAll()
    this.changed()
  }

  /** After the test, also where the node is lost. */
  async remove(): Promise<void> {
    this.kill()
    await Promise.all(this.#all.map(({ over }) => over))
    await this.#parts.sandbox.close()
    await rm(this.#parts.root, { recursive: true, force: true })
  }

  describe(): string {
    const logs = this.#all.map(({ spec, state, log }) => `--- ${spec.name}: ${state}\n${log.slice(-20).join('\n')}`)
    return [`pod ${this.name}: ${this.phase}`, ...this.events, ...logs].join('\n')
  }

  get #all(): readonly Container[] {
    return [...this.sidecars, ...this.applications]
  }

  get #folders(): ReadonlyMap<string, string> {
    return new Map(this.#parts.volumes.map(({ spec, folder }) => [spec.name, folder]))
  }

  #container(spec: ContainerSpec): Container {
    const { sandbox, secondMs, images, objects } = this.#parts
    const { command, env } = commandOf(spec, { images, folders: this.#folders, sandbox, objects })
    const restartPolicy = isSidecar(spec) ? 'Always' : (this.spec.restartPolicy ?? 'Always')
    const hear = (event: string) => this.#hear(event)
    const start = () => sandbox.start(command, env)
    return new Container(spec, { host: sandbox.address, secondMs, restartPolicy, graceMs: this.#graceMs, start, hear })
  }

  async #start(): Promise<void> {
    for (const sidecar of this.sidecars) {
      if (this.isEnding) return
      sidecar.run()
      await this.when(() => sidecar.isStarted || this.isEnding)
    }
    if (this.isEnding) return
    this.phase = 'Running'
    for (const application of this.applications) application.run()
    await Promise.all(this.applications.map(({ over }) => over))
    // A pod that is deleted is ended by `delete`.
    if (this.isEnding) return
    this.isEnding = true
    await this.#stopInOrder()
  }

  /** The application first. The sidecars end when it has, in the opposite order of their start. */
  async #stopInOrder(): Promise<void> {
    const grace = setTimeout(() => this.#graceIsOver(), this.#graceMs)
    await Promise.all(this.applications.map((container) => container.stop()))
    for (const sidecar of [...this.sidecars].reverse()) await sidecar.stop()
    clearTimeout(grace)
    this.phase = this.applications.every(({ exit }) => exit?.code === 0) ? 'Succeeded' : 'Failed'
    this.#hear(this.phase)
  }

  #graceIsOver(): void {
    this.#hear('GraceOver')
    this.#killAll()
  }

  #killAll(): void {
    for (const container of this.#all) void container.stop('SIGKILL')
  }

  #hear(event: string): void {
    if (event !== '') this.events.push(event)
    this.changed()
  }
}
