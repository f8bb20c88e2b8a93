/**
 * Verifies a token with jose: an allowed algorithm, a signature with one of the issuer's keys, and the registered claims.
 * Any fault of a token is `token_invalid`. The message is always one of this file and never quotes the token.
 */

import { decodeProtectedHeader, errors, jwtVerify } from 'jose'
import type { JWSHeaderParameters, JWTVerifyOptions } from 'jose' with { 'resolution-mode': 'import' }
import type { Auth, TokenClaims } from './auth.ts'
import { ClaimDifference } from './claim-difference.ts'
import { callerFrom, type ClaimsOption } from './claims.ts'
import type { Clock } from './clock.ts'
import { RoleSetsExpressError } from '../errors.ts'
import { problem } from '../problem.ts'
import type { Candidates, SigningKeys } from './signing-keys.ts'

export interface TokenRules {
  readonly keys: SigningKeys
  readonly clock: Clock
  readonly algorithms: readonly string[]
  readonly issuer: readonly string[] | undefined
  readonly audience: readonly string[] | undefined
  readonly authorizedParties: readonly string[] | undefined
  /** The `typ` that a token must have. If undefined: that of a JWT or of an access token, or none. */
  readonly typ: string | undefined
  readonly toleranceSeconds: number
  readonly claims: ClaimsOption
}

/** The caller of a verified token, and how long the token is valid. */
export interface VerifiedToken {
  readonly auth: Auth
  /** Unix seconds, from the token. */
  readonly expiresSeconds: number
  readonly notBeforeSeconds: number
  /** The generation of the key set that the token was verified with. */
  readonly generation: number
}

/** The caller of the token. Rejects only with `token_invalid`, `keys_unavailable` or `extractor_failed`. */
export async function verifyToken(token: string, rules: TokenRules): Promise<VerifiedToken> {
  try {
    const header = headerOf(token, rules)
    const { keys, generation } = await rules.keys.candidates(header)
    const claims = await verifyWithOneOf(keys, token, rules)
    checkFurtherClaims(claims, rules)
    return {
      auth: callerFrom(claims, rules.claims),
      expiresSeconds: claims.exp as number, // jose has checked that it is there and a number.
      notBeforeSeconds: typeof claims.nbf === 'number' ? claims.nbf : -Infinity,
      generation,
    }
  } catch (error) {
    if (error instanceof RoleSetsExpressError) throw error
    throw problem('token_invalid', reasonOf(error), { cause: error })
  }
}

const usualTypes: readonly string[] = ['jwt', 'at+jwt']

/** Checked before a key is selected, so that a token with an algorithm that is not allowed never causes a request. */
function headerOf(token: string, { algorithms, typ }: TokenRules): JWSHeaderParameters {
  const header = decodeProtectedHeader(token)
  const { alg } = header
  if (typeof alg !== 'string' || !algorithms.includes(alg)) throw new errors.JOSEAlgNotAllowed('not in the list')
  const given = header.typ === undefined ? undefined : plainType(header.typ)
  const right = typ === undefined ? given === undefined || usualTypes.includes(given) : given === plainType(typ)
  if (!right) {
    const cause = new ClaimDifference('typ', typ ?? ['JWT', 'at+jwt'], header.typ)
    throw problem('token_invalid', 'The token has another "typ" than required.', { cause })
  }
  return { ...header, alg }
}

/** Upper and lower case are equal, and `application/` may be omitted (RFC 7515, 4.1.9). */
function plainType(typ: unknown): string {
  return String(typ)
    .toLowerCase()
    .replace(/^application\//, '')
}

async function verifyWithOneOf(keys: Candidates['keys'], token: string, rules: TokenRules): Promise<TokenClaims> {
  let failure: unknown = new errors.JWKSNoMatchingKey()
  for (const key of keys) {
    try {
      return (await jwtVerify(token, key, verifyOptions(rules))).payload
    } catch (error) {
      failure = error
      if (!(error instanceof errors.JWSSignatureVerificationFailed)) break
    }
  }
  throw failure
}

function verifyOptions({ algorithms, issuer, audience, toleranceSeconds, clock }: TokenRules): JWTVerifyOptions {
  return {
    algorithms: [...algorithms],
    ...(issuer && { issuer: [...issuer] }),
    ...(audience && { audience: [...audience] }),
    clockTolerance: toleranceSeconds,
    currentDate: new Date(clock.dateMs()),
    requiredClaims: ['exp'],
  }
}

/** What jose does not check: a token from the future, and the party that it was issued to. */
function checkFurtherClaims({ iat, azp }: TokenClaims, rules: TokenRules): void {
  const { clock, toleranceSeconds, authorizedParties } = rules
  if (typeof iat === 'number' && iat > clock.dateMs() / 1000 + toleranceSeconds) {
    const cause = new ClaimDifference('iat', `at most ${Math.floor(clock.dateMs() / 1000) + toleranceSeconds}`, iat)
    throw problem('token_invalid', 'The token was issued in the future.', { cause })
  }
  if (authorizedParties && !(typeof azp === 'string' && authorizedParties.includes(azp))) {
    const cause = new ClaimDifference('azp', authorizedParties, azp)
    throw problem('token_invalid', 'The token was issued to a party that is not authorized.', { cause })
  }
}

/** Whether the error says that the issuer has not issued the token, so that it says nothing about the caller. */
export function isOfAnotherIssuer(error: unknown): boolean {
  const cause = error instanceof RoleSetsExpressError && error.code === 'token_invalid' ? error.cause : undefined
  if (cause instanceof errors.JWTClaimValidationFailed) return cause.claim === 'iss'
  return (
    cause instanceof errors.JWKSNoMatchingKey ||
    cause instanceof errors.JWSSignatureVerificationFailed ||
    cause instanceof errors.JWSInvalid ||
    cause instanceof errors.JOSEAlgNotAllowed ||
    cause instanceof TypeError
  )
}

function isNotValidYet(error: unknown): boolean {
  return error instanceof errors.JWTClaimValidationFailed && error.claim === 'nbf' && error.reason === 'check_failed'
}

function reasonOf(error: unknown): string {
  if (error instanceof errors.JWTExpired) return 'The token has expired.'
  if (isNotValidYet(error)) return 'The token is not valid yet.'
  if (error instanceof errors.JWTClaimValidationFailed) {
    // The claim's name comes from the rules, not from the token.
    return `The token's claim "${error.claim}" is missing or has a wrong value.`
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) return "The token's signature is wrong."
  if (error instanceof errors.JWKSNoMatchingKey) return 'The token is not signed with a key of the issuer.'
  if (error instanceof errors.JOSEAlgNotAllowed) return "The token's algorithm is not allowed."
  return 'The token is malformed.'
}
