/** The image, built with `npm run image`'s program on a local base, in a storage of its own; and containers of it. */

import { execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import type { ExecutionContext } from 'ava'
import { findEngine, unpackImage } from '../../deploy/image/engine.mjs'
import { root } from '../../scripts/processes.mjs'
import { openContainerTools, reasonWithoutContainers, type ContainerTools } from './container-tools.ts'
import { reasonWithoutBase, writeLocalBase } from './local-base.ts'

const execute = promisify(execFile)

export const imageName = 'localhost/rolesets:tried'

/** As a guarded pod runs it. The network is that of the machine, so that a client outside reaches loopback. */
const restrictions = [
  ...['--user=1000', '--read-only', '--read-only-tmpfs=false', '--tmpfs=/tmp', '--cap-drop=all'],
  ...['--security-opt=no-new-privileges', '--network=host'],
]

export interface BuiltImage extends ContainerTools {
  /** What the build printed. */
  readonly output: string
  readonly sbomFile: string
  /** The unpacked files of the image. */
  readonly files: string
  /** The image's configuration: its user, command, variables and labels. */
  readonly settings: ImageSettings
  /** Runs the image to its end. */
  readonly run: (options: readonly string[], ...command: string[]) => Promise<Ended>
  /** Starts `serve`, and waits until it is ready. */
  readonly serve: (t: ExecutionContext, options?: ServeOptions) => Promise<Container>
}

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface ImageSettings {
  readonly User: string
  readonly Entrypoint: readonly string[]
  readonly Cmd: readonly string[]
  readonly Env: readonly string[]
  readonly WorkingDir: string
  readonly Volumes: Record<string, unknown>
  readonly Labels: Record<string, string>
  readonly ExposedPorts: Record<string, unknown>
  readonly StopSignal: string
}

interface ServeOptions {
  /** `<volume or folder>:<path>`. */
  readonly volume?: string
  readonly env?: Readonly<Record<string, string>>
  /** Default: the restrictions of a guarded pod. */
  readonly restrictions?: readonly string[]
}

export interface Container {
  readonly name: string
  /** The gRPC listener. */
  readonly target: string
  /** SIGTERM. @returns the exit code */
  stop(): Promise<number | null>
}

/** Why the image can't be built and run on this machine; undefined if it can. */
export function reasonWithoutImage(): string | undefined {
  return reasonWithoutContainers() ?? reasonWithoutBase()
}

export async function buildImage(): Promise<BuiltImage> {
  const folder = await mkdtemp(join(tmpdir(), 'rolesets-image-test-'))
  const tools = await openContainerTools(join(folder, 'containers'))
  const close = async () => {
    await tools.close()
    await rm(folder, { recursive: true, force: true })
  }
  try {
    const sbomFile = join(folder, 'sbom.cdx.json')
    tell('making a base of this machine’s Node')
    await importBase(tools, folder)
    tell('building the image, which takes minutes')
    const output = await build(tools, sbomFile)
    tell('unpacking the image')
    const { files, settings } = unpack(tools, folder)
    tell('the image is there; containers of it run')
    return { ...tools, output, sbomFile, files, settings, close, run: runner(tools), serve: server(tools) }
  } catch (error) {
    await close()
    throw error
  }
}

/** Nothing else is seen for minutes, and a person would think that it hangs. */
function tell(step: string): void {
  console.log(`${new Date().toISOString().slice(11, 19)} image: ${step}`)
}

async function importBase({ podman }: ContainerTools, folder: string): Promise<void> {
  const archive = join(folder, 'base.tar')
  await writeLocalBase(join(folder, 'base'))
  await execute('tar', ['-cf', archive, '-C', join(folder, 'base'), '.'])
  await podman(
    'import',
    '--quiet',
    '--change=ENV PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin',
    archive,
    'localhost/base',
  )
  await Promise.all([rm(archive), rm(join(folder, 'base'), { recursive: true })])
}

/** With the packages that this machine has fetched and compiled already, and which pnpm identifies by their hashes. */
async function build({ builder, env }: ContainerTools, sbomFile: string): Promise<string> {
  const { packageManager } = (await import('../../package.json', { with: { type: 'json' } })).default
  const { stdout } = await execute('npx', ['--yes', packageManager, 'store', 'path'], { cwd: root })
  const store = join(stdout.trim(), '..')
  const options = ['--engine', builder, '--base', 'localhost/base', '--tag', imageName, '--store', store]
  const program = join(root, 'deploy/image/build.mjs')
  return shownOutputOf([program, ...options, '--sbom', sbomFile], env)
}

/** Each line is shown as it comes. */
async function shownOutputOf(args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const lines: string[] = []
  for (const input of [child.stdout, child.stderr])
    createInterface({ input }).on('line', (line) => {
      lines.push(line)
      tell(line.replace(/^image: /, ''))
    })
  const [code] = (await once(child, 'close')) as [number | null]
  const output = `${lines.join('\n')}\n`
  if (code !== 0) throw new Error(`The image can't be built (${code}):\n${output}`)
  return output
}

/** The engine that built it reads it, with the storage that the variables name. */
function unpack({ builder, env }: ContainerTools, folder: string): { files: string; settings: ImageSettings } {
  Object.assign(process.env, env)
  const { engine } = findEngine(builder)
  if (engine === undefined) throw new Error(`${builder} does not work`)
  return unpackImage(engine, imageName, join(folder, 'unpacked'))
}

function runner({ env }: ContainerTools): BuiltImage['run'] {
  return (options, ...command) =>
    new Promise((resolve) => {
      const args = ['run', '--rm', ...restrictions, ...options, imageName, ...command]
      execFile('podman', args, { env, maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr })
      })
    })
}

function server(tools: ContainerTools): BuiltImage['serve'] {
  return async (t, options = {}) => {
    const name = `tried-${randomBytes(4).toString('hex')}`
    const variables = { ROLESETS_GRPC_LISTEN: '127.0.0.1:0', ROLESETS_HTTP_LISTEN: '127.0.0.1:0', ...options.env }
    const args = [
      ...['run', `--name=${name}`, ...(options.restrictions ?? restrictions)],
      ...(options.volume === undefined ? [] : [`--volume=${options.volume}`]),
      ...Object.entries(variables).map(([key, value]) => `--env=${key}=${value}`),
    ]
    const child = spawn('podman', [...args, imageName], { env: tools.env, stdio: ['ignore', 'pipe', 'pipe'] })
    const exited = once(child, 'close') as Promise<[number | null]>
    t.teardown(async () => {
      await tools.podman('rm', '--force', '--time=0', '--volumes', name)
      await exited
    })
    const log: string[] = []
    createInterface({ input: child.stderr }).on('line', (line) => log.push(line))
    const line = once(createInterface({ input: child.stdout }), 'line') as Promise<[string]>
    const early = exited.then(([code]) => {
      throw new Error(`The container ended (${code}) before it was ready:\n${log.join('\n')}`)
    })
    early.catch(() => undefined)
    const { grpc } = JSON.parse((await Promise.race([line, early]))[0]) as { grpc: readonly string[] }
    return {
      name,
      target: grpc[0] ?? '',
      stop: async () => {
        await tools.podman('kill', '--signal=TERM', name)
        return (await exited)[0]
      },
    }
  }
}
