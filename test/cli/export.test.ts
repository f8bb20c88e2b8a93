/** `export`: the file that `apply` reads, of any store, so that applying it changes nothing and makes an equal store elsewhere. */

import { readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import test from 'ava'
import { limits, type Manifest } from '@rolesets/core'
import type { RoleSetsClient } from '@rolesets/client'
import type { Described } from '../../packages/sidecar/src/cli/manifest/described.ts'
import { filePartsOf } from '../../packages/sidecar/src/cli/manifest/file-parts.ts'
import { manifestBytesMax, parseManifestFile } from '../../packages/sidecar/src/manifest/parse.ts'
import { findExcessIn } from '../../packages/sidecar/src/manifest/scan.ts'
import { StoreReading } from '../../packages/sidecar/src/cli/manifest/store-reading.ts'
import { createRandom } from '../random.ts'
import { openPlace, pricingTiers, type Place } from './pricing-tiers.ts'

/** What YAML, JSON or a terminal could take for something else. */
const oddTexts = [
  ...[
    'yes',
    'null',
    '~',
    '0x1F',
    '1e3',
    '.inf',
    '2026-01-01',
    '---',
    '...',
    '%TAG',
    '<<',
    '- a',
    '? a',
    'a: b',
    'a #b',
  ],
  ...['# no', '!tag', '*alias', '&anchor', '{a}', '[a', '|', '>', '@at', '`tick`', ',', ':', '"double"', "it's"],
  ...[`both ' and "`, 'back\\slash', '\\u0041', '日本語', '👩‍👩‍👧', 'می‌خواهم', 'é', '__proto__', 'sk_test', '%s'],
]
const oddLines = ['', 'a\nb', 'a\r\nb', '\ttab', ' \n \n', 'end\n', `"\r'`, `${'long '.repeat(40)}\n\n  indented\n#x`]

const special = { defaultRole: 'org:member', creatorRole: 'org:admin' }

/** All of the oddities, in every place in which they can be. */
const oddStore: Omit<Manifest, 'scopeKinds'> = {
  permissions: oddTexts.map((name, at) => ({ key: `org:odd:p${at}`, name, description: oddLines[at] ?? name })),
  roles: [
    { key: 'org:admin', name: 'Boss', description: '' },
    { key: 'org:none', name: ' blanks ', description: oddLines.join('|'), permissions: [] },
    { key: 'org:null', name: 'null', permissions: ['org:odd:p1', 'org:odd:p0', 'org:sys_memberships:read'] },
  ],
  roleSets: [
    { key: 'role_set:null', name: '~', roles: ['org:null', 'org:member', 'org:admin'], ...special, initial: true },
    {
      key: 'role_set:default',
      name: 'Old',
      description: 'was initial',
      roles: ['org:admin', 'org:member'],
      ...special,
    },
  ],
  organizations: [
    // In an id, also the joiners of scripts and emoji are refused.
    ...oddTexts.map((name) => ({ id: name.replace(/[\u200c\u200d]/g, ''), name, roleSet: 'role_set:default' })),
    { id: '1', name: '', slug: '0x1f', roleSet: 'role_set:null' },
    { id: 'true', name: 'a', slug: '-', roleSet: 'role_set:null' },
  ],
}

/** Exports from one store, applies to it and to another one, and compares. */
async function checkRoundTrip(
  t: { is: (one: unknown, other: unknown, message?: string) => void },
  [from, to]: readonly [Place, Place],
) {
  for (const form of [[], ['--json']]) {
    const exported = await from.type(['export', ...form])
    t.is(exported.exitCode, 0, exported.stderr)
    const path = await from.file(exported.stdout)
    for (const prune of [[], ['--prune']]) {
      const plan = await from.type(['plan', '-f', path, ...prune])
      t.is(plan.exitCode, 0, plan.stdout + plan.stderr)
    }
    const same = await from.type(['apply', '-f', path, '--prune'])
    t.is(same.stdout.split(':')[0], 'Nothing to change', same.stdout + same.stderr)
    const other = await to.type(['apply', '-f', path, '--prune'])
    t.is(other.exitCode, 0, other.stderr)
    t.is((await to.type(['export', ...form])).stdout, exported.stdout)
  }
}

test.serial('the export of odd names is applied without a change, and makes an equal store elsewhere', async (t) => {
  const [from, to] = [await openPlace(t), await openPlace(t)]
  await from.operator.admin.apply(oddStore as Parameters<RoleSetsClient['admin']['apply']>[0])
  await checkRoundTrip(t, [from, to])
  t.regex((await from.type(['export'])).stdout, /^ {2}- key: role_set:null\n(?: {4}.*\n)*? {4}initial: true$/m)
  t.notRegex((await from.type(['export', '--no-organizations'])).stdout, /^organizations:/m)
})

test.serial('the export of any store is applied without a change, and makes an equal store elsewhere', async (t) => {
  const places = [await openPlace(t), await openPlace(t)] as const
  const random = createRandom(37)
  for (let run = 0; run < 4; run++) {
    await places[0].operator.admin.apply({ ...randomStore(random), prune: true })
    await checkRoundTrip(t, places)
  }
})

function randomStore(random: () => number): Parameters<RoleSetsClient['admin']['apply']>[0] {
  const below = (max: number) => Math.floor(random() * max)
  const text = () => oddTexts[below(oddTexts.length)] ?? ''
  const line = () => oddLines[below(oddLines.length)] ?? ''
  const some = <Item>(items: readonly Item[]) => items.filter(() => random() < 0.5)
  const times = <Item>(max: number, make: (at: number) => Item) =>
    Array.from({ length: below(max) }, (_, at) => make(at))
  const permissions = times(8, (at) => ({ key: `org:r:p${at}`, name: text(), description: line() }))
  const keys = permissions.map(({ key }) => key)
  const roles = times(8, (at) => ({ key: `org:r${at}`, name: text(), description: line(), permissions: some(keys) }))
  const initial = below(4)
  const roleSets = Array.from({ length: 4 }, (_, at) => ({
    ...{ key: `role_set:r${at}`, name: text(), description: line(), initial: at === initial, ...special },
    roles: ['org:admin', 'org:member', ...some(roles.map(({ key }) => key))],
  }))
  const ofScopes = randomScopes(random, text)
  const organizations = Array.from({ length: 20 }, (_, at) => {
    const scopes = ofScopes.scopes()
    return {
      ...{ id: `org_${at}`, name: text(), slug: random() < 0.5 ? '' : `s-${at}`, roleSet: `role_set:r${below(4)}` },
      ...(scopes.length > 0 && { scopes }),
    }
  })
  const { scopeKinds, scopeDefaults } = ofScopes
  return { permissions, roles, roleSets: [...roleSets, ...ofScopes.roleSets], scopeKinds, scopeDefaults, organizations }
}

/** Kinds, defaults and scopes with odd names, on the sets of the random store and on one for scopes only. */
function randomScopes(random: () => number, text: () => string) {
  const below = (max: number) => Math.floor(random() * max)
  const roleSet = () => ['role_set:r0', 'role_set:r1', 'role_set:scoped'][below(3)] ?? ''
  const keys = (max: number) => [
    ...new Set(Array.from({ length: below(max) }, () => `${below(2) === 0 ? 'department' : '0x1f'}:${text()}`)),
  ]
  return {
    roleSets: [{ key: 'role_set:scoped', roles: ['org:member'], defaultRole: 'org:member' }],
    scopeKinds: [
      { kind: 'department', fallback: 'ROLE_SET', roleSet: roleSet() } as const,
      { kind: '0x1f', fallback: below(2) === 0 ? 'NONE' : 'ORGANIZATION' } as const,
    ],
    scopeDefaults: keys(8).map((scope) => ({ scope, roleSet: roleSet() })),
    scopes: () =>
      keys(6).map((key) => ({ key, name: below(3) === 0 ? '' : text(), roleSet: below(2) === 0 ? '' : roleSet() })),
  }
}

test.serial(
  'scopes with members alone are not in an export, nor is anything of scopes where no kind is known',
  async (t) => {
    const { type, operator, file } = await openPlace(t)
    t.notRegex((await type(['export'])).stdout, /scope|creator_role: ""/)
    const path = await file(`
role_sets:
  - { key: role_set:ward, roles: [org:member], default_role: org:member }
scope_kinds:
  - { kind: department, fallback: role_set, role_set: role_set:ward }
organizations:
  - { id: org_clinic, scopes: [{ key: department:x, name: X }] }
`)
    t.is((await type(['apply', '-f', path])).exitCode, 0)
    await operator.admin.setScopeDefault({ scope: 'department:y', roleSet: 'role_set:ward' })
    const { stdout } = await type(['export'])
    t.true(
      stdout.includes(
        '  - key: role_set:ward\n    name: Ward\n    description: ""\n    roles:\n      - org:member\n    default_role: org:member\n',
      ),
    )
    t.true(stdout.includes('scope_kinds:\n  - kind: department\n    fallback: role_set\n    role_set: role_set:ward\n'))
    t.true(stdout.includes('scope_defaults:\n  - scope: department:y\n    role_set: role_set:ward\n'))
    t.true(stdout.includes('    scopes:\n      - key: department:x\n        name: X\n        role_set: ""\n'))
    t.is((await type(['plan', '--prune', '-f', await file(stdout)])).exitCode, 0)
  },
)

test.serial(
  "what doesn't fit in one file becomes several; standard output has room for one, and gets nothing",
  async (t) => {
    const [from, to] = [await openPlace(t), await openPlace(t)]
    const description = 'é'.repeat(1_024)
    const store = Array.from({ length: 2_200 }, (_, at) => ({ key: `org:large:p${at}`, description }))
    for (const permissions of [store.slice(0, 1_100), store.slice(1_100)])
      await from.operator.admin.apply({ permissions })
    const refused = await from.type(['export'])
    t.is(refused.exitCode, 2)
    t.is(refused.stdout, '')
    t.regex(refused.stderr, /more than `rolesets apply` reads from one file\. Give -o/)

    const path = await from.file('an older export')
    const written = await from.type(['export', '-o', path])
    t.is(written.exitCode, 0, written.stderr)
    const parts = [path, path.replace(/\.yaml$/, '-2.yaml')]
    t.is(written.stderr, `rolesets: wrote ${parts.join(', ')}.\n`)
    for (const part of parts) {
      t.regex((await from.type(['apply', '-f', part])).stdout, /^Nothing to change/)
      t.is((await to.type(['apply', '-f', part])).exitCode, 0)
    }
    const again = join(dirname(path), 'again.yaml')
    t.is((await to.type(['export', '--output', again])).exitCode, 0)
    t.is(await readFile(again, 'utf8'), await readFile(path, 'utf8'))
    t.deepEqual((await readdir(dirname(path))).sort(), [
      'again-2.yaml',
      'again.yaml',
      'rolesets-1-2.yaml',
      'rolesets-1.yaml',
    ])
  },
)

test.serial('a path that is not a file to write is refused, and nothing is left behind', async (t) => {
  const { type, file } = await openPlace(t)
  const folder = dirname(await file(''))
  for (const path of [folder, '/dev/null', join(folder, 'none', 'x.yaml')]) {
    const { exitCode, stderr } = await type(['export', '-o', path])
    t.is(exitCode, 2)
    t.regex(stderr, /^rolesets: .*(is not a regular file|can't be written)/)
  }
  t.is((await type(['export', '-o', join(folder, 'x.yaml')], { signal: AbortSignal.abort() })).exitCode, 3)
  t.deepEqual(await readdir(folder), ['rolesets-1.yaml'])
})

async function partsOf(things: Iterable<Described>, form: 'yaml' | 'json' = 'yaml') {
  const parts = []
  for await (const part of filePartsOf(
    (async function* () {
      yield* things
    })(),
    form,
  ))
    parts.push(part)
  return parts
}

function* many(count: number, make: (at: number) => Described): Generator<Described, void, undefined> {
  for (let at = 0; at < count; at++) yield make(at)
}

for (const [what, count, make] of [
  [
    'many organizations',
    10_001,
    (at) => ({
      section: 'organizations',
      fields: { id: `org-${at}`, name: '', slug: `s-${at}`, role_set: 'role_set:a' },
    }),
  ],
  [
    'texts with many quotes',
    8_000,
    (at) => ({
      section: 'permissions',
      fields: { key: `org:a:p${at}`, name: 'x', description: `x${`"'`.repeat(at % 2 === 0 ? 400 : 20)}` },
    }),
  ],
  [
    'long lists',
    400,
    (at) => ({
      section: 'roles',
      fields: { key: `org:r${at}`, permissions: Array.from({ length: 1_000 }, (_, of) => `org:p:${of}`) },
    }),
  ],
] as const satisfies readonly (readonly [string, number, (at: number) => Described])[])
  for (const form of ['yaml', 'json'] as const)
    test(`no part of ${what} in ${form} has more than apply reads`, async (t) => {
      const parts = await partsOf(many(count, make), form)
      t.true(parts.length > 1)
      const entries = parts.map(({ text, omissions }) => {
        t.true(Buffer.byteLength(text) <= manifestBytesMax)
        t.deepEqual([findExcessIn(text), omissions], [undefined, []])
        if (form === 'yaml') return text.match(/^ {2}- /gm)?.length ?? 0
        return Object.values(JSON.parse(text) as Record<string, unknown[]>).flat().length
      })
      t.true(Math.max(...entries) <= limits.manifestOrganizationsMax)
      t.is(
        entries.reduce((sum, of) => sum + of),
        count,
      )
    })

test('what apply would refuse is left out, and said', async (t) => {
  const organization = (id: string, fields: object) => ({
    section: 'organizations' as const,
    fields: { id, name: 'A', role_set: 'role_set:a', ...fields },
  })
  const things = [
    organization('org_a', { name: 'Acme\u202e', slug: 'org_b' }),
    organization('org_b', { slug: 'Not A Slug' }),
    organization('org_\u200b', {}),
    organization('org_c', { slug: '' }),
  ]
  const [part] = await partsOf(things)
  t.deepEqual(parseManifestFile(part?.text ?? '').manifest?.organizations, [
    { id: 'org_a', roleSet: 'role_set:a' },
    { id: 'org_b', name: 'A', roleSet: 'role_set:a' },
    { id: 'org_c', name: 'A', slug: '', roleSet: 'role_set:a' },
  ])
  t.is(part?.omissions.length, 4)
  t.regex(
    part?.omissions.join('\n') ?? '',
    /^organizations\.org_a: name is .* contains characters that are not seen\. .*The field is left out\.$/m,
  )
})

for (const [what, write, expected] of [
  [
    'a member that joins',
    (client) => client.admin.createMembership({ organizationId: 'org_acme', userId: 'user_x', role: 'org:member' }),
    true,
  ],
  ['a role that is changed', (client) => client.admin.updateRole({ role: 'org:analyst', name: 'Other' }), false],
  [
    'an organization that moves',
    (client) => client.admin.assignRoleSet({ organizationId: 'org_acme', roleSet: 'role_set:pro' }),
    false,
  ],
] as const satisfies readonly (readonly [string, (client: RoleSetsClient) => Promise<unknown>, boolean])[])
  test.serial(`${what} between two pages is ${expected ? 'no' : 'a'} reason to read again`, async (t) => {
    const { operator, type } = await openPlace(t)
    await type(['apply', '-f', pricingTiers])
    const report = () => undefined
    const reading = new StoreReading(operator, { limits: {}, withOrganizations: true, report })
    let read = 0
    for await (const _ of reading.things()) {
      // The catalogue was read, and the organizations weren't.
      if (++read === 1) await write(operator)
    }
    t.is(await reading.isOfOneRevision(), expected)
  })
