/** What a user holds, decided by one pure function: memberships in the organization and in a scope, reach, and ends. */

import {
  decideMember,
  emptyCatalogue,
  Index,
  RetiredKeys,
  type Catalogue,
  type Held,
  type MemberFacts,
  type MemberQuestion,
  type MemberStanding,
  type Reach,
  type Role,
  type RoleSet,
  type WithoutRoleSet,
} from '@rolesets/core'
import test from 'ava'

const times = { description: '', createdAt: 0, updatedAt: 0, revision: 1 }
const sign = { ...times, id: 'perm_sign', key: 'org:charts:sign', name: 'Sign', type: 'custom' as const }
const role = (name: string, permissionIds: readonly string[] = []): Role => {
  return { ...times, id: `role_${name}`, key: `org:${name}`, name, permissionIds }
}
const [admin, physician, nurse, pharmacist] = [
  role('admin', ['perm_sign']),
  role('physician', ['perm_sign']),
  role('nurse'),
  role('pharmacist'),
] as const
const roleSet = (name: string, roles: readonly Role[]): RoleSet => {
  const roleIds = roles.map(({ id }) => id)
  return {
    ...times,
    id: `set_${name}`,
    key: `role_set:${name}`,
    name,
    roleIds,
    defaultRoleId: roleIds[0] ?? '',
    creatorRoleId: null,
    type: 'custom',
  }
}
const hospital = roleSet('hospital', [admin, physician, nurse])
const pharmacy = roleSet('pharmacy', [pharmacist, nurse])
const catalogue: Catalogue = {
  ...emptyCatalogue,
  permissions: new Index([sign]),
  retiredPermissions: new RetiredKeys(['org:charts:old'], true),
  roles: new Index([admin, physician, nurse, pharmacist]),
  roleSets: new Index([hospital, pharmacy]),
}
const now = 1_000

function holds(roles: readonly Role[], expiresAt: number | null = null): Held {
  return { roleIds: roles.map(({ id }) => id), expiresAt }
}

function standing(roleSetOrReason: RoleSet | WithoutRoleSet, held?: Held): MemberStanding {
  return { roleSet: roleSetOrReason, held }
}

function decision(
  question: MemberQuestion,
  organization: MemberStanding,
  scope?: MemberStanding,
  reach: Reach = 'PLACE',
) {
  const facts: MemberFacts = { organization, reach, now, ...(scope !== undefined && { scope }) }
  const { allowed, reason, roles, permissionRetired } = decideMember(catalogue, question, facts)
  return { allowed, reason, roles: roles.map(({ key }) => key), ...(permissionRetired && { permissionRetired }) }
}

const yes = (...roles: string[]) => ({ allowed: true, reason: 'MEMBER_HOLDS_ROLE', roles })
const no = (reason: string, ...roles: string[]) => ({ allowed: false, reason, roles })

test('one of several roles is enough, and all of them are named', (t) => {
  const both = standing(hospital, holds([physician, nurse]))
  t.deepEqual(decision({ role: 'org:nurse' }, both), yes('org:physician', 'org:nurse'))
  t.deepEqual(decision({ role: 'role_nurse' }, both), yes('org:physician', 'org:nurse'))
  t.deepEqual(decision({ permission: 'org:charts:sign' }, both), yes('org:physician', 'org:nurse'))
  t.deepEqual(decision({ anyRole: true }, both), yes('org:physician', 'org:nurse'))
  t.deepEqual(decision({ role: 'org:admin' }, both), no('ROLE_NOT_HELD', 'org:physician', 'org:nurse'))
})

test('who is no member is told so, whatever the question names', (t) => {
  for (const question of [{ role: 'org:nobody' }, { permission: 'org:no:such' }, { anyRole: true }] as const)
    t.deepEqual(decision(question, standing(hospital)), no('NOT_A_MEMBER'))
})

test('names that nothing has are told apart from names that had something', (t) => {
  const member = standing(hospital, holds([nurse]))
  t.deepEqual(decision({ role: 'org:nobody' }, member), no('ROLE_UNKNOWN', 'org:nurse'))
  t.deepEqual(decision({ permission: 'org:no:such' }, member), no('PERMISSION_UNKNOWN', 'org:nurse'))
  const retired = { ...no('PERMISSION_UNKNOWN', 'org:nurse'), permissionRetired: true }
  t.deepEqual(decision({ permission: 'org:charts:old' }, member), retired)
  t.deepEqual(decision({ role: 'org:pharmacist' }, member), no('ROLE_NOT_IN_SET', 'org:nurse'))
})

test('a role that is not in the set counts for nothing, also where a membership still has it', (t) => {
  const member = standing(hospital, holds([pharmacist]))
  t.deepEqual(decision({ role: 'org:pharmacist' }, member), no('ROLE_NOT_IN_SET'))
  t.deepEqual(decision({ anyRole: true }, member), no('NOT_A_MEMBER'))
})

test('a membership counts until its end, and from that moment on it is none', (t) => {
  const until = (end: number) => decision({ role: 'org:nurse' }, standing(hospital, holds([nurse], end)))
  t.deepEqual(until(now + 1), yes('org:nurse'))
  t.deepEqual(until(now), no('NOT_A_MEMBER'))
  t.deepEqual(until(now - 1), no('NOT_A_MEMBER'))
})

test('an organization that is unknown has no members', (t) => {
  const unknown = standing('ORGANIZATION_UNKNOWN', holds([nurse]))
  for (const reach of ['PLACE', 'ORGANIZATION', 'EITHER'] as const) {
    t.deepEqual(decision({ role: 'org:nurse' }, unknown, undefined, reach), no('ORGANIZATION_UNKNOWN'))
    t.deepEqual(
      decision({ role: 'org:nurse' }, unknown, standing(pharmacy, holds([nurse])), reach),
      no('ORGANIZATION_UNKNOWN'),
    )
  }
})

const inWhole = (...roles: string[]) => ({ allowed: true, reason: 'MEMBER_HOLDS_ROLE_IN_ORGANIZATION', roles })

test('in a scope the roles that are held there count, and those of the organization only where the reach lets them', (t) => {
  const whole = standing(hospital, holds([admin, nurse]))
  const scope = standing(pharmacy, holds([pharmacist]))
  const ask = (name: string, reach: Reach) => decision({ role: name }, whole, scope, reach)
  t.deepEqual(ask('org:pharmacist', 'PLACE'), yes('org:pharmacist'))
  t.deepEqual(
    ask('org:admin', 'PLACE'),
    no('ROLE_NOT_IN_SET', 'org:pharmacist'),
    'an administrator is let in nowhere else',
  )
  t.deepEqual(ask('org:nurse', 'PLACE'), no('ROLE_NOT_HELD', 'org:pharmacist'))
  t.deepEqual(ask('org:admin', 'ORGANIZATION'), inWhole('org:admin', 'org:nurse'))
  t.deepEqual(ask('org:pharmacist', 'ORGANIZATION'), no('ROLE_NOT_IN_SET', 'org:admin', 'org:nurse'))
  const all = ['org:pharmacist', 'org:admin', 'org:nurse']
  t.deepEqual(ask('org:pharmacist', 'EITHER'), yes(...all))
  t.deepEqual(ask('org:admin', 'EITHER'), inWhole(...all))
  const sign = (reach: Reach) => decision({ permission: 'org:charts:sign' }, whole, scope, reach).reason
  t.deepEqual(
    [sign('PLACE'), sign('ORGANIZATION'), sign('EITHER')],
    ['PERMISSION_NOT_HELD', 'MEMBER_HOLDS_ROLE_IN_ORGANIZATION', 'MEMBER_HOLDS_ROLE_IN_ORGANIZATION'],
  )
})

test('who is no member of a scope holds nothing there, however much elsewhere', (t) => {
  const whole = standing(hospital, holds([admin]))
  t.deepEqual(decision({ role: 'org:admin' }, whole, standing(hospital)), no('NOT_A_MEMBER'))
  t.deepEqual(decision({ anyRole: true }, whole, standing(hospital)), no('NOT_A_MEMBER'))
  t.deepEqual(decision({ anyRole: true }, whole, standing(hospital), 'EITHER'), inWhole('org:admin'))
})

test('who is no member of the organization any more is none of its scopes', (t) => {
  const scope = standing(pharmacy, holds([pharmacist]))
  for (const whole of [standing(hospital), standing(hospital, holds([nurse], now))])
    for (const reach of ['PLACE', 'ORGANIZATION', 'EITHER'] as const)
      t.deepEqual(decision({ role: 'org:pharmacist' }, whole, scope, reach), no('NOT_A_MEMBER'))
})

test('a misspelt kind is refused by any reach, and a scope without a role set lets roles of the organization count', (t) => {
  const whole = standing(hospital, holds([admin]))
  for (const reach of ['PLACE', 'ORGANIZATION', 'EITHER'] as const)
    t.deepEqual(decision({ role: 'org:admin' }, whole, standing('SCOPE_KIND_UNKNOWN'), reach), no('SCOPE_KIND_UNKNOWN'))
  const unassigned = standing('SCOPE_UNASSIGNED')
  t.deepEqual(decision({ role: 'org:admin' }, whole, unassigned), no('SCOPE_UNASSIGNED'))
  t.deepEqual(decision({ role: 'org:admin' }, whole, unassigned, 'EITHER'), inWhole('org:admin'))
  t.deepEqual(decision({ role: 'org:nurse' }, whole, unassigned, 'ORGANIZATION'), no('ROLE_NOT_HELD', 'org:admin'))
})
