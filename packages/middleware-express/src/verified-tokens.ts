/**
 * Tokens whose signature was checked, by the hash of the token: a repeated token costs a look-up. Each `authenticate` has
 * its own, because what is valid for one issuer says nothing about another.
 */

import { hash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { Auth } from './auth.ts'
import type { Clock } from './clock.ts'
import type { SigningKeys } from './signing-keys.ts'

/** A verified token's caller, and for how long that holds. */
export interface VerifiedToken {
  readonly auth: Auth
  /** Unix seconds, from the token. */
  readonly expiresSeconds: number
  readonly notBeforeSeconds: number
  /** Of the key set that the token was verified with. */
  readonly generation: number
}

export interface VerifiedTokens {
  /** The caller, if this token was verified lately and nothing has happened since that could make it invalid. */
  find(token: string): Auth | undefined
  add(token: string, verified: VerifiedToken): void
}

export interface VerifiedTokensOptions {
  readonly keys: SigningKeys
  readonly clock: Clock
  /** How long a verification counts at most; 0 keeps none. */
  readonly cacheMs: number
  readonly tokensMax: number
  readonly toleranceSeconds: number
}

export function createVerifiedTokens(options: VerifiedTokensOptions): VerifiedTokens {
  const { keys, clock, cacheMs, tokensMax, toleranceSeconds } = options
  const entries = new LRUCache<string, VerifiedToken & { readonly addedMs: number }>({ max: tokensMax })

  function stillHolds(entry: VerifiedToken & { readonly addedMs: number }): boolean {
    // The comparisons are those of the verification, to the second.
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
    find(token) {
      const entry = entries.get(keyOf(token))
      return entry && stillHolds(entry) ? entry.auth : undefined
    },
    add(token, verified) {
      if (cacheMs > 0) entries.set(keyOf(token), { ...verified, addedMs: clock.nowMs() })
    },
  }
}

/** The token itself is a secret, and is not kept. */
function keyOf(token: string): string {
  return hash('sha256', token, 'base64')
}
