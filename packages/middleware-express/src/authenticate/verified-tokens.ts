/**
 * Remembers verified tokens by their hash, so that a repeated token costs one look-up. Each `authenticate` has its own,
 * because a token that is valid for one issuer is not valid for another.
 */

import { hash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { Auth } from './auth.ts'
import type { TokenRules, VerifiedToken } from './token-verifier.ts'

interface VerifiedTokensOptions extends Pick<TokenRules, 'keys' | 'clock' | 'toleranceSeconds'> {
  /** The longest time that a verification counts. With 0 nothing is remembered. */
  readonly cacheMs: number
  readonly tokensMax: number
}

type Entry = VerifiedToken & { readonly addedMs: number }

export function createVerifiedTokens(options: VerifiedTokensOptions) {
  const { keys, clock, cacheMs, tokensMax, toleranceSeconds } = options
  const entries = new LRUCache<string, Entry>({ max: tokensMax })

  function isStillValid(entry: Entry): boolean {
    // The same comparisons as in the verification, to the second.
    const nowSeconds = Math.floor(clock.dateMs() / 1000)
    return (
      clock.nowMs() - entry.addedMs < cacheMs &&
      entry.expiresSeconds > nowSeconds - toleranceSeconds &&
      entry.notBeforeSeconds <= nowSeconds + toleranceSeconds &&
      keys.isCurrent() &&
      entry.generation === keys.generation
    )
  }

  return {
    /** The caller, if this token was verified recently and is still valid. */
    find(token: string): Auth | undefined {
      const entry = entries.get(keyOf(token))
      return entry && isStillValid(entry) ? entry.auth : undefined
    },
    add(token: string, verified: VerifiedToken): void {
      if (cacheMs > 0) entries.set(keyOf(token), { ...verified, addedMs: clock.nowMs() })
    },
  }
}

/** The token itself is a secret and is not stored. */
function keyOf(token: string): string {
  return hash('sha256', token, 'base64')
}
