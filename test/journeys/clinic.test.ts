/**
 * The story of a clinic: departments with role sets of their own, physicians who head a department, guests of one department, and
 * a cheaper plan and back. All that is expected was worked out by hand from the rules, before anything was run.
 */

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { sharedTeardown } from '../cli/pricing-tiers.ts'
import { refusalOf } from '../grpc/open-sidecar.ts'
import { clinicManifest } from './clinic-manifest.ts'
import { done, impactOf } from './impact.ts'
import { openStage } from './story-stage.ts'

const shared = sharedTeardown()
const stage = await openStage(shared)
const { http, may, holds, members, scopes, write, type, clerk } = stage
test.after.always(() => shared.undoAll())

const manage = 'org:sys_memberships:manage'
const cardiology = { organizationId: 'clinic', scope: 'department:cardiology' }
const pharmacy = { organizationId: 'clinic', scope: 'department:pharmacy' }

/** How many members of organizations on this set have each role, as Clerk's clients see it: members of scopes aren't counted. */
async function counted(roleSet: string): Promise<Readonly<Record<string, number>>> {
  const { roles } = await clerk.roleSets.getRoleSet(`role_set:${roleSet}`)
  return Object.fromEntries(
    roles.map(({ key, membersCount }) => [key.slice(4), membersCount] as const).filter(([, count]) => count !== 0),
  ) as Record<string, number>
}

test.serial('the clinic is described in a file, and its departments answer before anyone is there', async (t) => {
  const path = join(stage.folder, 'clinic.json')
  await writeFile(path, JSON.stringify(clinicManifest))
  t.is((await type('apply', '-f', path)).exitCode, 0)
  t.is((await type('plan', '-f', path)).exitCode, 0, 'nothing is left to do')
  t.is(await may(t, 'clinic', 'org:nurse'), 'yes role_set:hospital')
  t.is(await may(t, 'clinic/department:cardiology', 'org:nurse'), 'yes role_set:hospital')
  t.is(await may(t, 'clinic/department:pharmacy', 'org:nurse'), 'no ROLE_NOT_IN_SET role_set:pharmacy')
  t.is(await may(t, 'clinic/department:pharmacy', 'org:technician'), 'yes role_set:pharmacy')
  t.is(await may(t, 'clinic/department:surgery', 'org:surgeon'), 'yes role_set:theatre')
  t.is(await may(t, 'annex/department:surgery', 'org:surgeon'), 'no ROLE_NOT_IN_SET role_set:hospital')
  t.is(await may(t, 'clinic/lab:blood', 'org:technician'), 'yes role_set:lab')
  t.is(await may(t, 'clinic/project:trial', 'org:nurse'), 'no SCOPE_UNASSIGNED')
  t.is(await may(t, 'clinic/departmnt:surgery', 'org:nurse'), 'no SCOPE_KIND_UNKNOWN')
  t.is(await may(t, 'clinic', 'org:pharmacist'), 'no ROLE_NOT_IN_SET role_set:hospital')
  t.deepEqual(await scopes('clinic'), ['department:surgery role_set:theatre OWN 0 Surgery'])
  t.deepEqual(await scopes('annex'), [])
})

test.serial('people come, each with the roles of the place', async (t) => {
  const join = (place: object, userId: string, roles: readonly string[], more: object = {}) =>
    write('CreateMembership', { ...place, userId, roles, ...more })
  const clinic = { organizationId: 'clinic' }
  const annex = { organizationId: 'annex' }
  await join(clinic, 'dora', ['org:director'])
  for (const [userId, role] of [
    ['nina', 'org:nurse'],
    ['paul', 'org:physician'],
    ['sam', 'org:specialist'],
  ] as const)
    await clerk.organizations.createOrganizationMembership({ ...clinic, userId, role })
  for (const userId of ['gus', 'lara', 'phil', 'tess']) await join(clinic, userId, ['org:staff'])
  // One role each, until the settings allow two.
  t.is((await refusalOf(join(pharmacy, 'phil', ['org:pharmacist', 'org:head']))).reason, 'LIMIT_EXCEEDED')
  await write('UpdateSettings', { maxRolesPerMember: 2 })
  await join(pharmacy, 'phil', ['org:pharmacist', 'org:head'])
  // Phil heads the pharmacy: he gives what he has. Paul heads cardiology, and has no images to give.
  await join(pharmacy, 'tess', ['org:technician'], { actingUserId: 'phil' })
  await join(cardiology, 'paul', ['org:physician', 'org:head'], { actingUserId: 'dora' })
  await join(cardiology, 'nina', ['org:nurse'], { actingUserId: 'paul' })
  const sam = { ...cardiology, userId: 'sam', roles: ['org:specialist', 'org:physician'] }
  const exceeds = await refusalOf(write('CreateMembership', { ...sam, actingUserId: 'paul' }))
  t.is(exceeds.reason, 'GRANT_EXCEEDS_OWN')
  t.regex(exceeds.message, /org:images:read/)
  t.is((await refusalOf(write('CreateMembership', { ...sam, actingUserId: 'tess' }))).reason, 'USER_LACKS_PERMISSION')
  await write('CreateMembership', { ...sam, actingUserId: 'dora' })
  await stage.delivered()
  t.is(await stage.grant('clinic/department:cardiology', 'paul', 'org:nurse'), 204)
  t.is(await stage.grant('clinic/department:cardiology', 'paul', 'org:specialist'), 'grant_exceeds_own')
  t.is(await stage.grant('clinic/department:cardiology', 'paul', 'org:pharmacist'), 'role_not_in_set')
  t.is(await stage.grant('clinic/department:pharmacy', 'paul', 'org:technician'), 'membership_ended')
  // Paul heads cardiology. That is nothing in the pharmacy, nor in the clinic as a whole.
  for (const place of [pharmacy, clinic]) {
    const given = { ...place, userId: 'gus', role: 'org:head', actingUserId: 'paul' }
    t.is((await refusalOf(write('CreateMembership', given))).reason, 'USER_LACKS_PERMISSION')
  }
  // Radiology follows the clinic, which has no radiographers, until it gets a set of its own.
  const radiology = { ...clinic, scope: 'department:radiology' }
  const gus = { user_id: 'gus', role: 'org:radiographer', scope: radiology.scope }
  const refused = await http('POST', '/v1/organizations/clinic/memberships', gus)
  t.like(refused, { status: 422, body: { errors: [{ code: 'organization_role_not_in_role_set' }] } })
  t.is((await type('assign', 'clinic', 'role_set:radiology', '--scope', radiology.scope)).exitCode, 0)
  t.is((await http('POST', '/v1/organizations/clinic/memberships', gus)).status, 200)
  await join({ ...clinic, scope: 'lab:blood' }, 'lara', ['org:technician'])
  t.is((await refusalOf(join(pharmacy, 'quin', ['org:technician']))).reason, 'ORGANIZATION_MEMBERSHIP_MISSING')
  t.is(
    (await refusalOf(join({ ...clinic, scope: 'project:trial' }, 'gus', ['org:staff']))).reason,
    'SCOPE_WITHOUT_ROLE_SET',
  )
  t.is((await refusalOf(join({ ...clinic, scope: 'ward:1' }, 'gus', ['org:staff']))).reason, 'SCOPE_KIND_NOT_FOUND')
  await join(annex, 'anna', ['org:director'])
  for (const userId of ['adam', 'amy']) await join(annex, userId, ['org:staff'])
  await join({ ...annex, scope: 'department:pharmacy' }, 'adam', ['org:technician'])
  await join({ ...annex, scope: 'department:cardiology' }, 'amy', ['org:nurse'])
})

test.serial('who is where, counted by hand', async (t) => {
  t.deepEqual(
    await members('clinic'),
    [
      'dora org:director',
      'gus org:staff',
      'lara org:staff',
      'nina org:nurse',
      'paul org:physician',
      'phil org:staff',
      'sam org:specialist',
      'tess org:staff',
      'department:cardiology nina org:nurse',
      'department:cardiology paul org:physician org:head',
      'department:cardiology sam org:specialist org:physician',
      'department:pharmacy phil org:pharmacist org:head',
      'department:pharmacy tess org:technician',
      'department:radiology gus org:radiographer',
      'lab:blood lara org:technician',
    ].toSorted(),
  )
  t.deepEqual(await scopes('clinic'), [
    'department:cardiology role_set:hospital ORGANIZATION 3',
    'department:pharmacy role_set:pharmacy DEFAULT 2',
    'department:radiology role_set:radiology OWN 1',
    'department:surgery role_set:theatre OWN 0 Surgery',
    'lab:blood role_set:lab KIND 1',
  ])
  // Clerk's clients see the two clinics as a whole, and nobody in a department.
  t.deepEqual(await counted('hospital'), { director: 2, staff: 6, nurse: 1, physician: 1, specialist: 1 })
  t.deepEqual(await counted('pharmacy'), {})
  // Clerk's clients see the clinic as a whole: eight members.
  const list = await clerk.organizations.getOrganizationMembershipList({ organizationId: 'clinic', limit: 100 })
  t.is(list.totalCount, 8)
  t.deepEqual(list.data.map(({ role }) => role).toSorted(), [
    ...[
      'org:director',
      'org:nurse',
      'org:physician',
      'org:specialist',
      'org:staff',
      'org:staff',
      'org:staff',
      'org:staff',
    ],
  ])
  const shown = await clerk.organizations.getOrganization({ organizationId: 'clinic', includeMembersCount: true })
  t.is(shown.membersCount, 8)
  const listed = await clerk.organizations.getOrganizationList({ includeMembersCount: true, orderBy: '-members_count' })
  t.deepEqual(
    listed.data.map(({ id, membersCount }) => [id, membersCount]),
    [
      ['clinic', 8],
      ['annex', 3],
    ],
  )
})

test.serial('what each of them holds, in each place by itself', async (t) => {
  t.is(await holds(t, 'clinic/department:cardiology', 'paul', 'org:head'), 'yes')
  t.is(await holds(t, 'clinic/department:cardiology', 'paul', 'org:orders:sign'), 'yes')
  t.is(await holds(t, 'clinic', 'paul', 'org:head'), 'ROLE_NOT_HELD')
  t.is(await holds(t, 'clinic/department:pharmacy', 'paul', 'org:head'), 'NOT_A_MEMBER')
  t.is(await holds(t, 'clinic/department:pharmacy', 'dora', manage), 'NOT_A_MEMBER')
  t.is(await holds(t, 'clinic/department:pharmacy', 'phil', manage), 'yes')
  t.is(await holds(t, 'clinic/department:radiology', 'gus', 'org:images:read'), 'yes')
  t.is(await holds(t, 'clinic/department:radiology', 'gus', 'org:physician'), 'ROLE_NOT_HELD')
  t.is(await holds(t, 'clinic/department:radiology', 'gus', 'org:nurse'), 'ROLE_NOT_IN_SET')
  t.is(await holds(t, 'clinic', 'gus', 'org:images:read'), 'PERMISSION_NOT_HELD')
  t.is(await holds(t, 'clinic/lab:blood', 'lara', 'org:technician'), 'yes')
  t.is(await holds(t, 'clinic/lab:urine', 'lara', 'org:technician'), 'NOT_A_MEMBER')
  t.is(await holds(t, 'clinic/project:trial', 'lara', 'org:technician'), 'SCOPE_UNASSIGNED')
  t.is(await holds(t, 'clinic/ward:1', 'lara', 'org:technician'), 'SCOPE_KIND_UNKNOWN')
  t.is(await holds(t, 'annex/department:pharmacy', 'tess', 'org:technician'), 'NOT_A_MEMBER')
})

test.serial('people are invited into departments, and must be of the clinic when they accept', async (t) => {
  const path = '/v1/organizations/clinic/invitations'
  const ivy = { email_address: 'ivy@example.com', role: 'org:technician', scope: 'department:pharmacy' }
  const invited = await http('POST', path, { ...ivy, inviter_user_id: 'phil' })
  t.like(invited, { status: 200, body: { scope: 'department:pharmacy', role: 'org:technician' } })
  const ian = ['invitations', 'create', 'clinic', 'org:nurse', 'ian@example.com', '--acting-user']
  t.is((await type(...ian, 'paul')).exitCode, 1, 'Paul heads cardiology only')
  t.is((await type(...ian, 'dora')).exitCode, 0)
  const kay = { ...cardiology, emailAddress: 'kay@example.com', role: 'org:nurse', actingUserId: 'paul' }
  await write('CreateInvitation', kay)
  const jo = { ...pharmacy, emailAddress: 'jo@example.com', role: 'org:technician', actingUserId: 'phil' }
  await write('CreateInvitation', jo)
  const shown = await clerk.organizations.getOrganizationInvitationList({ organizationId: 'clinic' })
  t.deepEqual(
    shown.data.map(({ emailAddress }) => emailAddress),
    ['ian@example.com'],
  )
  t.is(shown.totalCount, 1)
  t.is((await http('GET', `${path}?scope=*`)).body.total_count, 4)

  const accept = { organizationId: 'clinic', invitationId: invited.body.id, userId: 'ivy' }
  t.is((await refusalOf(write('AcceptInvitation', accept))).reason, 'ORGANIZATION_MEMBERSHIP_MISSING')
  // She comes to the clinic another way. That ends invitations to the clinic as a whole, not those into its departments.
  const member = { userId: 'ivy', role: 'org:staff', emailAddresses: ['ivy@example.com'] }
  t.deepEqual(await done(t, stage, 'CreateMembership', { organizationId: 'clinic', ...member }), {})
  t.is((await http('POST', `${path}/${invited.body.id}/accept`, { user_id: 'ivy' })).status, 200)
  t.is(await holds(t, 'clinic/department:pharmacy', 'ivy', 'org:technician'), 'yes')
})

test.serial('a nurse is demoted while requests run, and none passes after it', async (t) => {
  t.is(await holds(t, 'clinic/department:cardiology', 'nina', 'org:charts:write'), 'yes')
  let passed = 0
  let isOver = false
  const requests = Array.from({ length: 6 }, async () => {
    while (!isOver)
      if ((await stage.request('clinic/department:cardiology', 'nina', 'org:charts:write')) === 204) passed += 1
  })
  while (passed < 10) await new Promise((resolve) => setImmediate(resolve))
  const nina = { ...cardiology, userId: 'nina' }
  await write('DeleteMembership', { ...nina, actingUserId: 'paul' })
  await stage.delivered()
  const after = await Promise.all(
    Array.from({ length: 6 }, () => stage.request('clinic/department:cardiology', 'nina', 'org:charts:write')),
  )
  isOver = true
  await Promise.all(requests)
  t.deepEqual(new Set(after), new Set(['membership_ended']))
  t.is(await holds(t, 'clinic', 'nina', 'org:charts:write'), 'yes', 'she is a nurse of the clinic still')
  await clerk.organizations.updateOrganizationMembership({
    organizationId: 'clinic',
    userId: 'nina',
    role: 'org:staff',
  })
  t.is(await holds(t, 'clinic', 'nina', 'org:charts:write'), 'PERMISSION_NOT_HELD')
})

test.serial('pharmacies get another role set, everywhere and in one revision', async (t) => {
  const replace = { roleSet: 'role_set:pharmacy', toRoleSet: 'role_set:dispensary' }
  const dry = impactOf(await write('ReplaceRoleSet', { ...replace, dryRun: true }))
  // Tess and Ivy in the clinic, Adam in the annex, and the invitation of Jo.
  t.deepEqual(dry.requiredMappings, ['org:technician: 3 1 in 2'])
  t.deepEqual(dry.violations, ['MAPPING_MISSING'])
  const refused = await refusalOf(write('ReplaceRoleSet', replace))
  t.is(refused.reason, 'MAPPING_MISSING')
  t.is(refused.facts['org:technician'], '3 members, 1 invitation')
  const impact = await done(t, stage, 'ReplaceRoleSet', { ...replace, mappings: { 'org:technician': 'org:assistant' } })
  t.like(impact, {
    ...{ members: 3, invitations: 1, places: 2 },
    roles: ['org:technician → org:assistant: 3 1'],
    firstPlaces: ['annex/department:pharmacy', 'clinic/department:pharmacy'],
  })
  t.is(await may(t, 'clinic/department:pharmacy', 'org:assistant'), 'yes role_set:dispensary')
  t.is(await may(t, 'annex/department:pharmacy', 'org:technician'), 'no ROLE_NOT_IN_SET role_set:dispensary')
  t.is(await holds(t, 'clinic/department:pharmacy', 'tess', 'org:assistant'), 'yes')
  t.is(await holds(t, 'clinic/department:pharmacy', 'tess', 'org:technician'), 'ROLE_NOT_IN_SET')
  t.is(await holds(t, 'clinic/department:pharmacy', 'phil', 'org:head'), 'yes')
  t.is(await holds(t, 'clinic/lab:blood', 'lara', 'org:technician'), 'yes', 'laboratories have another set')
})

test.serial(
  'the hospital does without specialists: a member who has the other role already keeps it once',
  async (t) => {
    const request = { roleSet: 'role_set:hospital', role: 'org:specialist' }
    t.is((await refusalOf(write('ReplaceRole', request))).reason, 'IN_USE')
    const impact = await done(t, stage, 'ReplaceRole', { ...request, toRole: 'org:physician' })
    t.like(impact, { members: 2, roles: ['org:specialist → org:physician: 2 0'] })
    t.true((await members('clinic')).includes('department:cardiology sam org:physician'))
    t.is(await holds(t, 'clinic/department:cardiology', 'sam', 'org:images:read'), 'PERMISSION_NOT_HELD')
    t.is(await holds(t, 'clinic', 'sam', 'org:physician'), 'yes')
    // Staff: Gus, Lara, Phil and Tess, Nina who was demoted, Ivy; Adam and Amy in the annex.
    t.deepEqual(await counted('hospital'), { director: 2, staff: 8, physician: 2 })
  },
)

test.serial('cardiology is renamed with all that it has', async (t) => {
  const rename = { ...cardiology, newScope: 'department:heart', name: 'Heart and vessels' }
  const taken = { ...cardiology, newScope: 'department:pharmacy' }
  t.is((await refusalOf(write('RenameScope', taken))).reason, 'KEY_TAKEN')
  t.deepEqual(await done(t, stage, 'RenameScope', rename), {}, 'its role set and the roles there stay')
  t.deepEqual(await scopes('clinic'), [
    'department:heart role_set:hospital ORGANIZATION 2 Heart and vessels',
    'department:pharmacy role_set:dispensary DEFAULT 3',
    'department:radiology role_set:radiology OWN 1',
    'department:surgery role_set:theatre OWN 0 Surgery',
    'lab:blood role_set:lab KIND 1',
  ])
  t.is(await holds(t, 'clinic/department:heart', 'paul', 'org:head'), 'yes')
  t.is(await holds(t, 'clinic/department:cardiology', 'paul', 'org:head'), 'NOT_A_MEMBER')
  t.is(
    await holds(t, 'annex/department:cardiology', 'amy', 'org:nurse'),
    'yes',
    'another clinic has another cardiology',
  )
  const { body } = await http('GET', '/v1/organizations/clinic/invitations?scope=department:heart')
  t.deepEqual(
    body.data.map((each: { email_address: string }) => each.email_address),
    ['kay@example.com'],
  )
})

test.serial('the clinic takes a cheaper plan: the departments that follow it go along', async (t) => {
  const matron = { organizationId: 'clinic', userId: 'mona', roles: ['org:nurse', 'org:head'] }
  await write('CreateMembership', matron)
  const cheaper = { organizationId: 'clinic', roleSet: 'role_set:practice' }
  // Heads: Mona in the clinic, Paul in heart. Phil heads the pharmacy, which has a set of its own.
  const dry = impactOf(await write('AssignRoleSet', { ...cheaper, dryRun: true }))
  t.like(dry, { requiredMappings: ['org:head: 2 0 in 1'], violations: ['MAPPING_MISSING'] })
  const impact = await done(t, stage, 'AssignRoleSet', { ...cheaper, mappings: { 'org:head': 'org:nurse' } })
  t.like(impact, {
    ...{ organizations: 1, members: 2, places: 1, firstPlaces: ['clinic/department:heart'] },
    roles: ['org:head → org:nurse: 2 0'],
  })
  t.is(await may(t, 'clinic/department:heart', 'org:head'), 'no ROLE_NOT_IN_SET role_set:practice')
  t.is(await may(t, 'clinic/department:pharmacy', 'org:head'), 'yes role_set:dispensary')
  t.is(await holds(t, 'clinic/department:heart', 'paul', manage), 'PERMISSION_NOT_HELD')
  t.is(await holds(t, 'clinic/department:heart', 'paul', 'org:nurse'), 'yes')
  t.is(await holds(t, 'clinic', 'mona', 'org:head'), 'ROLE_NOT_IN_SET')
  t.is(await holds(t, 'clinic', 'mona', 'org:nurse'), 'yes')
  t.true((await members('clinic')).includes('mona org:nurse'))
  t.deepEqual(await counted('hospital'), { director: 1, staff: 2 }, 'the annex is left')
})

test.serial('and comes back: who had a role before has it again', async (t) => {
  const back = { organizationId: 'clinic', roleSet: 'role_set:hospital', restoreFormerRoles: true }
  const impact = await done(t, stage, 'AssignRoleSet', back)
  // Mona gets it back beside what she has, Paul in the place of what he got for it.
  const returned = { members: 2, roles: ['org:nurse → org:head: 2 0'] }
  t.deepEqual(impact, { organizations: 1, places: 1, firstPlaces: ['clinic/department:heart'], ...returned })
  t.is(await holds(t, 'clinic', 'mona', 'org:head'), 'yes')
  t.is(await holds(t, 'clinic/department:heart', 'paul', 'org:head'), 'yes', 'in a department, too')
  const all = await members('clinic')
  t.true(all.includes('mona org:nurse org:head'))
  t.true(all.includes('department:heart paul org:physician org:head'))
})

test.serial('radiology is closed, and surgery never opened', async (t) => {
  const radiology = { organizationId: 'clinic', scope: 'department:radiology' }
  const clear = { ...radiology, clear: true }
  t.is((await refusalOf(write('AssignRoleSet', clear))).reason, 'MAPPING_MISSING', 'Gus is a radiographer there')
  await write('DeleteMembership', { ...radiology, userId: 'gus' })
  await done(t, stage, 'AssignRoleSet', clear)
  t.is((await type('assign', 'clinic', '--scope', 'department:surgery', '--clear')).exitCode, 0)
  t.is((await type('scopes', 'rename', 'clinic', 'department:surgery', '--name', '')).exitCode, 0)
  t.deepEqual(await scopes('clinic'), [
    'department:heart role_set:hospital ORGANIZATION 2 Heart and vessels',
    'department:pharmacy role_set:dispensary DEFAULT 3',
    'lab:blood role_set:lab KIND 1',
  ])
  t.is(await may(t, 'clinic/department:surgery', 'org:surgeon'), 'no ROLE_NOT_IN_SET role_set:hospital')
  t.is(await holds(t, 'clinic', 'gus', 'org:staff'), 'yes', 'Gus stays in the clinic')
})

test.serial('who leaves the clinic leaves its departments, and a closed clinic is unknown', async (t) => {
  const impact = await done(t, stage, 'DeleteMembership', { organizationId: 'clinic', userId: 'lara' })
  t.like(impact, { members: 1, roles: ['org:technician → -: 1 0'] })
  t.is(await holds(t, 'clinic/lab:blood', 'lara', 'org:technician'), 'NOT_A_MEMBER')
  t.false((await members('clinic')).some((each) => each.includes('lara')))
  await clerk.organizations.deleteOrganization('annex')
  t.is(await may(t, 'annex/department:cardiology', 'org:nurse'), 'no ORGANIZATION_UNKNOWN')
  t.is(await holds(t, 'annex/department:cardiology', 'amy', 'org:nurse'), 'ORGANIZATION_UNKNOWN')
})

test.serial('the history tells it in the same words, and the file is sound', async (t) => {
  const { stdout } = await type('log', '--json', '--thing', 'paul')
  const operations = stdout
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { operation: string }).operation)
  // Twice a member, and moved with the department; in between he has Nina as a member, invites Kay, and lets Nina go.
  t.deepEqual(operations, [
    ...['AssignRoleSet', 'DeleteMembership', 'CreateInvitation'],
    ...['CreateMembership', 'CreateMembership', 'CreateMembership'],
  ])
  const applied = join(stage.folder, 'export.json')
  t.is((await type('export', '-o', applied)).exitCode, 0)
  t.is((await type('plan', '-f', applied)).exitCode, 0)
  await stage.close()
  const { exitCode, stdout: said } = await type('doctor', '--database', `sqlite:${join(stage.folder, 'r.db')}`)
  t.is(exitCode, 0, said)
})
