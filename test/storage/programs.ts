/**
 * Runs the small programs beside this file in processes of their own. They are started a hundred times, so their types are
 * taken out once, and they use the built storage.
 */

import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import tsBlankSpace from 'ts-blank-space'

export type ProgramName = 'program-open' | 'program-read-lock' | 'program-fill' | 'program-write'

interface Programs {
  readonly args: readonly string[]
  /** Shell lines to begin with, in a mount namespace of its own: what they mount is gone with the process. */
  readonly mounts?: string
  readonly env?: Readonly<Record<string, string>>
}

export function start(name: ProgramName, { args, mounts, env }: Programs): ChildProcess {
  const command = [process.execPath, join(readyFolder(), `${name}.mjs`), ...args]
  const wrapped =
    mounts === undefined ? command : ['unshare', '-m', 'sh', '-ec', `${mounts}\nexec "$@"`, 'sh', ...command]
  const [program = '', ...rest] = wrapped
  return spawn(program, rest, { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, ...env } })
}

/** The lines that a program prints until it ends. */
export async function linesOf(child: ChildProcess): Promise<readonly string[]> {
  let text = ''
  child.stdout?.setEncoding('utf8')
  child.stdout?.on('data', (chunk: string) => (text += chunk))
  await new Promise((resolve, reject) => child.on('close', resolve).on('error', reject))
  return text.split('\n').filter((line) => line !== '')
}

/** What a program says in its last line, which is JSON. */
export async function run(name: ProgramName, programs: Programs): Promise<unknown> {
  const child = start(name, programs)
  child.stdin?.end()
  const lines = await linesOf(child)
  return JSON.parse(lines.at(-1) ?? 'null')
}

/** Why this machine can't give a process mounts of its own; undefined: it can. */
export function whyNoMounts(): string | undefined {
  const { error, status } = spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', '-o', 'size=1m', 'none', '/mnt'])
  return error || status !== 0 ? 'this user may not mount' : undefined
}

let folder: string | undefined

/** Where the programs are as plain JavaScript, until this process ends. They find packages by name there. */
function readyFolder(): string {
  if (folder !== undefined) return folder
  const cache = fileURLToPath(new URL('../../node_modules/.cache/', import.meta.url))
  mkdirSync(cache, { recursive: true })
  const made = mkdtempSync(join(cache, 'storage-programs-'))
  process.on('exit', () => rmSync(made, { recursive: true, force: true }))
  for (const name of ['program-open', 'program-read-lock', 'program-fill', 'program-write', 'things']) {
    const source = readFileSync(new URL(`${name}.ts`, import.meta.url), 'utf8')
    writeFileSync(join(made, `${name}.mjs`), withoutTypes(source))
  }
  folder = made
  return made
}

function withoutTypes(source: string): string {
  const built = new URL('../../packages/sidecar/dist/', import.meta.url).href
  return tsBlankSpace(source)
    .replace(/'\.\.\/\.\.\/packages\/sidecar\/src\/([^']*)\.ts'/g, (_, path: string) => `'${built}${path}.js'`)
    .replace(/'\.\/([^']*)\.ts'/g, (_, path: string) => `'./${path}.mjs'`)
}
