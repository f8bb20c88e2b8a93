// Runs a script of one of the examples in its folder: `node scripts/example.mjs pricing-tiers start`.

import { join } from 'node:path'
import { root, run } from './processes.mjs'

const [example = '', script = '', ...rest] = process.argv.slice(2)

// The terminal's interrupt reaches the example too; this process only waits for it, to pass on its exit code.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => {})
process.exitCode = await run('npm', ['run', '--silent', script, '--', ...rest], {
  cwd: join(root, 'examples', example),
  stdin: 'inherit',
})
