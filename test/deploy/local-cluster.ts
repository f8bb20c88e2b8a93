/**
 * Plays a cluster for the commands of a page: a shell in which `kubectl` keeps objects in a file, and the pods of these objects
 * as processes on this machine.
 */

import { execFile, execFileSync } from 'node:child_process'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { projectRoot } from '../docs/code-blocks.ts'
import { cleanEnvironment, rolesetsCommand } from '../processes/sidecar-process.ts'
import { temporaryFolder } from '../processes/temporary-folder.ts'
import { copyManifests, openLocalPod, type Contents, type LocalPod } from './container-process.ts'
import type { KubernetesObject } from './kustomize.ts'

interface Teardown {
  teardown(undo: () => unknown): void
}

export interface Outcome {
  readonly code: number
  readonly output: string
}

export class LocalCluster {
  readonly #t: Teardown
  /** The folder in which the commands run, with a copy of the manifests. */
  readonly folder: string
  readonly #state: string
  #pods = 0

  private constructor(t: Teardown, { folder, state }: { folder: string; state: string }) {
    this.#t = t
    this.folder = folder
    this.#state = state
  }

  static async open(t: Teardown): Promise<LocalCluster> {
    const [folder, state] = [await temporaryFolder(t), await temporaryFolder(t)]
    await copyManifests(folder)
    await writeFile(join(state, 'objects.json'), '{}')
    const shim = fileURLToPath(new URL('kubectl.mjs', import.meta.url))
    await mkdir(join(state, 'bin'))
    await writeFile(join(state, 'bin/kubectl'), `#!/bin/sh\nexec '${process.execPath}' '${shim}' "$@"\n`)
    await chmod(join(state, 'bin/kubectl'), 0o755)
    return new LocalCluster(t, { folder, state })
  }

  /** Runs a command of a page in a shell. Programs of the repository are those of the repository. */
  async run(command: string): Promise<Outcome> {
    const env = {
      ...cleanEnvironment(),
      PATH: [join(this.#state, 'bin'), process.env['PATH']].join(delimiter),
      CLUSTER_FOLDER: this.#state,
      REAL_KUBECTL: execFileSync('sh', ['-c', 'command -v kubectl'], { encoding: 'utf8' }).trim(),
      ROLESETS_COMMAND: rolesetsCommand,
    }
    const placed = command.replaceAll(
      /(?<=\s)examples\/(?=kubernetes\/\S+\.mjs|pricing-tiers\/)/g,
      `${projectRoot}examples/`,
    )
    return new Promise((resolve) => {
      execFile('sh', ['-c', placed], { cwd: this.folder, env }, (error, stdout, stderr) => {
        const code = typeof error?.code === 'number' ? error.code : error ? 1 : 0
        resolve({ code, output: stdout + stderr })
      })
    })
  }

  async #objects(): Promise<Readonly<Record<string, KubernetesObject>>> {
    return JSON.parse(await readFile(join(this.#state, 'objects.json'), 'utf8')) as Record<string, KubernetesObject>
  }

  async find(namespace: string, kind: string, name: string): Promise<KubernetesObject> {
    const found = (await this.#objects())[`${namespace}/${kind}/${name}`]
    if (found === undefined) throw new Error(`There is no ${kind} ${name} in ${namespace}.`)
    return found
  }

  /** The contents of the ConfigMaps and Secrets of a namespace. */
  async contents(namespace: string): Promise<Contents> {
    const found = Object.entries(await this.#objects()).filter(([key]) => key.startsWith(`${namespace}/`))
    const maps = found.filter(([, { kind }]) => ['ConfigMap', 'Secret'].includes(kind))
    return Object.fromEntries(maps.map(([, object]) => [`${object.kind} ${object.metadata.name}`, textsOf(object)]))
  }

  /** A pod of a workload. Names of Services lead to the ports of this machine that are given. */
  async pod(
    namespace: string,
    workload: KubernetesObject,
    services: Readonly<Record<string, number>> = {},
  ): Promise<LocalPod> {
    const folder = join(this.#state, String(this.#pods++))
    const contents = await this.contents(namespace)
    return openLocalPod(this.#t, workload['spec'].template.spec, { folder, contents, services })
  }

  /** From now on, `kubectl exec` runs with this environment. */
  async execIn(env: NodeJS.ProcessEnv): Promise<void> {
    await writeFile(join(this.#state, 'exec-env.json'), JSON.stringify(env))
  }
}

function textsOf({ kind, data = {} }: KubernetesObject): Readonly<Record<string, string>> {
  const decode = (text: string) => (kind === 'Secret' ? Buffer.from(text, 'base64').toString('utf8') : text)
  return Object.fromEntries(Object.entries(data as Record<string, string>).map(([name, text]) => [name, decode(text)]))
}
