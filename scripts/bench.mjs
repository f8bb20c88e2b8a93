// Runs the benchmarks with the built packages: `npm run bench`, or `npm run bench -- P3 --quick`.

import { join } from 'node:path'
import { durationSince, textOf } from './counts.mjs'
import { root, run } from './processes.mjs'

const startedAtMs = Date.now()
const main = ['--import=ts-blank-space/register', '--enable-source-maps', 'main.ts']
const exitCode = await run(process.execPath, [...main, ...process.argv.slice(2)], { cwd: join(root, 'bench') })
const isPassed = exitCode === 0
const counts = { passed: Number(isPassed), failed: Number(!isPassed), skipped: 0 }
if (exitCode !== 2) process.stdout.write(`bench: ${textOf(counts)} in ${durationSince(startedAtMs)}\n`)
process.exitCode = exitCode
