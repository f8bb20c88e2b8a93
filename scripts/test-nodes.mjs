// Runs the suite on other Nodes: `npm run test:nodes` on each supported one, `npm run test:nodes -- 22` on one of them.
// Other arguments go to the suite. The binaries come from the npm package `node`, and stay in the cache of npm.

import { execFileSync } from 'node:child_process'
import { delimiter, dirname } from 'node:path'
import { durationSince, sumOf, textOf } from './counts.mjs'
import { runSuite } from './suite.mjs'

const supported = ['20', '22', '24', '26']

const args = process.argv.slice(2)
const chosen = args.filter((arg) => /^\d+$/.test(arg))
const rest = args.filter((arg) => !/^\d+$/.test(arg))
const unknown = chosen.filter((version) => !supported.includes(version))
if (unknown.length > 0) {
  process.stderr.write(
    `test:nodes: Node ${unknown.join(', ')} is not supported; choose from ${supported.join(', ')}.\n`,
  )
  process.exit(2)
}

const startedAtMs = Date.now()
const all = []
for (const version of chosen.length > 0 ? chosen : supported) all.push(await runOn(version))
const counts = sumOf(all)
process.stdout.write(`\ntest:nodes: ${textOf(counts)} in ${durationSince(startedAtMs)}\n`)
process.exitCode = counts.failed === 0 ? 0 : 1

async function runOn(version) {
  const node = binaryOf(version)
  if (node === undefined) return { passed: 0, failed: 1, skipped: 0 }
  // Tests that start a `node` by its name start the same one.
  const env = { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH}` }
  const name = `Node ${execFileSync(node, ['--version'], { encoding: 'utf8' }).trim().slice(1)}`
  process.stdout.write(`\n${name}\n`)
  const counts = await runSuite(rest, { node, env })
  process.stdout.write(`\n${name}: ${textOf(counts)}\n`)
  return counts
}

function binaryOf(version) {
  if (process.versions.node.startsWith(`${version}.`)) return process.execPath
  const print = ['node', '--print', 'process.execPath']
  try {
    const options = { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }
    return execFileSync(
      'npx',
      ['--loglevel=error', '--yes', `--package=node@${version}`, '--', ...print],
      options,
    ).trim()
  } catch {
    process.stderr.write(`test:nodes: Node ${version} could not be fetched with npx.\n`)
    return undefined
  }
}
