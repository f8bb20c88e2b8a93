/**
 * An organization goes from Free to Pro and Enterprise and back, with teams that follow it, a team with a role set of its own,
 * and a product that has its set by default. All counts were worked out by hand.
 */

import test from 'ava'
import { connect, openTestSidecar, refusalOf, type Request, type TestClient } from '../grpc/open-sidecar.ts'
import { impactOf } from './impact.ts'

const acme = { organizationId: 'acme' }
const moved = { organizations: 1, places: 1, firstPlaces: ['acme/team:x'] }

async function openAcme(client: TestClient) {
  const { write, read } = client
  await write('UpdateSettings', { maxRolesPerMember: 2 })
  for (const role of ['analyst', 'moderator', 'auditor', 'seller', 'closer', 'clerk'])
    await write('CreateRole', { key: `org:${role}` })
  const whole = { defaultRole: 'org:member', creatorRole: 'org:admin' }
  const add = (key: string, roles: string[], more: Request = whole) =>
    write('CreateRoleSet', { key: `role_set:${key}`, roles: roles.map((role) => `org:${role}`), ...more })
  await add('free', ['admin', 'member'])
  await add('pro', ['admin', 'member', 'analyst', 'moderator'])
  await add('enterprise', ['admin', 'member', 'analyst', 'moderator', 'auditor'])
  await add('crm', ['seller', 'closer'], { defaultRole: 'org:seller' })
  await add('ledger', ['clerk'], { defaultRole: 'org:clerk' })
  await write('SetScopeKind', { kind: 'team', fallback: 'ORGANIZATION' })
  await write('SetScopeKind', { kind: 'product', fallback: 'NONE' })
  await write('SetScopeDefault', { scope: 'product:crm', roleSet: 'role_set:crm' })
  await write('CreateOrganization', { id: 'acme', roleSet: 'role_set:free', createdBy: 'ann' })
  const member = (userId: string, roles: string, scope = '') => {
    const given = roles.split('+').map((role) => `org:${role}`)
    return { ...acme, userId, scope, roles: given }
  }
  const invitation = (name: string, role: string, scope = '') =>
    write('CreateInvitation', { ...acme, scope, emailAddress: `${name}@x.io`, role: `org:${role}` })
  /** `ben analyst+moderator`, `team:x ben member`, and so on. */
  const people = async () => {
    const all = { ...acme, scope: '*' }
    const { memberships } = await read('ListMemberships', all)
    const { invitations } = await read('ListInvitations', all)
    return [...(memberships as Request[]), ...(invitations as Request[])].map(
      ({ scope, userId, emailAddress, roles }) => {
        const who = (userId as string | undefined) ?? (emailAddress as string).split('@')[0]
        const held = (roles as string[]).map((role) => role.replace('org:', '')).join('+')
        return `${scope === '' ? '' : `${scope as string} `}${who} ${held}`
      },
    )
  }
  const move = async (to: string, more: Request = {}) =>
    impactOf(await write('AssignRoleSet', { ...acme, roleSet: `role_set:${to}`, ...more }))
  return { member, invitation, people, move }
}

test('an organization with scopes goes up and down three plans, and everyone has what the plan offers', async (t) => {
  const { target } = await openTestSidecar(t)
  const client = connect(t, target)
  const { write } = client
  const { member, invitation, people, move } = await openAcme(client)
  for (const user of ['ben', 'cem', 'dee']) await write('CreateMembership', member(user, 'member'))
  for (const user of ['ben', 'cem']) await write('CreateMembership', member(user, 'member', 'team:x'))
  await write('CreateMembership', member('ben', 'seller', 'product:crm'))
  await write('CreateMembership', member('cem', 'closer', 'product:crm'))
  const own = { ...acme, scope: 'team:own' }
  t.deepEqual(impactOf(await write('AssignRoleSet', { ...own, roleSet: 'role_set:pro' })), {
    ...{ places: 1, firstPlaces: ['acme/team:own'] },
  })
  await write('CreateMembership', member('dee', 'analyst', 'team:own'))
  t.is((await refusalOf(write('CreateMembership', member('ann', 'analyst', 'team:x')))).reason, 'ROLE_NOT_IN_ROLE_SET')
  await invitation('fay', 'member')
  await invitation('gus', 'member', 'team:x')

  // Up: the team with a set of its own and the product stay where they are.
  t.deepEqual(await move('pro'), moved)
  await write('UpdateMembership', member('ben', 'analyst+moderator'))
  await write('UpdateMembership', member('cem', 'moderator', 'team:x'))
  await invitation('hal', 'analyst')
  await invitation('ivy', 'moderator', 'team:x')
  t.deepEqual(await move('enterprise'), moved)
  await write('UpdateMembership', member('cem', 'auditor'))
  await write('UpdateMembership', member('ben', 'auditor+analyst', 'team:x'))

  // Down: three roles are in use that Free lacks, in the organization and in the team that follows it.
  const required = ['org:analyst: 2 1 in 1', 'org:auditor: 2 0 in 1', 'org:moderator: 2 1 in 1']
  t.is((await refusalOf(write('AssignRoleSet', { ...acme, roleSet: 'role_set:free' }))).reason, 'MAPPING_MISSING')
  t.deepEqual(await move('free', { dryRun: true }), {
    ...{ ...moved, requiredMappings: required, violations: ['MAPPING_MISSING'] },
  })
  const toMember = { 'org:analyst': 'org:member', 'org:moderator': 'org:member', 'org:auditor': 'org:member' }
  const down = {
    ...{ ...moved, members: 4, invitations: 2, requiredMappings: required },
    roles: ['org:analyst → org:member: 2 1', 'org:auditor → org:member: 2 0', 'org:moderator → org:member: 2 1'],
  }
  t.deepEqual(await move('free', { mappings: toMember, dryRun: true }), down)
  t.deepEqual(await move('free', { mappings: toMember }), down)
  const elsewhere = ['product:crm ben seller', 'product:crm cem closer', 'team:own dee analyst']
  t.deepEqual((await people()).sort(), [
    ...['ann admin', 'ben member', 'cem member', 'dee member', 'fay member', 'hal member', ...elsewhere],
    ...['team:x ben member', 'team:x cem member', 'team:x gus member', 'team:x ivy member'],
  ])

  // Up again: Pro gives back what it offers whole, Enterprise the rest.
  t.deepEqual(await move('pro', { restoreFormerRoles: true }), {
    ...{ ...moved, members: 2, invitations: 2 },
    roles: ['org:member → org:analyst: 1 1', 'org:member → org:moderator: 1 1'],
  })
  t.deepEqual(await move('enterprise', { restoreFormerRoles: true }), {
    ...{ ...moved, members: 2, roles: ['org:member → org:auditor: 2 0'] },
  })
  t.deepEqual((await people()).sort(), [
    ...['ann admin', 'ben analyst+moderator', 'cem auditor', 'dee member', 'fay member', 'hal analyst', ...elsewhere],
    ...['team:x ben auditor+analyst', 'team:x cem moderator', 'team:x gus member', 'team:x ivy moderator'],
  ])

  // The team gives its own set up: it follows the organization from now on, and goes down with it.
  t.deepEqual(impactOf(await write('AssignRoleSet', { ...own, clear: true })), {
    ...{ places: 1, firstPlaces: ['acme/team:own'] },
  })
  t.deepEqual(await move('free', { mappings: toMember }), {
    ...{ organizations: 1, places: 2, firstPlaces: ['acme/team:own', 'acme/team:x'], members: 5, invitations: 2 },
    requiredMappings: ['org:analyst: 3 1 in 1', 'org:auditor: 2 0 in 1', 'org:moderator: 2 1 in 1'],
    roles: ['org:analyst → org:member: 3 1', 'org:auditor → org:member: 2 0', 'org:moderator → org:member: 2 1'],
  })

  // The product's default changes for all organizations.
  const mappings = { 'org:seller': 'org:clerk', 'org:closer': 'org:clerk' }
  const ledger = { scope: 'product:crm', roleSet: 'role_set:ledger' }
  t.is((await refusalOf(write('SetScopeDefault', ledger))).reason, 'MAPPING_MISSING')
  t.deepEqual(impactOf(await write('SetScopeDefault', { ...ledger, mappings })), {
    ...{ places: 1, firstPlaces: ['acme/product:crm'], members: 2 },
    requiredMappings: ['org:closer: 1 0 in 1', 'org:seller: 1 0 in 1'],
    roles: ['org:closer → org:clerk: 1 0', 'org:seller → org:clerk: 1 0'],
  })
})
