/** CheckMember and BatchCheckMember: what a user holds now, over gRPC. */

import { join } from 'node:path'
import test from 'ava'
import { temporaryFolder } from '../processes/temporary-folder.ts'
import {
  connect,
  exposed,
  openTestSidecar,
  refusalOf,
  type Answer,
  type Request,
  type TestClient,
} from './open-sidecar.ts'

/** Two organizations on two role sets, with members. */
async function fill({ write }: TestClient): Promise<void> {
  await write('CreatePermission', { key: 'org:charts:sign' })
  await write('CreateRole', { key: 'org:physician', permissions: ['org:charts:sign'] })
  await write('CreateRole', { key: 'org:nurse' })
  const roles = ['org:admin', 'org:member', 'org:physician', 'org:nurse']
  const special = { defaultRole: 'org:member', creatorRole: 'org:admin' }
  await write('CreateRoleSet', { key: 'role_set:clinic', name: 'Clinic', roles, ...special })
  await write('CreateOrganization', { id: 'clinic', roleSet: 'role_set:clinic' })
  await write('CreateOrganization', { id: 'plain' })
  for (const [organizationId, userId, role] of [
    ['clinic', 'ann', 'org:physician'],
    ['clinic', 'bob', 'org:nurse'],
    ['plain', 'ann', 'org:member'],
  ])
    await write('CreateMembership', { organizationId, userId, role })
}

const ann = { organizationId: 'clinic', userId: 'ann' }

const questions: readonly (readonly [question: Request, reason: string, more?: object])[] = [
  [{ ...ann, role: 'org:physician' }, 'MEMBER_HOLDS_ROLE', { roles: ['org:physician'], roleSet: 'role_set:clinic' }],
  [{ ...ann, role: 'org:nurse' }, 'ROLE_NOT_HELD', { roles: ['org:physician'] }],
  [{ ...ann, role: 'org:nobody' }, 'ROLE_UNKNOWN'],
  [{ ...ann, permission: 'org:charts:sign' }, 'MEMBER_HOLDS_ROLE'],
  [{ ...ann, permission: 'org:sys_memberships:manage' }, 'PERMISSION_NOT_HELD'],
  [{ ...ann, permission: 'org:no:such' }, 'PERMISSION_UNKNOWN'],
  [{ ...ann, anyRole: true }, 'MEMBER_HOLDS_ROLE', { roles: ['org:physician'] }],
  [{ ...ann, organizationId: 'plain', role: 'org:physician' }, 'ROLE_NOT_IN_SET', { roles: ['org:member'] }],
  [{ ...ann, userId: 'eve', role: 'org:physician' }, 'NOT_A_MEMBER', { roles: [] }],
  [{ ...ann, userId: 'eve', role: 'org:nobody' }, 'NOT_A_MEMBER'],
  [{ ...ann, userId: 'eve', permission: 'org:no:such' }, 'NOT_A_MEMBER'],
  [{ ...ann, userId: 'eve', anyRole: true }, 'NOT_A_MEMBER'],
  [{ ...ann, organizationId: 'nowhere', role: 'org:member' }, 'NOT_A_MEMBER', { organizationRegistered: false }],
]

test('a user is asked about, one question at a time and as a batch, all at one revision', async (t) => {
  const client = connect(t, (await openTestSidecar(t)).target)
  await fill(client)
  const { results, revision } = await client.read('BatchCheckMember', {
    checks: questions.map(([question]) => question),
  })
  for (const [at, [question, reason, more = {}]] of questions.entries()) {
    const allowed = reason === 'MEMBER_HOLDS_ROLE'
    const answer = await client.read('CheckMember', question)
    t.like(answer, { allowed, reason, revision, ...more }, JSON.stringify(question))
    t.like((results as Answer[])[at], { allowed, reason, ...more }, JSON.stringify(question))
  }
})

test('a demotion, a removal and a role that leaves the set count with the next question', async (t) => {
  const client = connect(t, (await openTestSidecar(t)).target)
  await fill(client)
  const reasonOf = async (question: object) => (await client.read('CheckMember', { ...ann, ...question }))['reason']
  await client.write('UpdateMembership', { ...ann, role: 'org:nurse' })
  t.is(await reasonOf({ role: 'org:physician' }), 'ROLE_NOT_HELD')
  t.is(await reasonOf({ permission: 'org:charts:sign' }), 'PERMISSION_NOT_HELD')
  await client.write('ReplaceRole', { roleSet: 'role_set:clinic', role: 'org:nurse', toRole: 'org:physician' })
  t.is(await reasonOf({ role: 'org:nurse' }), 'ROLE_NOT_IN_SET')
  t.is(await reasonOf({ role: 'org:physician' }), 'MEMBER_HOLDS_ROLE')
  await client.write('DeletePermission', { permission: 'org:charts:sign' })
  const retired = await client.read('CheckMember', { ...ann, permission: 'org:charts:sign' })
  t.like(retired, { reason: 'PERMISSION_UNKNOWN', permissionRetired: true })
  await client.write('DeleteMembership', ann)
  t.is(await reasonOf({ role: 'org:physician' }), 'NOT_A_MEMBER')
  await client.write('CreateMembership', { ...ann, role: 'org:physician' })
  await client.write('DeleteOrganization', { organizationId: 'clinic' })
  t.is(await reasonOf({ role: 'org:physician' }), 'ORGANIZATION_UNKNOWN')
  await client.write('CreateOrganization', { id: 'clinic', roleSet: 'role_set:clinic' })
  t.is(await reasonOf({ role: 'org:physician' }), 'NOT_A_MEMBER', 'the members ended with the organization')
})

test('what a cache needs comes with an answer: ids of the roles, the role set, and the permissions where all are asked for', async (t) => {
  const client = connect(t, (await openTestSidecar(t)).target)
  await fill(client)
  const { role } = (await client.read('GetRole', { role: 'org:physician' })) as { role: Answer }
  const answer = await client.read('CheckMember', { ...ann, anyRole: true })
  t.like(answer, { roleIds: [role['id']], permissions: ['org:charts:sign'], endsInMs: 0, organizationRegistered: true })
  t.regex(String(answer['roleSetId']), /^roleset_/)
})

test('an answer waits for the revision that it must have, and is never older', async (t) => {
  const client = connect(t, (await openTestSidecar(t)).target)
  await fill(client)
  const { revision } = await client.read('CheckMember', { ...ann, anyRole: true })
  const [epoch, number] = String(revision).split(':')
  const atLeastRevision = `${epoch}:${Number(number) + 1}`
  const waiting = client.read('CheckMember', { ...ann, role: 'org:nurse', atLeastRevision })
  await client.write('UpdateMembership', { ...ann, role: 'org:nurse' })
  t.like(await waiting, { allowed: true, revision: atLeastRevision })
  const future = client.read(
    'CheckMember',
    { ...ann, anyRole: true, atLeastRevision: `${epoch}:999` },
    { deadlineMs: 150 },
  )
  t.is((await refusalOf(future)).status, 'DEADLINE_EXCEEDED')
  const foreign = client.read('CheckMember', { ...ann, anyRole: true, atLeastRevision: 'zzzzzzzz:1' })
  t.is((await refusalOf(foreign)).reason, 'REVISION_OF_ANOTHER_EPOCH')
})

for (const [what, question, field] of [
  ['names nothing', ann, 'role'],
  ['names a role and a permission', { ...ann, role: 'org:nurse', permission: 'org:charts:sign' }, 'role'],
  ['names a role and any role', { ...ann, role: 'org:nurse', anyRole: true }, 'role'],
  ['names no user', { organizationId: 'clinic', anyRole: true }, 'user_id'],
  ['names no organization', { userId: 'ann', anyRole: true }, 'organization_id'],
  ['has a reach that is none', { ...ann, anyRole: true, reach: 9 }, 'reach'],
] as const) {
  test(`a question that ${what} is refused, and the field is named`, async (t) => {
    const client = connect(t, (await openTestSidecar(t)).target)
    const single = await refusalOf(client.read('CheckMember', question))
    t.like(single, { status: 'INVALID_ARGUMENT', reason: 'INVALID_FIELD' })
    t.deepEqual(
      single.fields.map((each) => each.field),
      [field],
    )
    const batch = await refusalOf(client.read('BatchCheckMember', { checks: [{ ...ann, anyRole: true }, question] }))
    t.deepEqual(
      batch.fields.map((each) => each.field),
      [`checks[1].${field}`],
    )
  })
}

test('a batch has at least one question', async (t) => {
  const client = connect(t, (await openTestSidecar(t)).target)
  t.deepEqual(
    (await refusalOf(client.read('BatchCheckMember', {}))).fields.map(({ field }) => field),
    ['checks'],
  )
})

test('what a user holds needs a key, also on a Unix socket and on loopback', async (t) => {
  const folder = await temporaryFolder(t)
  const ROLESETS_GRPC_LISTEN = `unix:${join(folder, 's')},127.0.0.1:0`
  const { sidecar } = await openTestSidecar(t, { ROLESETS_GRPC_LISTEN })
  for (const target of sidecar.grpc) {
    const client = connect(t, target)
    for (const [method, request] of [
      ['CheckMember', { ...ann, anyRole: true }],
      ['BatchCheckMember', { checks: [{ ...ann, anyRole: true }] }],
    ] as const) {
      const refused = await refusalOf(client.call(method, request))
      t.like(refused, { status: 'UNAUTHENTICATED', reason: 'KEY_REQUIRED' }, target)
      t.regex(refused.message, /ROLESETS_MEMBERS_WITHOUT_KEY/)
      t.truthy(await client.read(method, request))
    }
  }
})

test('the setting lets it be asked without a key on a Unix socket and on loopback, and nowhere else', async (t) => {
  const folder = await temporaryFolder(t)
  const env = { ROLESETS_GRPC_LISTEN: `unix:${join(folder, 's')},127.0.0.1:0`, ROLESETS_MEMBERS_WITHOUT_KEY: 'true' }
  const { sidecar } = await openTestSidecar(t, env)
  for (const target of sidecar.grpc) {
    const client = connect(t, target)
    t.like(await client.call('CheckMember', { ...ann, anyRole: true }), { reason: 'NOT_A_MEMBER' })
    const wrong = client.call('CheckMember', { ...ann, anyRole: true }, { key: 'no-key-of-this-sidecar' })
    t.is((await refusalOf(wrong)).reason, 'KEY_REQUIRED')
    t.is((await refusalOf(client.call('GetMembership', ann))).reason, 'KEY_REQUIRED', 'other calls about members')
  }
  const beyond = await openTestSidecar(t, { ...env, ROLESETS_GRPC_LISTEN: '127.0.0.1:0' }, exposed)
  const refused = await refusalOf(connect(t, beyond.target).call('CheckMember', { ...ann, anyRole: true }))
  t.like(refused, { reason: 'KEY_REQUIRED' })
})
