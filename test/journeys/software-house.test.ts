/**
 * The story of a software house with 200 customers in three tiers and two cohorts, two products whose roles don't mix, and an add-on.
 * All that is expected was worked out by hand from the rules, before anything was run.
 */

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { requirePermission, requireRole } from '@rolesets/express'
import test from 'ava'
import { sharedTeardown } from '../cli/pricing-tiers.ts'
import { refusalOf } from '../grpc/open-sidecar.ts'
import { done, impactOf } from './impact.ts'
import { openStage } from './story-stage.ts'

const shared = sharedTeardown()
const stage = await openStage(shared)
const { http, may, holds, members, scopes, read, write, type, clerk, roleSets } = stage
test.after.always(() => shared.undoAll())

const manage = 'org:sys_memberships:manage'
const numbers = Array.from({ length: 200 }, (_, n) => n)
const idOf = (n: number) => `org_${String(n).padStart(3, '0')}`
/** Customer 0 is an agency on the free tier, 1 a studio on pro, 2 an agency on max, 3 a studio on free, and so on. */
const setOf = (n: number) => `role_set:${['agency', 'studio'][n % 2]}_${['free', 'pro', 'max'][n % 3]}`

const company = (cohort: string, tier: string, roles: readonly string[]) => ({
  key: `role_set:${cohort}_${tier}`,
  roles: ['org:admin', 'org:guest', `org:${cohort}_member`, ...roles],
  ...{ default_role: 'org:guest', creator_role: 'org:admin' },
})
const product = (name: string, roles: readonly string[]) => ({
  ...{ key: `role_set:${name}`, roles: roles.map((role) => `org:${role}`), default_role: `org:${roles[0]}` },
})

const manifest = {
  permissions: ['invoices:read', 'invoices:send', 'contacts:read', 'contacts:delete', 'audit:read', 'reports:read'].map(
    (name) => ({ key: `org:${name}` }),
  ),
  roles: [
    { key: 'org:guest', permissions: [] },
    { key: 'org:agency_member', permissions: [] },
    { key: 'org:studio_member', permissions: [] },
    { key: 'org:analyst', permissions: ['org:reports:read'] },
    { key: 'org:clerk', permissions: ['org:invoices:read'] },
    { key: 'org:accountant', permissions: ['org:invoices:read', 'org:invoices:send'] },
    { key: 'org:billing_lead', permissions: [manage, 'org:sys_memberships:read', 'org:invoices:read'] },
    { key: 'org:seller', permissions: ['org:contacts:read'] },
    { key: 'org:auditor', permissions: ['org:audit:read'] },
  ],
  role_sets: [
    ...['agency', 'studio'].flatMap((cohort) => [
      company(cohort, 'free', []),
      company(cohort, 'pro', ['org:analyst']),
      company(cohort, 'max', ['org:analyst']),
    ]),
    product('billing', ['clerk', 'billing_lead']),
    product('ledger', ['accountant', 'billing_lead']),
    product('crm', ['seller']),
    product('audit', ['auditor']),
  ],
  scope_kinds: [
    { kind: 'product', fallback: 'none' },
    { kind: 'team', fallback: 'organization' },
  ],
  scope_defaults: [
    { scope: 'product:billing', role_set: 'role_set:billing' },
    { scope: 'product:crm', role_set: 'role_set:crm' },
  ],
  organizations: numbers.map((n) => ({ id: idOf(n), role_set: setOf(n) })),
}

const customersOn = async (roleSet: string) => {
  const { organizations } = await read('ListOrganizations', { roleSet: `role_set:${roleSet}`, pageSize: 500 })
  return (organizations as unknown[]).length
}

test.serial('200 customers are described in a file: 200 = 33 × 6 + 2', async (t) => {
  const path = join(stage.folder, 'house.json')
  await writeFile(path, JSON.stringify(manifest))
  t.is((await type('apply', '-f', path)).exitCode, 0)
  const sets = ['agency_free', 'studio_pro', 'agency_max', 'studio_free', 'agency_pro', 'studio_max']
  t.deepEqual(await Promise.all(sets.map(customersOn)), [34, 34, 33, 33, 33, 33])
  t.is(await customersOn('billing'), 0, 'the default of a product is no role set of an organization')
  t.is(await may(t, 'org_001', 'org:analyst'), 'yes role_set:studio_pro')
  t.is(await may(t, 'org_001', 'org:agency_member'), 'no ROLE_NOT_IN_SET role_set:studio_pro')
  t.is(await may(t, 'org_000', 'org:analyst'), 'no ROLE_NOT_IN_SET role_set:agency_free')
  t.is(await may(t, 'org_000/product:billing', 'org:clerk'), 'yes role_set:billing')
  t.is(await may(t, 'org_000/product:billing', 'org:seller'), 'no ROLE_NOT_IN_SET role_set:billing')
  t.is(await may(t, 'org_000/product:crm', 'org:clerk'), 'no ROLE_NOT_IN_SET role_set:crm')
  t.is(await may(t, 'org_000/product:biling', 'org:clerk'), 'no SCOPE_UNASSIGNED')
})

test.serial('guests work in one product, and its roles are nothing in the other', async (t) => {
  const add = (n: number, userId: string, role: string, scope = '') =>
    write('CreateMembership', { organizationId: idOf(n), userId, role, scope })
  await Promise.all(numbers.map((n) => add(n, 'ada', 'org:admin')))
  // 100 clerks of billing, 40 sellers of CRM. Each is a guest of the customer.
  await Promise.all(
    numbers.map(async (n) => {
      if (n % 2 === 0) await add(n, `clerk_${n}`, 'org:guest')
      if (n % 2 === 0) await add(n, `clerk_${n}`, 'org:clerk', 'product:billing')
      if (n % 5 === 0) await add(n, `seller_${n}`, 'org:guest')
      if (n % 5 === 0) await add(n, `seller_${n}`, 'org:seller', 'product:crm')
    }),
  )
  t.deepEqual(await members('org_000'), [
    ...['ada org:admin', 'clerk_0 org:guest', 'product:billing clerk_0 org:clerk', 'product:crm seller_0 org:seller'],
    'seller_0 org:guest',
  ])
  t.deepEqual(await scopes('org_000'), [
    'product:billing role_set:billing DEFAULT 1',
    'product:crm role_set:crm DEFAULT 1',
  ])
  t.is(await holds(t, 'org_000/product:billing', 'clerk_0', 'org:invoices:read'), 'yes')
  t.is(await holds(t, 'org_000/product:crm', 'clerk_0', 'org:contacts:read'), 'NOT_A_MEMBER')
  t.is(await holds(t, 'org_000', 'clerk_0', 'org:invoices:read'), 'PERMISSION_NOT_HELD')
  t.is(await holds(t, 'org_002/product:billing', 'clerk_0', 'org:clerk'), 'NOT_A_MEMBER')
  const mixed = { organizationId: 'org_000', scope: 'product:crm', userId: 'clerk_0', role: 'org:clerk' }
  t.is((await refusalOf(write('CreateMembership', mixed))).reason, 'ROLE_NOT_IN_ROLE_SET')
  const shown = await clerk.organizations.getOrganizationMembershipList({ organizationId: 'org_000' })
  t.is(shown.totalCount, 3)
  t.is((await clerk.users.getOrganizationMembershipList({ userId: 'clerk_0' })).totalCount, 1)
})

test.serial('an administrator of a customer is not let into a product without being a member there', async (t) => {
  t.is(await holds(t, 'org_000', 'ada', manage), 'yes')
  for (const held of [manage, 'org:invoices:read', 'org:admin', 'org:clerk'])
    t.is(await holds(t, 'org_000/product:billing', 'ada', held), 'NOT_A_MEMBER')
  for (const make of [requireRole, requirePermission])
    t.throws(() => make('org:admin', { roleSets, scope: 'product:billing', membership: 'token' }), {
      code: 'option_invalid',
    })
  // She may manage its members, and gives only what she has herself: no invoices.
  const lead = { organizationId: 'org_000', scope: 'product:billing', userId: 'ada', role: 'org:billing_lead' }
  t.is((await refusalOf(write('CreateMembership', { ...lead, actingUserId: 'ada' }))).reason, 'GRANT_EXCEEDS_OWN')
  await write('CreateMembership', lead)
  t.is(await holds(t, 'org_000/product:billing', 'ada', 'org:invoices:read'), 'yes')
  await write('DeleteMembership', { ...lead, role: undefined })
  t.is(await holds(t, 'org_000/product:billing', 'ada', 'org:invoices:read'), 'NOT_A_MEMBER')
})

test.serial('50 of 200 customers buy the add-on', async (t) => {
  const buyers = numbers.filter((n) => n % 4 === 0)
  const path = join(stage.folder, 'add-on.json')
  const scopesOf = { scopes: [{ key: 'product:audit', name: 'Audit', role_set: 'role_set:audit' }] }
  await writeFile(path, JSON.stringify({ organizations: buyers.map((n) => ({ id: idOf(n), ...scopesOf })) }))
  const { revision: before } = await read('GetSettings')
  t.is((await type('apply', '-f', path)).exitCode, 0)
  const { revision: after } = await read('GetSettings')
  t.is(numberOf(after) - numberOf(before), 1, 'one revision for all of them')
  const auditor = { userId: 'auditor', role: 'org:guest' }
  await Promise.all(buyers.map((n) => write('CreateMembership', { organizationId: idOf(n), ...auditor })))
  const inAudit = { userId: 'auditor', role: 'org:auditor', scope: 'product:audit' }
  await Promise.all(buyers.map((n) => write('CreateMembership', { organizationId: idOf(n), ...inAudit })))
  t.is(await may(t, 'org_004/product:audit', 'org:auditor'), 'yes role_set:audit')
  t.is(await may(t, 'org_005/product:audit', 'org:auditor'), 'no SCOPE_UNASSIGNED')
  t.is(await holds(t, 'org_004/product:audit', 'auditor', 'org:audit:read'), 'yes')
  t.is(await holds(t, 'org_005/product:audit', 'auditor', 'org:audit:read'), 'SCOPE_UNASSIGNED')
  // One gives it back: first its member, then the set, then the name.
  const given = { organizationId: 'org_196', scope: 'product:audit' }
  t.is((await refusalOf(write('AssignRoleSet', { ...given, clear: true }))).reason, 'IN_USE')
  await write('DeleteMembership', { ...given, userId: 'auditor' })
  t.deepEqual(await done(t, stage, 'AssignRoleSet', { ...given, clear: true }), {
    places: 1,
    firstPlaces: ['org_196/product:audit'],
  })
  await write('RenameScope', { ...given, name: '' })
  t.deepEqual(await scopes('org_196'), ['product:billing role_set:billing DEFAULT 1'])
  const replace = { roleSet: 'role_set:audit', toRoleSet: 'role_set:crm', dryRun: true }
  t.deepEqual(impactOf(await write('ReplaceRoleSet', replace))['requiredMappings'], ['org:auditor: 49 0 in 49'])
})

test.serial('one customer has sets of its own, in the whole and in a product', async (t) => {
  await write('CreateRole', { key: 'org:reviewer', permissions: ['org:audit:read'] })
  const { roleSet } = await read('GetRoleSet', { roleSet: 'role_set:agency_max' })
  const { roles } = roleSet as { roles: string[] }
  const own = { key: 'role_set:acme', defaultRole: 'org:guest', creatorRole: 'org:admin' }
  await write('CreateRoleSet', { ...own, roles: [...roles, 'org:reviewer'] })
  await write('CreateRoleSet', {
    key: 'role_set:acme_billing',
    roles: ['org:clerk', 'org:reviewer'],
    defaultRole: 'org:clerk',
  })
  const acme = { organizationId: 'org_002' }
  const moved = await done(t, stage, 'AssignRoleSet', { ...acme, roleSet: 'role_set:acme' })
  t.deepEqual(moved, { organizations: 1 })
  const ownBilling = { ...acme, scope: 'product:billing', roleSet: 'role_set:acme_billing' }
  t.deepEqual(await done(t, stage, 'AssignRoleSet', ownBilling), {
    places: 1,
    firstPlaces: ['org_002/product:billing'],
  })
  t.is(await may(t, 'org_002', 'org:reviewer'), 'yes role_set:acme')
  t.is(await may(t, 'org_002/team:core', 'org:reviewer'), 'yes role_set:acme')
  t.is(await may(t, 'org_002/product:billing', 'org:reviewer'), 'yes role_set:acme_billing')
  t.is(await may(t, 'org_002/product:crm', 'org:reviewer'), 'no ROLE_NOT_IN_SET role_set:crm')
  t.is(await may(t, 'org_008', 'org:reviewer'), 'no ROLE_NOT_IN_SET role_set:agency_max')
  const whole = { organizationId: 'org_008', roleSet: 'role_set:acme_billing' }
  t.is((await refusalOf(write('AssignRoleSet', whole))).reason, 'ROLE_SET_FOR_SCOPES', 'it has no creator role')
  t.deepEqual(await Promise.all(['agency_max', 'acme'].map(customersOn)), [32, 1])
})

test.serial('the default of a product changes for all who have no set of their own', async (t) => {
  const change = { scope: 'product:billing', roleSet: 'role_set:ledger' }
  // 100 clerks without the one of customer 2. Each product with a member is a place.
  const dry = impactOf(await write('SetScopeDefault', { ...change, dryRun: true }))
  t.deepEqual(dry['requiredMappings'], ['org:clerk: 99 0 in 99'])
  t.deepEqual(dry['violations'], ['MAPPING_MISSING'])
  const { revision: before } = await read('GetSettings')
  const impact = await done(t, stage, 'SetScopeDefault', { ...change, mappings: { 'org:clerk': 'org:accountant' } })
  t.like(impact, { members: 99, places: 99, roles: ['org:clerk → org:accountant: 99 0'] })
  t.is((impact['firstPlaces'] as unknown[]).length, 99)
  const { revision: after } = await read('GetSettings')
  t.is(numberOf(after) - numberOf(before), 1)
  t.is(await holds(t, 'org_000/product:billing', 'clerk_0', 'org:accountant'), 'yes')
  t.is(await holds(t, 'org_000/product:billing', 'clerk_0', 'org:invoices:send'), 'yes')
  t.is(await holds(t, 'org_002/product:billing', 'clerk_2', 'org:clerk'), 'yes', 'customer 2 has a set of its own')
  t.is(await may(t, 'org_001/product:billing', 'org:clerk'), 'no ROLE_NOT_IN_SET role_set:ledger')
})

test.serial('permissions are renamed and deleted', async (t) => {
  await write('UpdatePermission', { permission: 'org:invoices:read', key: 'org:invoices:view' })
  t.is(await holds(t, 'org_000/product:billing', 'clerk_0', 'org:invoices:view'), 'yes')
  t.is(await holds(t, 'org_000/product:billing', 'clerk_0', 'org:invoices:read'), 'PERMISSION_UNKNOWN')
  await write('DeletePermission', { permission: 'org:contacts:read' })
  t.is(await holds(t, 'org_000/product:crm', 'seller_0', 'org:contacts:read'), 'PERMISSION_UNKNOWN')
  t.is(await holds(t, 'org_000/product:crm', 'seller_0', 'org:seller'), 'yes')
})

test.serial('a customer takes a smaller tier and comes back: its teams follow, its products do not', async (t) => {
  const five = { organizationId: 'org_005' }
  for (const userId of ['tim', 'tom']) await write('CreateMembership', { ...five, userId, role: 'org:analyst' })
  await write('CreateMembership', { ...five, userId: 'tom', scope: 'team:core', role: 'org:analyst' })
  await write('CreateInvitation', { ...five, scope: 'team:core', emailAddress: 'tea@example.com', role: 'org:analyst' })
  const smaller = { ...five, roleSet: 'role_set:studio_free' }
  // Tim and Tom in the whole, Tom in the team, and the invitation into the team.
  const dry = impactOf(await write('AssignRoleSet', { ...smaller, dryRun: true }))
  t.deepEqual(dry['requiredMappings'], ['org:analyst: 3 1 in 1'])
  const mappings = { 'org:analyst': 'org:studio_member' }
  t.like(await done(t, stage, 'AssignRoleSet', { ...smaller, mappings }), {
    ...{ organizations: 1, members: 3, invitations: 1, places: 1, firstPlaces: ['org_005/team:core'] },
  })
  t.is(await holds(t, 'org_005/team:core', 'tom', 'org:analyst'), 'ROLE_NOT_IN_SET')
  t.is(await holds(t, 'org_005/team:core', 'tom', 'org:studio_member'), 'yes')
  t.is(await holds(t, 'org_005/product:crm', 'seller_5', 'org:seller'), 'yes')
  // Tim is changed in between: what a person has decided stays.
  await write('UpdateMembership', { ...five, userId: 'tim', role: 'org:guest' })
  await write('UpdateMembership', { ...five, userId: 'tim', role: 'org:studio_member' })
  await done(t, stage, 'AssignRoleSet', { ...five, roleSet: 'role_set:studio_max', restoreFormerRoles: true })
  t.is(await holds(t, 'org_005', 'tom', 'org:analyst'), 'yes')
  t.is(await holds(t, 'org_005/team:core', 'tom', 'org:analyst'), 'yes')
  const { invitations } = await read('ListInvitations', { ...five, scope: 'team:core' })
  t.like(invitations, [{ emailAddress: 'tea@example.com', role: 'org:analyst' }])
  t.is(await holds(t, 'org_005', 'tim', 'org:analyst'), 'ROLE_NOT_HELD')
  t.is(await holds(t, 'org_005', 'tim', 'org:studio_member'), 'yes')
})

test.serial('a tier ends for all its customers', async (t) => {
  // Customers 4, 10, … 196 were agencies on pro: 33. Nobody there is an analyst.
  const replace = { roleSet: 'role_set:agency_pro', toRoleSet: 'role_set:agency_max' }
  const impact = await done(t, stage, 'ReplaceRoleSet', replace)
  t.like(impact, { organizations: 33 })
  t.deepEqual(await Promise.all(['agency_max', 'agency_free', 'acme'].map(customersOn)), [65, 34, 1])
  t.is(await may(t, 'org_004', 'org:analyst'), 'yes role_set:agency_max')
  t.is(await may(t, 'org_004/team:core', 'org:analyst'), 'yes role_set:agency_max')
  const { body } = await http('GET', '/v1/organizations/org_004?include_members_count=true')
  // The administrator, the clerk and the auditor, once each.
  t.like(body, { role_set_key: 'role_set:agency_max', members_count: 3 })
})

test.serial('someone leaves all customers at once', async (t) => {
  const impact = await done(t, stage, 'RemoveUser', { userId: 'auditor' })
  // 50 guests, and 49 auditors: one customer gave the add-on back.
  t.like(impact, { roles: ['org:auditor → -: 49 0', 'org:guest → -: 50 0'] })
  t.is(await holds(t, 'org_004/product:audit', 'auditor', 'org:auditor'), 'NOT_A_MEMBER')
  await stage.close()
  const { exitCode, stdout } = await type('doctor', '--database', `sqlite:${join(stage.folder, 'r.db')}`)
  t.is(exitCode, 0, stdout)
})

function numberOf(revision: unknown): number {
  return Number(String(revision).split(':')[1])
}
