/** Requests as bytes: a malformed request is reported as the caller's fault. */

import grpc from '@grpc/grpc-js'
import test from 'ava'
import {
  connect,
  contract,
  detailsOf,
  metadataOf,
  openTestSidecar,
  refusalOf,
  secretKey,
  type Answer,
} from './open-sidecar.ts'

const { Administration, Decisions } = contract.rolesets.v1
const same = (bytes: Buffer) => bytes

interface Teardown {
  teardown(undo: () => unknown): void
}

/** Sends bytes as they are. */
async function send(t: Teardown, target: string, { path, bytes }: { path: string; bytes: Buffer }): Promise<Buffer> {
  const client = new grpc.Client(target, grpc.credentials.createInsecure())
  t.teardown(() => client.close())
  return new Promise((resolve, reject) => {
    const metadata = metadataOf({ key: secretKey })
    client.makeUnaryRequest(path, same, same, bytes, metadata, { deadline: Date.now() + 120_000 }, (error, answer) =>
      error ? reject(error) : resolve(answer as Buffer),
    )
  })
}

const check = Decisions.service.Check
const createRole = Administration.service.CreateRole

test('bytes that are no message are refused', async (t) => {
  const { target } = await openTestSidecar(t)
  for (const hex of ['ff', '0aff', '0a05616263', '08', '0b0b0b0b', 'ffffffffffffffffffff']) {
    const refused = await refusalOf(send(t, target, { path: check.path, bytes: Buffer.from(hex, 'hex') }))
    t.like(refused, { status: 'INVALID_ARGUMENT', reason: 'INVALID_FIELD' }, hex)
  }
})

test('text that is no UTF-8 is refused by its field, and is not stored changed', async (t) => {
  const { target } = await openTestSidecar(t)
  const good = createRole.requestSerialize({ key: 'org:x', name: 'Caf# #' })
  const bytes = Buffer.from(good)
  bytes[bytes.indexOf('#')] = 0xe9
  const refused = await refusalOf(send(t, target, { path: createRole.path, bytes }))
  t.like(refused, { status: 'INVALID_ARGUMENT', reason: 'INVALID_FIELD' })
  t.is(refused.fields[0]?.field, 'name')
  t.is((await refusalOf(connect(t, target).call('GetRole', { role: 'org:x' }))).reason, 'ROLE_NOT_FOUND')
})

test('the replacement character itself may be sent', async (t) => {
  const client = connect(t, (await openTestSidecar(t)).target)
  const written = await client.write('CreateRole', { key: 'org:x', name: 'What\uFFFDever é' })
  t.is((written['role'] as Answer)['name'], 'What\uFFFDever é')
})

interface Method {
  readonly path: string
  readonly requestSerialize: (value: object) => Buffer
}

test('broken text is found in lists, maps and metadata too', async (t) => {
  const { target } = await openTestSidecar(t)
  const cases = [
    [Administration.service.AddRoles, { roleSet: 'role_set:default', roles: ['org:a', 'org:#'] }, 'roles[1]'],
    [
      Administration.service.AssignRoleSet,
      { organizationId: 'o', roleSet: 'r', mappings: { a: '#' } },
      'mappings[0].value',
    ],
    [
      Administration.service.AssignRoleSet,
      { organizationId: 'o', roleSet: 'r', mappings: { '#': 'a' } },
      'mappings[0].key',
    ],
    [Decisions.service.BatchCheck, { checks: [{ organizationId: '#', role: 'r' }] }, 'checks[0].organization_id'],
  ] as const
  for (const [method, request, field] of cases as unknown as readonly [Method, object, string][]) {
    const bytes = Buffer.from(method.requestSerialize(request))
    bytes[bytes.indexOf('#')] = 0xff
    t.is((await refusalOf(send(t, target, { path: method.path, bytes }))).fields[0]?.field, field)
  }
})

test('a message over 8 MiB is refused with the limit, and the connection goes on', async (t) => {
  const client = connect(t, (await openTestSidecar(t)).target)
  const question = { organizationId: 'x'.repeat(8 * 1024 * 1024), role: 'org:admin' }
  const refused = await refusalOf(client.call('BatchCheck', { checks: [question] }))
  t.is(refused.status, 'RESOURCE_EXHAUSTED')
  t.regex(refused.message, /8388608/)
  t.like(await client.call('Check', { organizationId: 'o', role: 'org:admin' }), { allowed: true })
})

test('a call that takes little has a limit that fits it', async (t) => {
  const client = connect(t, (await openTestSidecar(t)).target)
  const question = { organizationId: 'x'.repeat(64 * 1024), role: 'org:admin' }
  const refused = await refusalOf(client.call('Check', question))
  t.is(refused.status, 'RESOURCE_EXHAUSTED')
  t.regex(refused.message, /65536/)
  const long = await refusalOf(client.call('Check', { ...question, organizationId: 'x'.repeat(60_000) }))
  t.like(long, { status: 'INVALID_ARGUMENT', fields: [{ field: 'organization_id' }] })
})

test('too much metadata is refused, and not as an internal failure', async (t) => {
  const { target } = await openTestSidecar(t)
  const client = connect(t, target)
  const metadata = Object.fromEntries(Array.from({ length: 200 }, (_, place) => [`x-${place}`, 'y'.repeat(10)]))
  const error = await t.throwsAsync(client.call('Check', { organizationId: 'o', role: 'r' }, { metadata }))
  t.is(detailsOf(error).status, 'RESOURCE_EXHAUSTED')
  t.like(await connect(t, target).call('Check', { organizationId: 'o', role: 'org:admin' }), { allowed: true })
})

test('an unknown method is unimplemented', async (t) => {
  const { target } = await openTestSidecar(t)
  const refused = await refusalOf(send(t, target, { path: '/rolesets.v1.Decisions/Guess', bytes: Buffer.alloc(0) }))
  t.is(refused.status, 'UNIMPLEMENTED')
})

test('what is left out of an update stays, and what is sent empty becomes empty', async (t) => {
  const client = connect(t, (await openTestSidecar(t)).target)
  const all = { key: 'org:x', name: 'Name', description: 'Description', permissions: ['org:sys_profile:manage'] }
  await client.write('CreateRole', all)
  const first = await client.write('UpdateRole', { role: 'org:x', name: 'Other' })
  t.like(first['role'], { name: 'Other', description: 'Description', permissions: ['org:sys_profile:manage'] })
  const second = await client.write('UpdateRole', { role: 'org:x', description: '', permissions: { keys: [] } })
  t.like(second['role'], { name: 'Other', description: '', permissions: [] })
})

test('metadata of any JSON comes back as it was sent', async (t) => {
  const client = connect(t, (await openTestSidecar(t)).target)
  const publicMetadata = {
    fields: {
      text: { stringValue: '漢字 😀' },
      number: { numberValue: -0.5 },
      yes: { boolValue: true },
      nothing: { nullValue: 'NULL_VALUE' },
      list: {
        listValue: { values: [{ numberValue: 1 }, { structValue: { fields: {} } }, { listValue: { values: [] } }] },
      },
      constructor: { stringValue: 'a key like any other' },
    },
  }
  await client.write('CreateOrganization', { id: 'org_1', publicMetadata })
  const { organization } = await client.read('GetOrganization', { organizationId: 'org_1' })
  t.deepEqual(plain((organization as Answer)['publicMetadata'] as Answer), {
    text: '漢字 😀',
    number: -0.5,
    yes: true,
    nothing: null,
    list: [1, {}, []],
    constructor: 'a key like any other',
  })
})

test('a key __proto__ in metadata is a key like any other', async (t) => {
  const { target } = await openTestSidecar(t)
  const { CreateOrganization } = Administration.service
  const publicMetadata = { fields: { __pr0to__: { stringValue: 'x' } } }
  const bytes = Buffer.from(CreateOrganization.requestSerialize({ id: 'org_1', publicMetadata }))
  bytes.write('__proto__', bytes.indexOf('__pr0to__'))
  await send(t, target, { path: CreateOrganization.path, bytes })
  const { organization } = await connect(t, target).read('GetOrganization', { organizationId: 'org_1' })
  t.deepEqual(Object.entries(plain((organization as Answer)['publicMetadata'] as Answer) as object), [
    ['__proto__', 'x'],
  ])
})

test('metadata that is nested too deep is refused, however deep', async (t) => {
  const client = connect(t, (await openTestSidecar(t)).target)
  for (const depth of [21, 30, 40]) {
    let value: object = { stringValue: 'core' }
    for (let level = 1; level < depth; level++) value = { structValue: { fields: { a: value } } }
    const call = client.write('CreateOrganization', { id: 'org_1', publicMetadata: { fields: { a: value } } })
    t.is((await refusalOf(call)).status, 'INVALID_ARGUMENT', String(depth))
  }
  const { path } = Administration.service.CreateOrganization
  const { target } = await openTestSidecar(t)
  t.is((await refusalOf(send(t, target, { path, bytes: nested(20_000) }))).status, 'INVALID_ARGUMENT')
})

/** `public_metadata` with structs in structs, deeper than any library would write them. */
function nested(depth: number): Buffer {
  let bytes: Buffer = Buffer.alloc(0)
  for (let level = 0; level < depth; level++) {
    const value = field(5, bytes)
    const entry = Buffer.concat([field(1, Buffer.from('a')), field(2, value)])
    bytes = field(1, entry)
  }
  return field(6, bytes)
}

function field(number: number, bytes: Buffer): Buffer {
  const length: number[] = []
  for (let left = bytes.length; ; left >>>= 7) {
    length.push(left > 127 ? (left & 127) | 128 : left)
    if (left <= 127) break
  }
  return Buffer.concat([Buffer.from([(number << 3) | 2, ...length]), bytes])
}

/** google.protobuf.Struct as the loader reads it, to JSON. */
function plain(struct: Answer): unknown {
  const valueOf = (value: Answer): unknown => {
    const held: unknown = value[String(value['kind'])]
    if (value['kind'] === 'nullValue') return null
    if (value['kind'] === 'structValue') return plain(held as Answer)
    if (value['kind'] === 'listValue') return (held as { values: Answer[] }).values.map(valueOf)
    return held
  }
  return Object.fromEntries(
    Object.entries(struct['fields'] as Record<string, Answer>).map(([name, value]) => [name, valueOf(value)]),
  )
}
