// All checks of the sources that don't run them. When a check fails, the others still run.

import { join } from 'node:path'
import { durationSince, textOf } from './counts.mjs'
import { bin, root, run } from './processes.mjs'

const checks = [
  { name: 'types', program: 'tsc', args: ['--build'] },
  { name: 'types of the tests', program: 'tsc', args: ['--project', 'test/tsconfig.json'] },
  { name: 'types of the benchmarks', program: 'tsc', args: ['--project', 'bench/tsconfig.json'] },
  { name: 'types of the tries of the packages', program: 'tsc', args: ['--project', 'packaging/tsconfig.json'] },
  { name: 'format', program: 'prettier', args: ['--check', '--log-level=warn', '.'] },
  { name: 'lint', program: 'eslint', args: ['--max-warnings=0', '.'] },
  { name: 'contract', program: 'buf', args: ['lint'], folder: 'proto' },
  { name: 'unused code and dependencies', program: 'knip', args: ['--no-progress'] },
  { name: 'packages', program: process.execPath, args: ['packaging/check.mjs'] },
]

const startedAtMs = Date.now()
const failed = []
for (const { name, program, args, folder = '.' } of checks) {
  const code = await run(program === process.execPath ? program : bin(program), args, { cwd: join(root, folder) })
  process.stdout.write(`check: ${name}: ${code === 0 ? 'passed' : 'FAILED'}\n`)
  if (code !== 0) failed.push(name)
}

if (failed.length > 0) process.stderr.write(`check: failed: ${failed.join(', ')}\n`)
const counts = { passed: checks.length - failed.length, failed: failed.length, skipped: 0 }
process.stdout.write(`check: ${textOf(counts)} in ${durationSince(startedAtMs)}\n`)
process.exitCode = failed.length === 0 ? 0 : 1
