// Runs the suite with ava once, and shows how many tests of each area passed and everything that ava prints about the
// other tests.

import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { root, testRunner } from './processes.mjs'
import { createSuiteReport } from './suite-report.mjs'

/**
 * Runs the suite to its end and shows it on stdout.
 *
 * @param {readonly string[]} args for ava, such as files or `--match`; `--verbose` also shows the tests that passed
 * @param {{ node?: string, env?: Record<string, string | undefined>, folder?: string }} [options] which Node runs it, in
 *   which environment, and the folder whose package.json configures ava
 * @returns {Promise<import('./counts.mjs').Counts>}
 */
export async function runSuite(args, { node = process.execPath, env = process.env, folder = root } = {}) {
  const report = createSuiteReport({
    isVerbose: args.includes('--verbose'),
    write: (line) => process.stdout.write(`${line}\n`),
  })
  const child = spawn(node, [testRunner, ...args.filter((arg) => arg !== '--verbose')], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const terminate = () => child.kill('SIGTERM')
  const wait = () => {}
  process.on('SIGTERM', terminate).on('SIGINT', wait)
  createInterface({ input: child.stdout }).on('line', report.add)
  const exitCode = await new Promise((resolve, reject) => child.on('close', resolve).on('error', reject))
  process.off('SIGTERM', terminate).off('SIGINT', wait)
  return report.end(exitCode ?? 1)
}
