// Runs a script of an example in the folder of the example: `node scripts/example.mjs pricing-tiers start`. The script
// replaces its shell, and no second npm runs in between, so that each signal reaches it exactly once.

import { readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { root, run } from './processes.mjs'

const [example = '', script = '', ...rest] = process.argv.slice(2)
const folder = join(root, 'examples', example)
const command = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).scripts?.[script]

if (command === undefined) {
  process.stderr.write(
    `example: the example "${example}" has no script "${script}"; see the scripts in examples/${example}/package.json.\n`,
  )
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
