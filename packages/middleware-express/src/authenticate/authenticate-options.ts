/** The options of `authenticate`. All are checked when it is called, and each error says what to write instead. */

import type { IncomingMessage } from 'node:http'
import { createLocalJWKSet } from 'jose'
import type { JSONWebKeySet } from 'jose' with { 'resolution-mode': 'import' }
import type { ClaimsOption } from './claims.ts'
import { systemClock, type Clock } from './clock.ts'
import type { RoleSetsExpressError } from '../errors.ts'
import { aBoolean, aFunction, aNumber, aText, texts, type Rule } from '../options.ts'
import { checkOptions, isObject, isText, optionInvalid } from '../options.ts'
import type { Extractor } from '../request.ts'
import type { TokenRefusal } from './refusal.ts'
import { localKeys, remoteKeys, secretKey, type SigningKeys } from './signing-keys.ts'
import type { TokenRules } from './token-verifier.ts'

export interface AuthenticateOptions {
  /** The `iss` that a token must have, or a list of allowed ones; `false` switches the check off. */
  readonly issuer: string | readonly string[] | false
  /** The `aud` that a token must have, or a list of which it must have one; `false` switches the check off. */
  readonly audience: string | readonly string[] | false
  /** The URL of the issuer's keys (https, or http on loopback), or the keys themselves. */
  readonly jwks?: string | URL | JSONWebKeySet | undefined
  /** Instead of `jwks`: a shared secret of at least 32 bytes. */
  readonly secret?: string | Uint8Array | undefined
  /** The algorithms that a token may use. Default: RS, PS and ES with SHA-256 to 512, EdDSA; with a secret HS256 to 512. */
  readonly algorithms?: readonly string[] | undefined
  /** How to read the claims. Default `'clerk'`: session tokens, version 1 and 2. */
  readonly claims?: ClaimsOption | undefined
  /** If given, the `azp` of a token must be one of these. */
  readonly authorizedParties?: readonly string[] | undefined
  /** The `typ` that a token's header must have. Default: `JWT`, `at+jwt` or none. */
  readonly typ?: string | undefined
  /** The cookie that holds the token if there is no bearer token: `'__session'` for Clerk. */
  readonly cookie?: string | undefined
  /** Whether a request without a token is refused. Default true. An invalid token is always refused. */
  readonly required?: boolean | undefined
  /** How long a verified token is accepted without another signature check. 0 to 60, default 60. */
  readonly cacheSeconds?: number | undefined
  /** How many verified tokens are remembered. Default 10 000. */
  readonly cacheTokensMax?: number | undefined
  /** By how much the issuer's clock may differ. 0 to 300, default 5. */
  readonly clockToleranceSeconds?: number | undefined
  /** The maximum age of fetched keys. 1 to 60, default 60. They are fetched again at half this age. */
  readonly jwksMaxAgeSeconds?: number | undefined
  /** How long to wait for the issuer's keys. Default 5000. */
  readonly jwksTimeoutMs?: number | undefined
  /** The realm in `WWW-Authenticate`. Default `api`. */
  readonly realm?: string | undefined
  /** Called when a request is refused, for the log: it says which claim differs from the options, and how. */
  readonly onRefused?: ((refusal: TokenRefusal, req: IncomingMessage) => unknown) | undefined
  /** Default: the system's. */
  readonly clock?: Clock | undefined
  /** Finds the token, instead of the `Authorization` header. Returns undefined, null or '' if there is none. */
  readonly token?: Extractor | undefined
}

const EXAMPLE =
  "authenticate({ issuer: 'https://clerk.example.com', audience: false, jwks: 'https://clerk.example.com/.well-known/jwks.json' })"
const SECRET_BYTES_MIN = 32

const asymmetric = ['RS', 'PS', 'ES'].flatMap((family) => ['256', '384', '512'].map((bits) => family + bits))
const algorithmsOfKeys: readonly string[] = [...asymmetric, 'EdDSA', 'Ed25519']
const algorithmsOfSecrets: readonly string[] = ['HS256', 'HS384', 'HS512']

const oneOrSeveralOrOff: Rule = {
  holds: (value) => value === false || isText(value) || texts.holds(value),
  expected: 'a string, a list of strings, or false to switch the check off',
  required: true,
}

const ruleOf: Record<keyof AuthenticateOptions, Rule> = {
  issuer: oneOrSeveralOrOff,
  audience: oneOrSeveralOrOff,
  jwks: { holds: (value) => isText(value) || isObject(value), expected: 'a URL or a key set' },
  secret: { holds: (value) => isText(value) || value instanceof Uint8Array, expected: 'a string or a Uint8Array' },
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
  onRefused: aFunction,
  clock: {
    holds: (value) => isObject(value) && aFunction.holds(value.nowMs) && aFunction.holds(value.dateMs),
    expected: 'a clock: { nowMs, dateMs }',
  },
  token: aFunction,
}

/** Checks the options and adds the defaults. Throws `option_invalid`. */
export function parseAuthenticateOptions(given: AuthenticateOptions) {
  const options = checkOptions<AuthenticateOptions>(EXAMPLE, given, ruleOf)
  if (options.token && options.cookie !== undefined) throw invalid('"cookie" must not be given together with "token"')
  const { clock = systemClock, claims = 'clerk', authorizedParties, typ } = options
  const rules: TokenRules = {
    ...{ keys: keysOf(options, clock), clock, claims, algorithms: algorithmsOf(options), authorizedParties, typ },
    issuer: listOf(options.issuer),
    audience: listOf(options.audience),
    toleranceSeconds: options.clockToleranceSeconds ?? 5,
  }
  return {
    rules,
    cacheMs: (options.cacheSeconds ?? 60) * 1000,
    tokensMax: options.cacheTokensMax ?? 10_000,
    challenge: `Bearer realm="${options.realm ?? 'api'}"`,
    required: options.required ?? true,
    onRefused: options.onRefused,
  }
}

function invalid(fault: string): RoleSetsExpressError {
  return optionInvalid(EXAMPLE, fault)
}

function listOf(value: string | readonly string[] | false): readonly string[] | undefined {
  if (value === false) return undefined
  return typeof value === 'string' ? [value] : [...value]
}

/** The two groups of algorithms must not be mixed: otherwise a public key could be used as a shared secret. */
function algorithmsOf({ algorithms, secret }: AuthenticateOptions): readonly string[] {
  const [possible, source] = secret === undefined ? [algorithmsOfKeys, 'jwks'] : [algorithmsOfSecrets, 'secret']
  const wrong = algorithms?.find((algorithm) => !possible.includes(algorithm))
  if (wrong !== undefined) {
    throw invalid(`"algorithms" must not contain ${wrong}; with "${source}" it may contain ${possible.join(', ')}`)
  }
  return algorithms ? [...algorithms] : possible
}

function keysOf(options: AuthenticateOptions, clock: Clock): SigningKeys {
  const { jwks, secret, jwksMaxAgeSeconds = 60, jwksTimeoutMs = 5000 } = options
  if (secret !== undefined) {
    if (jwks !== undefined) throw invalid('"secret" must not be given together with "jwks"')
    return secretKey(secretBytes(secret))
  }
  if (jwks === undefined) throw invalid('"jwks" (the issuer\'s keys) or "secret" must be given')
  if (typeof jwks === 'string' || jwks instanceof URL) {
    return remoteKeys(jwksUrl(jwks), { maxAgeMs: jwksMaxAgeSeconds * 1000, timeoutMs: jwksTimeoutMs, clock })
  }
  return localKeys(publicKeys(jwks))
}

function secretBytes(secret: string | Uint8Array): Uint8Array {
  const bytes = typeof secret === 'string' ? new TextEncoder().encode(secret) : Uint8Array.from(secret)
  if (Buffer.from(bytes).includes('-----BEGIN ')) {
    throw invalid('"secret" must not be a PEM key; pass a key as jwks: { keys: [await exportJWK(key)] }')
  }
  if (bytes.length < SECRET_BYTES_MIN) {
    throw invalid(`"secret" must have at least ${SECRET_BYTES_MIN} bytes (RFC 7518, 3.2)`)
  }
  return bytes
}

/** Over plain HTTP, anyone on the network could replace the keys. */
function jwksUrl(given: string | URL): URL {
  const text = String(given)
  const url = URL.canParse(text) ? new URL(text) : undefined
  const loopback = /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/.test(url?.hostname ?? '')
  const safe = url?.protocol === 'https:' || (url?.protocol === 'http:' && loopback)
  if (!url || !safe || url.username !== '' || url.password !== '') {
    throw invalid('"jwks" must be an https URL without credentials (http only on loopback), or a key set')
  }
  return url
}

function publicKeys(jwks: JSONWebKeySet): JSONWebKeySet {
  try {
    createLocalJWKSet(jwks)
  } catch {
    throw invalid('"jwks" must be a key set: { keys: [ … ] }')
  }
  if (jwks.keys.length === 0) throw invalid('"jwks" must have at least one key')
  if (jwks.keys.some((key) => key.kty === 'oct' || 'd' in key || 'k' in key)) {
    throw invalid('"jwks" must have public keys only, but one of its keys is private or secret')
  }
  return jwks
}
