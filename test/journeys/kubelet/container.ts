/** One container of a pod: a process that is started, probed, restarted with back-off, and ended, as a kubelet does it. */

import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import type { ContainerSpec, ProbeSpec, RestartPolicy } from './pod-spec.ts'
import { followProbe } from './probe.ts'

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface Surroundings {
  readonly host: string
  readonly secondMs: number
  readonly restartPolicy: RestartPolicy
  readonly graceMs: number
  readonly start: () => ChildProcess
  /** Each event of the container, in a sentence. */
  readonly hear: (event: string) => void
}

export type ContainerState = 'waiting' | 'running' | 'terminated'

export class Container {
  readonly spec: ContainerSpec
  /** All lines on stdout and stderr so far, of all its processes. */
  readonly log: string[] = []
  /** How its processes have ended so far. */
  readonly exits: Exit[] = []
  state: ContainerState = 'waiting'
  /** The startup probe has succeeded since the last start. */
  isStarted = false
  isReady = false
  /** How often a process was started. */
  starts = 0
  /** Settles when it has ended and isn't started again. */
  readonly over: Promise<void>
  readonly #around: Surroundings
  /** Aborted: it is not started again. */
  readonly #stopping = new AbortController()
  #process: { readonly child: ChildProcess; readonly closed: Promise<void> } | undefined
  #end: () => void = () => undefined

  constructor(spec: ContainerSpec, around: Surroundings) {
    this.spec = spec
    this.#around = around
    this.over = new Promise((resolve) => (this.#end = resolve))
  }

  get pid(): number | undefined {
    return this.#process?.child.pid
  }

  get exit(): Exit | undefined {
    return this.exits.at(-1)
  }

  /** Starts it, and again whenever its policy asks for that. */
  run(): void {
    void this.#live().finally(() => this.#end())
  }

  /** SIGTERM; it is not started again. @param signal SIGKILL at the end of the grace */
  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    this.#stopping.abort()
    if (this.#process === undefined && this.state !== 'running') this.#end()
    this.kill(signal)
    await this.over
  }

  /** As something else than the kubelet would: it is started again. */
  kill(signal: NodeJS.Signals): void {
    this.#process?.child.kill(signal)
  }

  async #live(): Promise<void> {
    const { signal } = this.#stopping
    for (;;) {
      if (signal.aborted) break
      const exit = await this.#runOnce()
      if (signal.aborted || !this.#mayRestart(exit)) break
      this.state = 'waiting'
      const seconds = Math.min(10 * 2 ** (this.exits.length - 1), 300)
      this.#around.hear(`BackOff ${this.spec.name}: restarted in ${seconds} s`)
      await pause(seconds * this.#around.secondMs, undefined, { signal }).catch(() => undefined)
    }
    this.state = 'terminated'
    this.#around.hear(`Ended ${this.spec.name}`)
  }

  #mayRestart({ code }: Exit): boolean {
    const { restartPolicy } = this.#around
    return restartPolicy === 'Always' || (restartPolicy === 'OnFailure' && code !== 0)
  }

  async #runOnce(): Promise<Exit> {
    const child = this.#around.start()
    // Not `exit`: its last output may arrive after that.
    const closed = once(child, 'close').then(() => undefined)
    this.#process = { child, closed }
    for (const stream of [child.stdout, child.stderr])
      if (stream !== null)
        createInterface({ input: stream }).on('line', (line) => {
          this.log.push(line)
          this.#around.hear('')
        })
    this.state = 'running'
    this.starts++
    this.#around.hear(`Started ${this.spec.name}`)
    const ended = new AbortController()
    const probes = this.#probe(ended.signal)
    await closed
    ended.abort()
    await probes
    this.#process = undefined
    this.isStarted = this.isReady = false
    const exit: Exit = { code: child.exitCode, signal: child.signalCode }
    this.exits.push(exit)
    this.#around.hear(`Exited ${this.spec.name}: ${exit.signal ?? exit.code ?? 'unknown'}`)
    return exit
  }

  async #probe(signal: AbortSignal): Promise<void> {
    const { startupProbe, livenessProbe, readinessProbe } = this.spec
    if (startupProbe !== undefined && !(await this.#startUp(startupProbe, signal))) return
    if (signal.aborted) return
    this.isStarted = true
    this.isReady = readinessProbe === undefined
    this.#around.hear(`StartedUp ${this.spec.name}`)
    await Promise.all([
      livenessProbe === undefined ? undefined : this.#watchLife(livenessProbe, signal),
      readinessProbe === undefined ? undefined : this.#watchReadiness(readinessProbe, signal),
    ])
  }

  /** A start may take as long as the description says, also where the time between two probes is shorter. */
  async #startUp(probe: ProbeSpec, signal: AbortSignal): Promise<boolean> {
    const { secondMs } = this.#around
    const failureThreshold = Math.ceil(((probe.failureThreshold ?? 3) * 1_000) / secondMs)
    let isUp = false
    await followProbe({ ...probe, failureThreshold }, this.#target(probe, signal), (verdict, why) => {
      isUp = verdict === 'success'
      if (!isUp) this.#unhealthy('startup', why)
      return true
    })
    return isUp
  }

  async #watchLife(probe: ProbeSpec, signal: AbortSignal): Promise<void> {
    await followProbe(probe, this.#target(probe, signal), (verdict, why) => {
      // The kubelet doesn't ask any more when the pod is ending.
      if (verdict === 'success' || this.#stopping.signal.aborted) return false
      this.#unhealthy('liveness', why)
      return true
    })
  }

  async #watchReadiness(probe: ProbeSpec, signal: AbortSignal): Promise<void> {
    await followProbe(probe, this.#target(probe, signal), (verdict, why) => {
      const isReady = verdict === 'success'
      if (isReady === this.isReady) return
      this.isReady = isReady
      this.#around.hear(isReady ? `Ready ${this.spec.name}` : `NotReady ${this.spec.name}: ${why}`)
    })
  }

  /** Ends the process, so that it is started again. */
  #unhealthy(kind: 'startup' | 'liveness', why: string): void {
    this.#around.hear(`Unhealthy ${this.spec.name}: ${kind} probe: ${why}`)
    const running = this.#process
    if (running === undefined) return
    running.child.kill('SIGTERM')
    const timer = setTimeout(() => running.child.kill('SIGKILL'), this.#around.graceMs)
    void running.closed.then(() => clearTimeout(timer))
  }

  #target({ httpGet: { port } }: ProbeSpec, signal: AbortSignal) {
    const named = (this.spec.ports ?? []).find(({ name }) => name === port)?.containerPort
    const { host, secondMs } = this.#around
    return { host, port: named ?? Number(port), signal, secondMs }
  }
}
