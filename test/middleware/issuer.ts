/**
 * Issues tokens with keys that are created at run time, and serves them from a real JWKS server that can change and
 * fail.
 */

import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Clock } from '@rolesets/express'
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose'
import type { Teardown } from './application.ts'

export const issuer = 'https://issuer.example'
export const audience = 'https://api.example'

export interface TokenParts {
  /** Added to the default claims, or replacing them. undefined removes a claim. */
  readonly claims?: Record<string, unknown>
  readonly header?: Record<string, unknown>
  readonly kid?: string
}

export interface Issuer {
  /** The keys that are published now. */
  readonly jwks: { keys: JWK[] }
  readonly jwksUrl: string
  /** How often the keys were fetched. */
  readonly fetches: () => number
  /** How the server answers: correctly, by closing the connection, with 500, with malformed JSON, never, or as given. */
  behave(manner: 'well' | 'cut' | 'error' | 'malformed' | 'never' | RequestListener): void
  /** Creates a key and publishes it. */
  addKey(kid: string, alg?: string): Promise<void>
  /** Stops publishing the key. Tokens can still be signed with it. */
  withdrawKey(kid: string): void
  /** A token of `user_1`, an administrator of `org_acme`, valid for five minutes. */
  tokenOf(parts?: TokenParts): Promise<string>
}

export async function openIssuer(t: Teardown, clock: Pick<Clock, 'dateMs'> = { dateMs: Date.now }): Promise<Issuer> {
  const privateKeys = new Map<string, { key: CryptoKey; alg: string }>()
  const jwks: { keys: JWK[] } = { keys: [] }
  let manner: Parameters<Issuer['behave']>[0] = 'well'
  let fetches = 0
  const server = createServer((req, res) => {
    fetches += 1
    if (manner === 'never') return
    if (typeof manner === 'function') {
      manner(req, res)
      return
    }
    if (manner === 'cut') {
      req.socket.destroy()
      return
    }
    res.statusCode = manner === 'error' ? 500 : 200
    res.end(manner === 'malformed' ? '<html>' : JSON.stringify(jwks))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })

  const made: Issuer = {
    jwks,
    jwksUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`,
    fetches: () => fetches,
    behave: (next) => (manner = next),
    async addKey(kid, alg = 'ES256') {
      const { publicKey, privateKey } = await generateKeyPair(alg)
      privateKeys.set(kid, { key: privateKey, alg })
      jwks.keys.push({ ...(await exportJWK(publicKey)), kid, alg, use: 'sig' })
    },
    withdrawKey: (kid) => (jwks.keys = jwks.keys.filter((key) => key.kid !== kid)),
    async tokenOf({ claims = {}, header = {}, kid = 'first' } = {}) {
      const { key, alg } = privateKeys.get(kid)!
      const nowSeconds = Math.floor(clock.dateMs() / 1000)
      return new SignJWT({
        iss: issuer,
        aud: audience,
        sub: 'user_1',
        sid: 'sess_1',
        iat: nowSeconds,
        nbf: nowSeconds,
        exp: nowSeconds + 300,
        org_id: 'org_acme',
        org_role: 'org:admin',
        ...claims,
      })
        .setProtectedHeader({ alg, kid, typ: 'JWT', ...header })
        .sign(key, { crit: { x: true } })
    },
  }
  await made.addKey('first')
  return made
}

export interface TestClock extends Clock {
  advance(ms: number): void
}

/** A clock that only moves when `advance` is called. */
export function openClock(): TestClock {
  let passedMs = 0
  const startMs = Date.now()
  return {
    nowMs: () => passedMs,
    dateMs: () => startMs + passedMs,
    advance: (ms) => (passedMs += ms),
  }
}
