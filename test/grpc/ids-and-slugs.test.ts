/** An id and a slug name organizations alike, so no id is the slug of another organization, in whichever order they come (I6). */

import test, { type ExecutionContext } from 'ava'
import { connect, openTestSidecar, refusalOf, type TestClient } from './open-sidecar.ts'

async function open(t: ExecutionContext): Promise<TestClient> {
  return connect(t, (await openTestSidecar(t)).target)
}

/** Each way in which an organization comes by the id `acme`. */
const byId: Readonly<Record<string, (client: TestClient, dryRun?: boolean) => Promise<unknown>>> = {
  'it is created': ({ write }, dryRun) => write('CreateOrganization', { id: 'acme', dryRun }),
  'it is created with the same slug': ({ write }, dryRun) =>
    write('CreateOrganization', { id: 'acme', slug: 'acme', dryRun }),
  'it gets a role set': ({ write }, dryRun) =>
    write('AssignRoleSet', { organizationId: 'acme', roleSet: 'role_set:default', dryRun }),
  'it gets a member': ({ write }, dryRun) =>
    write('CreateMembership', { organizationId: 'acme', userId: 'ann', role: 'org:member', dryRun }),
  'it invites someone': ({ write }, dryRun) =>
    write('CreateInvitation', {
      organizationId: 'acme',
      emailAddress: 'ann@example.com',
      role: 'org:member',
      dryRun,
    }),
  'it invites several': ({ write }, dryRun) =>
    write('CreateInvitations', {
      organizationId: 'acme',
      invitations: [{ emailAddress: 'ann@example.com', role: 'org:member' }],
      dryRun,
    }),
  'it is applied': ({ write }, dryRun) => write('Apply', { organizations: [{ id: 'acme' }], dryRun }),
}

/** Each way in which another organization comes by the slug `acme`. */
const bySlug: typeof byId = {
  'it is created with it': ({ write }, dryRun) => write('CreateOrganization', { id: 'other', slug: 'acme', dryRun }),
  'its id is made': ({ write }, dryRun) => write('CreateOrganization', { slug: 'acme', dryRun }),
  'it is changed': async ({ write }, dryRun) => {
    if (dryRun === undefined) await write('CreateOrganization', { id: 'other' })
    return write('UpdateOrganization', { organizationId: 'other', slug: 'acme', dryRun })
  },
  'it is applied': ({ write }, dryRun) => write('Apply', { organizations: [{ id: 'other', slug: 'acme' }], dryRun }),
}

for (const [way, take] of Object.entries(byId))
  test(`an id that is the slug of another organization is refused where ${way}`, async (t) => {
    const client = await open(t)
    await client.write('CreateOrganization', { id: 'other', slug: 'acme' })
    const refused = await refusalOf(take(client))
    t.is(refused.reason, 'KEY_TAKEN')
    t.regex(refused.message, /The id "acme" is the slug of organization "other"\. .*another slug first/)
    t.is(
      (await refusalOf(client.write('GetOrganization', { organizationId: 'acme' }))).reason,
      'ORGANIZATION_NOT_FOUND',
    )
    // Once the slug is given up, the id is free.
    await client.write('UpdateOrganization', { organizationId: 'other', slug: '' })
    await t.notThrowsAsync(take(client))
  })

for (const [way, take] of Object.entries(bySlug))
  test(`a slug that is the id of another organization is refused where ${way}`, async (t) => {
    const client = await open(t)
    await client.write('CreateOrganization', { id: 'acme' })
    const refused = await refusalOf(take(client))
    t.is(refused.reason, 'KEY_TAKEN')
    t.regex(refused.message, /The slug "acme" is the id of organization "acme"\. Choose another one/)
    await client.write('DeleteOrganization', { organizationId: 'acme' })
    await t.notThrowsAsync(take(client, false))
  })

test('an organization can have its own id for its slug', async (t) => {
  const client = await open(t)
  await client.write('CreateOrganization', { id: 'acme' })
  for (const slug of ['acme', '', 'acme']) await client.write('UpdateOrganization', { organizationId: 'acme', slug })
  await t.notThrowsAsync(client.write('CreateOrganization', { id: 'beta', slug: 'beta' }))
  await t.notThrowsAsync(client.write('Apply', { organizations: [{ id: 'gamma', slug: 'gamma' }] }))
})

test('one apply can give a slug up and create an organization with it for its id', async (t) => {
  const client = await open(t)
  await client.write('CreateOrganization', { id: 'other', slug: 'acme' })
  await client.write('Apply', { organizations: [{ id: 'acme' }, { id: 'other', slug: 'former' }] })
  t.like(await client.write('GetOrganization', { organizationId: 'acme' }), { organization: { id: 'acme' } })
})

test('a manifest in which an id is the slug of another organization is refused, and the slug is named', async (t) => {
  const client = await open(t)
  const organizations = [{ id: 'acme' }, { id: 'other', slug: 'acme' }]
  const refused = await refusalOf(client.write('Apply', { organizations }))
  t.is(refused.reason, 'INVALID_FIELD')
  t.regex(refused.message, /organizations\[1\]\.slug is acme, the id of organizations\[0\]/)
})

test('within one burst of writes, one of the two wins', async (t) => {
  const client = await open(t)
  const writes = Array.from({ length: 20 }, (_, index) => [
    client.write('CreateMembership', { organizationId: `name-${index}`, userId: 'ann', role: 'org:member' }),
    client.write('CreateOrganization', { id: `other-${index}`, slug: `name-${index}` }),
  ])
  const outcomes = await Promise.all(writes.map((pair) => Promise.allSettled(pair)))
  for (const pair of outcomes) t.is(pair.filter(({ status }) => status === 'fulfilled').length, 1)
})
