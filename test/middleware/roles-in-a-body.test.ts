/** The guard reads roles from every documented place of a body, so that no role is missed. */

import { guardRoleGrant, problems, roleGrantOf } from '@rolesets/express'
import test, { type ExecutionContext } from 'ava'
import { expresses, serve, type Ask } from './application.ts'
import { createRoleSetsDouble, yes } from './role-sets-double.ts'

const found: readonly (readonly [string, unknown, readonly string[]])[] = [
  ['role', { role: 'org:a' }, ['org:a']],
  ['role_key', { role_key: 'org:a' }, ['org:a']],
  ['roleKey', { roleKey: 'org:a' }, ['org:a']],
  ['roles', { roles: ['org:a', 'org:b'] }, ['org:a', 'org:b']],
  ['roles with one text, as a form gives it', { roles: 'org:a' }, ['org:a']],
  ['roles of objects', { roles: [{ role: 'org:a' }, { role_key: 'org:b' }] }, ['org:a', 'org:b']],
  ['role_keys', { role_keys: ['org:a'] }, ['org:a']],
  ['roleKeys', { roleKeys: ['org:a'] }, ['org:a']],
  ['a list of objects', [{ email: 'x', role: 'org:a' }, { role_key: 'org:b' }], ['org:a', 'org:b']],
  ['a list of texts', ['org:a', 'org:b'], ['org:a', 'org:b']],
  ['invitations', { invitations: [{ role: 'org:a' }, { role: 'org:b' }] }, ['org:a', 'org:b']],
  ['memberships', { memberships: [{ role: 'org:a' }] }, ['org:a']],
  ['members', { members: [{ roles: ['org:a', 'org:b'] }] }, ['org:a', 'org:b']],
  ['one role for all', { role: 'org:a', members: ['user_1', 'user_2', { id: 'user_3' }] }, ['org:a']],
  ['the same role again', { role: 'org:a', roles: ['org:a', 'org:b', 'org:a'] }, ['org:a', 'org:b']],
  ['one role for all, and ids that are numbers', { role: 'org:a', members: [7, 'user_2'] }, ['org:a']],
  [
    'data of a member that has a role',
    {
      members: [
        { role: 'org:a', public_metadata: { role: 'x' } },
        { role: 'org:a', user: { id: 'user_1' } },
      ],
    },
    ['org:a'],
  ],
  ['empty lists beside a role', { role: 'org:a', roles: [], members: [] }, ['org:a']],
  [
    'names that the guard does not claim',
    { role: 'org:a', data: { role: 'x' }, role_id: 'x', user_roles: ['x'] },
    ['org:a'],
  ],
  [
    'a role in each place',
    { role: 'org:a', role_key: 'org:b', roles: ['org:c'], members: [{ role: 'org:d' }] },
    ['org:a', 'org:b', 'org:c', 'org:d'],
  ],
  ['a second role where the first is fine', { role: 'org:a', roleKey: 'org:evil' }, ['org:a', 'org:evil']],
  ['spaces and letter case, as they are', { roles: [' org:a', 'ORG:A'] }, [' org:a', 'ORG:A']],
]

type Refused = readonly [title: string, body: unknown, code: string, pointer: string | undefined]

const refused: readonly Refused[] = [
  ['nothing', {}, 'role_missing', undefined],
  ['an empty list', [], 'role_missing', undefined],
  ['no roles', { roles: [] }, 'role_missing', undefined],
  ['other things', { user_id: 'user_1' }, 'role_missing', undefined],
  ['an item without a role', [{ role: 'org:a' }, { email: 'x' }], 'role_missing', '/1'],
  ['an invitation without a role', { invitations: [{ role: 'org:a' }, {}] }, 'role_missing', '/invitations/1'],
  [
    'a membership without a role, beside an invitation with one',
    { invitations: [{ role: 'org:a' }], memberships: [{}] },
    'role_missing',
    '/memberships/0',
  ],
  ['members that are texts, and no role for all', { members: ['org:a'] }, 'role_missing', '/members/0'],
  ['an object of a list of roles without one', { roles: [{ name: 'x' }] }, 'role_missing', '/roles/0'],
  ['null', { role: null }, 'role_invalid', '/role'],
  ['a number', { role: 7 }, 'role_invalid', '/role'],
  ['an empty text', { role: '' }, 'role_invalid', '/role'],
  ['a blank text', { role: ' \t' }, 'role_invalid', '/role'],
  ['a text that is too long', { role: 'x'.repeat(256) }, 'role_invalid', '/role'],
  ['a control character', { role: 'org:a\u0000' }, 'role_invalid', '/role'],
  ['half a character', { role: 'org:\ud800' }, 'role_invalid', '/role'],
  ['an object', { role: { key: 'org:a' } }, 'role_invalid', '/role'],
  ['a list where a role should be', { role: ['org:a'] }, 'role_invalid', '/role'],
  ['an object where a list should be', { roles: { admin: true } }, 'role_invalid', '/roles'],
  ['a list in a list', { roles: [['org:a']] }, 'role_invalid', '/roles/0'],
  [
    'a list within an object of a list',
    { roles: [{ role: 'org:a', roles: ['org:evil'] }] },
    'role_invalid',
    '/roles/0/roles',
  ],
  ['a bad one after a good one', { roles: ['org:a', 7] }, 'role_invalid', '/roles/1'],
  ['a bad one in a bulk body', { members: [{ role: 'org:a' }, { role: false }] }, 'role_invalid', '/members/1/role'],
  [
    'an object for each member',
    { role: 'org:a', members: { user_1: { role: 'org:evil' } } },
    'role_invalid',
    '/members',
  ],
  ['one invitation that is not in a list', { invitations: { role: 'org:a' } }, 'role_invalid', '/invitations'],
  ['a list in a list of members', { role: 'org:a', members: [[{ role: 'org:evil' }]] }, 'role_invalid', '/members/0'],
  ['a text for a list of members', { role: 'org:a', members: '[{"role":"org:evil"}]' }, 'role_invalid', '/members'],
  ...[
    '[{"role":"org:evil"}]',
    '{"role":"org:evil"}',
    'user_1:org:evil',
    'role=org:evil&id=7',
    'user_1,user_2',
    'x\u0000',
    ' ',
  ].flatMap((text): Refused[] => [
    [`a member that is the text ${text}`, { role: 'org:a', members: ['user_1', text] }, 'role_invalid', '/members/1'],
    [`members that are the text ${text}`, { role: 'org:a', members: text }, 'role_invalid', '/members'],
  ]),
  ['null for a list of members', { role: 'org:a', memberships: null }, 'role_invalid', '/memberships'],
  ['null as a member', { role: 'org:a', members: ['user_1', null] }, 'role_invalid', '/members/1'],
  ['true as a member', { role: 'org:a', members: [true] }, 'role_invalid', '/members/0'],
  [
    'members of an invitation',
    { invitations: [{ role: 'org:a', members: [{ role: 'org:evil' }] }] },
    'role_invalid',
    '/invitations/0/members',
  ],
  [
    'memberships of a member without a role',
    { role: 'org:a', members: [{ memberships: [{ role: 'org:evil' }] }] },
    'role_invalid',
    '/members/0/memberships',
  ],
  ['members of an item of a list', [{ role: 'org:a', members: [] }], 'role_invalid', '/0/members'],
  [
    'roles of a member that are an object',
    { role: 'org:a', members: [{ roles: { 0: 'org:evil' } }] },
    'role_invalid',
    '/members/0/roles',
  ],
  [
    'a role that stands deeper in a member without one',
    { role: 'org:a', members: ['user_1', { user: { name: 'x', roles: ['org:evil'] } }] },
    'role_invalid',
    '/members/1/user/roles',
  ],
  [
    'a prototype that stands deeper in a member without a role',
    JSON.parse('{"role":"org:a","invitations":[{"list":[{"__proto__":{"role":"org:evil"}}]}]}'),
    'role_invalid',
    '/invitations/0/list/0/__proto__',
  ],
  ['another spelling', { role: 'org:a', Role: 'org:evil' }, 'role_invalid', '/Role'],
  ['another spelling of a list', { role: 'org:a', ROLE_KEYS: ['org:evil'] }, 'role_invalid', '/ROLE_KEYS'],
  ['a hyphen', { role: 'org:a', 'role-key': 'org:evil' }, 'role_invalid', '/role-key'],
  ['a blank', { role: 'org:a', 'role ': 'org:evil' }, 'role_invalid', '/role '],
  [
    'another spelling in a list',
    { members: [{ role: 'org:a', rolekey: 'org:evil' }] },
    'role_invalid',
    '/members/0/rolekey',
  ],
  ...['role\u200b', '[role]', 'role]', 'role:', '$role', 'roles/0', 'members/0/role', 'role[$ne]'].map(
    (name): Refused => [
      `the name ${name}`,
      { role: 'org:a', [name]: 'org:evil' },
      'role_invalid',
      `/${name.replaceAll('/', '~1')}`,
    ],
  ),
  ['a path to a prototype', { role: 'org:a', '__proto__[role]': 'x' }, 'role_invalid', '/__proto__[role]'],
  [
    'a path to the prototype of a constructor',
    { role: 'org:a', 'constructor[prototype][role]': 'x' },
    'role_invalid',
    '/constructor[prototype][role]',
  ],
  ['a path in a name', { role: 'org:a', 'members[0][role]': 'org:evil' }, 'role_invalid', '/members[0][role]'],
  ['a list in a name', { role: 'org:a', 'roles[]': 'org:evil' }, 'role_invalid', '/roles[]'],
  ['a path with dots', { role: 'org:a', 'members.0/~role': 'org:evil' }, 'role_invalid', '/members.0~1~0role'],
  ['very deep', { role: JSON.parse('['.repeat(1_000) + ']'.repeat(1_000)) as unknown }, 'role_invalid', '/role'],
  [
    'very deep members',
    JSON.parse(`{"role":"org:a","members":${'['.repeat(1_000)}${']'.repeat(1_000)}}`),
    'role_invalid',
    '/members/0',
  ],
  ['too many', { roles: Array.from({ length: 1001 }, () => 'org:a') }, 'roles_too_many', undefined],
]

for (const [version, express] of expresses) {
  async function open(t: ExecutionContext): Promise<Ask> {
    const roleSets = createRoleSetsDouble()
    // All roles are allowed here: these tests check which roles are found.
    roleSets.checkCached = yes
    roleSets.checkManyCached = (questions) => questions.map(yes)
    const app = express()
    const guard = guardRoleGrant({ roleSets })
    app.post('/form/:organizationId', express.urlencoded({ extended: true }), guard, (req, res) => {
      res.json(roleGrantOf(req).roles)
    })
    app.post('/flat-form/:organizationId', express.urlencoded({ extended: false }), guard, (req, res) => {
      res.json(roleGrantOf(req).roles)
    })
    app.post('/unparsed/:organizationId', guard)
    app.post('/text/:organizationId', express.text({ type: '*/*' }), guard)
    app.post('/raw/:organizationId', express.raw({ type: '*/*' }), guard)
    app.post('/:organizationId', express.json({ strict: false }), guard, (req, res) => {
      res.json(roleGrantOf(req).roles)
    })
    app.use(problems())
    return serve(t, app)
  }

  test(`roles are found in each place of a body (${version})`, async (t) => {
    const ask = await open(t)
    for (const [title, body, roles] of found) t.deepEqual((await ask('/org_acme', { body })).body, roles, title)
  })

  test(`a body without a role, or with a malformed one, is refused, and the answer has a pointer to the place (${version})`, async (t) => {
    const ask = await open(t)
    for (const [title, body, code, pointer] of refused) {
      const answer = await ask('/org_acme', { body })
      t.is(answer.status, 400, title)
      t.is(answer.body.code, code, title)
      t.is(answer.body.pointer, pointer, title)
    }
  })

  test(`a thousand roles are allowed (${version})`, async (t) => {
    const ask = await open(t)
    const roles = Array.from({ length: 1000 }, (_, position) => `org:role${position}`)
    t.is((await ask('/org_acme', { body: { roles } })).body.length, 1000)
  })

  test(`a body that isn't parsed has no role, and the answer says what is missing (${version})`, async (t) => {
    const ask = await open(t)
    const body = { role: 'org:a' }
    const unparsed = await ask('/unparsed/org_acme', { body })
    t.is(unparsed.status, 400)
    t.is(unparsed.body.code, 'role_missing')
    t.regex(unparsed.body.detail, /express\.json\(\).+roles: \(req\) =>/)
    for (const path of ['/text/org_acme', '/raw/org_acme']) t.is((await ask(path, { body })).body.code, 'role_missing')
    const untyped = await ask('/org_acme', { body, headers: { 'content-type': 'text/plain' } })
    t.is(untyped.body.code, 'role_missing')
    for (const text of ['"org:a"', '7', 'null', 'true']) {
      t.is((await ask('/org_acme', { body: text })).body.code, 'role_missing', text)
    }
    const elsewhere = await ask('/org_acme', { body: { data: { attributes: { role: 'org:a' } } } })
    t.is(elsewhere.body.code, 'role_missing')
    t.true(elsewhere.body.detail.includes('roles: (req) =>'), 'the answer names the option')
  })

  test(`a form is read like JSON (${version})`, async (t) => {
    const ask = await open(t)
    const form = (body: string) =>
      ask('/form/org_acme', { body, headers: { 'content-type': 'application/x-www-form-urlencoded' } })
    t.deepEqual((await form('role=org:a')).body, ['org:a'])
    t.deepEqual((await form('roles=org:a&roles=org:b')).body, ['org:a', 'org:b'])
    t.deepEqual((await form('members[0][role]=org:a&members[1][role]=org:b')).body, ['org:a', 'org:b'])
    t.is((await form('role=org:a&role=org:b')).body.code, 'role_invalid')
    t.is((await form('role=org:a&members[user_1][role]=org:evil')).body.pointer, '/members')
    t.is((await form('role=org:a&members[999][role]=org:evil')).body.pointer, '/members')
    t.is((await form('role=org:a&members[0][0][role]=org:evil')).body.pointer, '/members/0')
    t.is((await form('role=org:a&roles[x]=org:evil')).body.pointer, '/roles')
    t.is((await form('role=org:a&members[0][memberships][0][role]=org:evil')).body.pointer, '/members/0/memberships')
    t.is((await form('role=org:a&Role=org:evil')).body.pointer, '/Role')
    const flat = (body: string) =>
      ask('/flat-form/org_acme', { body, headers: { 'content-type': 'application/x-www-form-urlencoded' } })
    t.deepEqual((await flat('role=org:a&user_id=x')).body, ['org:a'])
    for (const ids of ['members=user_1', 'members=ann%40x.io&members=auth0|7', 'members=eu-1:8f&members=7']) {
      t.deepEqual((await flat(`role=org:a&${ids}`)).body, ['org:a'], ids)
      t.is((await flat(ids)).status, 400, 'without a role for all')
    }
    t.is((await flat('role=org:a&__proto__[role]=org:evil')).body.pointer, '/__proto__[role]')
    t.is((await flat('role=org:a&members[0][role]=org:evil')).body.pointer, '/members[0][role]')
  })

  test(`an application can pass a body that no parser makes, and what can't be read in it is refused (${version})`, async (t) => {
    const body = { value: undefined as unknown }
    const roleSets = createRoleSetsDouble()
    const app = express()
    app.post('/:organizationId', (req, _res, next) => {
      req.body = body.value
      next()
    })
    app.post('/:organizationId', guardRoleGrant({ roleSets }), (req, res) => {
      res.json(roleGrantOf(req).roles)
    })
    app.use(problems())
    const ask = await serve(t, app)
    const read = async (value: unknown) => {
      body.value = value
      return (await ask('/org_acme', { method: 'POST' })).body
    }
    const role = 'org:member'
    const evil = { role: 'org:evil' }
    class Body {
      readonly role = role
    }
    t.deepEqual(await read(Object.assign(Object.create(null), { role })), [role])
    const sparse: unknown[] = []
    sparse[2] = { role }
    const cyclic: Record<string, unknown> = { user: 'x' }
    cyclic['self'] = cyclic
    t.deepEqual(await read({ role, members: [cyclic] }), [role])
    const hidden: readonly (readonly [string, unknown, string | undefined])[] = [
      ['a getter', Object.defineProperty({}, 'role', { get: () => role, enumerable: true }), '/role'],
      [
        'a getter of a list',
        Object.defineProperty({ role }, 'members', { get: () => [], enumerable: false }),
        '/members',
      ],
      ['a Map of members', { role, members: new Map([['user_1', evil]]) }, '/members'],
      ['a Set of roles', { role, roles: new Set(['org:evil']) }, '/roles'],
      ['a Map as a member', { role, members: [new Map([['role', 'org:evil']])] }, '/members/0'],
      ['a list with holes', { role, members: sparse }, '/members/0'],
      ['a text that is an object', { role: new String(role) }, '/role'],
      ['a member with a prototype', { role, members: [Object.create(evil)] }, '/members/0'],
      ['a list that looks like one', { role, members: { 0: evil, length: 1 } }, '/members'],
      ['a Map as the body', new Map([['role', role]]), undefined],
      ['a body with a prototype', Object.assign(Object.create(evil), { role }), undefined],
      ['an instance of a class', new Body(), undefined],
      ['URLSearchParams', new URLSearchParams({ role }), undefined],
      ['a Buffer', Buffer.from(JSON.stringify({ role })), undefined],
    ]
    for (const [what, value, pointer] of hidden) {
      const { code, pointer: found } = await read(value)
      t.deepEqual([code, found], [pointer === undefined ? 'role_missing' : 'role_invalid', pointer], what)
    }
  })

  test(`a value on a prototype is not a role of the request (${version})`, async (t) => {
    const ask = await open(t)
    const proto = '"__proto__": {"role": "org:evil"}'
    const made = '"constructor": {"prototype": {"role": "org:evil"}}'
    const hidden = {
      [`{${proto}}`]: '/__proto__',
      [`{"role": "org:a", ${proto}}`]: '/__proto__',
      [`{"role": "org:a", "__proto__": null}`]: '/__proto__',
      [`{"role": "org:a", "members": [{${proto}}]}`]: '/members/0/__proto__',
      [`[{"role": "org:a", ${proto}}]`]: '/0/__proto__',
      [`{"roles": [{"role": "org:a", ${proto}}]}`]: '/roles/0/__proto__',
      [`{${made}}`]: '/constructor',
      [`{"role": "org:a", ${made}}`]: '/constructor',
      [`{"members": [{"role": "org:a", ${made}}]}`]: '/members/0/constructor',
    }
    for (const [body, pointer] of Object.entries(hidden)) {
      const answer = await ask('/org_acme', { body })
      t.is(answer.status, 400, body)
      t.deepEqual([answer.body.code, answer.body.pointer], ['role_invalid', pointer], body)
    }
    t.deepEqual((await ask('/org_acme', { body: '{"role": "org:b", "constructor": "Ltd"}' })).body, ['org:b'])
    t.deepEqual((await ask('/org_acme', { body: '{"role": "__proto__"}' })).body, ['__proto__'])
  })
}

test.serial('a polluted prototype does not add a role', async (t) => {
  const roleSets = createRoleSetsDouble()
  const [[, express] = []] = expresses
  const app = express!()
  app.post('/:organizationId', express!.json(), guardRoleGrant({ roleSets }))
  app.use(problems())
  const ask = await serve(t, app)
  const prototype = Object.prototype as Record<string, unknown>
  for (const [place, value] of Object.entries({ role: 'org:member', members: [{ role: 'org:member' }] })) {
    prototype[place] = value
    try {
      t.is((await ask('/org_acme', { body: { user: 'x' } })).body.code, 'role_missing', place)
    } finally {
      delete prototype[place]
    }
  }
})
