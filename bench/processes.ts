/** Starts the other processes of a row: the built sidecar, and the programs in programs/. All end with the row. */

import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const rolesetsCommand = fileURLToPath(new URL('../packages/sidecar/dist/main.js', import.meta.url))

export interface Launch {
  readonly command: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  readonly signal?: AbortSignal
}

export interface Process {
  readonly child: ChildProcess
  readonly pid: number
  /** The lines on stderr so far, at most the last 1000. */
  readonly log: readonly string[]
  /** The next line on stdout. Rejects if the process ends first. */
  nextLine(): Promise<string>
  /** Writes a line to its stdin. */
  send(line: string): void
  /** Sends SIGTERM, and SIGKILL after five seconds, and waits. @returns the exit code */
  stop(): Promise<number | null>
  /** Sends SIGKILL, and waits. */
  kill(): Promise<void>
}

export interface Sidecar extends Process {
  readonly grpc: readonly string[]
  /** The first gRPC address, as a target for clients. */
  readonly target: string
  readonly http: string | null
}

export interface SidecarOptions {
  /** `ROLESETS_…` variables. Default: gRPC on a free port on loopback, and no HTTP. */
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  readonly signal?: AbortSignal
  readonly nodeArguments?: readonly string[]
}

const running = new Set<Process>()

/** Starts any program. At the end of the row `endProcesses` kills it if it still runs. */
export function launch({ command, args, env, cwd, signal }: Launch): Process {
  const child = spawn(command, [...args], {
    env: { ...cleanEnvironment(), ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(cwd === undefined ? {} : { cwd }),
    ...(signal === undefined ? {} : { signal, killSignal: 'SIGKILL' as const }),
  })
  const log: string[] = []
  createInterface({ input: child.stderr }).on('line', (line) => {
    log.push(line)
    if (log.length > 1000) log.shift()
  })
  const exited = new Promise<number | null>((resolve) => {
    child.on('error', (error) => log.push(error.message))
    child.on('close', resolve)
  })
  child.stdin.on('error', () => undefined)
  const process: Process = {
    child,
    pid: child.pid ?? -1,
    log,
    nextLine: linesOf(child, () => log.join('\n')),
    send: (line) => void child.stdin.write(`${line}\n`),
    stop: async () => {
      child.kill('SIGTERM')
      const impatience = setTimeout(() => child.kill('SIGKILL'), 5000)
      return exited.finally(() => clearTimeout(impatience))
    },
    kill: async () => {
      child.kill('SIGKILL')
      await exited
    },
  }
  running.add(process)
  void exited.then(() => running.delete(process))
  return process
}

/** Starts bench/programs/<name>.ts with this version of Node and the built packages. */
export function startProgram(name: string, args: readonly string[] = [], signal?: AbortSignal): Process {
  const file = fileURLToPath(new URL(`programs/${name}.ts`, import.meta.url))
  const own = ['--import=ts-blank-space/register', '--enable-source-maps', file]
  return launch({
    command: process.execPath,
    args: [...own, ...args],
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    ...(signal ? { signal } : {}),
  })
}

/** Starts the built `rolesets serve`, and waits for its ready line. */
export async function startSidecar({ env, cwd, signal, nodeArguments = [] }: SidecarOptions = {}): Promise<Sidecar> {
  const started = launch({
    command: process.execPath,
    args: [...nodeArguments, rolesetsCommand, 'serve'],
    env: { ROLESETS_GRPC_LISTEN: '127.0.0.1:0', ROLESETS_HTTP_LISTEN: '', ROLESETS_LOG_LEVEL: 'warn', ...env },
    ...(cwd === undefined ? {} : { cwd }),
    ...(signal === undefined ? {} : { signal }),
  })
  const ready = JSON.parse(await started.nextLine()) as { grpc: string[]; http: string | null }
  return { ...started, grpc: ready.grpc, target: ready.grpc[0] ?? '', http: ready.http }
}

/** Kills all processes that the row has not ended. */
export async function endProcesses(): Promise<void> {
  await Promise.all([...running].map((each) => each.kill()))
}

function linesOf(child: ChildProcess, log: () => string): () => Promise<string> {
  const lines: string[] = []
  const waiting: { resolve: (line: string) => void; reject: (error: Error) => void }[] = []
  let ended: Error | undefined
  if (child.stdout) {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const first = waiting.shift()
      if (first) first.resolve(line)
      else lines.push(line)
    })
  }
  void once(child, 'close')
    .catch((error: unknown) => [String(error)])
    .then(([code]) => {
      ended = new Error(`${child.spawnargs.join(' ')} ended (${String(code)}):\n${log()}`)
      for (const { reject } of waiting.splice(0)) reject(ended)
    })
  return () =>
    new Promise((resolve, reject) => {
      const line = lines.shift()
      if (line !== undefined) resolve(line)
      else if (ended) reject(ended)
      else waiting.push({ resolve, reject })
    })
}

/** The environment without `ROLESETS_…`, so that a developer's settings don't change the results. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(ROLESETS_|NODE_OPTIONS)/.test(name)))
}
