/** The examples for Clerk, Auth0, WorkOS and Keycloak read tokens in the format of these providers. */

import { authenticate, authOf, problems, type AuthenticateOptions } from '@rolesets/express'
import test from 'ava'
import { auth0 } from '../../examples/identity-providers/auth0.ts'
import { clerk } from '../../examples/identity-providers/clerk.ts'
import { keycloak } from '../../examples/identity-providers/keycloak.ts'
import { workos } from '../../examples/identity-providers/workos.ts'
import { expresses, serve } from './application.ts'
import { openIssuer } from './issuer.ts'

interface Case {
  readonly options: AuthenticateOptions
  readonly jwks: string
  /** The claims of a token of the provider. */
  readonly claims: Record<string, unknown>
  readonly caller: Record<string, unknown>
  /** Changes to the claims after which the token must be refused. */
  readonly refused: readonly Record<string, unknown>[]
  /** Changes to the claims after which the caller has no active organization, or no role in it. */
  readonly powerless: readonly Record<string, unknown>[]
}

const none = { aud: undefined, sid: undefined, org_id: undefined, org_role: undefined }

const cases: Readonly<Record<string, Case>> = {
  'Clerk, version 2': {
    options: clerk({ frontendApi: 'clerk.example.com', origins: ['https://app.example.com'] }),
    jwks: 'https://clerk.example.com/.well-known/jwks.json',
    claims: {
      ...none,
      iss: 'https://clerk.example.com',
      azp: 'https://app.example.com',
      sid: 'sess_1',
      v: 2,
      fea: 'o:reports',
      o: { id: 'org_acme', slg: 'acme', rol: 'admin', per: 'read', fpm: '1' },
    },
    caller: { sessionId: 'sess_1', organizationSlug: 'acme', permissions: ['org:reports:read'] },
    refused: [
      { azp: 'https://evil.example.com' },
      { azp: undefined },
      { sts: 'pending' },
      { iss: 'https://clerk.dev' },
    ],
    powerless: [{ o: undefined }, { o: { id: 'org_acme' } }],
  },
  'Clerk, version 1': {
    options: clerk({ frontendApi: 'clerk.example.com', origins: ['https://app.example.com'] }),
    jwks: 'https://clerk.example.com/.well-known/jwks.json',
    claims: {
      ...none,
      iss: 'https://clerk.example.com',
      azp: 'https://app.example.com',
      sid: 'sess_1',
      org_id: 'org_acme',
      org_slug: 'acme',
      org_role: 'org:admin',
      org_permissions: ['org:reports:read'],
    },
    caller: { sessionId: 'sess_1', organizationSlug: 'acme', permissions: ['org:reports:read'] },
    refused: [{ azp: 'https://evil.example.com' }],
    powerless: [{ org_id: undefined }, { org_role: undefined }],
  },
  Auth0: {
    options: auth0({
      domain: 'example.eu.auth0.com',
      audience: 'https://api.example.com',
      roleClaim: 'https://example.com/role',
    }),
    jwks: 'https://example.eu.auth0.com/.well-known/jwks.json',
    claims: {
      ...none,
      iss: 'https://example.eu.auth0.com/',
      aud: ['https://api.example.com', 'https://example.eu.auth0.com/userinfo'],
      azp: 'client',
      scope: 'openid profile',
      org_id: 'org_acme',
      'https://example.com/role': 'admin',
      permissions: ['org:reports:read'],
    },
    caller: { permissions: ['org:reports:read'] },
    refused: [{ aud: 'client' }, { iss: 'https://example.eu.auth0.com' }, { permissions: 'all' }, { sub: undefined }],
    powerless: [
      { org_id: undefined },
      { 'https://example.com/role': undefined },
      { 'https://example.com/role': ['admin'] },
    ],
  },
  WorkOS: {
    options: workos({ clientId: 'client_1', issuer: 'https://api.workos.com' }),
    jwks: 'https://api.workos.com/sso/jwks/client_1',
    claims: {
      ...none,
      iss: 'https://api.workos.com',
      sid: 'session_1',
      jti: '01',
      org_id: 'org_acme',
      role: 'admin',
      roles: ['admin'],
      permissions: ['org:reports:read'],
    },
    caller: { sessionId: 'session_1', permissions: ['org:reports:read'] },
    refused: [{ iss: 'https://api.workos.example' }, { permissions: [7] }, { sub: 7 }],
    powerless: [{ org_id: undefined }, { role: undefined }],
  },
  Keycloak: {
    options: keycloak({ url: 'https://login.example.com', realm: 'acme', clientId: 'api' }),
    jwks: 'https://login.example.com/realms/acme/protocol/openid-connect/certs',
    claims: {
      ...none,
      iss: 'https://login.example.com/realms/acme',
      aud: ['api', 'account'],
      azp: 'app',
      typ: 'Bearer',
      sid: 'session_1',
      organization: { acme: { id: 'org_acme' } },
      resource_access: {
        account: { roles: ['manage-account'] },
        api: { roles: ['uma_protection', 'org:reports:read', 'org:admin'] },
      },
    },
    caller: { sessionId: 'session_1', organizationSlug: 'acme', permissions: ['org:reports:read'] },
    refused: [{ aud: 'account' }, { typ: 'ID' }, { typ: undefined }, { organization: null }],
    powerless: [
      { organization: undefined },
      { organization: { acme: {} } },
      { organization: { acme: { id: 'org_acme' }, other: { id: 'org_other' } } },
      { resource_access: undefined },
      { resource_access: { account: { roles: ['org:admin'] } } },
    ],
  },
}

for (const [version, express] of expresses) {
  for (const [provider, { options, jwks, claims, caller, refused, powerless }] of Object.entries(cases)) {
    test(`tokens of ${provider} are read (${version})`, async (t) => {
      const tokens = await openIssuer(t)
      t.is(options.jwks, jwks)
      t.notThrows(() => authenticate(options), 'the options are right as they are')
      const app = express()
      // The same options, but with the keys of this test.
      app.use(authenticate({ ...options, jwks: tokens.jwks }))
      app.get('/', (req, res) => {
        const { claims: _, ...rest } = authOf(req)!
        res.json(rest)
      })
      app.use(problems())
      const ask = await serve(t, app)
      const askWith = async (changes: Record<string, unknown>) =>
        ask('/', { token: await tokens.tokenOf({ claims: { ...claims, ...changes } }) })

      const { status, body } = await askWith({})
      t.is(status, 200)
      t.deepEqual(body, { userId: 'user_1', organizationId: 'org_acme', role: 'org:admin', ...caller })
      for (const changes of refused) t.is((await askWith(changes)).status, 401, JSON.stringify(changes))
      for (const changes of powerless) {
        const answer = await askWith(changes)
        t.is(answer.status, 200, JSON.stringify(changes))
        const { organizationId, role } = answer.body
        t.true(organizationId === undefined || role === undefined, JSON.stringify(changes))
      }
    })
  }

  test(`a role slug of WorkOS becomes a role key (${version})`, async (t) => {
    const tokens = await openIssuer(t)
    const app = express()
    app.use(authenticate({ ...workos({ clientId: 'x', issuer: 'https://api.workos.com' }), jwks: tokens.jwks }))
    app.get('/', (req, res) => {
      res.json(authOf(req)!.role)
    })
    const claims = { ...none, iss: 'https://api.workos.com', org_id: 'org_acme', role: 'security-admin' }
    t.is((await (await serve(t, app))('/', { token: await tokens.tokenOf({ claims }) })).body, 'org:security_admin')
  })
}
