// Prepares a fresh clone: it fetches pnpm through npx, installs from the lock file, generates the types of the contract
// and builds. A step is skipped while its input files are the same as when it last succeeded. With names of steps as
// arguments, only these run. The step `peers`, the dependencies of the benchmarks and of the tries of the packages, runs only
// when it is named.

import { existsSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fingerprint } from './fingerprint.mjs'
import { bin, root, run } from './processes.mjs'

const stampFile = join(root, 'node_modules', '.rolesets-setup.json')
const sidecarOutput = join(root, 'packages', 'sidecar', 'dist')
const commandFile = join(sidecarOutput, 'main.js')
const descriptorSetFile = join(root, 'proto', 'src', 'generated', 'rolesets.binpb')

const isManifest = (path) => /^pnpm-(lock|workspace)\.yaml$|(^|\/)package\.json$/.test(path)

const steps = [
  {
    name: 'peers',
    title:
      'installing the dependencies, also those of the benchmarks and of the tries of the packages, from the lock file',
    optional: true,
    inputs: isManifest,
    outputs: [
      bin('tsc'),
      bin('rolesets'),
      join(root, 'bench', 'node_modules'),
      join(root, 'packaging', 'node_modules'),
    ],
    work: () => install([]),
    includes: ['install'],
  },
  {
    name: 'install',
    title: 'installing the dependencies from the lock file',
    inputs: isManifest,
    outputs: [bin('tsc'), bin('rolesets')],
    work: () => install(['--filter=!@rolesets/bench', '--filter=!@rolesets/packaging']),
  },
  {
    name: 'contract',
    title: 'generating the types of the contract',
    inputs: (path) => /^proto\/(.*\.proto|buf\.yaml|generate\.mjs|package\.json)$|^pnpm-lock\.yaml$/.test(path),
    outputs: [descriptorSetFile],
    work: generate,
  },
  {
    name: 'build',
    title: 'building the packages',
    inputs: (path) =>
      /^(proto|packages|examples)\/.*(\.ts|\.js|\.proto|tsconfig\.json|package\.json)$/.test(path) ||
      /^(tsconfig.*\.json|pnpm-lock\.yaml)$/.test(path),
    outputs: [commandFile],
    work: build,
  },
]

requireNode()
for (const step of chosenSteps(process.argv.slice(2))) await perform(step)

function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major > 20 || (major === 20 && minor >= 19)) return
  fail(
    `Rolesets needs Node 20.19 or newer, but this is Node ${process.versions.node}: install a newer Node and try again.`,
  )
}

function chosenSteps(names) {
  const unknown = names.filter((name) => !steps.some((step) => step.name === name))
  if (unknown.length > 0)
    fail(`unknown step: ${unknown.join(', ')}; the steps are ${steps.map(({ name }) => name).join(', ')}.`)
  return steps.filter(({ name, optional }) => (names.length === 0 ? !optional : names.includes(name)))
}

/** Runs one step, unless its inputs are the same as when it last succeeded and its outputs exist. */
async function perform({ name, title, inputs, outputs, work, includes = [] }) {
  const before = fingerprint(root, inputs)
  if (readStamps()[name] === before && outputs.every((file) => existsSync(file))) return
  const startedAtMs = Date.now()
  process.stderr.write(`setup: ${title} …\n`)
  await work()
  const done = Object.fromEntries([name, ...includes].map((each) => [each, before]))
  writeFileSync(stampFile, JSON.stringify({ ...readStamps(), ...done }, null, 2))
  process.stderr.write(`setup: ${name} done in ${((Date.now() - startedAtMs) / 1000).toFixed(1)} s\n`)
}

/** @param {readonly string[]} filter options for pnpm that leave out parts of the workspace */
async function install(filter) {
  const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  // pnpm links a command only when its file exists, and this file is built after the install.
  if (!existsSync(commandFile)) {
    rmSync(sidecarOutput, { recursive: true, force: true })
    mkdirSync(sidecarOutput, { recursive: true })
    writeFileSync(commandFile, '#!/usr/bin/env node\n')
  }
  // npx warns about settings that are meant for pnpm, so it runs quietly. It passes its log level on, so pnpm gets its own.
  const quiet = ['--loglevel=error', '--yes', packageManager]
  const pnpm = ['install', '--frozen-lockfile', '--loglevel=info', ...filter]
  const code = await run('npx', [...quiet, ...pnpm], { env: installEnvironment() })
  if (code === 0) return
  fail(
    'The install failed: see above. It needs access to the npm registry. Where the prebuilt binary of sqlite3 cannot be ' +
      'downloaded, sqlite3 is compiled, which needs python3, make and g++.',
  )
}

/** node-gyp downloads the headers of Node, unless this setting says where they are. */
function installEnvironment() {
  const prefix = dirname(dirname(realpathSync(process.execPath)))
  const hasHeaders = existsSync(join(prefix, 'include', 'node', 'node.h'))
  return hasHeaders ? { ...process.env, npm_config_nodedir: prefix } : process.env
}

async function generate() {
  const code = await run('npm', ['run', '--silent', 'generate'], { cwd: join(root, 'proto') })
  if (code !== 0) fail('The types of the contract could not be generated: see above, and proto/rolesets/v1/.')
}

async function build() {
  if (!existsSync(commandFile)) rmSync(sidecarOutput, { recursive: true, force: true })
  const code = await run(bin('tsc'), ['--build'])
  if (code !== 0) fail('The packages do not compile: see above.')
}

function readStamps() {
  try {
    return JSON.parse(readFileSync(stampFile, 'utf8'))
  } catch {
    return {}
  }
}

function fail(message) {
  process.stderr.write(`setup: ${message}\n`)
  process.exit(1)
}
