/** What a caller without a key sees on this machine: the catalogue and where organizations stand, and nothing about people. */

import test from 'ava'
import { structOfJson } from '@rolesets/proto'
import { connect, contract, nextMessage, openTestSidecar, readKey, refusalOf, type Answer } from './open-sidecar.ts'

const { Administration, Decisions, Changes } = contract.rolesets.v1

/** A new call isn't in this list, until somebody decides that it needs no key. */
const open = [
  'BatchCheck',
  'Check',
  'GetOrganization',
  'GetPermission',
  'GetRole',
  'GetRoleSet',
  'GetSettings',
  'ListAvailableRoles',
  'ListOrganizations',
  'ListPermissions',
  'ListRoleSets',
  'ListRoles',
  'ListScopeKinds',
  'ListScopes',
  'Watch',
]

test('without a key, exactly these calls are open on this machine', async (t) => {
  const client = connect(t, (await openTestSidecar(t)).target)
  const names = [Administration, Decisions].flatMap(({ service }) => Object.keys(service))
  const answered = ['Watch']
  for (const name of names) {
    const { reason } = await client.call(name, {}).then(
      () => ({ reason: undefined }),
      async (error: unknown) => refusalOf(Promise.reject(error as Error)),
    )
    if (reason !== 'KEY_REQUIRED') answered.push(name)
  }
  t.deepEqual(Object.keys(Changes.service), ['Watch'])
  t.deepEqual(answered.sort(), open)
})

const personal = {
  user: 'user_of_the_story',
  inviter: 'inviter_of_the_story',
  creator: 'creator_of_the_story',
  address: 'address.of.the.story@example.com',
  publicNote: 'public note of the story',
  privateNote: 'private note of the story',
  actor: 'actor of the story',
  keyName: 'key-of-the-story',
} as const

const metadata = {
  publicMetadata: structOfJson({ note: personal.publicNote }),
  privateMetadata: structOfJson({ note: personal.privateNote }),
}

/** Ten writes, of which the last is about the catalogue. @returns the revision of each */
async function tellTheStory(write: (method: string, request: object) => Promise<Answer>): Promise<string[]> {
  const revisions: string[] = []
  const say = async (method: string, request: object) => {
    const answer = await write(method, request)
    revisions.push(String(answer['revision']))
    return answer
  }
  const organizationId = 'org_1'
  await say('CreateOrganization', { id: organizationId, createdBy: personal.creator, ...metadata })
  await say('CreateMembership', { organizationId, userId: personal.user, role: 'org:member', ...metadata })
  await say('UpdateMembership', { organizationId, userId: personal.user, role: 'org:admin' })
  const invitation = {
    emailAddress: personal.address,
    role: 'org:member',
    inviterUserId: personal.inviter,
    ...metadata,
  }
  const { invitation: invited } = await say('CreateInvitation', { organizationId, ...invitation })
  await say('RevokeInvitation', { organizationId, invitationId: (invited as Answer)['id'] })
  await say('CreateAccessKey', { name: personal.keyName, access: 'READ' })
  await say('UpdateOrganization', { organizationId, name: 'Shown' })
  await say('DeleteMembership', { organizationId, userId: personal.user })
  await say('DeleteOrganization', { organizationId })
  await say('CreatePermission', { key: 'org:last:one' })
  return revisions
}

const found = (text: string) => Object.values(personal).filter((each) => text.includes(each))

for (const [who, key, seen] of [
  ['without a key', undefined, []],
  ['with a read key', readKey, Object.values(personal)],
] as const)
  test(`the feed ${who} has every revision, and ${seen.length === 0 ? 'nothing' : 'all'} about people`, async (t) => {
    const client = connect(t, (await openTestSidecar(t)).target)
    const { revision: start } = await client.write('CreateOrganization', { id: 'org_0', createdBy: personal.creator })
    const stream = client.watch({ after: start }, { key })
    stream.on('error', () => undefined)
    const write = (method: string, request: object) =>
      client.write(method, request as Record<string, unknown>, { metadata: { 'x-rolesets-actor': personal.actor } })
    const revisions = await tellTheStory(write)
    const messages: Answer[] = []
    while (messages.length < revisions.length)
      messages.push(await nextMessage(stream, ({ changeSet }) => Boolean(changeSet)))
    stream.cancel()
    t.deepEqual(
      messages.map(({ revision }) => revision),
      revisions,
    )
    t.deepEqual(found(JSON.stringify(messages)).sort(), [...seen].sort())
    const kinds = messages.flatMap(({ changeSet }) =>
      ((changeSet as Answer)['changes'] as Answer[]).map(({ change }) => String(change)),
    )
    const shown = ['organizationPut', 'organizationPut', 'organizationDeleted', 'permissionPut']
    if (key === undefined) t.deepEqual(kinds, shown)
    else t.true(kinds.includes('membershipPut') && kinds.includes('invitationPut') && kinds.includes('accessKeyPut'))
  })

test('a snapshot and the reads of organizations show metadata and creators only with a key', async (t) => {
  const client = connect(t, (await openTestSidecar(t)).target)
  await client.write('CreateOrganization', { id: 'org_1', createdBy: personal.creator, ...metadata })
  const hidden = [personal.creator, personal.publicNote, personal.privateNote].sort()
  for (const [key, seen] of [
    [undefined, []],
    [readKey, hidden],
  ] as const) {
    const one = await client.call('GetOrganization', { organizationId: 'org_1' }, { key })
    const list = await client.call('ListOrganizations', {}, { key })
    const stream = client.watch({ snapshotScope: 'CATALOGUE_AND_ORGANIZATIONS' }, { key })
    stream.on('error', () => undefined)
    const isPart = ({ snapshotChunk }: Answer) =>
      ((snapshotChunk as Answer | null)?.['organizations'] as [])?.length > 0
    const part = await nextMessage(stream, isPart)
    stream.cancel()
    for (const answer of [one, list, part]) {
      const text = JSON.stringify(answer)
      t.deepEqual(found(text).sort(), [...seen])
      t.true(text.includes('role_set:default'))
    }
  }
})
