/** What a refused call says: status, reason, facts, fields; and what it never says. */

import grpc from '@grpc/grpc-js'
import test from 'ava'
import { Refusal } from '../../packages/sidecar/src/domain/refusal.ts'
import { failureOf } from '../../packages/sidecar/src/grpc/status.ts'
import { ServiceError } from '../../packages/sidecar/src/service/service-error.ts'
import { StoreError, type StoreErrorCode } from '../../packages/sidecar/src/storage/store.ts'
import { connect, detailsOf, openTestSidecar, refusalOf } from './open-sidecar.ts'

test('a refusal carries status, reason, domain, the field at fault and facts for programs', async (t) => {
  const client = connect(t, (await openTestSidecar(t)).target)
  const refused = await refusalOf(client.write('CreatePermission', { key: 'org:a:b', name: 'x'.repeat(300) }))
  t.like(refused, { status: 'INVALID_ARGUMENT', reason: 'LIMIT_EXCEEDED', domain: 'rolesets' })
  t.is(refused.fields[0]?.field, 'name')
  t.is(refused.fields[0]?.description, refused.message)
  t.like(refused.facts, { limit: 'nameCharactersMax', max: '256', given: '300' })
})

const refusals = [
  ['GetRole', { role: 'org:none' }, 'NOT_FOUND', 'ROLE_NOT_FOUND', 'role'],
  ['GetPermission', { permission: 'org:a:b' }, 'NOT_FOUND', 'PERMISSION_NOT_FOUND', 'permission'],
  ['GetRoleSet', { roleSet: 'role_set:no' }, 'NOT_FOUND', 'ROLE_SET_NOT_FOUND', 'role_set'],
  ['GetOrganization', { organizationId: 'org_no' }, 'NOT_FOUND', 'ORGANIZATION_NOT_FOUND', 'organization_id'],
  ['GetMembership', { organizationId: 'org_no', userId: 'u' }, 'NOT_FOUND', 'MEMBERSHIP_NOT_FOUND', 'user_id'],
  ['CreateRole', { key: 'org:admin' }, 'ALREADY_EXISTS', 'KEY_TAKEN', 'key'],
  ['CreateRole', { key: 'admin' }, 'INVALID_ARGUMENT', 'INVALID_FIELD', 'key'],
  [
    'CreateRoleSet',
    { name: 'x', roles: ['org:admin'], defaultRole: 'org:member', creatorRole: 'org:admin' },
    'FAILED_PRECONDITION',
    'SPECIAL_ROLE_NOT_IN_ROLE_SET',
    'default_role',
  ],
  ['DeletePermission', { permission: 'org:sys_profile:manage' }, 'FAILED_PRECONDITION', 'SYSTEM_PERMISSION', undefined],
  ['DeleteRoleSet', { roleSet: 'role_set:default' }, 'FAILED_PRECONDITION', 'INITIAL_ROLE_SET_REQUIRED', undefined],
  [
    'UpdateRoleSet',
    { roleSet: 'role_set:default', type: 'CUSTOM_SET' },
    'FAILED_PRECONDITION',
    'INITIAL_ROLE_SET_REQUIRED',
    undefined,
  ],
  [
    'CreateMembership',
    { organizationId: 'org_1', userId: 'u', role: 'org:none' },
    'NOT_FOUND',
    'ROLE_NOT_FOUND',
    'role',
  ],
  ['ListRoles', { pageSize: -1 }, 'INVALID_ARGUMENT', 'LIMIT_EXCEEDED', 'page_size'],
  ['ListRoles', { pageSize: 501 }, 'INVALID_ARGUMENT', 'LIMIT_EXCEEDED', 'page_size'],
  ['ListRoles', { pageToken: 'no token' }, 'INVALID_ARGUMENT', 'INVALID_FIELD', 'page_token'],
  [
    'UpdateRole',
    { role: 'org:member', expectedRevision: 'x' },
    'INVALID_ARGUMENT',
    'INVALID_REVISION',
    'expected_revision',
  ],
  [
    'UpdateRole',
    { role: 'org:member', expectedRevision: 'zzzzzzzz:1' },
    'FAILED_PRECONDITION',
    'REVISION_OF_ANOTHER_EPOCH',
    undefined,
  ],
  ['UpdateRoleSet', { roleSet: 'role_set:default', type: 77 }, 'INVALID_ARGUMENT', 'INVALID_FIELD', 'type'],
  [
    'CreateOrganization',
    { publicMetadata: { fields: { x: { numberValue: Number.NaN } } } },
    'INVALID_ARGUMENT',
    'INVALID_FIELD',
    'public_metadata',
  ],
  [
    'CreateOrganization',
    { privateMetadata: { fields: { x: {} } } },
    'INVALID_ARGUMENT',
    'INVALID_FIELD',
    'private_metadata',
  ],
  ['Check', { organizationId: '', role: 'org:admin' }, 'INVALID_ARGUMENT', 'INVALID_FIELD', 'organization_id'],
  ['BatchCheck', { checks: [] }, 'INVALID_ARGUMENT', 'INVALID_FIELD', 'checks'],
] as const

test('each mistake is reported with its reason, and with its field if it has one', async (t) => {
  const client = connect(t, (await openTestSidecar(t)).target)
  for (const [method, request, status, reason, field] of refusals) {
    const what = `${method} ${JSON.stringify(request)}`
    const refused = await refusalOf(client.write(method, request))
    t.like(refused, { status, reason, domain: 'rolesets' }, what)
    if (field !== undefined) t.is(refused.fields[0]?.field, field, what)
    t.regex(refused.message, /\.$/, what)
  }
})

test('a write that expects an old revision is refused as a conflict', async (t) => {
  const client = connect(t, (await openTestSidecar(t)).target)
  const { revision } = await client.write('CreatePermission', { key: 'org:a:b' })
  await client.write('UpdatePermission', { permission: 'org:a:b', name: 'Second' })
  const late = client.write('UpdatePermission', { permission: 'org:a:b', name: 'Third', expectedRevision: revision })
  t.like(await refusalOf(late), { status: 'ABORTED', reason: 'REVISION_CONFLICT' })
})

test('an unexpected error becomes one sentence without details', (t) => {
  for (const error of [
    new Error('SELECT secrets FROM disk'),
    'a text',
    undefined,
    new TypeError('x is not a function'),
  ]) {
    const failure = failureOf(error)
    t.like(failure, { code: grpc.status.INTERNAL, reason: 'INTERNAL_FAILURE' })
    t.is(failure.details, 'An unexpected failure. See the log of the sidecar.')
    t.is(detailsOf(failure).message, failure.details)
  }
})

test('failures of the storage say what a caller may do, and nothing of the storage', (t) => {
  const codes = {
    overloaded: ['RESOURCE_EXHAUSTED', 'OVERLOADED'],
    disk_full: ['RESOURCE_EXHAUSTED', 'DISK_FULL'],
    compacted: ['OUT_OF_RANGE', 'CURSOR_COMPACTED'],
    closed: ['UNAVAILABLE', 'NOT_SERVING'],
    in_use: ['INTERNAL', 'INTERNAL_FAILURE'],
    failed: ['INTERNAL', 'INTERNAL_FAILURE'],
    corrupt: ['UNAVAILABLE', 'STORE_DAMAGED'],
    file_lost: ['UNAVAILABLE', 'STORE_DAMAGED'],
  } as const satisfies Partial<Record<StoreErrorCode, readonly [string, string]>>
  for (const [code, [status, reason]] of Object.entries(codes)) {
    const shown = detailsOf(failureOf(new StoreError(code as StoreErrorCode, 'SQLITE_SOMETHING: near "SELECT".')))
    t.like(shown, { status, reason }, code)
    if (['INTERNAL', 'UNAVAILABLE'].includes(status) && code !== 'closed') t.notRegex(shown.message, /SQLITE|SELECT/)
  }
  t.like(detailsOf(failureOf(new Refusal('in_use', 'It is.'))), { status: 'FAILED_PRECONDITION', reason: 'IN_USE' })
})

test('a long message and long facts are cut, so that every client takes the trailers', (t) => {
  const facts = Object.fromEntries(Array.from({ length: 30 }, (_, place) => [`fact_${place}`, 'ü'.repeat(2_000)]))
  const refusal = new Refusal('mapping_missing', '漢'.repeat(50_000), { field: 'x'.repeat(9_000), facts })
  const failure = failureOf(refusal)
  const header = Buffer.from(failure.metadata.get('grpc-status-details-bin')[0] as Buffer).toString('base64')
  t.true(header.length + encodeURI(failure.details).length < 8_192)
  t.true(detailsOf(failure).message.length > 50)
})

test('a lone surrogate in a message does not break its header', (t) => {
  t.notThrows(() => encodeURI(failureOf(new Refusal('invalid_field', 'It is "\uD83D".')).details))
})

test('the deadline and a cancelled call have reasons of their own', (t) => {
  t.like(detailsOf(failureOf(new ServiceError('deadline', 'Late.'))), {
    status: 'DEADLINE_EXCEEDED',
    reason: 'DEADLINE',
  })
  const cancelled = detailsOf(failureOf(new ServiceError('call_cancelled', 'Gone.')))
  t.like(cancelled, { status: 'CANCELLED', reason: 'CALL_CANCELLED' })
})
