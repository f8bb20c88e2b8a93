/**
 * A base for the image, made of this machine's Node and the few programs that a build starts, in a second and without a
 * registry of images. Only what a base must have is in it, so the build shows what it needs.
 */

import { execFile } from 'node:child_process'
import { existsSync, readdirSync, realpathSync } from 'node:fs'
import { chmod, copyFile, cp, lstat, mkdir, readlink, symlink, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** What the Dockerfile, npm and the commands of packages start. */
const programs = ['sh', 'env', 'cp', 'rm', 'chroot', 'dirname', 'sed', 'uname', 'mkdir', 'cat']
/** `/bin` first, because it can be a link that the base needs, too. */
const binaries = ['/bin', '/usr/bin', '/sbin', '/usr/sbin']

const node = realpathSync(process.execPath)
const npm = [join(dirname(node), '../lib/node_modules/npm'), '/usr/lib/node_modules/npm', '/usr/share/nodejs/npm']

/** Why this machine can't be the base; undefined if it can. */
export function reasonWithoutBase(): string | undefined {
  if (npm.every((folder) => !existsSync(folder))) return 'npm is not beside Node'
  const missing = programs.filter((name) => pathOf(name) === undefined)
  return missing.length === 0 ? undefined : `${missing.join(', ')} are missing`
}

function pathOf(program: string): string | undefined {
  return binaries.map((folder) => join(folder, program)).find((path) => existsSync(path))
}

/** Writes the files of the base below `root`. */
export async function writeLocalBase(root: string): Promise<void> {
  const at = (path: string) => join(root, path)
  for (const folder of [
    'usr/local/bin',
    'usr/local/lib/node_modules',
    'etc',
    'root',
    'tmp',
    'proc',
    'dev',
    'sys',
    'run',
  ])
    await mkdir(at(folder), { recursive: true })
  await chmod(at('tmp'), 0o1777)
  for (const name of programs) await place(root, pathOf(name) ?? '')
  for (const library of await librariesOf([node, ...programs.map((name) => pathOf(name) ?? '')]))
    await place(root, library)
  await copyFile(node, at('usr/local/bin/node'))
  const npmFolder = npm.find((folder) => existsSync(folder)) ?? ''
  await cp(npmFolder, at('usr/local/lib/node_modules/npm'), { recursive: true, dereference: true })
  for (const name of ['npm', 'npx'])
    await symlink(`../lib/node_modules/npm/bin/${name}-cli.js`, at(`usr/local/bin/${name}`))
  await writeFile(at('etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\n')
  await writeFile(at('etc/group'), 'root:x:0:\n')
  await copyDebianRecords(root)
}

/** As Debian's images have them. Other systems have none. */
async function copyDebianRecords(root: string): Promise<void> {
  if (existsSync('/etc/os-release')) await place(root, '/etc/os-release')
  if (!existsSync('/var/lib/dpkg/status')) return
  await place(root, '/var/lib/dpkg/status')
  for (const name of readdirSync('/var/lib/dpkg/info').filter((each) => each.endsWith('.list')))
    await place(root, `/var/lib/dpkg/info/${name}`)
}

async function librariesOf(files: readonly string[]): Promise<readonly string[]> {
  const outputs = await Promise.all(files.map((file) => run('ldd', [file])))
  return [...new Set(outputs.flatMap(({ stdout }) => stdout.match(/\/\S+/g) ?? []))]
}

/** Copies a file to the same path, with the links on the way to it. */
async function place(root: string, path: string): Promise<void> {
  let here = '/'
  const parts = path.split('/').filter((part) => part !== '')
  for (const [index, part] of parts.entries()) {
    here = join(here, part)
    const stats = await lstat(here)
    const target = join(root, here)
    if (stats.isSymbolicLink()) {
      const to = await readlink(here)
      if (!existsSync(dirname(target))) await mkdir(dirname(target), { recursive: true })
      await symlink(to, target).catch(ignoreExisting)
      return place(root, join(resolve(dirname(here), to), ...parts.slice(index + 1)))
    }
    if (stats.isDirectory()) await mkdir(target, { recursive: true })
    else await copyFile(here, target)
  }
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error
}
