/**
 * The issuer's keys. A key set has a generation, which changes when the keys change. A token that was verified with an
 * earlier generation must be verified again. So when a key leaves the set, its tokens are refused.
 */

import { createLocalJWKSet, createRemoteJWKSet, customFetch, errors } from 'jose'
import type { CryptoKey, JSONWebKeySet, JWSHeaderParameters } from 'jose' with { 'resolution-mode': 'import' }
import type { Clock } from './clock.ts'
import { fetchKeySet } from './key-set-fetch.ts'
import { problem } from '../problem.ts'

export interface Candidates {
  /** The keys that match the token's header: usually one, or several if the header has no key id. */
  readonly keys: readonly (CryptoKey | Uint8Array)[]
  /** The generation of the key set that they come from. */
  readonly generation: number
}

export interface SigningKeys {
  readonly generation: number
  /** Whether the keys are recent enough to be used. Starts to fetch them again in the background when it is time. */
  isCurrent(): boolean
  /** Rejects with a jose error if no key matches, and with `keys_unavailable` if the keys can't be fetched. */
  candidates(header: JWSHeaderParameters): Promise<Candidates>
}

interface RemoteKeysOptions {
  readonly maxAgeMs: number
  readonly timeoutMs: number
  readonly clock: Clock
}

/** A token with an unknown key id causes a request to the issuer: this many at once, and then one in this time. */
const UNKNOWN_KEY_FETCHES_MAX = 5
const UNKNOWN_KEY_FETCH_MS = 10_000
/** The pause between a failed attempt and the next one in the background. */
const RENEWAL_PAUSE_MS = 1_000

export function secretKey(secret: Uint8Array): SigningKeys {
  return fixedKeys(() => Promise.resolve([secret]))
}

/** Keys from the options. The set is copied, so later changes to it have no effect. */
export function localKeys(jwks: JSONWebKeySet): SigningKeys {
  const select = createLocalJWKSet(jwks)
  return fixedKeys((header) => fitting(select, header))
}

function fixedKeys(keysFor: (header: JWSHeaderParameters) => Promise<Candidates['keys']>): SigningKeys {
  const generation = 0
  return {
    generation,
    isCurrent: () => true,
    candidates: async (header) => ({ keys: await keysFor(header), generation }),
  }
}

/** Keys from a URL. They are fetched at the first token, again at half their maximum age, and never used beyond it. */
export function remoteKeys(url: URL, { maxAgeMs, timeoutMs, clock }: RemoteKeysOptions): SigningKeys {
  // This function decides when to fetch. jose fetches, checks and selects.
  const durations = { timeoutDuration: timeoutMs, cacheMaxAge: Infinity, cooldownDuration: Infinity }
  const remote = createRemoteJWKSet(url, { ...durations, [customFetch]: fetchKeySet })
  const mayFetch = allowance(clock)
  let generation = 0
  let known: string | undefined
  let askedMs = -Infinity
  let failedMs = -Infinity
  let fetching: Promise<void> | undefined

  async function fetchKeys(): Promise<void> {
    // The age counts from the request: the issuer may have written the answer right after it.
    const startedMs = clock.nowMs()
    await remote.reload()
    const text = JSON.stringify(remote.jwks())
    if (text !== known) generation += 1
    known = text
    askedMs = startedMs
  }

  function renew(): Promise<void> {
    fetching ??= fetchKeys()
      .catch((cause: unknown) => {
        failedMs = clock.nowMs()
        throw problem('keys_unavailable', UNAVAILABLE, { cause })
      })
      .finally(() => (fetching = undefined))
    return fetching
  }

  function isCurrent(): boolean {
    const nowMs = clock.nowMs()
    const ageMs = nowMs - askedMs
    const due = ageMs > maxAgeMs / 2 && nowMs - failedMs > RENEWAL_PAUSE_MS
    // In the background. If it fails, a later call tries again, and a call after the maximum age waits for it.
    if (due && ageMs <= maxAgeMs) renew().catch(() => {})
    return ageMs <= maxAgeMs
  }

  async function select(header: JWSHeaderParameters): Promise<Candidates> {
    // Read before the keys are chosen: if the keys change meanwhile, the verified token is not remembered.
    const chosenFrom = generation
    return { keys: await fitting(remote, header), generation: chosenFrom }
  }

  return {
    get generation() {
      return generation
    },
    isCurrent,
    async candidates(header) {
      const current = isCurrent()
      if (!current) await renew()
      try {
        return await select(header)
      } catch (error) {
        if (!current || !(error instanceof errors.JWKSNoMatchingKey) || !mayFetch()) throw error
      }
      await renew()
      return select(header)
    },
  }
}

const UNAVAILABLE = "The issuer's signing keys can't be fetched."

type Select = (header: JWSHeaderParameters) => Promise<CryptoKey>

async function fitting(select: Select, header: JWSHeaderParameters): Promise<readonly CryptoKey[]> {
  try {
    return [await select(header)]
  } catch (error) {
    if (error instanceof errors.JWKSMultipleMatchingKeys) return allOf(error)
    if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JOSENotSupported) throw error
    // A malformed key is a fault of the issuer, not of the token.
    throw problem('keys_unavailable', UNAVAILABLE, { cause: error })
  }
}

async function allOf(keys: AsyncIterable<CryptoKey>): Promise<readonly CryptoKey[]> {
  const all: CryptoKey[] = []
  for await (const key of keys) all.push(key)
  return all
}

/** Limits how often unknown key ids cause a request, but lets the first ones through, so that a new key works at once. */
function allowance(clock: Clock): () => boolean {
  const mostMs = UNKNOWN_KEY_FETCHES_MAX * UNKNOWN_KEY_FETCH_MS
  // In milliseconds and not in fetches: fractions that are added up would never be exactly one.
  let savedMs = mostMs
  let countedMs = clock.nowMs()
  return () => {
    const nowMs = clock.nowMs()
    savedMs = Math.min(mostMs, savedMs + (nowMs - countedMs))
    countedMs = nowMs
    if (savedMs < UNKNOWN_KEY_FETCH_MS) return false
    savedMs -= UNKNOWN_KEY_FETCH_MS
    return true
  }
}
