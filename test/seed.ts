/**
 * Where the random searches of the suite begin. The same place every time, so that a suite that fails has found something
 * about the change at hand; `TEST_SEED=<any whole number> npm test` searches elsewhere.
 */

import fc from 'fast-check'

export const seed = Number(process.env['TEST_SEED'] ?? 20_261)

fc.configureGlobal({ seed })
