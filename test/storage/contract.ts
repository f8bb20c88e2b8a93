/**
 * What every storage engine owes, as store.ts says it. The suite takes the test runner and a factory, so that one more
 * engine joins with one more file.
 */

import { closing } from './contract-closing.ts'
import { keepingDomains } from './contract-domains.ts'
import { feeding } from './contract-feeding.ts'
import { following } from './contract-following.ts'
import { histories } from './contract-histories.ts'
import { inviting } from './contract-inviting.ts'
import { keeping } from './contract-keeping.ts'
import { reading } from './contract-reading.ts'
import { remembering } from './contract-remembering.ts'
import { scoping } from './contract-scopes.ts'
import { searching } from './contract-searching.ts'
import { waiting } from './contract-waiting.ts'
import { writing } from './contract-writing.ts'
import type { Suite } from './suite.ts'

export function contract(suite: Suite): void {
  const rows = [writing, waiting, reading, remembering, keeping, inviting, searching, keepingDomains, scoping]
  for (const part of [...rows, feeding, following, closing, histories]) part(suite)
}
