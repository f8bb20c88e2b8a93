/**
 * The issuer's keys. A key set has a generation, which changes whenever the keys do: what was verified under an earlier
 * one has to be verified again, so a key that leaves the set takes its tokens with it.
 */

import {
  createLocalJWKSet,
  createRemoteJWKSet,
  errors,
  type CryptoKey,
  type JSONWebKeySet,
  type JWSHeaderParameters,
} from 'jose'
import type { Clock } from './clock.ts'
import { problem } from './problem.ts'

export interface Candidates {
  /** The keys that fit the token's header: usually one, several if the token names none. */
  readonly keys: readonly (CryptoKey | Uint8Array)[]
  /** The generation of the key set that they were taken from. */
  readonly generation: number
}

export interface SigningKeys {
  readonly generation: number
  /** Whether the keys are young enough to be trusted without asking. Sees to it that they are renewed in time. */
  isCurrent(): boolean
  /** Rejects with a jose error if no key fits, and with `keys_unavailable` if the keys cannot be had. */
  candidates(header: JWSHeaderParameters): Promise<Candidates>
}

export interface RemoteKeysOptions {
  readonly maxAgeMs: number
  readonly timeoutMs: number
  readonly clock: Clock
}

/** A token that names an unknown key makes us ask: so often at once, and then once in so many seconds. */
const UNKNOWN_KEY_FETCHES_MAX = 5
const UNKNOWN_KEY_FETCH_MS = 10_000
/** After a failure, the next attempt in the background waits so long. */
const RENEWAL_PAUSE_MS = 1_000

export function secretKey(secret: Uint8Array): SigningKeys {
  const candidates = { keys: [secret], generation: 0 }
  return { generation: 0, isCurrent: () => true, candidates: () => Promise.resolve(candidates) }
}

/** Keys that are given as they are; the set is copied, so later changes to it count for nothing. */
export function localKeys(jwks: JSONWebKeySet): SigningKeys {
  const select = createLocalJWKSet(jwks)
  return {
    generation: 0,
    isCurrent: () => true,
    candidates: async (header) => ({ keys: await fitting(select, header), generation: 0 }),
  }
}

/** Keys from a URL. They are fetched at the first token, renewed at half their age, and not trusted beyond it. */
export function remoteKeys(url: URL, { maxAgeMs, timeoutMs, clock }: RemoteKeysOptions): SigningKeys {
  // When to fetch is decided here; jose fetches, checks and selects.
  const remote = createRemoteJWKSet(url, {
    timeoutDuration: timeoutMs,
    cacheMaxAge: Infinity,
    cooldownDuration: Infinity,
  })
  const mayFetch = allowance(clock)
  let generation = 0
  let known: string | undefined
  let askedMs = -Infinity
  let failedMs = -Infinity
  let fetching: Promise<void> | undefined

  async function fetchKeys(): Promise<void> {
    // The age counts from the question: the answer may have been made right after it.
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
    // In the background: if it fails, a later request tries again, and in the end one waits for it.
    if (due && ageMs <= maxAgeMs) renew().catch(() => {})
    return ageMs <= maxAgeMs
  }

  async function select(header: JWSHeaderParameters): Promise<Candidates> {
    // Read before the keys are chosen: if they change meanwhile, what is verified with them is not kept.
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

const UNAVAILABLE = "The issuer's signing keys cannot be fetched."

type Select = (header: JWSHeaderParameters) => Promise<CryptoKey>

async function fitting(select: Select, header: JWSHeaderParameters): Promise<readonly CryptoKey[]> {
  try {
    return [await select(header)]
  } catch (error) {
    if (error instanceof errors.JWKSMultipleMatchingKeys) return allOf(error)
    if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JOSENotSupported) throw error
    // A key that cannot be read is the issuer's fault, and not the token's.
    throw problem('keys_unavailable', UNAVAILABLE, { cause: error })
  }
}

async function allOf(keys: AsyncIterable<CryptoKey>): Promise<readonly CryptoKey[]> {
  const all: CryptoKey[] = []
  for await (const key of keys) all.push(key)
  return all
}

/** Bounds how often unknown keys make us ask the issuer, and yet notices a new key at once. */
function allowance(clock: Clock): () => boolean {
  let left = UNKNOWN_KEY_FETCHES_MAX
  let countedMs = clock.nowMs()
  return () => {
    const nowMs = clock.nowMs()
    left = Math.min(UNKNOWN_KEY_FETCHES_MAX, left + (nowMs - countedMs) / UNKNOWN_KEY_FETCH_MS)
    countedMs = nowMs
    if (left < 1) return false
    left -= 1
    return true
  }
}
