// Runs the suite on this Node: `npm test`, or `npm test -- test/domain/**` for a part of it.

import { bin, run } from './processes.mjs'

process.exitCode = await run(process.execPath, [bin('../ava/entrypoints/cli.mjs'), ...process.argv.slice(2)])
