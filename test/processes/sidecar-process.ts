/** The built `rolesets` command as a process of its own, as users run it. */

import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export const rolesetsCommand = fileURLToPath(new URL('../../packages/sidecar/dist/main.js', import.meta.url))

export interface SidecarOptions {
  /** `ROLESETS_…` variables. Without listeners, the sidecar uses free ports on loopback. */
  readonly env?: Readonly<Record<string, string>>
  readonly args?: readonly string[]
  /** For Node itself. */
  readonly nodeArguments?: readonly string[]
  readonly cwd?: string
  /** The program that is run. Default: the built one of the repository. */
  readonly command?: string
}

export interface SidecarProcess extends AsyncDisposable {
  readonly child: ChildProcess
  /** The first gRPC listener, as a target for clients. */
  readonly target: string
  readonly grpc: readonly string[]
  readonly http: string | null
  /** All lines on stderr so far. */
  readonly log: readonly string[]
  /** Asks it to stop, and waits. @returns the exit code */
  stop(): Promise<number | null>
  /** `kill -9`, and waits. */
  kill(): Promise<void>
}

interface Teardown {
  teardown(undo: () => unknown): void
}

/** Starts `rolesets serve`, and waits for its ready line. It is killed after the test if it still runs. */
export async function startSidecar(t: Teardown, options: SidecarOptions = {}): Promise<SidecarProcess> {
  const own = [...(options.nodeArguments ?? []), rolesetsCommand]
  const [program, ...first] = options.command === undefined ? [process.execPath, ...own] : [options.command]
  const child = spawn(program, [...first, 'serve', ...(options.args ?? [])], {
    env: {
      ...cleanEnvironment(),
      ROLESETS_GRPC_LISTEN: '127.0.0.1:0',
      ROLESETS_HTTP_LISTEN: '127.0.0.1:0',
      ...options.env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  })
  t.teardown(() => child.kill('SIGKILL'))
  // Not `exit`: its last output may arrive after that.
  const exited = once(child, 'close') as Promise<[number | null, string | null]>
  const log: string[] = []
  createInterface({ input: child.stderr }).on('line', (line) => log.push(line))
  const firstLine = once(createInterface({ input: child.stdout }), 'line') as Promise<[string]>
  const early = exited.then(([code, signal]) => {
    throw new Error(`The sidecar ended (${code ?? signal}) before it was ready:\n${log.join('\n')}`)
  })
  early.catch(() => undefined)
  const [line] = await Promise.race([firstLine, early])
  const ready = JSON.parse(line) as { ready: true; grpc: string[]; http: string | null }

  const stop = async () => {
    child.kill('SIGTERM')
    return (await exited)[0]
  }
  return {
    child,
    grpc: ready.grpc,
    target: ready.grpc[0] ?? '',
    http: ready.http,
    log,
    stop,
    kill: async () => {
      child.kill('SIGKILL')
      await exited
    },
    [Symbol.asyncDispose]: async () => void (await stop()),
  }
}

/** The environment without settings of Rolesets, so that the settings of a developer don't change a test. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(ROLESETS_|NODE_OPTIONS)/.test(name)))
}
