/** What `authenticate` takes. All of it is checked when the middleware is made, and each fault says what to write instead. */

import { createLocalJWKSet, type JSONWebKeySet } from 'jose'
import type { ClaimsOption } from './claims.ts'
import { systemClock, type Clock } from './clock.ts'
import type { RoleSetsExpressError } from './errors.ts'
import {
  aBoolean,
  aFunction,
  aNumber,
  aText,
  aTextOrTexts,
  checkOptions,
  isObject,
  isText,
  optionInvalid,
  texts,
  type Rule,
} from './options.ts'
import type { Extractor } from './request.ts'
import { localKeys, remoteKeys, secretKey, type SigningKeys } from './signing-keys.ts'
import type { TokenRules } from './token-verifier.ts'

export interface AuthenticateOptions {
  /** The `iss` that tokens must have, or several; `false` switches the check off. */
  readonly issuer: string | readonly string[] | false
  /** The `aud` that tokens must have, or several of which one suffices; `false` switches the check off. */
  readonly audience: string | readonly string[] | false
  /** Where the issuer publishes its keys (https, or http on loopback), or the keys themselves. */
  readonly jwks?: string | URL | JSONWebKeySet | undefined
  /** Instead of `jwks`: a shared secret of at least 32 bytes. */
  readonly secret?: string | Uint8Array | undefined
  /** Default: RS, PS and ES with SHA-256 to 512, EdDSA; with a secret HS256, HS384, HS512. */
  readonly algorithms?: readonly string[] | undefined
  /** How to read the claims. Default `'clerk'`: session tokens, version 1 and 2. */
  readonly claims?: ClaimsOption | undefined
  /** If given, the `azp` of a token must be one of these. */
  readonly authorizedParties?: readonly string[] | undefined
  /** If given, the `typ` that a token's header must have. Otherwise `JWT`, `at+jwt` or none. */
  readonly typ?: string | undefined
  /** The cookie that is looked into when there is no bearer token: `'__session'` for Clerk. */
  readonly cookie?: string | undefined
  /** Whether a request without a token is refused. Default true. A bad token is refused in any case. */
  readonly required?: boolean | undefined
  /** How long a verified token is trusted without checking its signature again. 0 to 60, default 60. */
  readonly cacheSeconds?: number | undefined
  /** How many verified tokens are kept. Default 10 000. */
  readonly cacheTokensMax?: number | undefined
  /** How far the issuer's clock may be off. 0 to 300, default 5. */
  readonly clockToleranceSeconds?: number | undefined
  /** How old fetched keys may be. 1 to 60, default 60; they are renewed at half of it. */
  readonly jwksMaxAgeSeconds?: number | undefined
  /** How long to wait for the keys. Default 5000. */
  readonly jwksTimeoutMs?: number | undefined
  /** Named in `WWW-Authenticate`. Default `api`. */
  readonly realm?: string | undefined
  /** Default: the system's. */
  readonly clock?: Clock | undefined
  /** Finds the token instead of the `Authorization` header; undefined, null or '' if there is none. */
  readonly token?: Extractor | undefined
}

/** The options, decided. */
export interface AuthenticateSettings {
  readonly rules: TokenRules
  readonly cacheMs: number
  readonly tokensMax: number
  readonly challenge: string
  readonly required: boolean
}

const EXAMPLE =
  "authenticate({ issuer: 'https://clerk.example.com', audience: false, jwks: 'https://clerk.example.com/.well-known/jwks.json' })"
const SECRET_BYTES_MIN = 32

const asymmetric = ['RS', 'PS', 'ES'].flatMap((family) => ['256', '384', '512'].map((bits) => family + bits))
const algorithmsOfKeys: readonly string[] = [...asymmetric, 'EdDSA', 'Ed25519']
const algorithmsOfSecrets: readonly string[] = ['HS256', 'HS384', 'HS512']

const required: Rule = {
  holds: (value) => value === false || aTextOrTexts.holds(value),
  expected: 'a text, a list of texts, or false',
}

const ruleOf: Record<keyof AuthenticateOptions, Rule> = {
  issuer: required,
  audience: required,
  jwks: { holds: (value) => isText(value) || isObject(value), expected: 'a URL or a key set' },
  secret: { holds: (value) => isText(value) || value instanceof Uint8Array, expected: 'a text or a Uint8Array' },
  algorithms: texts,
  claims: { holds: (value) => value === 'clerk' || aFunction.holds(value), expected: "'clerk' or a function" },
  authorizedParties: texts,
  typ: aText,
  cookie: { holds: (value) => isText(value) && /^[^\s;=]+$/.test(value), expected: 'the name of a cookie' },
  required: aBoolean,
  cacheSeconds: aNumber(0, 60),
  cacheTokensMax: aNumber(1, 1_000_000),
  clockToleranceSeconds: aNumber(0, 300),
  jwksMaxAgeSeconds: aNumber(1, 60),
  jwksTimeoutMs: aNumber(1, 30_000),
  realm: { holds: (value) => isText(value) && /^[\w .:/-]+$/.test(value), expected: 'letters, digits and .:/- only' },
  clock: {
    holds: (value) => isObject(value) && aFunction.holds(value.nowMs) && aFunction.holds(value.dateMs),
    expected: 'a clock: { nowMs, dateMs }',
  },
  token: aFunction,
}

/** Checks the options and decides what they leave open. Throws `option_invalid`. */
export function decideAuthenticateOptions(given: AuthenticateOptions): AuthenticateSettings {
  const options = checkOptions<AuthenticateOptions>(EXAMPLE, given, ruleOf)
  for (const name of ['issuer', 'audience'] as const) {
    if (options[name] === undefined) throw invalid(name, 'given; write false to switch the check off')
  }
  if (options.token && options.cookie !== undefined) throw invalid('cookie', 'left out where "token" is given')
  const { clock = systemClock, claims = 'clerk', cacheSeconds = 60, cacheTokensMax = 10_000 } = options
  return {
    rules: {
      keys: keysOf(options, clock),
      clock,
      claims,
      algorithms: algorithmsOf(options),
      issuer: listOf(options.issuer),
      audience: listOf(options.audience),
      authorizedParties: options.authorizedParties,
      typ: options.typ,
      toleranceSeconds: options.clockToleranceSeconds ?? 5,
    },
    cacheMs: cacheSeconds * 1000,
    tokensMax: cacheTokensMax,
    challenge: `Bearer realm="${options.realm ?? 'api'}"`,
    required: options.required ?? true,
  }
}

function invalid(name: keyof AuthenticateOptions, expected: string): RoleSetsExpressError {
  return optionInvalid(EXAMPLE, name, expected)
}

function listOf(value: string | readonly string[] | false): readonly string[] | undefined {
  if (value === false) return undefined
  return typeof value === 'string' ? [value] : [...value]
}

/** A secret with the algorithms of keys, or keys with those of secrets, is how a public key becomes a secret. */
function algorithmsOf({ algorithms, secret }: AuthenticateOptions): readonly string[] {
  const possible = secret === undefined ? algorithmsOfKeys : algorithmsOfSecrets
  const wrong = algorithms?.find((algorithm) => !possible.includes(algorithm))
  if (wrong !== undefined) {
    const source = secret === undefined ? '"jwks"' : '"secret"'
    throw invalid('algorithms', `of ${possible.join(', ')} with ${source}, and not ${wrong}`)
  }
  return algorithms ? [...algorithms] : possible
}

function keysOf(options: AuthenticateOptions, clock: Clock): SigningKeys {
  const { jwks, secret, jwksMaxAgeSeconds = 60, jwksTimeoutMs = 5000 } = options
  if (secret !== undefined) {
    if (jwks !== undefined)
      throw invalid('secret', 'left out where "jwks" is given: a token is verified with one of them')
    return secretKey(secretBytes(secret))
  }
  if (jwks === undefined) throw invalid('jwks', 'given (or "secret"): where the issuer\'s keys are')
  if (typeof jwks === 'string' || jwks instanceof URL) {
    return remoteKeys(jwksUrl(jwks), { maxAgeMs: jwksMaxAgeSeconds * 1000, timeoutMs: jwksTimeoutMs, clock })
  }
  return localKeys(publicKeys(jwks))
}

function secretBytes(secret: string | Uint8Array): Uint8Array {
  const bytes = typeof secret === 'string' ? new TextEncoder().encode(secret) : Uint8Array.from(secret)
  if (Buffer.from(bytes).includes('-----BEGIN ')) {
    throw invalid('secret', 'a secret, and this is a PEM key: give it as jwks: { keys: [await exportJWK(key)] }')
  }
  if (bytes.length < SECRET_BYTES_MIN)
    throw invalid('secret', `at least ${SECRET_BYTES_MIN} bytes long (RFC 7518, 3.2)`)
  return bytes
}

/** Over plain HTTP anyone on the way could put in a key of their own. */
function jwksUrl(given: string | URL): URL {
  const text = String(given)
  const url = URL.canParse(text) ? new URL(text) : undefined
  const loopback = /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/.test(url?.hostname ?? '')
  const safe = url?.protocol === 'https:' || (url?.protocol === 'http:' && loopback)
  if (!url || !safe || url.username !== '' || url.password !== '') {
    throw invalid('jwks', 'an https URL without credentials (http only on loopback), or a key set')
  }
  return url
}

function publicKeys(jwks: JSONWebKeySet): JSONWebKeySet {
  try {
    createLocalJWKSet(jwks)
  } catch {
    throw invalid('jwks', 'a key set: { keys: [ … ] }')
  }
  if (jwks.keys.length === 0) throw invalid('jwks', 'a key set with at least one key')
  if (jwks.keys.some((key) => key.kty === 'oct' || 'd' in key || 'k' in key)) {
    throw invalid('jwks', 'public keys only: it has a private or secret one')
  }
  return jwks
}
