// Starts and stops the sidecar and the application. Each prints one line of JSON when it is ready.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'

const lastLinesMax = 20
const timeoutMs = 10_000

/** The `rolesets` command, as a file for Node. */
export const rolesets = join(
  dirname(createRequire(import.meta.url).resolve('@rolesets/sidecar/package.json')),
  'dist/main.js',
)

/** Without the user's settings for another sidecar. */
const ownEnv = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('ROLESETS_')))

/**
 * @typedef {object} Running
 * @property {number} pid
 * @property {Readonly<Record<string, unknown>>} ready the line of JSON that it printed
 * @property {Promise<string>} ended resolves with a sentence when the process has ended
 * @property {(graceMs?: number) => Promise<void>} stop ends the process, after a time in which it can end by itself
 */

/**
 * Starts a Node program and waits until it is ready.
 *
 * @param {string} name for messages
 * @param {readonly string[]} args file and arguments
 * @param {Readonly<Record<string, string>>} [env]
 * @returns {Promise<Running>}
 */
export async function startProcess(name, args, env = {}) {
  const child = spawn(process.execPath, args, { env: { ...ownEnv, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  /** @type {string[]} */
  const lastLines = []
  createInterface({ input: child.stderr }).on('line', (line) => {
    lastLines.push(line)
    if (lastLines.length > lastLinesMax) lastLines.shift()
  })
  const ended = once(child, 'close').then(([code, signal]) => {
    const lines = lastLines.map((line) => `\n  ${line}`).join('')
    return `${name} has ended (${signal ?? `exit code ${code}`}).${lines}`
  })
  const early = ended.then((sentence) => Promise.reject(new Error(sentence)))
  early.catch(() => {})

  const [line] = await Promise.race([once(createInterface({ input: child.stdout }), 'line'), early])
  const stop = async (graceMs = 0) => {
    await Promise.race([ended, wait(graceMs, undefined, { ref: false })])
    child.kill('SIGTERM')
    const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs)
    await ended
    clearTimeout(timer)
  }
  return { pid: Number(child.pid), ready: JSON.parse(line), ended, stop }
}

/**
 * Runs a command of the `rolesets` program until it ends.
 *
 * @param {readonly string[]} args
 * @returns {Promise<{ exitCode: number | null, output: string }>}
 */
export async function runRolesets(args) {
  const child = spawn(process.execPath, [rolesets, ...args], { env: ownEnv, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text))
  const [exitCode] = await once(child, 'close')
  return { exitCode, output: output.trimEnd() }
}
