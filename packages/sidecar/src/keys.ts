/** The keys that the sidecar starts with: from the settings, or generated once and kept beside the database. */

import { randomBytes } from 'node:crypto'
import { chmod, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { keyProblem, type Config } from './config.ts'

/** A key, its access, and the name of the actor that uses it. */
export interface NamedKey {
  readonly name: string
  readonly access: 'secret' | 'read'
  readonly key: string
}

export interface KeyEvents {
  readonly keyGenerated: (path: string) => void
  readonly keyGeneratedInMemory: () => void
  /** `isHidden`: its mode is 0600 now. */
  readonly keyFileExposed: (path: string, isHidden: boolean) => void
}

/** The file of the key can't be used; the operator has to correct it. */
export class KeyFileError extends Error {
  override readonly name = 'KeyFileError'
  readonly code = 'key_file'
}

/** A read-only sidecar has nothing to write, so it generates no key; one that was kept earlier still opens the history. */
export async function openKeys(
  config: Pick<Config, 'secretKey' | 'readKey' | 'databasePath' | 'readOnly' | 'upstream'>,
  events: KeyEvents,
): Promise<readonly NamedKey[]> {
  const { readKey } = config
  // A key that a replica made would be none of its authority's.
  const generates = !config.readOnly && config.upstream === undefined
  const secretKey = config.secretKey ?? (await keptKey(config.databasePath, { events, generates }))
  return [
    ...(secretKey === undefined ? [] : [{ name: 'admin', access: 'secret', key: secretKey } as const]),
    ...(readKey === undefined ? [] : [{ name: 'read', access: 'read', key: readKey } as const]),
  ]
}

/** @returns undefined when there is none, and none is generated */
async function keptKey(
  databasePath: string | undefined,
  { events, generates }: { readonly events: KeyEvents; readonly generates: boolean },
): Promise<string | undefined> {
  if (databasePath === undefined) {
    if (generates) events.keyGeneratedInMemory()
    return undefined
  }
  const path = `${databasePath}.key`
  const kept = await readKeptKey(path, events)
  if (kept !== undefined || !generates) return kept
  const made = await makeKey(path)
  events.keyGenerated(path)
  return made
}

/** Written aside and then renamed: whenever the process ends, there is a whole key or none. The store's lock keeps others out. */
async function makeKey(path: string): Promise<string> {
  const key = newKey()
  const aside = `${path}.new`
  try {
    await rm(aside, { force: true })
    const file = await open(aside, 'wx', 0o600)
    try {
      await file.writeFile(`${key}\n`)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(aside, path)
    return key
  } catch (error) {
    throw new KeyFileError(
      `The secret key can't be written to ${path} (${codeOf(error)}). Make its folder writable, or give a key.`,
    )
  }
}

/** @returns undefined when there is no file yet */
async function readKeptKey(path: string, events: KeyEvents): Promise<string | undefined> {
  let key: string
  try {
    key = (await readFile(path, 'utf8')).trim()
    const { mode } = await stat(path)
    if ((mode & 0o077) !== 0) await hide(path, events)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw new KeyFileError(
      `The secret key in ${path} can't be read (${codeOf(error)}). Make it readable, or give a key.`,
    )
  }
  const problem = keyProblem(key)
  if (problem === undefined) return key
  throw new KeyFileError(`The key in ${path} ${problem} Correct it. Or delete the file: a new key is then generated.`)
}

/** Other users may have read it: the operator is told. */
async function hide(path: string, events: KeyEvents): Promise<void> {
  const isHidden = await chmod(path, 0o600).then(
    () => true,
    () => false,
  )
  events.keyFileExposed(path, isHidden)
}

function newKey(): string {
  return randomBytes(32).toString('base64url')
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown failure'
}
