/**
 * The seed of all random tests. It is the same every time, so that a new failure comes from a change;
 * `TEST_SEED=<any whole number> npm test` uses another one.
 */

import fc from 'fast-check'

export const seed = Number(process.env['TEST_SEED'] ?? 20_261)

fc.configureGlobal({ seed })
