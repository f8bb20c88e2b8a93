// Makes a fresh clone ready: pnpm through npx, install from the lock file, generate the contract's types, build.
// Each step is skipped while the files that it depends on are as they were when it last succeeded. With names of steps
// as arguments, only these are done; what the benchmarks compare with is fetched only when its step is named.

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
    title: 'installing the dependencies, also those of the benchmarks, from the lock file',
    optional: true,
    inputs: isManifest,
    outputs: [bin('tsc'), bin('rolesets'), join(root, 'bench', 'node_modules')],
    work: () => install([]),
    includes: ['install'],
  },
  {
    name: 'install',
    title: 'installing the dependencies from the lock file',
    inputs: isManifest,
    outputs: [bin('tsc'), bin('rolesets')],
    work: () => install(['--filter=!@rolesets/bench']),
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
    `Rolesets needs Node 20.19 or newer, and this is Node ${process.versions.node}: install a newer one and try again.`,
  )
}

function chosenSteps(names) {
  const unknown = names.filter((name) => !steps.some((step) => step.name === name))
  if (unknown.length > 0)
    fail(`There is no step ${unknown.join(', ')}; there are ${steps.map(({ name }) => name).join(', ')}.`)
  return steps.filter(({ name, optional }) => (names.length === 0 ? !optional : names.includes(name)))
}

/** Runs one step, unless its inputs are those of its last success and its outputs are there. */
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

/** @param {readonly string[]} filter what of the workspace is left out */
async function install(filter) {
  const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  // A command is linked only when its file exists, and this one is built after the install.
  if (!existsSync(commandFile)) {
    rmSync(sidecarOutput, { recursive: true, force: true })
    mkdirSync(sidecarOutput, { recursive: true })
    writeFileSync(commandFile, '#!/usr/bin/env node\n')
  }
  // npx is told to be quiet, because it warns of settings that are not for it; it passes that on, so pnpm is told not to.
  const quiet = ['--loglevel=error', '--yes', packageManager]
  const pnpm = ['install', '--frozen-lockfile', '--loglevel=info', ...filter]
  const code = await run('npx', [...quiet, ...pnpm], { env: installEnvironment() })
  if (code === 0) return
  fail(
    'The install failed: see above. Without a way to the npm registry it cannot work; and where the prebuilt binary of ' +
      'sqlite3 cannot be downloaded, it is compiled, which needs python3, make and g++.',
  )
}

/** node-gyp downloads Node's headers, unless it is told where they are already. */
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
