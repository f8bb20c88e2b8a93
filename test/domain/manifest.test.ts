/** Faults of a described state are reported with their place in it, before anything is planned. */

import test from 'ava'
import type { Manifest, RefusalCode } from '@rolesets/core'
import { parseManifest } from '../../packages/sidecar/src/domain/apply/parse-manifest.ts'
import { planApply } from '../../packages/sidecar/src/domain/apply/plan.ts'
import { refused } from './refused.ts'
import { createTiers } from './tiers.ts'

const { catalogue } = createTiers()
const set = {
  key: 'role_set:x',
  roles: ['org:admin', 'org:member'],
  defaultRole: 'org:member',
  creatorRole: 'org:admin',
}

/** What is wrong, the code, the place, the description. What a type forbids can still come over the wire. */
const faults: readonly (readonly [string, RefusalCode, string, unknown])[] = [
  ['a list that is none', 'invalid_field', 'roles', { roles: { key: 'org:a' } }],
  ['an entry that is no object', 'invalid_field', 'roles[1]', { roles: [{ key: 'org:a' }, 'org:b'] }],
  ['a malformed key', 'invalid_field', 'permissions[0].key', { permissions: [{ key: 'org:a' }] }],
  ['a reserved key', 'invalid_field', 'permissions[0].key', { permissions: [{ key: 'org:sys_new:read' }] }],
  [
    'a key said twice',
    'invalid_field',
    'roles[2].key',
    { roles: [{ key: 'org:a' }, { key: 'org:b' }, { key: 'org:a' }] },
  ],
  ['a long name', 'limit_exceeded', 'roles[0].name', { roles: [{ key: 'org:a', name: 'x'.repeat(257) }] }],
  [
    'a permission that is nowhere',
    'permission_not_found',
    'roles[0].permissions[1]',
    { roles: [{ key: 'org:a', permissions: ['org:reports:read', 'org:none:read'] }] },
  ],
  [
    'a permission given by id',
    'invalid_field',
    'roles[0].permissions[0]',
    { roles: [{ key: 'org:a', permissions: ['perm_000001'] }] },
  ],
  [
    'a permission said twice',
    'invalid_field',
    'roles[0].permissions[1]',
    { roles: [{ key: 'org:a', permissions: ['org:reports:read', 'org:reports:read'] }] },
  ],
  [
    'a role that is nowhere',
    'role_not_found',
    'role_sets[0].roles[2]',
    { roleSets: [{ ...set, roles: [...set.roles, 'org:none'] }] },
  ],
  [
    'a role said twice',
    'invalid_field',
    'role_sets[0].roles[2]',
    { roleSets: [{ ...set, roles: [...set.roles, 'org:admin'] }] },
  ],
  ['a set without roles', 'invalid_field', 'role_sets[0].roles', { roleSets: [{ ...set, roles: [] }] }],
  [
    'a set without a list of roles',
    'invalid_field',
    'role_sets[0].roles',
    { roleSets: [{ ...set, roles: undefined }] },
  ],
  ['no default role', 'invalid_field', 'role_sets[0].default_role', { roleSets: [{ ...set, defaultRole: '' }] }],
  [
    'a default role outside the set',
    'special_role_not_in_role_set',
    'role_sets[0].default_role',
    { roleSets: [{ ...set, defaultRole: 'org:guest' }] },
  ],
  [
    'a creator role outside the set',
    'special_role_not_in_role_set',
    'role_sets[0].creator_role',
    { roleSets: [{ ...set, creatorRole: 'org:owner' }] },
  ],
  [
    'two initial sets',
    'invalid_field',
    'role_sets[1].initial',
    {
      roleSets: [
        { ...set, initial: true },
        { ...set, key: 'role_set:y', initial: true },
      ],
    },
  ],
  [
    'a replacement outside the set',
    'mapping_invalid',
    'role_sets[0].replace[org:analyst]',
    { roleSets: [{ ...set, replace: { 'org:analyst': 'org:guest' } }] },
  ],
  [
    'a replacement of a listed role',
    'invalid_field',
    'role_sets[0].replace[org:member]',
    { roleSets: [{ ...set, replace: { 'org:member': 'org:admin' } }] },
  ],
  [
    'a role set that is nowhere',
    'role_set_not_found',
    'organizations[0].role_set',
    { organizations: [{ id: 'a', roleSet: 'role_set:none' }] },
  ],
  ['an organization without id', 'invalid_field', 'organizations[0].id', { organizations: [{ name: 'A' }] }],
  ['an organization said twice', 'invalid_field', 'organizations[1].id', { organizations: [{ id: 'a' }, { id: 'a' }] }],
  [
    'a slug said twice',
    'invalid_field',
    'organizations[1].slug',
    {
      organizations: [
        { id: 'a', slug: 's' },
        { id: 'b', slug: 's' },
      ],
    },
  ],
  [
    'a kind of scopes without a fallback',
    'invalid_field',
    'scope_kinds[0].fallback',
    { scopeKinds: [{ kind: 'team' }] },
  ],
  [
    'a kind with a role set that is nowhere',
    'role_set_not_found',
    'scope_kinds[0].role_set',
    { scopeKinds: [{ kind: 'team', fallback: 'role_set', roleSet: 'role_set:none' }] },
  ],
  [
    'a default of a kind that is nowhere',
    'scope_kind_not_found',
    'scope_defaults[0].scope',
    { scopeDefaults: [{ scope: 'team:x', roleSet: 'role_set:pro' }] },
  ],
  [
    'a default with a role set that is nowhere',
    'role_set_not_found',
    'scope_defaults[0].role_set',
    {
      scopeKinds: [{ kind: 'team', fallback: 'none' }],
      scopeDefaults: [{ scope: 'team:x', roleSet: 'role_set:none' }],
    },
  ],
  [
    'a scope of a kind that is nowhere',
    'scope_kind_not_found',
    'organizations[0].scopes[1].key',
    {
      scopeKinds: [{ kind: 'team', fallback: 'none' }],
      organizations: [{ id: 'a', scopes: [{ key: 'team:x' }, { key: 'teem:x' }] }],
    },
  ],
  [
    'a scope with a role set that is nowhere',
    'role_set_not_found',
    'organizations[0].scopes[0].role_set',
    {
      scopeKinds: [{ kind: 'team', fallback: 'none' }],
      organizations: [{ id: 'a', scopes: [{ key: 'team:x', roleSet: 'role_set:none' }] }],
    },
  ],
  [
    'a malformed mapping of a scope',
    'invalid_field',
    'organizations[0].scopes[0].mappings[org:a]',
    { organizations: [{ id: 'a', scopes: [{ key: 'team:x', mappings: { 'org:a': 'b' } }] }] },
  ],
  [
    'a malformed mapping',
    'invalid_field',
    'organizations[0].mappings[org:a]',
    { organizations: [{ id: 'a', mappings: { 'org:a': 'b' } }] },
  ],
]

for (const [title, code, field, manifest] of faults)
  test(`${title} is refused at ${field}`, (t) => {
    refused(t, code, field, () =>
      planApply(catalogue, parseManifest(manifest as Manifest), {
        prune: false,
        organization: () => undefined,
        wasDeleted: () => false,
        scopesOf: () => [],
      }),
    )
  })

test('a system permission may be described as it is', (t) => {
  const manifest: Manifest = { permissions: [{ key: 'org:sys_billing:read' }] }
  t.deepEqual(
    planApply(catalogue, parseManifest(manifest), {
      prune: true,
      organization: () => undefined,
      wasDeleted: () => false,
      scopesOf: () => [],
    }).steps.filter(({ kind }) => kind === 'permission').length,
    2,
  )
})

test('several organizations without a slug aren’t said twice', (t) => {
  const manifest: Manifest = { organizations: [{ id: 'a', slug: '' }, { id: 'b', slug: '' }, { id: 'c' }, { id: 'd' }] }
  t.is(
    planApply(catalogue, parseManifest(manifest), {
      prune: false,
      organization: () => undefined,
      wasDeleted: () => false,
      scopesOf: () => [],
    }).steps.length,
    4,
  )
})
