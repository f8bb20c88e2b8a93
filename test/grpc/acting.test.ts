/** Rule 18 over the wire: writes that name the user on whose behalf they are made, and races with the end of that user's power. */

import test, { type ExecutionContext } from 'ava'
import {
  connect,
  openTestSidecar,
  refusalOf,
  secretKey,
  type Answer,
  type Request,
  type TestClient,
} from './open-sidecar.ts'

const organizationId = 'org_1'
const lead = { actingUserId: 'lea' }

/** `ann` is an administrator; `lea` leads: manages members and reads reports; `ben` is a member. */
async function openTeam(t: ExecutionContext): Promise<TestClient> {
  const client = connect(t, (await openTestSidecar(t)).target)
  const { write } = client
  await write('CreatePermission', { key: 'org:reports:read' })
  const permissions = ['org:sys_memberships:manage', 'org:reports:read']
  await write('CreateRole', { key: 'org:lead', permissions, includeInInitialRoleSet: true })
  await write('CreateRole', { key: 'org:reader', permissions: ['org:reports:read'], includeInInitialRoleSet: true })
  await write('CreateOrganization', { id: organizationId, createdBy: 'ann' })
  await write('CreateMembership', { organizationId, userId: 'lea', role: 'org:lead' })
  await write('CreateMembership', { organizationId, userId: 'ben', role: 'org:reader' })
  return client
}

const member = (userId: string, role: string, more: Readonly<Record<string, unknown>> = {}) => ({
  organizationId,
  userId,
  role,
  ...more,
})
const invitation = (role: string) => ({ organizationId, emailAddress: 'hal@x.io', role })

/** Every call that can be made on behalf of a user, as one that gives, changes or takes. */
async function callsOf({ write }: TestClient, role: string): Promise<readonly (readonly [string, Request])[]> {
  const pending = await write('CreateInvitation', { ...invitation('org:reader'), emailAddress: 'jon@x.io' })
  const { id: invitationId } = pending['invitation'] as { id: string }
  return [
    ['CreateMembership', member('new', role)],
    ['UpdateMembership', member('ben', role)],
    ['CreateInvitation', invitation(role)],
    ['CreateInvitations', { organizationId, invitations: [{ emailAddress: 'k@x.io', role }] }],
    ['DeleteMembership', { organizationId, userId: 'ben' }],
    ['RevokeInvitation', { organizationId, invitationId }],
  ]
}

test('every call that gives or takes roles is refused for a user who may not manage the members', async (t) => {
  const client = await openTeam(t)
  for (const [call, request] of await callsOf(client, 'org:reader'))
    for (const actingUserId of ['ben', 'nobody']) {
      for (const grantPolicy of ['SUBSET', 'ANY']) {
        const refused = await refusalOf(client.write(call, { ...request, actingUserId, grantPolicy }))
        t.like(refused, { status: 'PERMISSION_DENIED', reason: 'USER_LACKS_PERMISSION' }, call)
        t.is(refused.fields[0]?.field, 'acting_user_id')
      }
      const preview = await client.write(call, { ...request, actingUserId, dryRun: true })
      t.like((preview['impact'] as Answer)['violations'], [{ reason: 'USER_LACKS_PERMISSION' }], call)
    }
})

test('a lead gives what the lead has, and no more unless the policy is ANY', async (t) => {
  const client = await openTeam(t)
  for (const [call, request] of (await callsOf(client, 'org:admin')).slice(0, 4)) {
    const refused = await refusalOf(client.write(call, { ...request, ...lead }))
    t.like(refused, { status: 'PERMISSION_DENIED', reason: 'GRANT_EXCEEDS_OWN' }, call)
    t.is(refused.fields[0]?.field, 'acting_user_id')
    t.like(refused.facts, { organization: organizationId, user: 'lea', roles: 'org:admin', permission_count: '8' })
    t.true(refused.facts['permissions']?.includes('org:sys_billing:manage'))
    t.deepEqual(await refusalOf(client.write(call, { ...request, ...lead, grantPolicy: 'SUBSET' })), refused)
    t.truthy((await client.write(call, { ...request, ...lead, grantPolicy: 'ANY', dryRun: true }))['revision'])
  }
  const again = await refusalOf(client.write('UpdateMembership', member('lea', 'org:admin', lead)))
  t.is(again.reason, 'GRANT_EXCEEDS_OWN', 'nor to oneself')
  const other = await openTeam(t)
  for (const [call, request] of await callsOf(other, 'org:lead'))
    t.truthy((await other.write(call, { ...request, ...lead }))['revision'], call)
})

test('a user that is named must be named well, and not where nothing is checked', async (t) => {
  const { write, read } = await openTeam(t)
  const wrong: readonly (readonly [Request, string])[] = [
    [{ actingUserId: '' }, 'acting_user_id'],
    [{ actingUserId: 'a\u0000b' }, 'acting_user_id'],
    [{ grantPolicy: 'ANY' }, 'grant_policy'],
    [{ actingUserId: 'lea', grantPolicy: 7 }, 'grant_policy'],
  ]
  for (const [more, field] of wrong) {
    const refused = await refusalOf(write('CreateMembership', member('new', 'org:reader', more)))
    t.is(refused.reason, 'INVALID_FIELD')
    t.is(refused.fields[0]?.field, field)
  }
  const headers = { key: secretKey, metadata: { 'x-rolesets-acting-user': 'ben' } }
  const refused = await refusalOf(write('CreateMembership', member('new', 'org:reader'), headers))
  t.is(refused.fields[0]?.field, 'x-rolesets-acting-user', 'the header is for HTTP')
  t.is((await refusalOf(read('GetMembership', { organizationId, userId: 'new' }))).reason, 'MEMBERSHIP_NOT_FOUND')
})

/** Grants in the name of `lea`, sent before, while and after something ends her power. */
async function race(t: ExecutionContext, client: TestClient, [call, request]: readonly [string, Request]) {
  const grants = (from: number) =>
    Array.from({ length: 40 }, (_, place) =>
      client.write('CreateMembership', member(`u${from + place}`, 'org:reader', lead)).then(
        (answer) => ({ revision: numberOf(answer), reason: undefined }),
        async (error: unknown) => ({ revision: undefined, ...(await refusalOf(Promise.reject(error as Error))) }),
      ),
    )
  const sent = grants(0)
  const ending = client.write(call, request)
  sent.push(...grants(100))
  const ended = numberOf(await ending)
  sent.push(...grants(200))
  const outcomes = await Promise.all(sent)
  for (const { revision, reason } of outcomes)
    if (revision === undefined) t.is(reason, 'USER_LACKS_PERMISSION')
    else t.true(revision < ended, `a grant was committed at ${revision}, after ${ended}`)
  for (const { revision } of outcomes.slice(80)) t.is(revision, undefined)
  const { memberships } = (await client.read('ListMemberships', { organizationId, pageSize: 500 })) as {
    memberships: { userId: string; createdAtMs: string }[]
  }
  const done = outcomes.filter(({ revision }) => revision !== undefined).length
  t.is(memberships.filter(({ userId }) => /^u\d+$/.test(userId)).length, done)
}

const numberOf = (answer: Answer) => Number(String(answer['revision']).split(':')[1])

test('no grant in the name of a user is committed after the user was demoted', async (t) => {
  await race(t, await openTeam(t), ['UpdateMembership', member('lea', 'org:reader')])
})

test('nor after the user was removed, or after the role lost the permission', async (t) => {
  await race(t, await openTeam(t), ['DeleteMembership', { organizationId, userId: 'lea' }])
  const permission = 'org:sys_memberships:manage'
  await race(t, await openTeam(t), ['RemovePermission', { role: 'org:lead', permission }])
})

test('all roles of the acting user count together, and each role that is given is judged', async (t) => {
  const { write } = await openTeam(t)
  await write('UpdateSettings', { maxRolesPerMember: 3 })
  await write('CreatePermission', { key: 'org:billing:export' })
  const exporting = { key: 'org:exporter', permissions: ['org:billing:export'], includeInInitialRoleSet: true }
  await write('CreateRole', exporting)
  const both = { organizationId, userId: 'new', roles: ['org:reader', 'org:exporter'], ...lead }
  const refused = await refusalOf(write('CreateMembership', both))
  t.like(refused, { reason: 'GRANT_EXCEEDS_OWN', facts: { roles: 'org:exporter', permissions: 'org:billing:export' } })
  await write('UpdateMembership', { organizationId, userId: 'lea', roles: ['org:lead', 'org:exporter'] })
  t.truthy((await write('CreateMembership', both))['revision'])
  const more = { organizationId, userId: 'ann', roles: ['org:admin', 'org:reader'], ...lead }
  t.truthy((await write('UpdateMembership', more))['revision'], 'org:admin is not given: ann has it')
})

test('who leads a scope only revokes its invitations, also where the call names an invitation by its id alone', async (t) => {
  const { write } = await openTeam(t)
  await write('SetScopeKind', { kind: 'team', fallback: 'ORGANIZATION' })
  const team = { organizationId, scope: 'team:red' }
  await write('CreateMembership', { ...team, userId: 'ben', role: 'org:lead' })
  const invited = async (place: Request, emailAddress: string) => {
    const made = await write('CreateInvitation', { ...place, emailAddress, role: 'org:reader' })
    return { organizationId, invitationId: (made['invitation'] as { id: string }).id, actingUserId: 'ben' }
  }
  const ofWhole = await invited({ organizationId }, 'ivy@x.io')
  t.is((await refusalOf(write('RevokeInvitation', ofWhole))).reason, 'USER_LACKS_PERMISSION')
  for (const place of [{}, team])
    t.like(await write('RevokeInvitation', { ...(await invited(team, 'jo@x.io')), ...place }), {
      invitation: { status: 'REVOKED' },
    })
})
