/** podman and buildah with a storage of their own in a temporary folder, so that a test touches nothing of the machine's. */

import { execFile, spawnSync } from 'node:child_process'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { cleanEnvironment } from '../processes/sidecar-process.ts'

const execute = promisify(execFile)

export interface ContainerTools {
  /** What builds images here. */
  readonly builder: 'buildah' | 'podman'
  readonly env: NodeJS.ProcessEnv
  /** @returns what it prints on standard output */
  readonly podman: (...args: string[]) => Promise<string>
  /** Removes the containers, volumes and images that were made, and the storage. */
  readonly close: () => Promise<void>
}

/** Why containers can't run on this machine; undefined if they can, as far as can be told without one. */
export function reasonWithoutContainers(): string | undefined {
  if (process.platform !== 'linux') return 'containers of this machine need Linux'
  if (!isThere('podman')) return 'podman is missing'
  if (!isThere('runc') && !isThere('crun')) return 'runc is missing'
  return undefined
}

function isThere(program: string): boolean {
  return spawnSync(program, ['--version']).status === 0
}

export async function openContainerTools(folder: string): Promise<ContainerTools> {
  await mkdir(join(folder, 'storage'), { recursive: true })
  const storage = join(folder, 'storage.conf')
  const containers = join(folder, 'containers.conf')
  const at = (name: string) => JSON.stringify(join(folder, 'storage', name))
  const places = ['[storage]', 'driver = "overlay"', `graphroot = ${at('graph')}`, `runroot = ${at('run')}`]
  await writeFile(storage, `${places.join('\n')}\n`)
  // Without systemd, and where limits can't be raised: what CI machines have.
  const engine = ['[engine]', `runtime = "${isThere('runc') ? 'runc' : 'crun'}"`, 'cgroup_manager = "cgroupfs"']
  const more = ['events_logger = "none"', `tmp_dir = ${at('tmp')}`]
  const limits = ['[containers]', 'default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]']
  await writeFile(containers, `${[...engine, ...more, ...limits].join('\n')}\n`)
  const env = { ...cleanEnvironment(), CONTAINERS_STORAGE_CONF: storage, CONTAINERS_CONF: containers }

  const podman = async (...args: string[]) => {
    const { stdout } = await execute('podman', args, { env, maxBuffer: 64 << 20 })
    return stdout
  }
  return {
    builder: isThere('buildah') ? 'buildah' : 'podman',
    env,
    podman,
    close: async () => {
      // Each of these knows only the storage above.
      await podman('rm', '--all', '--force', '--time=0').catch(() => undefined)
      await podman('volume', 'prune', '--force').catch(() => undefined)
      await podman('rmi', '--all', '--force').catch(() => undefined)
      await rm(folder, { recursive: true, force: true })
    },
  }
}
