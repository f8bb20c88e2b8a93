/** Reading the file of `rolesets apply`: all that is wrong is told at once, with its place, and nothing malformed gets through. */

import test from 'ava'
import { limits } from '@rolesets/core'
import { parsePath } from '../../packages/sidecar/src/manifest/yaml-source.ts'
import { parseManifestFile } from '../../packages/sidecar/src/manifest/parse.ts'

/** `line:column message` for each fault. */
function faultsIn(text: string): readonly string[] {
  return parseManifestFile(text).faults.map(({ line, column, message }) => `${line}:${column} ${message}`)
}

test('a described state is read as it is written', (t) => {
  const { manifest, faults } = parseManifestFile(`
permissions:
  - { key: 'org:reports:read', name: Read reports }
roles:
  - key: org:analyst
    permissions: [org:reports:read]
role_sets:
  - key: role_set:pro
    roles: [org:admin, org:analyst]
    default_role: org:analyst
    creator_role: org:admin
    initial: true
    replace: { org:moderator: org:analyst }
  - { key: role_set:pharmacy, roles: [org:analyst], default_role: org:analyst }
scope_kinds:
  - { kind: department, fallback: role_set, role_set: role_set:pro, mappings: { org:moderator: org:analyst } }
  - { kind: team, fallback: organization }
scope_defaults:
  - { scope: 'department:Night shift', role_set: role_set:pharmacy }
organizations:
  - id: org_acme
    role_set: role_set:pro
    mappings: { org:moderator: org:analyst }
    scopes:
      - { key: department:pharmacy, name: Pharmacy, role_set: role_set:pharmacy, mappings: { org:admin: org:analyst } }
      - { key: team:night, role_set: '' }
`)
  t.deepEqual(faults, [])
  t.deepEqual(manifest, {
    permissions: [{ key: 'org:reports:read', name: 'Read reports' }],
    roles: [{ key: 'org:analyst', permissions: ['org:reports:read'] }],
    roleSets: [
      {
        key: 'role_set:pro',
        roles: ['org:admin', 'org:analyst'],
        defaultRole: 'org:analyst',
        creatorRole: 'org:admin',
        initial: true,
        replace: { 'org:moderator': 'org:analyst' },
      },
      { key: 'role_set:pharmacy', roles: ['org:analyst'], defaultRole: 'org:analyst' },
    ],
    scopeKinds: [
      {
        kind: 'department',
        fallback: 'role_set',
        roleSet: 'role_set:pro',
        mappings: { 'org:moderator': 'org:analyst' },
      },
      { kind: 'team', fallback: 'organization' },
    ],
    scopeDefaults: [{ scope: 'department:Night shift', roleSet: 'role_set:pharmacy' }],
    organizations: [
      {
        id: 'org_acme',
        roleSet: 'role_set:pro',
        mappings: { 'org:moderator': 'org:analyst' },
        scopes: [
          {
            key: 'department:pharmacy',
            name: 'Pharmacy',
            roleSet: 'role_set:pharmacy',
            mappings: { 'org:admin': 'org:analyst' },
          },
          { key: 'team:night', roleSet: '' },
        ],
      },
    ],
  })
})

test('all faults are told at once, each with its line, its column, its field and what to do', (t) => {
  const faults = faultsIn(`permisions: []
roles:
  - key: org:analyst
    name: 12
    permissions: [org:reports:read, reports]
    descripton: x
role_sets:
  - key: role_set:free
    roles: [org:admin]
    default_role:
    creator_role: org:admin
    initial: yes
  - roles: []
    key: role_set:pro
    default_role: org:admin
    creator_role: org:admin
organizations:
  - id: org_acme
    slug: Acme
    mappings: [org:analyst]
  - org_beta
`)
  t.deepEqual(faults, [
    '1:1 permisions is not a field. Did you mean permissions?',
    '4:11 roles[0].name is the number 12. Give a string. Put it in quotes.',
    '5:37 roles[0].permissions[1] is "reports". Write it as org:<feature>:<action>, with a-z, 0-9 and _ only.',
    '6:5 roles[0].descripton is not a field. Did you mean description?',
    '10:18 role_sets[0].default_role is empty. Give a string.',
    '12:14 role_sets[0].initial is the string "yes". Give true or false.',
    '13:12 role_sets[1].roles is empty. Give at least one role.',
    '19:11 organizations[0].slug is "Acme". Use a-z, 0-9 and - only.',
    '20:15 organizations[0].mappings is a list. Give a map from role to role.',
    '21:5 organizations[1] is the string "org_beta". Give fields with values.',
  ])
})

test('fields that contradict each other are told beside fields that are malformed', (t) => {
  const faults = faultsIn(`roles:
  - { key: org:analyst, permissions: [org:a:b, org:a:b] }
  - { key: org:analyst }
  - { key: analyst }
role_sets:
  - key: role_set:free
    roles: [org:admin, org:admin]
    default_role: org:member
    creator_role: org:admin
    initial: true
    replace: { org:admin: org:analyst }
  - { key: role_set:free, roles: [org:admin], default_role: org:admin, creator_role: org:admin, initial: true }
organizations:
  - { id: org_a, slug: a }
  - { id: org_a, slug: a }
`)
  const among = "which isn't among the roles of the set. Add it there, or use one of them."
  t.deepEqual(faults, [
    '2:48 roles[0].permissions[1] repeats org:a:b. Give it once.',
    '3:12 roles[1].key repeats org:analyst. Give it once.',
    '4:12 roles[2].key is "analyst". Write it as org:<name>, with a-z, 0-9 and _ only.',
    '7:24 role_sets[0].roles[1] repeats org:admin. Give it once.',
    `8:19 role_sets[0].default_role is org:member, ${among}`,
    '11:27 role_sets[0].replace[org:admin] replaces org:admin, which the set lists. Remove it from roles, or from replace.',
    `11:27 role_sets[0].replace[org:admin] is org:analyst, ${among}`,
    '12:12 role_sets[1].key repeats role_set:free. Give it once.',
    '12:106 role_sets[1].initial makes a second set initial. Exactly one set can be: keep one of the two.',
    '15:11 organizations[1].id repeats org_a. Give it once.',
    '15:24 organizations[1].slug repeats a. Give it once.',
  ])
})

test('all faults of scopes are told, each with its place', (t) => {
  const faults = faultsIn(`scope_kinds:
  - { kind: Department, fallback: organization }
  - { kind: team, fallback: organisation }
  - { kind: team, fallback: none, role_set: role_set:a }
  - { kind: product, fallback: role_set }
  - { kind: team, fallback: 7 }
  - { kind: team, fallback: none }
scope_defaults:
  - { scope: pharmacy, role_set: role_set:a }
  - { scope: 'department:', role_set: role_set:a }
  - { scope: department:a/b }
organizations:
  - id: org_acme
    scopes:
      - { key: department:a, name: A, role_set: a, rolset: b }
      - { key: team:x }
      - { key: team:x }
      - { name: X, mappings: { org:a: b } }
  - { id: org_beta, scopes: { team:x: role_set:a } }
`)
  t.deepEqual(faults, [
    '2:13 scope_kinds[0].kind is "Department". Write it with a-z, 0-9 and _ only, for example department.',
    '3:29 scope_kinds[1].fallback is "organisation". Write organization, role_set or none.',
    '4:45 scope_kinds[2].role_set is only for the fallback role_set. Remove it, or choose that fallback.',
    '5:5 scope_kinds[3].role_set is missing. The fallback role_set needs one: give its key.',
    '6:29 scope_kinds[4].fallback is the number 7. Give organization, role_set or none.',
    '7:13 scope_kinds[5].kind repeats team. Give it once.',
    '9:14 scope_defaults[0].scope is "pharmacy". Write it as <kind>:<name>, for example department:cardiology.',
    '10:14 scope_defaults[1].scope is "department:". Write it as <kind>:<name>, for example department:cardiology.',
    `11:5 scope_defaults[2].role_set is missing. Give a string.`,
    `11:14 scope_defaults[2].scope is "department:a/b". A name can't have a /, which is reserved.`,
    '15:49 organizations[0].scopes[0].role_set is "a". Write it as role_set:<name>, with a-z, 0-9 and _ only.',
    '15:52 organizations[0].scopes[0].rolset is not a field. Did you mean role_set?',
    '17:16 organizations[0].scopes[2].key repeats team:x. Give it once.',
    '18:9 organizations[0].scopes[3].key is missing. Give a string.',
    '18:39 organizations[0].scopes[3].mappings[org:a] is "b". Write it as org:<name>, with a-z, 0-9 and _ only.',
    '19:29 organizations[1].scopes is a map. Give a list.',
  ])
})

test('a file may have 10 000 scopes in all of its organizations', (t) => {
  const organizations = Array.from({ length: 2 }, (_none, at) => {
    const scopes = Array.from({ length: 5_000 + at }, (_scope, number) => ({ key: `team:${number}` }))
    return { id: `org_${at}`, scopes }
  })
  t.deepEqual(faultsIn(JSON.stringify({ organizations })), [
    '1:18 organizations has 10001 scopes; at most 10000 are allowed (limit manifestScopesMax).',
  ])
  organizations[1]?.scopes.pop()
  t.deepEqual(faultsIn(JSON.stringify({ organizations })), [])
})

test('an unknown field without a similar name is answered with the fields that there are', (t) => {
  t.deepEqual(faultsIn('roles: [{ key: org:a, constructor: 1 }]'), [
    '1:23 roles[0].constructor is not a field. The fields here are key, name, description, permissions.',
  ])
})

for (const [what, text, fault] of [
  ['nothing', '', /^1:1 The file describes nothing\./],
  ['only comments', '# later', /describes nothing/],
  ['only empty lists', 'roles: []\nrole_sets: []', /describes nothing/],
  ['a list', '[]', /^1:1 The file is a list\. Give fields/],
  ['a text', 'roles', /^1:1 The file is the string "roles"/],
  ['a second document', 'roles: []\n---\nroles: []', /^2:1 A second document begins here/],
  ['a key twice', 'roles: []\nroles: []', /^2:1 roles is given twice/],
  ['an alias', 'roles: &all []\nrole_sets: *all', /^2:12 role_sets is an alias/],
  ['an alias of nothing', 'roles: *nothing', /alias/],
  ['a tag', 'roles: !!set {}', /^1:14 roles has a tag/],
  ['a key that is a list', '? [roles]\n: []', /key that is not a string/],
  ['a field named __proto__', '__proto__: { roles: [] }', /key that is not a string/],
  ['a role named __proto__', 'organizations: [{ id: o, mappings: { __proto__: org:a } }]', /key that is not a string/],
  ['an empty field', 'roles:', /^1:7 roles is empty\. Give a list, or remove the line\./],
  ['what is not YAML', 'roles: [', /The YAML is malformed: /],
  ['a tab for indentation', 'roles:\n\t- key: org:a', /^2:1 The YAML is malformed: /],
  ['lists within lists without end', '['.repeat(20_000), /nested too deeply/],
  ['half a character', 'roles: [{ key: org:a, name: "\\ud800" }]', /half of a character/],
  ['a control character', 'roles: [{ key: org:a, name: "\\u0007" }]', /control characters/],
  ['a name of spaces', 'roles: [{ key: org:a, name: "  " }]', /roles\[0\]\.name is empty/],
  [
    'a name too long',
    `roles: [{ key: org:a, name: ${'x'.repeat(257)} }]`,
    /has 257 characters; at most 256 are allowed \(limit nameCharactersMax\)/,
  ],
] as const) {
  test(`a file with ${what} is refused with its place and a remedy`, (t) => {
    const faults = faultsIn(text)
    t.regex(faults.join('\n'), fault)
    t.true(faults.length < 10, 'one mistake is not told again and again')
  })
}

test('of hundreds of faults the first hundred are told', (t) => {
  const fields = Array.from({ length: 900 }, (_none, index) => `f${index}: 1`)
  const faults = faultsIn(fields.join('\n'))
  t.is(faults.length, 100)
  t.regex(faults[99] ?? '', /^100:1 f99 is not a field/)
})

test('a field that the sidecar names is found in the file', (t) => {
  const { placeOf } = parseManifestFile('roles:\n  - key: org:a\n    permissions: [org:x:y]\n')
  t.deepEqual(placeOf(['roles', 0, 'permissions', 0]), { line: 3, column: 19 })
  t.deepEqual(placeOf(['roles', 0, 'name']), { line: 2, column: 5 }, 'the role stands for a field that it lacks')
  t.deepEqual(placeOf(['organizations', 7, 'id']), { line: 1, column: 1 })
  const nested = parseManifestFile(
    'organizations:\n  - id: o\n    scopes:\n      - key: a:b\n        role_set: role_set:x\n',
  )
  t.deepEqual(nested.placeOf(parsePath('organizations[0].scopes[0].role_set')), { line: 5, column: 19 })
})

test('too many organizations: no advice to divide them into files, which would be one manifest, too', (t) => {
  const items = Array.from({ length: limits.manifestOrganizationsMax + 1 }, (_, place) => `  - id: org_${place}\n`)
  const { faults } = parseManifestFile(`organizations:\n${items.join('')}`)
  t.is(faults.length, 1)
  t.is(
    faults[0]?.message,
    'A list has more than 10000 entries, which is the most that a manifest can have, also in several files. Describe fewer.',
  )
})
