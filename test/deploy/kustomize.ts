/** Finds the kustomizations of the repository and builds them, as `kubectl apply -k` would. */

import { execFile, execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { promisify } from 'node:util'
import { parseAllDocuments, parse, stringify } from 'yaml'
import { projectRoot } from '../docs/code-blocks.ts'
import { filesBelow } from '../repository/sources.ts'

/** An object of Kubernetes, as it is in the YAML. */
export type KubernetesObject = {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: Record<string, string> }
  // Tests read deep into objects of many kinds; `objectProblems` checks their types.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
} & Record<string, any>

export interface Kustomization {
  /** From the root of the repository. */
  readonly folder: string
  /** A component only changes the objects of the kustomization that uses it. */
  readonly isComponent: boolean
}

const run = promisify(execFile)

/** Why this machine can't build kustomizations; undefined if it can. */
export function reasonWithoutKustomize(): string | undefined {
  try {
    const text = execFileSync('kubectl', ['version', '--client', '-o', 'json'], { encoding: 'utf8', stdio: 'pipe' })
    const { kustomizeVersion = 'unknown' } = JSON.parse(text) as { kustomizeVersion?: string }
    if (Number(/^v(\d+)/.exec(kustomizeVersion)?.[1]) >= 5) return undefined
    return `skipped: kustomizations can’t be built, because kubectl has kustomize ${kustomizeVersion}, and 5.0 is needed`
  } catch {
    return 'skipped: kustomizations can’t be built, because kubectl is missing'
  }
}

/** Every kustomization below these folders. */
export function kustomizationsBelow(...folders: readonly string[]): readonly Kustomization[] {
  const files = folders.flatMap(filesBelow).filter((path) => /\/kustomization\.ya?ml$|\/Kustomization$/.test(path))
  return files.map((path) => {
    const { kind } = parse(readFileSync(join(projectRoot, path), 'utf8')) as { kind?: string }
    return { folder: dirname(path), isComponent: kind === 'Component' }
  })
}

/** @param folder from the root of the repository, or absolute */
export async function build(folder: string): Promise<readonly KubernetesObject[]> {
  const { stdout } = await run('kubectl', ['kustomize', folder], { cwd: projectRoot, maxBuffer: 64 << 20 })
  return parseObjects(stdout)
}

/** As kubectl reads it: YAML 1.1, where `yes` and `on` are booleans. */
export function parseObjects(text: string): readonly KubernetesObject[] {
  const documents = parseAllDocuments(text, { version: '1.1' })
  if ('empty' in documents) return []
  return documents.map((document) => {
    for (const error of document.errors) throw error
    return document.toJS() as KubernetesObject
  })
}

export interface Overlay {
  /** Folders of components, from the root of the repository. */
  readonly components: readonly string[]
  readonly objects?: readonly object[]
  /** Further fields of the kustomization. */
  readonly fields?: object
}

/** Writes a kustomization that uses components, as a user would, and builds it. */
export async function buildOverlay(folder: string, { components, objects = [], fields = {} }: Overlay) {
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'objects.yaml'), objects.map((object) => stringify(object)).join('---\n'))
  const kustomization = {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    resources: objects.length === 0 ? [] : ['objects.yaml'],
    components: components.map((component) => relative(folder, join(projectRoot, component))),
    ...fields,
  }
  await writeFile(join(folder, 'kustomization.yaml'), stringify(kustomization))
  return build(folder)
}
