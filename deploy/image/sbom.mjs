// Writes the SBOM of an image that is built: `npm run sbom`, `npm run sbom -- --help`. `npm run image` does it, too.

import { relative, resolve } from 'node:path'
import { Command, Option } from 'commander'
import { root } from '../../scripts/processes.mjs'
import { engineNames, findEngine } from './engine.mjs'
import { standardSbom, writeSbom } from './inventory.mjs'

await new Command('npm run sbom --')
  .description(
    'Writes the SBOM of an image of Rolesets (CycloneDX, JSON): all packages in it, with licences and hashes.',
  )
  .argument('[image]', 'The image.', 'rolesets:latest')
  .addOption(new Option('--engine <name>', 'What has the image. Default: the first that works.').choices(engineNames))
  .option('--output <file>', 'Where it is written.', relative(root, standardSbom))
  .showHelpAfterError('`npm run sbom -- --help` shows the options.')
  .action(write)
  .parseAsync()

function write(image, options) {
  const { engine, reasons } = findEngine(options.engine)
  if (engine === undefined) return fail(`No program can read an image: ${reasons.join('; ')}.`)
  const file = resolve(root, options.output)
  try {
    const { count } = writeSbom(engine, image, file)
    process.stderr.write(`sbom: ${relative(root, file)}: ${count} components of ${image}\n`)
  } catch (error) {
    fail(`${image} can't be read: ${error.message}\nsbom: \`npm run image\` builds it.`)
  }
}

function fail(text) {
  process.stderr.write(`sbom: ${text}\n`)
  process.exitCode = 1
}
