// Runs a script of one of the examples in its folder: `node scripts/example.mjs pricing-tiers start`. The script takes
// the place of its shell, and there is no second npm in between, so that signals reach it once and at once.

import { readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { root, run } from './processes.mjs'

const [example = '', script = '', ...rest] = process.argv.slice(2)
const folder = join(root, 'examples', example)
const command = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).scripts?.[script]

if (command === undefined) {
  process.stderr.write(`The example ${example} has no script "${script}".\n`)
  process.exit(2)
}

const PATH = [join(folder, 'node_modules', '.bin'), join(root, 'node_modules', '.bin'), process.env.PATH].join(
  delimiter,
)
process.exitCode = await run('sh', ['-c', `exec ${command} "$@"`, script, ...rest], {
  cwd: folder,
  env: { ...process.env, PATH },
  stdin: 'inherit',
})
