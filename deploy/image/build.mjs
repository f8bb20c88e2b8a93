// Builds the image of Rolesets with what the machine has, and writes its SBOM: `npm run image`, `npm run image -- --help`.

import { existsSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import { Command, Option } from 'commander'
import { durationSince } from '../../scripts/counts.mjs'
import { root, run } from '../../scripts/processes.mjs'
import { engineNames, findEngine } from './engine.mjs'
import { standardSbom, writeSbom } from './inventory.mjs'
import { readSource } from './source.mjs'

const source = readSource()
const program = new Command('npm run image --')
  .description('Builds the image of Rolesets from deploy/Dockerfile, and writes its SBOM.')
  .addOption(new Option('--engine <name>', 'What builds it. Default: the first that works.').choices(engineNames))
  .option('--tag <name...>', 'The names of the image.', [`rolesets:${source.version}`, 'rolesets:latest'])
  .option(
    '--base <image>',
    'An image with Node, whose Node and libraries are used. Default: that of deploy/Dockerfile.',
  )
  .option('--build-base <image>', 'An image with Node and npm, where the packages are built. Default: the base.')
  .option('--platform <platforms>', 'For another platform, for example `linux/arm64`. Default: that of the machine.')
  .option(
    '--ca <file>',
    'Authorities of certificates that npm trusts in the build (PEM). Default: $NODE_EXTRA_CA_CERTS.',
  )
  .option(
    '--npmrc <file>',
    'Settings of npm for the build: another registry and its key. They do not get into the image.',
  )
  .option('--store <folder>', "pnpm's store, for packages that the build needn't fetch again. Only buildah and podman.")
  .option('--sbom <file>', 'Where the SBOM is written (CycloneDX, JSON).', relative(root, standardSbom))
  .argument('[arguments...]', 'More arguments for the engine, after `--`, for example `-- --no-cache`.')
  .showHelpAfterError('`npm run image -- --help` shows the options.')
  .action((more, options) => build(options, more))
await program.parseAsync()

async function build(options, more) {
  const startedAtMs = Date.now()
  const ca = options.ca ?? process.env['NODE_EXTRA_CA_CERTS']
  const files = { '--ca': options.ca && ca, '--npmrc': options.npmrc, '--store': options.store }
  for (const [option, file] of Object.entries(files)) {
    if (file !== undefined && !existsSync(resolve(root, file))) return fail(`${option}: ${file} does not exist.`)
  }
  const { engine, reasons } = findEngine(options.engine)
  if (engine === undefined)
    return fail(`No program can build an image: ${reasons.join('; ')}. Install one of ${engineNames.join(', ')}.`)
  for (const reason of reasons) say(reason)
  if (options.store !== undefined && !engine.hasVolumes)
    return fail(
      `--store: ${engine.name} can't mount a folder in a build. Leave the option out, or use buildah or podman.`,
    )

  const args = buildArguments({ ...options, ca: ca !== undefined && existsSync(ca) ? ca : undefined }, engine)
  say(`building ${options.tag.join(', ')} from ${source.revision} with ${engine.name} …`)
  const env = { ...process.env, SOURCE_DATE_EPOCH: String(source.timeS) }
  const code = await run(engine.name, [...engine.build, ...args, ...more, '.'], { env })
  if (code !== 0) return fail(`${engine.name} could not build the image: see above.`)

  const sbom = resolve(root, options.sbom)
  say('reading what is in it …')
  const { count, bytes, applicationBytes } = writeSbom(engine, options.tag[0], sbom)
  const sizes = `${megabytes(bytes)}, of which ${megabytes(applicationBytes)} are the application`
  say(`${options.tag[0]} is built in ${durationSince(startedAtMs)}: ${sizes}`)
  say(`its SBOM is ${relative(root, sbom)}: ${count} components`)
}

function buildArguments({ tag, base, buildBase, platform, ca, npmrc, store }, { name }) {
  const pair = (option, value) => (value === undefined ? [] : [option, value])
  const buildArgs = {
    BASE: base,
    BUILD_BASE: buildBase,
    NPM_CONFIG_REGISTRY: process.env['NPM_CONFIG_REGISTRY'] ?? process.env['npm_config_registry'],
    VERSION: source.version,
    REVISION: source.revision,
    SOURCE_DATE_EPOCH: String(source.timeS),
  }
  return [
    ...['--file', 'deploy/Dockerfile'],
    ...tag.flatMap((each) => ['--tag', each]),
    ...Object.entries(buildArgs).flatMap(([key, value]) => pair('--build-arg', value && `${key}=${value}`)),
    ...pair('--platform', platform),
    ...pair('--secret', ca && `id=ca,src=${resolve(ca)}`),
    ...pair('--secret', npmrc && `id=npmrc,src=${resolve(npmrc)}`),
    ...pair('--volume', store && `${resolve(store)}:/pnpm`),
    // The time of the image itself. Docker takes it from SOURCE_DATE_EPOCH.
    ...(name === 'docker' ? [] : ['--timestamp', String(source.timeS)]),
  ]
}

function megabytes(bytes) {
  return `${(bytes / 1e6).toFixed(1)} MB`
}

function say(text) {
  process.stderr.write(`image: ${text}\n`)
}

function fail(text) {
  say(text)
  process.exitCode = 1
}
