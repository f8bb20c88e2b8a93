// Runs the suite on this Node: `npm test`, or `npm test -- test/domain/**` for a part of it.

import { run, testRunner } from './processes.mjs'

process.exitCode = await run(process.execPath, [testRunner, ...process.argv.slice(2)])
