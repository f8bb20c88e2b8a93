// Starting other programs from the workspace's scripts, with the repository's root as their folder.

import { spawn } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository's root, without a slash at the end. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)))

/**
 * Runs a program to its end, its output passed through, and returns its exit code. A program that a signal ended, or
 * that could not be started, counts as 1. A SIGTERM is passed on; an interrupt comes from a terminal, which sends it to
 * the program as well.
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

/** The path of a command that a dependency of the root package brings. */
export function bin(name) {
  return join(root, 'node_modules', '.bin', name)
}

/** The test runner, as a script to be run by the Node that the tests are to run on. */
export const testRunner = join(root, 'node_modules', 'ava', 'entrypoints', 'cli.mjs')
