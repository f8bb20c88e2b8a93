/** All options are checked when a middleware is created, and the error says what to write. */

import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import * as middleware from '@rolesets/express'
import type { AuthenticateOptions, RoleSetsExpressError } from '@rolesets/express'
import test from 'ava'
import { exportJWK, exportSPKI, generateKeyPair } from 'jose'
import { audience, issuer } from './issuer.ts'
import { createRoleSetsDouble } from './role-sets-double.ts'

const { authenticate, availableRoles, guardRoleGrant, problems, requirePermission, requireRole } = middleware
const roleSets = createRoleSetsDouble()
const jwks = 'https://issuer.example/jwks.json'
const right: AuthenticateOptions = { issuer, audience, jwks }
const secret = new Uint8Array(32)

test('the package exports exactly the public names', (t) => {
  t.deepEqual(Object.keys(middleware).sort(), [
    'RoleSetsExpressError',
    'authOf',
    'authenticate',
    'availableRoles',
    'clerkClaims',
    'guardRoleGrant',
    'problems',
    'requirePermission',
    'requireRole',
    'roleGrantOf',
  ])
})

/** Creates a middleware with wrong options, and checks that the error names the option and shows a call. */
function refuses(title: string, option: string, make: () => unknown): void {
  test(`wrong options are refused at creation: ${title}`, (t) => {
    const error = t.throws<RoleSetsExpressError>(make, { name: 'RoleSetsExpressError' })
    t.is(error.code, 'option_invalid')
    t.true(error.message.includes(`"${option}"`), error.message)
    t.regex(error.message, /For example: \w+\(.+\)/)
  })
}

const wrong: readonly (readonly [string, string, Record<string, unknown>])[] = [
  ['no issuer', 'issuer', { issuer: undefined }],
  ['an empty issuer', 'issuer', { issuer: '' }],
  ['an empty list of issuers', 'issuer', { issuer: [] }],
  ['issuer: true', 'issuer', { issuer: true }],
  ['no audience', 'audience', { audience: undefined }],
  ['an audience that is not a string', 'audience', { audience: [7] }],
  ['neither jwks nor secret', 'jwks', { jwks: undefined }],
  ['both jwks and secret', 'secret', { secret }],
  ['a malformed URL', 'jwks', { jwks: 'issuer.example/jwks.json' }],
  ['an http URL', 'jwks', { jwks: 'http://issuer.example/jwks.json' }],
  ['an http URL that looks like loopback', 'jwks', { jwks: 'http://127.0.0.1.example/jwks.json' }],
  ['a file URL', 'jwks', { jwks: new URL('file:///jwks.json') }],
  ['a URL with credentials', 'jwks', { jwks: 'https://user:word@issuer.example/jwks.json' }],
  ['an object that is not a key set', 'jwks', { jwks: { keys: 'all' } }],
  ['a key set without keys', 'jwks', { jwks: { keys: [] } }],
  ['a key set with a private key', 'jwks', { jwks: { keys: [{ kty: 'EC', d: 'x' }] } }],
  ['a key set with a secret', 'jwks', { jwks: { keys: [{ kty: 'oct', k: 'x' }] } }],
  ['a short secret', 'secret', { jwks: undefined, secret: 'short' }],
  ['a PEM key as a secret', 'secret', { jwks: undefined, secret: `-----BEGIN PUBLIC KEY-----\n${'x'.repeat(99)}` }],
  ['the algorithm none', 'algorithms', { algorithms: ['RS256', 'none'] }],
  ['an algorithm of secrets with keys', 'algorithms', { algorithms: ['RS256', 'HS256'] }],
  ['an algorithm of keys with a secret', 'algorithms', { jwks: undefined, secret, algorithms: ['HS256', 'RS256'] }],
  ['an empty list of algorithms', 'algorithms', { algorithms: [] }],
  ['a claims option of another provider', 'claims', { claims: 'auth0' }],
  ['an empty list of authorized parties', 'authorizedParties', { authorizedParties: [] }],
  ['an empty type', 'typ', { typ: '' }],
  ['cacheSeconds beyond a minute', 'cacheSeconds', { cacheSeconds: 61 }],
  ['cacheSeconds below zero', 'cacheSeconds', { cacheSeconds: -1 }],
  ['cacheSeconds as a string', 'cacheSeconds', { cacheSeconds: '60' }],
  ['cacheSeconds NaN', 'cacheSeconds', { cacheSeconds: NaN }],
  ['cacheTokensMax without a bound', 'cacheTokensMax', { cacheTokensMax: Infinity }],
  ['a tolerance of an hour', 'clockToleranceSeconds', { clockToleranceSeconds: 3600 }],
  ['keys that are trusted for an hour', 'jwksMaxAgeSeconds', { jwksMaxAgeSeconds: 3600 }],
  ['no time for the keys', 'jwksTimeoutMs', { jwksTimeoutMs: 0 }],
  ['a realm with a quotation mark', 'realm', { realm: 'a"b' }],
  ['a realm with a line break', 'realm', { realm: 'a\r\nSet-Cookie: x' }],
  ['a cookie name with an equals sign', 'cookie', { cookie: 'a=b' }],
  ['a cookie together with a token function', 'cookie', { cookie: 'a', token: () => 'x' }],
  ['a token that is not a function', 'token', { token: 'x' }],
  ['required as a string', 'required', { required: 'false' }],
  ['a clock without functions', 'clock', { clock: {} }],
  ['a misspelt option', 'authorisedParties', { authorisedParties: ['https://app.example'] }],
]

for (const [title, option, options] of wrong) {
  // clerk/javascript#8370: options that had a type but were ignored.
  refuses(`authenticate: ${title}`, option, () => authenticate({ ...right, ...options }))
}

refuses('authenticate without options', 'options', () => authenticate(undefined as never))
refuses('guardRoleGrant without a client', 'roleSets', () => guardRoleGrant({} as never))
refuses('guardRoleGrant with an object that is not a client', 'roleSets', () =>
  guardRoleGrant({ roleSets: {} as never }),
)
refuses('guardRoleGrant in a mode that does not exist', 'mode', () =>
  guardRoleGrant({ roleSets, mode: 'off' as never }),
)
refuses('guardRoleGrant with roles that are not a function', 'roles', () =>
  guardRoleGrant({ roleSets, roles: 'x' as never }),
)
refuses('guardRoleGrant with a deadline of 0', 'deadlineMs', () => guardRoleGrant({ roleSets, deadlineMs: 0 }))
refuses('guardRoleGrant with a misspelt option', 'onDecisions', () =>
  guardRoleGrant({ roleSets, onDecisions: () => {} } as never),
)
refuses('requireRole of no role', 'required', () => requireRole([], { roleSets }))
refuses('requireRole of a blank role', 'required', () => requireRole(' ', { roleSets }))
refuses('requireRole of nothing', 'required', () => requireRole(undefined as never, { roleSets }))
refuses('requireRole without a client', 'roleSets', () => requireRole('org:admin', {} as never))
refuses('requirePermission of no permission', 'required', () => requirePermission([], { roleSets }))
refuses('requirePermission of an object', 'required', () => requirePermission([{}] as never, { roleSets }))
refuses('requirePermission without a client', 'roleSets', () => requirePermission('org:a:b', {} as never))
refuses('availableRoles without a client', 'roleSets', () => availableRoles({} as never))
refuses('problems with a misspelt option', 'everything', () => problems({ everything: true } as never))

/** Calls that a developer writes by mistake, and what the error says to write instead. */
const mistakes: readonly (readonly [string, () => unknown, RegExp])[] = [
  ['the client instead of options', () => guardRoleGrant(roleSets as never), /write \{ roleSets \}/],
  ['the client for a requirement', () => requireRole('org:admin', roleSets as never), /write \{ roleSets \}/],
  ['the client for a list', () => availableRoles(roleSets as never), /write \{ roleSets \}/],
  ['rolesets', () => guardRoleGrant({ rolesets: roleSets } as never), /"rolesets", did you mean "roleSets"\?/],
  ['role_sets', () => requirePermission('org:a:b', { role_sets: roleSets } as never), /did you mean "roleSets"\?/],
  ['roleSet', () => availableRoles({ roleSet: roleSets } as never), /did you mean "roleSets"\?/],
  ['OnDecision', () => guardRoleGrant({ roleSets, OnDecision: () => {} } as never), /did you mean "onDecision"\?/],
  ['authorised parties', () => authenticate({ ...right, authorized_parties: [] } as never), /"authorizedParties"\?/],
  [
    'a function that makes a client',
    () => guardRoleGrant({ roleSets: () => roleSets } as never),
    /not a function that makes one/,
  ],
]
for (const [title, make, words] of mistakes) {
  test(`the error says what to write instead: ${title}`, (t) => {
    const { message } = t.throws(make, { code: 'option_invalid', message: words })
    t.regex(message, /For example: \w+\(.+\)/)
  })
}

for (const [name, factory] of Object.entries({
  authenticate,
  availableRoles,
  guardRoleGrant,
  problems,
  requirePermission,
  requireRole,
})) {
  test(`a factory that is passed to Express without a call says so: ${name}`, (t) => {
    const req = new IncomingMessage(new Socket())
    const use = factory as (...parts: readonly unknown[]) => unknown
    const { message } = t.throws(() => use(req, new ServerResponse(req), () => {}), { code: 'option_invalid' })
    t.true(message.includes(`call it, ${name}(…) instead of ${name}`), message)
  })
}

test('valid options are accepted: https, http on loopback, a key set, a secret, and options that are undefined', async (t) => {
  const { publicKey } = await generateKeyPair('RS256')
  const keys = { keys: [await exportJWK(publicKey)] }
  for (const given of [
    jwks,
    new URL(jwks),
    'http://localhost:3000/jwks',
    'http://127.0.0.1/jwks',
    'http://[::1]/jwks',
    keys,
  ]) {
    t.notThrows(() => authenticate({ ...right, jwks: given }))
  }
  t.notThrows(() => authenticate({ issuer: false, audience: false, secret, cookie: undefined, typ: undefined }))
  const pem = await exportSPKI(publicKey)
  t.throws(() => authenticate({ issuer, audience, secret: pem }), { code: 'option_invalid' })
})

test('creating a middleware fetches no keys and asks the client nothing', (t) => {
  const asked = createRoleSetsDouble()
  authenticate(right)
  guardRoleGrant({ roleSets: asked })
  requirePermission('org:a:b', { roleSets: asked })
  t.deepEqual(asked.questions, [])
})
