// Starts other programs from the scripts of the workspace, in the root of the repository.

import { spawn } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The root of the repository, without a slash at the end. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)))

/**
 * Runs a program, passes its output through, and returns its exit code. The code is 1 when a signal ended the program or
 * when it could not be started. A SIGTERM is passed on. A SIGINT is not, because a terminal sends it to both processes.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: Record<string, string | undefined>, stdin?: 'ignore' | 'inherit' }} [options]
 * @returns {Promise<number>}
 */
export function run(program, args, { cwd = root, env = process.env, stdin = 'ignore' } = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd, env, stdio: [stdin, 'inherit', 'inherit'] })
    const terminate = () => child.kill('SIGTERM')
    const wait = () => {}
    const end = (code) => {
      process.off('SIGTERM', terminate).off('SIGINT', wait)
      resolve(code)
    }
    process.on('SIGTERM', terminate).on('SIGINT', wait)
    child.on('error', (error) => {
      process.stderr.write(`${program} could not be started: ${error.message}\n`)
      end(1)
    })
    child.on('exit', (code) => end(code ?? 1))
  })
}

/** The path of a command from a dependency of the root package. */
export function bin(name) {
  return join(root, 'node_modules', '.bin', name)
}

/** The script of the test runner. The Node that runs it is the Node that the tests run on. */
export const testRunner = join(root, 'node_modules', 'ava', 'entrypoints', 'cli.mjs')
