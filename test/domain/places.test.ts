/** Which role set a place has, by rule 14, and what the keys of scopes may be. */

import test from 'ava'
import {
  decide,
  emptyCatalogue,
  findScopeFault,
  findScopeKindFault,
  Index,
  partsOfScope,
  roleSetOfPlace,
  type Catalogue,
  type RoleSet,
  type ScopeKind,
} from '@rolesets/core'

const stamp = { updatedAt: 0, revision: 1 }

function roleSetOf(id: string, type: RoleSet['type'] = 'custom'): RoleSet {
  const named = { id, key: `role_set:${id}`, name: id, description: '', createdAt: 0, ...stamp }
  return { ...named, roleIds: [`role_${id}`], defaultRoleId: `role_${id}`, creatorRoleId: null, type }
}

function roleOf(id: string) {
  return { id: `role_${id}`, key: `org:${id}`, name: id, description: '', permissionIds: [], createdAt: 0, ...stamp }
}

const kinds: readonly ScopeKind[] = [
  { kind: 'team', fallback: 'organization', roleSetId: null, ...stamp },
  { kind: 'department', fallback: 'role_set', roleSetId: 'ward', ...stamp },
  { kind: 'product', fallback: 'none', roleSetId: null, ...stamp },
]

const catalogue: Catalogue = {
  ...emptyCatalogue,
  roles: new Index(['hospital', 'ward', 'pharmacy', 'own', 'default'].map(roleOf)),
  roleSets: new Index([
    roleSetOf('default', 'initial'),
    ...['hospital', 'ward', 'pharmacy', 'own'].map((id) => roleSetOf(id)),
  ]),
  scopeKinds: new Map(kinds.map((kind) => [kind.kind, kind])),
  scopeDefaults: new Map(
    ['department:pharmacy', 'product:crm'].map((scope) => [scope, { scope, roleSetId: 'pharmacy', ...stamp }]),
  ),
}

const of = (scope: string, own: string | null = null) =>
  roleSetOfPlace(catalogue, { scope, own, organizationRoleSetId: 'hospital' })

test('the organization as a whole has its own set, whatever kinds and defaults say', (t) => {
  t.deepEqual(of(''), { roleSetId: 'hospital', origin: 'own' })
})

test("a scope has its own set, else its key's default, else what its kind says", (t) => {
  t.deepEqual(of('department:pharmacy', 'own'), { roleSetId: 'own', origin: 'own' })
  t.deepEqual(of('department:pharmacy'), { roleSetId: 'pharmacy', origin: 'default' })
  t.deepEqual(of('department:cardiology'), { roleSetId: 'ward', origin: 'kind' })
  t.deepEqual(of('team:a'), { roleSetId: 'hospital', origin: 'organization' })
  t.deepEqual(of('product:billing'), { reason: 'SCOPE_UNASSIGNED' })
  t.deepEqual(of('product:crm'), { roleSetId: 'pharmacy', origin: 'default' })
})

test("a misspelt kind has no set, and doesn't fall through to that of the organization", (t) => {
  for (const scope of ['teem:a', 'Team:a', 'team', ':a', 'toString:a']) {
    t.deepEqual(of(scope), { reason: 'SCOPE_KIND_UNKNOWN' }, scope)
    t.deepEqual(of(scope, 'own'), { reason: 'SCOPE_KIND_UNKNOWN' }, scope)
  }
})

test('a question about a scope is decided by the set of the scope, and says why there is none', (t) => {
  const known = { roleSetId: 'hospital', unknownOrganizations: 'deny' } as const
  const ask = (role: string, scope: string, own?: string) =>
    decide(catalogue, { role }, { ...known, scope, ...(own === undefined ? {} : { own }) })
  t.like(ask('org:ward', 'department:cardiology'), { allowed: true, reason: 'ROLE_IN_SET' })
  t.is(ask('org:ward', 'department:cardiology').roleSet?.id, 'ward')
  t.like(ask('org:hospital', 'department:cardiology'), { allowed: false, reason: 'ROLE_NOT_IN_SET' })
  t.like(ask('org:hospital', 'team:a'), { allowed: true })
  t.like(ask('org:own', 'team:a', 'own'), { allowed: true })
  t.like(ask('org:ward', 'product:billing'), { allowed: false, reason: 'SCOPE_UNASSIGNED', roleSet: undefined })
  t.like(ask('org:ward', 'wing:billing'), { allowed: false, reason: 'SCOPE_KIND_UNKNOWN', roleSet: undefined })
})

test('an organization that is not registered is on the initial set in its scopes too, or unknown there too', (t) => {
  const ask = (unknownOrganizations: 'initial' | 'deny', scope: string) =>
    decide(catalogue, { role: 'org:default' }, { roleSetId: undefined, unknownOrganizations, scope })
  t.like(ask('initial', 'team:a'), { allowed: true })
  t.like(ask('initial', 'department:a'), { allowed: false, reason: 'ROLE_NOT_IN_SET' })
  t.like(ask('deny', 'team:a'), { allowed: false, reason: 'ORGANIZATION_UNKNOWN' })
  t.like(ask('deny', 'wing:a'), { allowed: false, reason: 'ORGANIZATION_UNKNOWN' })
})

test('the key of a scope is a kind and a name', (t) => {
  const longest = `${'k'.repeat(64)}:${'n'.repeat(190)}`
  for (const scope of ['department:cardiology', 'a:b:c', 'product:Billing & co', 'team:Ärzte', 'team:🏥', longest])
    t.is(findScopeFault(scope), undefined, scope)
  t.deepEqual(partsOfScope('a:b:c'), { kind: 'a', name: 'b:c' })
  const faulty = [
    '',
    'department',
    ':x',
    'department:',
    'Team:x',
    'team x:y',
    'team:a/b',
    'team: a',
    'team:a ',
    'team:a\n',
  ]
  for (const scope of [...faulty, 'team:\u202ea', 7, null])
    t.is(findScopeFault(scope)?.code, 'invalid_field', String(scope))
  for (const scope of [`${'k'.repeat(65)}:n`, `k:${'n'.repeat(191)}`, `k:${'n'.repeat(255)}`])
    t.is(findScopeFault(scope)?.code, 'limit_exceeded', scope)
  t.is(findScopeKindFault('department_2'), undefined)
  for (const kind of ['', 'a:b', 'Team', 'a b', 7]) t.is(findScopeKindFault(kind)?.code, 'invalid_field', String(kind))
})
