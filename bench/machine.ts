/** The machine, versions and commit of a run. Without them a figure has no meaning. */

import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { arch, cpus, loadavg, platform, release, totalmem } from 'node:os'
import { promisify } from 'node:util'

export interface Circumstances {
  readonly recordedAt: string
  /** Undefined outside of a git clone. Ends with `-dirty` if files differ from the commit. */
  readonly commit?: string
  readonly node: string
  readonly system: string
  readonly processor: string
  readonly cores: number
  readonly memoryBytes: number
  /** The average of the minute before the run. */
  readonly loadAtStart: number
  readonly packages: Readonly<Record<string, string>>
}

export async function circumstances(): Promise<Circumstances> {
  const commit = await promisify(execFile)('git', ['describe', '--always', '--dirty', '--abbrev=12', '--exclude=*'])
    .then(({ stdout }) => stdout.trim())
    .catch(() => undefined)
  return {
    recordedAt: new Date().toISOString(),
    ...(commit === undefined ? {} : { commit }),
    node: process.versions.node,
    system: `${platform()} ${release()} ${arch()}`,
    processor: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryBytes: totalmem(),
    loadAtStart: loadavg()[0] ?? 0,
    packages: await installedVersions(),
  }
}

/** The installed versions of all dependencies of the benchmarks. */
async function installedVersions(): Promise<Record<string, string>> {
  const modules = new URL('node_modules/', import.meta.url)
  const folders = await readdir(modules)
  const names = await Promise.all(
    folders
      .filter((name) => !name.startsWith('.') && name !== '@types')
      .map(async (name) =>
        name.startsWith('@') ? (await readdir(new URL(`${name}/`, modules))).map((own) => `${name}/${own}`) : [name],
      ),
  )
  const versions = names.flat().map(async (name) => {
    const manifest = await readFile(new URL(`${name}/package.json`, modules), 'utf8').catch(() => '{}')
    return [name, (JSON.parse(manifest) as { version?: string }).version ?? 'unknown'] as const
  })
  return Object.fromEntries((await Promise.all(versions)).sort(([one], [other]) => one.localeCompare(other)))
}
