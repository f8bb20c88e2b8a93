/**
 * Tells the application why a request was refused: which claim differs, and how. The caller gets only a short message, so
 * that an attacker learns nothing of the rules. It has values of claims, but never the token.
 */

import { decodeProtectedHeader, errors } from 'jose'
import { ClaimDifference } from './claim-difference.ts'
import type { TokenRules } from './token-verifier.ts'
import type { RoleSetsExpressError } from '../errors.ts'

/** What `onRefused` receives. */
export interface TokenRefusal {
  /** What the caller is answered. */
  readonly error: RoleSetsExpressError
  /** A sentence for the log of the application. */
  readonly detail: string
  /** The claim, or the member of the header (`alg`, `kid`, `typ`), that differs from the options. */
  readonly claim: string | undefined
  readonly expected: unknown
  readonly found: unknown
}

type Difference = Pick<TokenRefusal, 'claim' | 'expected' | 'found'>

export function refusalOf(error: RoleSetsExpressError, token: string | undefined, rules: TokenRules): TokenRefusal {
  const difference = differenceOf(error.cause, token, rules)
  if (difference === undefined) {
    const reason = error.cause instanceof Error ? ` (${error.cause.message})` : ''
    return { error, detail: `${error.message}${reason}`, claim: undefined, expected: undefined, found: undefined }
  }
  const { claim, expected, found } = difference
  const is = found === undefined ? 'is missing' : `is ${shown(found)}`
  const detail = `${error.message} "${claim}" ${is}, but it must be ${shown(expected)}.`
  return { error, detail, ...difference }
}

function differenceOf(cause: unknown, token: string | undefined, rules: TokenRules): Difference | undefined {
  if (cause instanceof ClaimDifference) return cause
  if (cause instanceof errors.JWTClaimValidationFailed || cause instanceof errors.JWTExpired) {
    return { claim: cause.claim, expected: expectedOf(cause.claim, rules), found: cause.payload[cause.claim] }
  }
  const header = token === undefined ? {} : headerOf(token)
  if (cause instanceof errors.JOSEAlgNotAllowed) {
    return { claim: 'alg', expected: rules.algorithms, found: header.alg }
  }
  if (!(cause instanceof errors.JWKSNoMatchingKey)) return undefined
  return { claim: 'kid', expected: 'the id of a key in the key set of the issuer', found: header.kid }
}

function expectedOf(claim: string, { issuer, audience, clock, toleranceSeconds }: TokenRules): unknown {
  const nowSeconds = Math.floor(clock.dateMs() / 1000)
  const expected: Readonly<Record<string, unknown>> = {
    iss: issuer,
    aud: audience,
    exp: `later than ${nowSeconds - toleranceSeconds}`,
    nbf: `at most ${nowSeconds + toleranceSeconds}`,
  }
  return expected[claim] ?? 'a valid value'
}

function headerOf(token: string): { readonly alg?: unknown; readonly kid?: unknown } {
  try {
    return decodeProtectedHeader(token)
  } catch {
    return {}
  }
}

/** Texts in quotes, other values as JSON; long ones are cut, because the token comes from outside. */
function shown(value: unknown): string {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value]
  const texts = list.map((each) => {
    if (typeof each === 'string' && value !== each) return JSON.stringify(each.slice(0, 200))
    return typeof each === 'string' && / /.test(each) ? each.slice(0, 200) : JSON.stringify(each)?.slice(0, 200)
  })
  return texts.join(' or ')
}
