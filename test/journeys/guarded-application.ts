/** A real Express application with guarded routes, and the tokens of its users: what an app developer would write. */

import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { RoleSetsClient } from '@rolesets/client'
import { authenticate, guardRoleGrant, problems, requireRole, roleGrantOf } from '@rolesets/express'
import express, { type Express } from 'express'
import { exportJWK, generateKeyPair, SignJWT, type JWK } from 'jose'

export interface Answer {
  readonly status: number
  readonly body: Record<string, unknown>
  readonly headers: Headers
}

export interface GuardedApplication {
  /** Asks to grant a role, as an administrator of the organization. */
  grant(organizationId: string, role: string): Promise<Answer>
  /** Asks for a page that requires the role `org:moderator`, with a token that lists that role. */
  moderate(organizationId: string): Promise<Answer>
}

interface Teardown {
  teardown(undo: () => unknown): void
}

const issuer = 'https://issuer.example'
const audience = 'journeys'

/** Signs the tokens of users. */
export interface Issuer {
  /** As JSON, for an application that checks the tokens. */
  readonly jwks: { readonly keys: JWK[] }
  readonly tokenOf: (organizationId: string, role: string) => Promise<string>
}

/** @param audience of the application. */
export async function createIssuer(tokenAudience = audience): Promise<Issuer> {
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  return {
    jwks: { keys: [{ ...(await exportJWK(publicKey)), kid: 'key', alg: 'ES256' }] },
    tokenOf: (organizationId, role) =>
      new SignJWT({ v: 2, sid: 'sess_1', o: { id: organizationId, rol: role } })
        .setProtectedHeader({ alg: 'ES256', kid: 'key' })
        .setSubject('user_1')
        .setIssuer(issuer)
        .setAudience(tokenAudience)
        .setIssuedAt()
        .setExpirationTime('5m')
        .sign(privateKey),
  }
}

export function createGuardedApplication(roleSets: RoleSetsClient, jwks: Issuer['jwks']): Express {
  const app = express()
  app.use(authenticate({ issuer, audience, jwks }))
  app.post('/organizations/:organizationId/memberships', express.json(), guardRoleGrant({ roleSets }), (req, res) => {
    res.status(201).json(roleGrantOf(req))
  })
  app.get('/organizations/:organizationId/queue', requireRole('org:moderator', { roleSets }), (_req, res) => {
    res.json({ queue: [] })
  })
  app.use(problems())
  return app
}

export async function openGuardedApplication(t: Teardown, roleSets: RoleSetsClient): Promise<GuardedApplication> {
  const { jwks, tokenOf } = await createIssuer()
  const server = createGuardedApplication(roleSets, jwks).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/organizations`

  const ask = async (url: string, token: string, init: RequestInit = {}): Promise<Answer> => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const response = await fetch(url, { ...init, headers })
    return { status: response.status, headers: response.headers, body: (await response.json()) as Answer['body'] }
  }
  return {
    grant: async (organizationId, role) =>
      ask(`${base}/${organizationId}/memberships`, await tokenOf(organizationId, 'admin'), {
        method: 'POST',
        body: JSON.stringify({ user_id: 'user_2', role }),
      }),
    moderate: async (organizationId) =>
      ask(`${base}/${organizationId}/queue`, await tokenOf(organizationId, 'moderator')),
  }
}

/**
 * Asks again while the answer is 503. On a busy machine the sidecar may need longer than the client's deadline, and while
 * the client reconnects it can't decide.
 */
export async function onceDecided(ask: () => Promise<Answer>): Promise<Answer> {
  for (;;) {
    const answer = await ask()
    if (answer.status !== 503) return answer
  }
}
