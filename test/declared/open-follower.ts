/** A manifest that is followed in this process, over a real store and real files, with short times. */

import { createHash } from 'node:crypto'
import { mkdir, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openDeclared, type Declared, type DeclaredOptions } from '../../packages/sidecar/src/declared/open-declared.ts'
import { factsOf } from '../../packages/sidecar/src/declared/state.ts'
import { createLog } from '../../packages/sidecar/src/logging.ts'
import { Readiness } from '../../packages/sidecar/src/readiness.ts'
import { Redaction } from '../../packages/sidecar/src/redaction.ts'
import { temporaryFolder } from '../processes/temporary-folder.ts'
import { openTestService, type OpenedService } from '../service/open-service.ts'

interface Teardown {
  teardown(undo: () => unknown): void
}

export type LogLine = Readonly<Record<string, unknown>>

export interface OpenedFollower extends OpenedService {
  readonly declared: Declared
  readonly readiness: Readiness
  readonly log: readonly LogLine[]
  /** What `/readyz` shows as `manifest`. */
  readonly facts: () => ReturnType<typeof factsOf>
  /** Lines of the log with this event, in order. */
  readonly events: (event: string) => readonly LogLine[]
}

export interface FollowOptions extends Partial<Pick<DeclaredOptions, 'administration' | 'times'>> {
  readonly prune?: boolean
  /** Default: a new one. */
  readonly opened?: OpenedService
}

export const quickTimes = { lookEveryMs: 5, quietMs: 10, driftEveryMs: 5, refusedAgainMs: 5 } as const

export async function follow(t: Teardown, path: string, options: FollowOptions = {}): Promise<OpenedFollower> {
  const opened = options.opened ?? (await openTestService(t))
  const readiness = new Readiness()
  readiness.start(() => true)
  const log: LogLine[] = []
  const write = (line: string) => void log.push(JSON.parse(line) as LogLine)
  const declared = openDeclared(
    { manifest: { path, prune: options.prune === true } },
    {
      store: opened.store,
      administration: options.administration ?? opened.admin,
      readiness,
      log: createLog({ level: 'debug', redaction: new Redaction(), write }),
      times: { ...quickTimes, ...options.times },
    },
  )
  if (declared === undefined) throw new Error('Nothing is declared.')
  t.teardown(() => declared.close())
  return {
    ...opened,
    declared,
    readiness,
    log,
    facts: () => factsOf(path, declared.state),
    events: (event) => log.filter((line) => line['event'] === event),
  }
}

/** Looks again until it is so. The time limit of the test ends it. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 5))
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** A role set with these roles beside those of every store. */
export function roleSet(key: string, roles: readonly string[] = []): string {
  const all = ['org:admin', 'org:member', ...roles].join(', ')
  return `  - { key: ${key}, roles: [${all}], default_role: org:member, creator_role: org:admin }\n`
}

export async function manifestFile(t: Teardown, text: string): Promise<string> {
  const path = join(await temporaryFolder(t), 'rolesets.yaml')
  await writeFile(path, text)
  return path
}

/** A folder as the kubelet mounts a ConfigMap: links to `..data`, which is a link to the folder of the present state. */
export class MountedConfigMap {
  readonly path: string
  #generation = 0

  private constructor(path: string) {
    this.path = path
  }

  static async in(t: Teardown, files: Readonly<Record<string, string>>): Promise<MountedConfigMap> {
    const mounted = new MountedConfigMap(await temporaryFolder(t))
    await mounted.swap(files)
    return mounted
  }

  /** In the kubelet's order: new folder, new link, exchange of `..data`, links of the files, removal of the former folder. */
  async swap(files: Readonly<Record<string, string>>): Promise<void> {
    const at = (name: string) => join(this.path, name)
    const folder = `..2026_11_29_${++this.#generation}`
    const former = await readlink(at('..data')).catch(() => undefined)
    await mkdir(at(folder))
    for (const [name, text] of Object.entries(files)) await writeFile(join(at(folder), name), text)
    await symlink(folder, at('..data_tmp'))
    await rename(at('..data_tmp'), at('..data'))
    for (const name of Object.keys(files)) await symlink(join('..data', name), at(name)).catch(() => undefined)
    if (former !== undefined) await rm(at(former), { recursive: true })
  }
}
