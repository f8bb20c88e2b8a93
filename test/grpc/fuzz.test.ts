/**
 * Ten thousand requests to every call: well-formed ones with odd values, some with bytes changed, and random bytes. None
 * ends as an internal failure, none hangs, and none that is refused leaves a trace in the store.
 */

import grpc from '@grpc/grpc-js'
import protoLoader, { type MessageTypeDefinition } from '@grpc/proto-loader'
import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { everyScope, type Invitation, type Membership } from '@rolesets/core'
import { loaderOptions, protoFiles } from '@rolesets/proto/files'
import { findBroken } from '../domain/find-broken.ts'
import { openStore } from '../../packages/sidecar/src/storage/open.ts'
import {
  connect,
  contract,
  metadataOf,
  openTestSidecar,
  readKey,
  secretKey,
  type OpenedSidecar,
} from './open-sidecar.ts'
import { seed } from '../seed.ts'

const requestsAtOnce = 50
const rounds = 200

interface Method {
  readonly path: string
  readonly responseStream: boolean
  readonly requestType: MessageTypeDefinition<object, object>
  readonly requestSerialize: (value: object) => Buffer
  readonly responseDeserialize: (bytes: Buffer) => { readonly revision?: string }
}

const { Decisions, Administration, Changes } = contract.rolesets.v1
const methods = [Decisions, Administration, Changes].flatMap(({ service }) =>
  Object.values(service),
) as unknown as Method[]

interface Fuzzed {
  readonly method: Method
  readonly bytes: Buffer
  readonly key: string | undefined
  readonly actor: string | undefined
}

test('no request ends as an internal failure, hangs, or is refused and leaves a trace', async (t) => {
  t.timeout(300_000)
  t.log(`TEST_SEED=${seed}`)
  const opened = await openTestSidecar(t, { ROLESETS_LOG_LEVEL: 'warn' })
  const client = new grpc.Client(opened.target, grpc.credentials.createInsecure())
  t.teardown(() => client.close())
  const acknowledged = new Set<string>()
  for (const [method, request] of beginning)
    acknowledged.add(String((await connect(t, opened.target).write(method, request))['revision']))
  const statuses = new Map<string, number>()

  const property = fc.asyncProperty(
    fc.array(fuzzed, { minLength: requestsAtOnce, maxLength: requestsAtOnce }),
    async (all) => {
      const outcomes = await Promise.all(all.map((each) => send(client, each)))
      for (const [place, { status, revision, message }] of outcomes.entries()) {
        statuses.set(status, (statuses.get(status) ?? 0) + 1)
        if (revision !== undefined) acknowledged.add(revision)
        if (badOnes.has(status)) throw new Error(`${all[place]?.method.path} ended as ${status}: ${message}`)
      }
    },
  )
  await fc.assert(property, { numRuns: rounds, seed, endOnFailure: true })

  t.log(Object.fromEntries(statuses))
  t.true((statuses.get('OK') ?? 0) > 500, 'enough of it is accepted to mean something')
  t.true((statuses.get('INVALID_ARGUMENT') ?? 0) > 500)
  t.deepEqual(
    opened.log.filter(({ level }) => level === 'error' || level === 'fatal'),
    [],
  )
  await checkStore(t, opened, acknowledged)
})

/** What random requests hardly come to, because too much of it must fit: kinds of scopes, and members of scopes. */
const beginning = [
  ['SetScopeKind', { kind: 'team', fallback: 'ORGANIZATION' }],
  ['SetScopeKind', { kind: 'ward', fallback: 'ROLE_SET', roleSet: 'role_set:default' }],
  ...['user_1', 'user_2'].flatMap((userId) =>
    ['', 'team:a', 'ward:a'].map((scope) => {
      return ['CreateMembership', { organizationId: 'org_1', scope, userId, role: 'org:member' }] as const
    }),
  ),
  ['AssignRoleSet', { organizationId: 'org_1', scope: 'ward:a', roleSet: 'role_set:default' }],
] as const

/** DEADLINE_EXCEEDED would be a hang: nothing that is asked here has to wait. */
const badOnes: ReadonlySet<string> = new Set([
  'INTERNAL',
  'UNKNOWN',
  'DEADLINE_EXCEEDED',
  'UNAVAILABLE',
  'UNIMPLEMENTED',
  'DATA_LOSS',
])

interface Outcome {
  readonly status: string
  readonly revision?: string | undefined
  readonly message?: string
}

const same = (bytes: Buffer) => bytes

async function send(client: grpc.Client, { method, bytes, key, actor }: Fuzzed): Promise<Outcome> {
  const metadata = metadataOf({ key, metadata: actor === undefined ? {} : { 'x-rolesets-actor': actor } })
  const options = { deadline: Date.now() + 60_000 }
  return new Promise((resolve) => {
    const refused = ({ code, details }: grpc.ServiceError) => resolve({ status: grpc.status[code], message: details })
    if (method.responseStream) {
      const stream = client.makeServerStreamRequest(method.path, same, same, bytes, metadata, options)
      stream.once('error', refused)
      stream.once('data', () => {
        stream.off('error', refused).on('error', () => undefined)
        stream.cancel()
        resolve({ status: 'OK' })
      })
      return
    }
    client.makeUnaryRequest(method.path, same, same, bytes, metadata, options, (error, answer) => {
      if (error) refused(error)
      else resolve({ status: 'OK', revision: method.responseDeserialize(answer ?? Buffer.alloc(0)).revision })
    })
  })
}

/** Every revision of the store was the answer to a call that was accepted, and no invariant is broken. */
async function checkStore(
  t: ExecutionContext,
  { close, folder }: OpenedSidecar,
  acknowledged: ReadonlySet<string>,
): Promise<void> {
  await close()
  const store = await openStore(`sqlite:${folder}/r.db`)
  t.teardown(() => store.close())
  const changeSets = await store.changesAfter(0, store.head + 1)
  const unasked = changeSets.filter(({ revision }) => revision > 1 && !acknowledged.has(`${store.epoch}:${revision}`))
  t.deepEqual(unasked, [])
  t.is(changeSets.length, store.head)
  const { value: broken } = await store.read(async (reader) => {
    const organizations = await reader.organizations({ size: 1_000 })
    const memberships: Membership[] = []
    const invitations: Invitation[] = []
    const now = Date.now()
    const every = { scope: everyScope }
    for (const { id: organizationId } of organizations) {
      memberships.push(...(await reader.membershipsOfPlaces({ organizationId, ...every }, { size: 1_000 })))
      invitations.push(...(await reader.invitations(organizationId, { size: 1_000 }, { now, ...every })))
    }
    const assignments = await reader.assignments({ size: 1_000 })
    const catalogue = await reader.catalogue()
    return findBroken({ catalogue, organizations, assignments, memberships, invitations, changeSets, now })
  })
  t.deepEqual(broken, [])
}

const definitions = protoLoader.loadSync([...protoFiles], loaderOptions)

interface FieldDescriptor {
  readonly name: string
  readonly label: string
  readonly type: string
  readonly typeName: string
}

interface Descriptor {
  readonly field: readonly FieldDescriptor[]
  readonly nestedType: readonly (Descriptor & {
    readonly name: string
    readonly options?: { readonly mapEntry?: boolean } | null
  })[]
}

/** Values that a caller might send, by the name of the field; and values that no caller should send. */
const likely: Readonly<Record<string, readonly string[]>> = {
  role: ['org:admin', 'org:member', 'org:a', 'org:b', 'org:c'],
  roleSet: ['role_set:default', 'role_set:a', 'role_set:b'],
  permission: ['org:sys_profile:manage', 'org:sys_memberships:read', 'org:x:read', 'org:x:write'],
  key: ['org:a', 'org:b', 'org:c', 'org:x:read', 'org:x:write', 'role_set:a', 'role_set:b'],
  organizationId: ['org_1', 'org_2', 'org_3'],
  userId: ['user_1', 'user_2'],
  scope: ['', '', 'team:a', 'team:b', 'ward:a', 'other:a', '*'],
  kind: ['team', 'ward', 'ward', 'desk'],
  slug: ['', 'acme', 'other'],
  emailAddress: ['ann@x.org', 'Ann@X.ORG', 'bob@x.org', 'cy@x.org'],
  accessKey: ['ci', 'ops', 'admin'],
  url: ['', 'https://x.org/join'],
  revision: ['', '', '', '', 'zzzzzzzz:1', 'x'],
  other: ['A name', 'Another name', ''],
}

const kindsOfFields: readonly (readonly [pattern: RegExp, kind: string])[] = [
  [/revision|token|^after$/i, 'revision'],
  [/organizationId|^id$/, 'organizationId'],
  [/userId|createdBy/i, 'userId'],
  [/scope$/i, 'scope'],
  [/^kind$/, 'kind'],
  [/roleSet/i, 'roleSet'],
  [/role/i, 'role'],
  [/permission/i, 'permission'],
  [/^keys?$/, 'key'],
  [/slug/, 'slug'],
  [/email/i, 'emailAddress'],
  [/accessKey/, 'accessKey'],
  [/url/i, 'url'],
]

const unlikely = [
  ...[
    '\0',
    '\u0007',
    ' ',
    '\n',
    ' org:admin',
    'org:Admin',
    'org:',
    ':',
    'org:a:b:c',
    '__proto__',
    'constructor',
    'toString',
  ],
  ...[
    '😀'.repeat(300),
    'x'.repeat(257),
    'x'.repeat(5_000),
    '%s%s',
    "'; DROP TABLE roles; --",
    '\uFFFD',
    '\u202E',
    '../../etc',
  ],
  ...['team', 'team:', ':a', 'Team:a', 'team:a/b', 'team: a', `team:${'x'.repeat(191)}`],
  ...['zzzzzzzz:1', ':1', '1', 'a:-1', 'a:99999999999999999999', 'b3JnXzE=', 'NaN', 'null', 'role_', 'roleset_1'],
]
function textsFor(field: string): fc.Arbitrary<string> {
  const kind = kindsOfFields.find(([pattern]) => pattern.test(field))?.[1] ?? 'other'
  return fc.oneof(
    { weight: 40, arbitrary: fc.constantFrom(...(likely[kind] ?? [])) },
    { weight: 1, arbitrary: fc.constantFrom(...Object.values(likely).flat()) },
    { weight: 2, arbitrary: fc.constantFrom(...unlikely) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  )
}

const texts = textsFor('')
const numbers = fc.constantFrom(
  ...[0, 0, 0, 0, 0, 0, 1, 2, 50, 500, 501, -1, 2 ** 31 - 1, -(2 ** 31), 2 ** 53, -(2 ** 62)],
)
const structs = fc.letrec<{ value: object; struct: object }>((tie) => ({
  struct: fc.dictionary(texts, tie('value'), { maxKeys: 3 }).map((fields) => ({ fields })),
  value: fc.oneof(
    { maxDepth: 12, depthSize: 'small' },
    fc.record({ stringValue: texts }),
    fc.record({ numberValue: fc.double() }),
    fc.constantFrom<object>({}, { nullValue: 'NULL_VALUE' }, { boolValue: true }),
    fc.record({ structValue: tie('struct') }),
    fc.record({ listValue: fc.record({ values: fc.array(tie('value'), { maxLength: 3 }) }) }),
  ),
})).struct

/** With these most requests are refused. */
const seldom: ReadonlySet<string> = new Set(['actingUserId', 'grantPolicy', 'expiresAtMs', 'atLeastRevision'])

/** Most fields are there: a request that lacks half of them is refused before anything else is looked at. */
function messageOf({ field, nestedType }: Descriptor): fc.Arbitrary<object> {
  const hasRole = field.some(({ name }) => name === 'role')
  const isSeldom = (name: string) => seldom.has(name) || (hasRole && name === 'roles')
  const fields = field.map((each) => [
    each.name,
    isSeldom(each.name)
      ? fc.oneof({ weight: 9, arbitrary: fc.constant(undefined) }, fieldOf(each, nestedType))
      : fc.option(fieldOf(each, nestedType), { nil: undefined, freq: 6 }),
  ])
  return fc.record(Object.fromEntries(fields) as Record<string, fc.Arbitrary<unknown>>)
}

function fieldOf(field: FieldDescriptor, nestedType: Descriptor['nestedType']): fc.Arbitrary<unknown> {
  const isEntry = (each: Descriptor['nestedType'][number]) =>
    each.options?.mapEntry && field.typeName.endsWith(each.name)
  if (nestedType.some(isEntry)) return fc.dictionary(textsFor('role'), textsFor('role'), { maxKeys: 4 })
  const value = valueOf(field)
  return field.label === 'LABEL_REPEATED' ? fc.array(value, { maxLength: 4 }) : value
}

function valueOf({ name, type, typeName }: FieldDescriptor): fc.Arbitrary<unknown> {
  switch (type) {
    case 'TYPE_STRING':
      return textsFor(name)
    case 'TYPE_BOOL':
      return fc.boolean()
    case 'TYPE_ENUM':
      return fc.constantFrom(0, 0, 0, 0, 0, 1, 2, 77, -1)
    case 'TYPE_MESSAGE':
      return typeName.endsWith('Struct') ? structs : messageOf(descriptorOf(typeName))
    default:
      return numbers
  }
}

function descriptorOf(typeName: string): Descriptor {
  const name = typeName.split('.').at(-1) ?? ''
  return (definitions[`rolesets.v1.${name}`] as MessageTypeDefinition<object, object>).type as Descriptor
}

const wellFormed = fc
  .constantFrom(...methods)
  .chain((method) => fc.tuple(fc.constant(method), messageOf(method.requestType.type as Descriptor)))
  .map(([method, message]) => ({ method, bytes: Buffer.from(method.requestSerialize(message)) }))

const changedBytes = fc
  .tuple(wellFormed, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }))
  .map(([{ method, bytes }, changes]) => {
    for (const [at, byte] of changes) if (bytes.length > 0) bytes[at % bytes.length] = byte
    return { method, bytes }
  })

const cutBytes = fc
  .tuple(wellFormed, fc.nat())
  .map(([{ method, bytes }, at]) => ({ method, bytes: bytes.subarray(0, bytes.length === 0 ? 0 : at % bytes.length) }))

const randomBytes = fc
  .tuple(fc.constantFrom(...methods), fc.uint8Array({ maxLength: 100 }))
  .map(([method, bytes]) => ({ method, bytes: Buffer.from(bytes) }))

const fuzzed: fc.Arbitrary<Fuzzed> = fc
  .tuple(
    fc.oneof(
      { weight: 7, arbitrary: wellFormed },
      { weight: 1, arbitrary: changedBytes },
      { weight: 1, arbitrary: cutBytes },
      { weight: 1, arbitrary: randomBytes },
    ),
    fc.oneof({ weight: 20, arbitrary: fc.constant(secretKey) }, fc.constantFrom(undefined, readKey, 'a-wrong-key')),
    fc.oneof({ weight: 20, arbitrary: fc.constant(undefined) }, fc.constantFrom('Ada', '', 'x'.repeat(300))),
  )
  .map(([request, key, actor]) => ({ ...request, key, actor }))
