/**
 * The volumes of a pod, as folders. The files of a ConfigMap or a Secret are replaced together, as kubelets do it: a new folder,
 * and one rename of the symbolic link `..data`.
 */

import { randomBytes } from 'node:crypto'
import { chmod, mkdir, readdir, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { VolumeSpec } from './pod-spec.ts'

/** File names and their texts. */
export type Files = Readonly<Record<string, string | Buffer>>

/** What pods of one cluster refer to by name. */
export interface Objects {
  readonly configMaps: ReadonlyMap<string, Files>
  readonly secrets: ReadonlyMap<string, Files>
  /** Folders of persistent volumes, by the name of the claim. They outlive the pods. */
  readonly claims: ReadonlyMap<string, string>
}

export interface Volume {
  readonly spec: VolumeSpec
  readonly folder: string
}

/** @param folder where the pod's own volumes are made */
export async function openVolume(spec: VolumeSpec, objects: Objects, folder: string): Promise<Volume> {
  const claim = spec.persistentVolumeClaim?.claimName
  if (claim !== undefined) return { spec, folder: found(objects.claims, claim, 'volume claim') }
  const own = join(folder, spec.name)
  // Whoever the containers run as: the kubelet makes it so, too.
  await mkdir(own)
  await chmod(own, 0o777)
  const volume = { spec, folder: own }
  const files = filesOf(spec, objects)
  if (files !== undefined) await replaceFiles(own, files)
  return volume
}

/** What is in it now; undefined: it is no volume of files. */
export function filesOf({ configMap, secret }: VolumeSpec, { configMaps, secrets }: Objects): Files | undefined {
  if (configMap !== undefined) {
    if (configMap.optional === true && !configMaps.has(configMap.name)) return {}
    return found(configMaps, configMap.name, 'ConfigMap')
  }
  if (secret === undefined) return undefined
  const files = found(secrets, secret.secretName, 'Secret')
  if (secret.items === undefined) return files
  return Object.fromEntries(secret.items.map(({ key, path }) => [path, files[key] ?? missing(key, secret.secretName)]))
}

/** All files at once: whoever reads through `..data` sees the former ones or the new ones. */
export async function replaceFiles(folder: string, files: Files): Promise<void> {
  const former = await readlink(join(folder, '..data')).catch(() => undefined)
  const next = `..${new Date().toISOString().replace(/[-:T]/g, '_').replace('Z', '')}.${randomBytes(4).toString('hex')}`
  await mkdir(join(folder, next))
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, next, name), text)
  await symlink(next, join(folder, '..data_tmp'))
  await rename(join(folder, '..data_tmp'), join(folder, '..data'))
  const visible = (await readdir(folder)).filter((name) => !name.startsWith('..'))
  for (const name of Object.keys(files))
    if (!visible.includes(name)) await symlink(join('..data', name), join(folder, name))
  for (const name of visible) if (!(name in files)) await rm(join(folder, name))
  if (former !== undefined) await rm(join(folder, former), { recursive: true })
}

function found<Value>(values: ReadonlyMap<string, Value>, name: string, kind: string): Value {
  const value = values.get(name)
  if (value === undefined) throw new Error(`The pod needs the ${kind} "${name}", which isn't there.`)
  return value
}

function missing(key: string, secret: string): never {
  throw new Error(`The Secret "${secret}" has no "${key}".`)
}
