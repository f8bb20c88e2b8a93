/**
 * A registry on this machine (verdaccio) with the packed packages in it, and empty projects that install from it. Other
 * packages come through it from the registry that npm is configured with.
 */

import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { freePort } from '../test/processes/free-port.ts'
import { cleanEnvironment } from '../test/processes/sidecar-process.ts'
import { published, root } from './published.mjs'

const run = promisify(execFile)

export interface Output {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface Project {
  readonly folder: string
  /** Runs a program in the project. It never throws: the exit code is a part of the answer. */
  run(program: string, args: readonly string[], env?: Record<string, string>): Promise<Output>
}

export interface LocalRegistry {
  /** Makes a project with these files, and installs what its package.json names. */
  project(files: Record<string, string>, installer?: readonly string[]): Promise<Project>
  close(): Promise<void>
}

/** Starts the registry and publishes all packages into it. They must have been packed. */
export async function openLocalRegistry(): Promise<LocalRegistry> {
  const folder = await mkdtemp(join(tmpdir(), 'rolesets-registry-'))
  const url = `http://127.0.0.1:${await freePort()}/`
  const upstream = (await run('npm', ['config', 'get', 'registry'])).stdout.trim()
  await writeFile(join(folder, 'config.yaml'), configuration(folder, upstream))
  const command = join(root, 'packaging', 'node_modules', '.bin', 'verdaccio')
  const server = spawn(command, ['--config', join(folder, 'config.yaml'), '--listen', url], { stdio: 'ignore' })
  const ended = once(server, 'exit')
  const npmrc = `registry=${url}\n${url.slice('http:'.length)}:_authToken=local\naudit=false\nfund=false\nupdate-notifier=false\n`
  await writeFile(join(folder, '.npmrc'), npmrc)
  await answering(url, server)
  for (const { tarball } of published) await run('npm', ['publish', tarball, '--tag=latest'], { cwd: folder })
  let count = 0
  return {
    async project(files, installer = ['npm', 'install']) {
      const project = projectIn(join(folder, `project-${++count}`))
      await writeFiles(project.folder, { '.npmrc': npmrc, ...files })
      const [program = 'npm', ...args] = installer
      const { code, stdout, stderr } = await project.run(program, args)
      if (code !== 0) throw new Error(`${installer.join(' ')} failed:\n${stdout}${stderr}`)
      return project
    },
    async close() {
      server.kill()
      await ended
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Everyone may read and publish: it listens on loopback, and lives as long as a test. */
function configuration(folder: string, upstream: string): string {
  return JSON.stringify({
    storage: join(folder, 'storage'),
    uplinks: { upstream: { url: upstream, maxage: '60m', timeout: '60s' } },
    packages: {
      '@rolesets/*': { access: '$all', publish: '$anonymous' },
      rolesets: { access: '$all', publish: '$anonymous' },
      '**': { access: '$all', proxy: 'upstream' },
    },
    log: { type: 'stdout', level: 'error' },
  })
}

function projectIn(folder: string): Project {
  return {
    folder,
    run: (program, args, env = {}) =>
      run(program, args, { cwd: folder, env: { ...outsideEnvironment(), ...env }, maxBuffer: 64 * 1024 * 1024 }).then(
        (output) => ({ code: 0, ...output }),
        (error: Output) => ({ code: error.code, stdout: error.stdout, stderr: error.stderr }),
      ),
  }
}

/** Without the settings that npm passes to its scripts, too. */
function outsideEnvironment(): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(cleanEnvironment()).filter(([name]) => !/^(npm_|NODE_)/.test(name)))
}

/** In a folder, also in new folders below it. */
export async function writeFiles(folder: string, files: Record<string, string>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), text)
  }
}

async function answering(url: string, server: ReturnType<typeof spawn>): Promise<void> {
  while (server.exitCode === null) {
    if (
      await fetch(`${url}-/ping`).then(
        ({ ok }) => ok,
        () => false,
      )
    )
      return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`verdaccio ended with ${server.exitCode}.`)
}
