// Runs the benchmarks over the packages as they are built: `npm run bench`, or `npm run bench -- P3 --quick`.

import { join } from 'node:path'
import { root, run } from './processes.mjs'

const main = ['--import=ts-blank-space/register', '--enable-source-maps', 'main.ts']
process.exitCode = await run(process.execPath, [...main, ...process.argv.slice(2)], { cwd: join(root, 'bench') })
