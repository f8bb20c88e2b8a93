/** A deleted organization stays deleted (rule 20): no question finds it, and no write brings it back but one that creates it. */

import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { createRoleSetsClient } from '@rolesets/client'
import { temporaryFolder } from '../processes/temporary-folder.ts'
import { connect, openTestSidecar, refusalOf, secretKey, type Answer, type TestClient } from './open-sidecar.ts'

const gone = 'org_gone'
const question = { organizationId: gone, role: 'org:admin' }
const never = { organizationId: 'org_never', role: 'org:admin' }
const settings = ['initial', 'deny'] as const

async function openWithDeleted(t: ExecutionContext, unknownOrganizations: string, more: Record<string, string> = {}) {
  const opened = await openTestSidecar(t, { ROLESETS_UNKNOWN_ORGANIZATIONS: unknownOrganizations, ...more })
  const client = connect(t, opened.target)
  await client.write('CreateOrganization', { id: gone, name: 'Gone', createdBy: 'ann' })
  return { ...opened, client, end: () => client.write('DeleteOrganization', { organizationId: gone }) }
}

/** Asked in every way. */
async function answers({ call }: TestClient): Promise<unknown> {
  const shown = ({ allowed, reason, roleSet, organizationRegistered, organizationDeleted }: Answer) => {
    return { allowed, reason, roleSet, organizationRegistered, organizationDeleted }
  }
  const batch = (await call('BatchCheck', { checks: [never, question] }))['results'] as Answer[]
  return {
    check: shown(await call('Check', question)),
    batch: shown(batch[1] ?? {}),
    roles: (await refusalOf(call('ListAvailableRoles', { organizationId: gone }))).reason,
  }
}

const unknown = {
  ...{ allowed: false, reason: 'ORGANIZATION_UNKNOWN', roleSet: '' },
  ...{ organizationRegistered: false, organizationDeleted: true },
}
const expected = { check: unknown, batch: unknown, roles: 'ORGANIZATION_NOT_FOUND' }

for (const setting of settings)
  test(`with unknown organizations set to ${setting}, a deleted one is unknown, cold and warm and after a restart`, async (t) => {
    const folder = await temporaryFolder(t)
    const env = { ROLESETS_DATABASE: `sqlite:${join(folder, 'r.db')}` }
    const { client, end, close } = await openWithDeleted(t, setting, env)
    t.like(await client.call('Check', question), { allowed: true })
    await end()
    t.deepEqual(await answers(client), expected)
    t.is((await client.call('Check', never))['allowed'], setting === 'initial')
    await close()
    const again = connect(t, (await openTestSidecar(t, { ...env, ROLESETS_UNKNOWN_ORGANIZATIONS: setting })).target)
    t.deepEqual(await answers(again), expected)
    await again.write('CreateOrganization', { id: gone, name: 'Back' })
    t.like(await again.call('Check', question), { allowed: true, organizationDeleted: false })
    await again.write('DeleteOrganization', { organizationId: gone })
    t.deepEqual(await answers(again), expected)
  })

for (const setting of settings)
  test(`with unknown organizations set to ${setting}, no write registers a deleted one in passing`, async (t) => {
    const { client, end } = await openWithDeleted(t, setting)
    const invited = { emailAddress: 'bob@example.com', role: 'org:member' }
    const { invitation } = await client.write('CreateInvitation', { organizationId: gone, ...invited })
    await end()
    const invitationId = (invitation as Answer)['id']
    const late: Readonly<Record<string, object>> = {
      CreateMembership: { userId: 'bob', role: 'org:member' },
      UpdateMembership: { userId: 'ann', role: 'org:member' },
      CreateInvitation: invited,
      CreateInvitations: { invitations: [invited] },
      AcceptInvitation: { invitationId, userId: 'bob' },
      RevokeInvitation: { invitationId },
      AssignRoleSet: { roleSet: 'role_set:default' },
      UpdateOrganization: { name: 'Late' },
      DeleteOrganization: {},
    }
    for (const [method, input] of Object.entries(late))
      for (const dryRun of [true, false]) {
        const refused = await refusalOf(client.write(method, { organizationId: gone, ...input, dryRun }))
        t.is(refused.reason, 'ORGANIZATION_NOT_FOUND', method)
      }
    t.is((await refusalOf(client.write('GetOrganization', { organizationId: gone }))).reason, 'ORGANIZATION_NOT_FOUND')
    t.deepEqual(await answers(client), expected)
    // Others are registered as before.
    const other = client.write('CreateMembership', { organizationId: 'org_new', userId: 'bob', role: 'org:member' })
    if (setting === 'initial') await t.notThrowsAsync(other)
    else t.is((await refusalOf(other)).reason, 'ORGANIZATION_NOT_FOUND')
  })

test('an apply that describes a deleted organization creates it again, and its plan says so', async (t) => {
  const { client, end } = await openWithDeleted(t, 'initial')
  await end()
  const described = { organizations: [{ id: gone, name: 'Back' }] }
  const plan = (await client.write('Apply', { ...described, dryRun: true }))['steps'] as Answer[]
  t.deepEqual(plan[0]?.['details'], ['it was deleted, and is created again', 'name: "Back"'])
  t.deepEqual(await answers(client), expected)
  await client.write('Apply', described)
  t.like(await client.call('Check', question), { allowed: true, organizationDeleted: false })
})

for (const setting of settings)
  test(`a client hears of a deletion, and asks for one that it doesn't know (unknown: ${setting})`, async (t) => {
    const { client, end, target } = await openWithDeleted(t, setting)
    const open = async (organizationsMax: number) => {
      const roleSets = createRoleSetsClient({ target, key: secretKey, deadlineMs: 10_000, organizationsMax })
      t.teardown(() => roleSets.close())
      await roleSets.ready()
      return roleSets
    }
    const [cached, late] = [await open(100), await open(100)]
    t.true((await cached.check(gone, 'org:admin')).allowed)
    t.not(cached.checkCached(gone, 'org:admin'), undefined)
    const deleted = await end()
    const atLeastRevision = String(deleted['revision'])
    for (const roleSets of [cached, late]) {
      for (let time = 0; time < 2; time++) {
        const decision = await roleSets.check(gone, 'org:admin', { atLeastRevision })
        t.like(decision, { allowed: false, reason: 'ORGANIZATION_UNKNOWN', organizationDeleted: true })
      }
      // An unknown organization is still treated by the setting: the deleted one says nothing about it.
      t.is((await roleSets.check('org_never', 'org:admin', { atLeastRevision })).allowed, setting === 'initial')
      const refused = await t.throwsAsync(roleSets.availableRoles(gone, { atLeastRevision }))
      t.is((refused as { code?: string }).code, 'organization_not_found')
    }
    t.like(cached.checkCached(gone, 'org:admin'), { reason: 'ORGANIZATION_UNKNOWN', organizationDeleted: true })
    const created = await client.write('CreateOrganization', { id: gone })
    const back = { atLeastRevision: String(created['revision']) }
    for (const roleSets of [cached, late]) t.true((await roleSets.check(gone, 'org:admin', back)).allowed)
  })

test('explain says that the organization was deleted, and by which write', async (t) => {
  const { client, end } = await openWithDeleted(t, 'initial')
  await end()
  const explained = await client.write('Explain', question)
  t.like(explained, { allowed: false, reason: 'ORGANIZATION_UNKNOWN', roleSet: '' })
  t.regex(String(explained['explanation']), /^No: org_gone was deleted, since .* by DeleteOrganization of /)
  t.is((explained['because'] as Answer)['operation'], 'DeleteOrganization')
})
