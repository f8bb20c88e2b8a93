/**
 * Where the file of a store is, and whether it can be there. What a person must repair is found here, before SQLite opens
 * anything.
 */

import { constants } from 'node:fs'
import { access, lstat, readlink, realpath, stat, statfs } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { StoreError } from '../../store.ts'
import { isFileSystemInUserSpace, networkFileSystemOf } from './file-systems.ts'

export interface Location {
  /** Absolute and without symbolic links, so that one file has one name, and one lock. */
  readonly file: string
  readonly folder: string
  /** The file system may be a remote one. */
  readonly isDoubtful: boolean
}

const linksMax = 40

/** @throws StoreError `folder_missing`, `folder_read_only`, `not_a_database`, `network_file_system` */
export async function locate(path: string): Promise<Location> {
  const file = await followLinks(resolve(path))
  const folder = dirname(file)
  await checkAccess(folder, 'The folder')
  await checkFile(file)
  const { type } = await statfs(folder)
  const network = networkFileSystemOf(type)
  if (network !== undefined) throw onNetwork(file, network)
  return { file, folder, isDoubtful: isFileSystemInUserSpace(type) }
}

/** A link can point to a file that doesn't exist yet; SQLite would create it there. */
async function followLinks(path: string): Promise<string> {
  let file = path
  for (let links = 0; links < linksMax; links++) {
    file = join(await realFolder(dirname(file)), basename(file))
    const found = await lstat(file).catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT') return undefined
      throw notReachable(file, error)
    })
    if (!found?.isSymbolicLink()) return file
    file = resolve(dirname(file), await readlink(file))
  }
  throw new StoreError(
    'folder_missing',
    `The symbolic link ${path} doesn't lead to a file. Give the path of the file itself.`,
  )
}

async function realFolder(path: string): Promise<string> {
  try {
    const folder = await realpath(path)
    if ((await stat(folder)).isDirectory()) return folder
  } catch (error) {
    const code = codeOf(error)
    if (code !== 'ENOENT' && code !== 'ENOTDIR' && code !== 'ELOOP') throw notReachable(path, error)
  }
  throw new StoreError('folder_missing', `The folder ${path} doesn't exist. Create it, or give another path.`)
}

async function checkFile(file: string): Promise<void> {
  const found = await stat(file).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  })
  if (found === undefined) return
  if (!found.isFile()) {
    const what = found.isDirectory() ? 'a folder' : 'not a regular file'
    throw new StoreError('not_a_database', `${file} is ${what}. Give the path of a file.`)
  }
  await checkAccess(file, 'The file')
}

async function checkAccess(path: string, noun: string): Promise<void> {
  const needed = constants.R_OK | constants.W_OK | (noun === 'The folder' ? constants.X_OK : 0)
  try {
    await access(path, needed)
  } catch (error) {
    throw new StoreError(
      'folder_read_only',
      `${noun} ${path} can't be written. Give this user write permission, and check that its disk isn't mounted read-only.`,
      { cause: error },
    )
  }
}

function notReachable(path: string, cause: unknown): StoreError {
  return new StoreError(
    'folder_read_only',
    `${path} can't be reached. Give this user permission to read its folders.`,
    {
      cause,
    },
  )
}

function onNetwork(file: string, name: string): StoreError {
  return new StoreError(
    'network_file_system',
    `${file} is on a network file system (${name}), where file locks don't work, so the file would be damaged. Give the path of a file on a local disk.`,
  )
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
