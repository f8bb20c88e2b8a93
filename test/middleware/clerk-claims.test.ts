/** Session tokens of Clerk, version 1 and 2, are read correctly. */

import { authenticate, authOf, clerkClaims, problems } from '@rolesets/express'
import test from 'ava'
import fc from 'fast-check'
import { expresses, serve } from './application.ts'
import { audience, issuer, openIssuer } from './issuer.ts'

const signedIn = { sub: 'user_1', sid: 'sess_1' }

test('version 1 has the organization in four claims', (t) => {
  const caller = clerkClaims({
    ...signedIn,
    org_id: 'org_acme',
    org_slug: 'acme',
    org_role: 'org:admin',
    org_permissions: ['org:teams:read', 'org:teams:manage'],
  })
  t.deepEqual(caller, {
    userId: 'user_1',
    sessionId: 'sess_1',
    organizationId: 'org_acme',
    organizationSlug: 'acme',
    role: 'org:admin',
    permissions: ['org:teams:read', 'org:teams:manage'],
  })
})

test('version 2 has the role without its prefix, and the permissions as bits', (t) => {
  // The example in Clerk's documentation.
  const caller = clerkClaims({
    ...signedIn,
    v: 2,
    fea: 'o:dashboard,o:teams',
    o: { id: 'org_acme', slg: 'acme', rol: 'admin', per: 'manage,read', fpm: '3,2' },
  })
  t.is(caller.organizationId, 'org_acme')
  t.is(caller.organizationSlug, 'acme')
  t.is(caller.role, 'org:admin')
  t.deepEqual(caller.permissions, ['org:dashboard:manage', 'org:dashboard:read', 'org:teams:read'])
})

test('only features of the organization count for the positions of the numbers', (t) => {
  const permissions = permissionsOf({ fea: 'u:mine, o:a ,ou:b,uo:c,x:d', per: 'read , write', fpm: '1, 2 ,3,3' })
  t.deepEqual(permissions, ['org:a:read', 'org:b:write', 'org:c:read', 'org:c:write'])
})

test('more than 53 bits are possible: bit 60 counts, and the bits beside it do not', (t) => {
  const per = Array.from({ length: 64 }, (_, bit) => `action${bit}`).join(',')
  t.deepEqual(permissionsOf({ fea: 'o:a', per, fpm: String(2n ** 60n) }), ['org:a:action60'])
  const [low, high] = [0, 63]
  t.deepEqual(permissionsOf({ fea: 'o:a', per, fpm: String(2n ** 63n + 1n) }), [
    `org:a:action${low}`,
    `org:a:action${high}`,
  ])
})

test('bits beyond the actions and numbers beyond the features are ignored', (t) => {
  t.deepEqual(permissionsOf({ fea: 'o:a', per: 'read', fpm: '255,255' }), ['org:a:read'])
  t.deepEqual(permissionsOf({ fea: 'o:a,o:b', per: 'read', fpm: '1' }), ['org:a:read'])
})

for (const fpm of ['-1', '1.5', '0x3', '1e3', 'three', '', ' ', '٣', '+1']) {
  test(`a malformed number has no bits: "${fpm}"`, (t) => {
    t.deepEqual(permissionsOf({ fea: 'o:a,o:b', per: 'read,write', fpm: `${fpm},1` }), ['org:b:read'])
  })
}

test('without actions or numbers there are no permissions', (t) => {
  for (const o of [
    {},
    { per: 'read' },
    { fpm: '1' },
    { per: '', fpm: '1' },
    { per: 'read', fpm: '' },
    { per: 1, fpm: 1 },
  ]) {
    t.deepEqual(permissionsOf({ fea: 'o:a', ...o }), [])
  }
  t.deepEqual(permissionsOf({ per: 'read', fpm: '1' }), [])
  t.deepEqual(permissionsOf({ fea: '', per: 'read', fpm: '1' }), [])
})

test('a feature without a scope, or a malformed organization, makes the token invalid', (t) => {
  for (const fea of ['dashboard', 'o:a,', 'o:a,teams', 7]) {
    t.throws(() => permissionsOf({ fea, per: 'read', fpm: '1' }), { code: 'token_invalid' }, String(fea))
  }
  for (const o of [null, 'org_acme', [], {}, { id: '' }, { id: 7 }]) {
    t.throws(() => clerkClaims({ ...signedIn, v: 2, o }), { code: 'token_invalid' })
  }
})

test('without an active organization there are no role and no permissions, whatever other claims there are', (t) => {
  const caller = clerkClaims({ ...signedIn, v: 2, fea: 'u:mine', org_id: 'org_acme', org_role: 'org:admin' })
  t.deepEqual(caller, { userId: 'user_1', sessionId: 'sess_1' })
  t.is(clerkClaims(signedIn).organizationId, undefined)
  t.is(clerkClaims({ ...signedIn, v: 2, o: { id: 'org_acme' } }).role, undefined)
})

test('claims of a wrong type count as missing', (t) => {
  const caller = clerkClaims({ ...signedIn, org_id: 7, org_role: ['org:admin'], org_permissions: 'org:a:read' })
  t.is(caller.organizationId, undefined)
  t.is(caller.role, undefined)
  t.deepEqual(caller.permissions, [])
})

test('a version other than 1 and 2 is refused, and not read as one of them', (t) => {
  const version1 = { ...signedIn, org_id: 'org_acme', org_role: 'org:admin' }
  t.is(clerkClaims({ ...version1, v: 1 }).role, 'org:admin')
  for (const v of [0, 3, 1.5, -1, 22, '1', '2', 'two', '', null, true, [2], { v: 2 }, NaN]) {
    const claims = { ...version1, v, o: { id: 'org_acme', rol: 'admin' } }
    t.throws(() => clerkClaims(claims), { code: 'token_invalid', message: /"v"/ }, JSON.stringify(v))
  }
})

test('the token of a machine is refused: a machine chooses its claims itself', (t) => {
  const claims = { org_id: 'org_acme', org_role: 'org:admin' }
  t.throws(() => clerkClaims({ ...claims, sub: 'mch_1' }), { code: 'token_invalid' })
  t.notThrows(() => clerkClaims({ ...claims, sub: 'user_mch_1' }))
})

test('a pending session is refused', (t) => {
  t.throws(() => clerkClaims({ ...signedIn, sts: 'pending' }), { code: 'token_invalid' })
  t.notThrows(() => clerkClaims({ ...signedIn, sts: 'active' }))
})

test('the permissions that were packed are the ones that are read', (t) => {
  const word = fc.stringMatching(/^[a-z_]{1,8}$/)
  const matrix = fc
    .record({
      features: fc.uniqueArray(word, { maxLength: 8 }),
      actions: fc.uniqueArray(word, { minLength: 1, maxLength: 70 }),
    })
    .chain(({ features, actions }) =>
      fc.record({
        features: fc.constant(features),
        actions: fc.constant(actions),
        held: fc.array(fc.array(fc.boolean(), { minLength: actions.length, maxLength: actions.length }), {
          minLength: features.length,
          maxLength: features.length,
        }),
      }),
    )
  fc.assert(
    fc.property(matrix, ({ features, actions, held }) => {
      const masks = held.map((row) => row.reduce((mask, bit, j) => (bit ? mask + 2n ** BigInt(j) : mask), 0n))
      const expected = features.flatMap((feature, i) =>
        actions.filter((_, j) => held[i]?.[j]).map((action) => `org:${feature}:${action}`),
      )
      const fea = features.map((feature) => `o:${feature}`).join(',')
      t.deepEqual(permissionsOf({ fea, per: actions.join(','), fpm: masks.join(',') }), expected)
    }),
  )
})

for (const [version, express] of expresses) {
  test(`signed tokens of both versions give the same caller (${version})`, async (t) => {
    const tokens = await openIssuer(t)
    const app = express()
    app.use(authenticate({ issuer, audience, jwks: tokens.jwks, claims: 'clerk' }))
    app.get('/', (req, res) => {
      const { organizationId, organizationSlug, role, permissions } = authOf(req)!
      res.json({ organizationId, organizationSlug, role, permissions })
    })
    app.use(problems())
    const ask = await serve(t, app)
    const none = { org_id: undefined, org_role: undefined }
    const o = { id: 'org_acme', slg: 'acme', rol: 'admin', per: 'read', fpm: '1' }
    const first = { org_slug: 'acme', org_permissions: ['org:teams:read'] }
    const answers = await Promise.all(
      [first, { ...none, v: 2, fea: 'o:teams', o }].map(async (claims) =>
        ask('/', { token: await tokens.tokenOf({ claims }) }),
      ),
    )
    t.is(answers[0]!.body.role, 'org:admin')
    t.deepEqual(answers[0]!.body, answers[1]!.body)
    const malformed = { ...none, v: 2, fea: 'teams', o }
    t.is((await ask('/', { token: await tokens.tokenOf({ claims: malformed }) })).status, 401)
  })
}

function permissionsOf({ fea, ...o }: Record<string, unknown>): readonly string[] {
  return clerkClaims({ ...signedIn, v: 2, fea, o: { id: 'org_acme', rol: 'admin', ...o } }).permissions ?? []
}
