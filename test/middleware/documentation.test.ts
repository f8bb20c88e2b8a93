/** The code in docs/express.md runs unchanged, and its tables are complete. */

import { readFileSync } from 'node:fs'
import type { RoleSetsClient } from '@rolesets/client'
import * as middleware from '@rolesets/express'
import test from 'ava'
import { kinds } from '../../packages/middleware-express/src/errors.ts'
import { expresses, serve } from './application.ts'
import { openIssuer } from './issuer.ts'
import { createRoleSetsDouble } from './role-sets-double.ts'

const text = readFileSync(new URL('../../docs/express.md', import.meta.url), 'utf8')
const snippets = [...text.matchAll(/^```js\n(.*?)^```$/gms)].map(([, code = '']) => code)

for (const [version, express] of expresses) {
  test(`the snippets run one after the other, as one application (${version})`, async (t) => {
    t.true(snippets.length >= 4)
    const tokens = await openIssuer(t)
    const roleSets = createRoleSetsDouble()
    const app = express()
    const logged: unknown[] = []
    const memberships = new Map([
      ['known', { organizationId: 'org_acme' }],
      ['elsewhere', { organizationId: 'org_pro' }],
    ])
    const scope: Record<string, unknown> = {
      ...middleware,
      // The issuer in the page does not exist. This test signs its tokens.
      authenticate: (options: middleware.AuthenticateOptions) =>
        middleware.authenticate({ ...options, jwks: middleware.authenticate(options) && tokens.jwks }),
      // So that this test can send requests to the application.
      express: Object.assign(() => app, express),
      createRoleSetsClient: () => Object.assign(roleSets, memberMethods),
      findMembership: (id: string) => Promise.resolve(memberships.get(id)),
      log: { info: (entry: unknown) => logged.push(entry) },
    }
    const code = snippets.join('\n').replaceAll(/^import .*$/gm, importsOnly)
    // The error handler comes last, as the page says.
    const ordered = code.replace('app.use(problems())', '') + '\napp.use(problems())'
    // eslint-disable-next-line @typescript-eslint/no-implied-eval -- It is our own documentation that is run.
    new Function(...Object.keys(scope), ordered)(...Object.values(scope))
    const ask = await serve(t, app)

    const azp = 'https://app.example.com'
    const claims = { iss: 'https://issuer.example.com', aud: 'https://api.example.com', azp }
    const token = await tokens.tokenOf({ claims })
    const members = '/organizations/org_acme/memberships'
    t.is((await ask(members, { body: { role: 'org:member' } })).status, 401)
    const granted = await ask(members, { token, body: { role: 'org:member' } })
    t.is(granted.status, 201)
    t.is(granted.body.by, 'user_1')
    const refused = await ask(members, { token, body: { role: 'org:analyst' } })
    t.is(refused.status, 403)
    const shown = JSON.parse(/^```json\n(.*?)^```$/ms.exec(text)?.[1] ?? '') as object
    t.deepEqual(Object.keys(refused.body), Object.keys(shown), 'the problem that is shown has these members')
    t.is((await ask('/organizations/org_acme/roles', { token })).status, 200)
    const membership = { membership: { role: 'org:member' } }
    t.is((await ask('/memberships/known', { method: 'PATCH', token, body: membership })).status, 200)
    t.is((await ask('/memberships/unknown', { method: 'PATCH', token, body: membership })).status, 400)
    t.is((await ask('/memberships/elsewhere', { method: 'PATCH', token, body: membership })).status, 403)
    t.is(logged.length, 1)
    t.is((await ask('/internal', { token })).status, 404)
    t.is((await ask('/reports', { token })).status, 200)
    const team = '/organizations/org_acme/teams/1/members'
    t.is((await ask(team, { method: 'PUT', token, body: { role: 'org:member' } })).body.code, 'grant_exceeds_own')
    t.is((await ask(team, { method: 'PUT', token, body: { role: 'org:admin' } })).status, 200)
    t.is((await ask('/domains', { method: 'POST', token })).status, 403)
    t.is((await ask('/reports/7', { method: 'DELETE', token })).body.code, 'role_withdrawn')
  })
}

/** Every caller is a member with the role org:member now. */
const memberMethods: Pick<RoleSetsClient, 'checkMember' | 'checkMemberCached'> = {
  checkMemberCached: (_organizationId, _userId, { role }) => {
    const isHeld = role === 'org:member'
    const reason = isHeld ? 'MEMBER_HOLDS_ROLE' : 'ROLE_NOT_HELD'
    const facts = { roles: ['org:member'], roleSet: 'role_set:free', revision: 'e:1', source: 'cache' } as const
    return { allowed: isHeld, reason, ...facts }
  },
  checkMember: () => Promise.reject(new Error('The cache has answered.')),
}

/** The error message of each factory lists its options. */
const factories: Readonly<Record<string, (options: object) => unknown>> = {
  'Who the caller is': (options) => middleware.authenticate(options as never),
  'Which roles can be granted': (options) => middleware.guardRoleGrant(options as never),
  'Who may call a route': (options) => middleware.requirePermission('org:a:b', options as never),
  'The list of roles': (options) => middleware.availableRoles(options as never),
  Errors: (options) => middleware.problems(options),
}

for (const [heading, make] of Object.entries(factories)) {
  test(`the options under "${heading}" are complete`, (t) => {
    const { message } = t.throws(() => make({ noSuchOption: 1 }), { code: 'option_invalid' })
    const options = /the options are (.+?)\. For example/.exec(message)?.[1]?.split(', ') ?? []
    const chapter = text.split(/^## /m).find((each) => each.startsWith(heading)) ?? ''
    const table = /^\| option .*?\n\n/ms.exec(chapter)?.[0] ?? ''
    const rows = [...table.matchAll(/^\| `(\w+)` \|/gm)].map(([, option]) => option!)
    t.deepEqual(rows.toSorted(), options.toSorted())
    t.true(rows.length > 0)
  })
}

test('every code of an error has its row, with its status', (t) => {
  const table = /^\| code \| status [\s\S]*?\n\n/m.exec(text)?.[0] ?? ''
  const documented = [...table.matchAll(/^\| `(\w+)` \| (\S+) \|/gm)].map(([, code, status]) => [code, status])
  const statusOf = (code: string, status: number) =>
    ({ request_refused: '4xx', option_invalid: '–' })[code] ?? String(status)
  const expected = Object.entries(kinds).map(([code, { status }]) => [code, statusOf(code, status)])
  t.deepEqual(documented.toSorted(), expected.toSorted())
})

/** The imports of a snippet are in scope already. Each imported name must exist. */
function importsOnly(line: string): string {
  const [, names, from] = /^import \{ (.+) \} from '(.+)'$/.exec(line) ?? []
  const missing = from === '@rolesets/express' && names?.split(', ').find((name) => !(name in middleware))
  if (missing) throw new Error(`docs/express.md imports ${missing}, which does not exist`)
  return ''
}
