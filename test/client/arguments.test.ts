/** What callers may pass in, and the errors that they get otherwise. */

import test from 'ava'
import {
  compareRevisions,
  createRoleSetsClient,
  isRoleSetsError,
  parseRevision,
  type RoleSetsClient,
  type RoleSetsClientOptions,
} from '@rolesets/client'
import { openBesideFake } from './open-client.ts'
import { ScriptedTransport } from './scripted-transport.ts'

const longest = 'x'.repeat(255)

for (const [what, value] of Object.entries({
  missing: undefined,
  'a number': 5,
  empty: '',
  'too long': 'x'.repeat(256),
  'with a control character': 'a\nb',
  'with a null character': 'a\0b',
  'with half a character': 'a\ud800',
})) {
  test(`an organization or a role that is ${what} is refused by its name`, async (t) => {
    const { client, sidecar } = await openBesideFake(t)
    const bad = value as string
    const calls: readonly [string, (client: RoleSetsClient) => unknown][] = [
      ['organizationId', () => client.check(bad, 'org:member')],
      ['role', () => client.check('acme', bad)],
      ['organizationId', async () => client.checkCached(bad, 'org:member')],
      ['role', async () => client.checkCached('acme', bad)],
      [
        'questions[1].organizationId',
        () =>
          client.checkMany([
            { organizationId: 'acme', role: 'a' },
            { organizationId: bad, role: 'a' },
          ]),
      ],
      ['questions[0].role', async () => client.checkManyCached([{ organizationId: 'acme', role: bad }])],
      ['organizationId', () => client.availableRoles(bad)],
    ]
    await client.check('acme', 'org:member')
    const before = sidecar.calls.length
    for (const [field, ask] of calls) {
      t.like(await t.throwsAsync(async () => ask(client)), { code: 'invalid_argument', fields: [{ field }] })
    }
    if (value !== undefined) {
      const permission = bad
      t.like(await t.throwsAsync(client.check('acme', 'org:member', { permission })), { code: 'invalid_argument' })
      t.throws(() => client.checkCached('acme', 'org:member', permission), { code: 'invalid_argument' })
    }
    t.is(sidecar.calls.length, before)
  })
}

test('ids of 255 characters and of any script are fine', async (t) => {
  const { client } = await openBesideFake(t)
  for (const id of [longest, '組織', '🦊'.repeat(255), 'a b', '../x']) {
    t.is((await client.check(id, 'org:member')).roleSet, 'role_set:free')
    t.true(client.checkCached(id, 'org:member')?.allowed)
  }
})

test('options of a question are checked', async (t) => {
  const { client } = await openBesideFake(t)
  for (const [field, options] of [
    ['deadlineMs', { deadlineMs: 0 }],
    ['deadlineMs', { deadlineMs: Number.NaN }],
    ['deadlineMs', { deadlineMs: '5' }],
    ['deadlineMs', { deadlineMs: Infinity }],
    ['atLeastRevision', { atLeastRevision: '12' }],
    ['atLeastRevision', { atLeastRevision: 12 }],
    ['signal', { signal: {} }],
    ['options', 5],
  ] as const) {
    const error = await t.throwsAsync(client.check('acme', 'org:member', options as object))
    t.like(error, { code: 'invalid_argument', fields: [{ field }] })
  }
  await t.throwsAsync(client.ready({ timeoutMs: -1 }), { code: 'invalid_argument' })
})

test('a batch has at most 10 000 questions', async (t) => {
  const { client } = await openBesideFake(t)
  const questions = Array.from({ length: 10_001 }, () => ({ organizationId: 'acme', role: 'org:member' }))
  await t.throwsAsync(client.checkMany(questions), { code: 'invalid_argument' })
  t.is((await client.checkMany(questions.slice(1))).length, 10_000)
  for (const bad of [undefined, 'acme', [5], [null]]) {
    await t.throwsAsync(client.checkMany(bad as never), { code: 'invalid_argument' })
  }
})

const transport = new ScriptedTransport()
for (const [field, options] of [
  ['options', undefined],
  ['target', {}],
  ['target', { target: '' }],
  ['target', { target: 'localhost' }],
  ['target', { target: 'localhost:0' }],
  ['target', { target: 'localhost:70000' }],
  ['target', { target: 'http://localhost:7450' }],
  ['target', { target: 'unix:' }],
  ['target', { target: 'dns://server/host:1' }],
  ['target', { target: 5 }],
  ['maxStalnessMs', { transport, maxStalnessMs: 1 }],
  ['maxStalenessMs', { transport, maxStalenessMs: -1 }],
  ['deadlineMs', { transport, deadlineMs: '250' }],
  ['organizationsMax', { transport, organizationsMax: 0 }],
  ['organizationsMax', { transport, organizationsMax: 1.5 }],
  ['signal', { transport, signal: {} }],
  ['onEvent', { transport, onEvent: 'console' }],
  ['random', { transport, random: 4 }],
  ['clock.setTimer', { transport, clock: { nowMs: () => 0 } }],
  ['transport.unary', { transport: { watch: () => {}, close: () => {} } }],
  ['key', { target: '127.0.0.1:7450', key: '' }],
  ['key', { target: '127.0.0.1:7450', key: 'with space' }],
  ['key', { target: '127.0.0.1:7450', key: 'line\nbreak' }],
  ['insecure', { target: '127.0.0.1:7450', insecure: 'yes' }],
  ['tls.cacert', { target: '127.0.0.1:7450', tls: { cacert: 'x' } }],
  ['tls.ca', { target: '127.0.0.1:7450', tls: { ca: '' } }],
  ['tls.serverName', { target: '127.0.0.1:7450', tls: { serverName: 5 } }],
  ['tls', { target: '127.0.0.1:7450', tls: { cert: 'x' } }],
  ['tls', { target: '127.0.0.1:7450', tls: 'yes' }],
] as const) {
  test(`a client is not made with ${JSON.stringify(options)}`, (t) => {
    const error = t.throws(() => createRoleSetsClient(options as unknown as RoleSetsClientOptions))
    t.like(error, { code: 'invalid_argument', fields: [{ field }] })
  })
}

test('a key does not travel in the clear to another machine, unless that is wanted', async (t) => {
  const key = 'key'
  for (const target of [
    '10.0.0.1:7450',
    'sidecar:7450',
    'dns:///sidecar:7450',
    '[2001:db8::1]:7450',
    '127.evil.example:1',
    'localhost.evil.example:1',
  ]) {
    t.like(
      t.throws(() => createRoleSetsClient({ target, key })),
      { code: 'invalid_argument', fields: [{ field: 'key' }] },
    )
    await createRoleSetsClient({ target, key, insecure: true, signal: AbortSignal.abort() }).close()
    await createRoleSetsClient({ target, signal: AbortSignal.abort() }).close()
  }
  await createRoleSetsClient({ target: 'sidecar:7450', key, tls: true, signal: AbortSignal.abort() }).close()
  for (const target of [
    '127.0.0.1:7450',
    '127.8.9.10:7450',
    '[::1]:7450',
    'localhost:7450',
    'dns:///localhost:7450',
    'unix:/run/r.sock',
  ]) {
    await createRoleSetsClient({ target, key, signal: AbortSignal.abort() }).close()
  }
  t.pass()
})

test('revisions are parsed, and compared within a store only', (t) => {
  t.deepEqual(parseRevision('k3v9x2m1:42'), { epoch: 'k3v9x2m1', number: 42 })
  for (const text of ['', '42', 'a:', ':1', 'a:-1', 'a:01', 'a:1.5', 'a:9007199254740993', 'a b:1', 'a:1\n', 'a:b:1']) {
    t.is(parseRevision(text), undefined, text)
  }
  t.is(parseRevision(5), undefined)
  t.true((compareRevisions('a:9', 'a:10') ?? 0) < 0)
  t.true((compareRevisions('a:10', 'a:9') ?? 0) > 0)
  t.is(compareRevisions('a:9', 'a:9'), 0)
  t.is(compareRevisions('a:9', 'b:9'), undefined)
  t.is(compareRevisions('a:9', 'soon'), undefined)
  t.true((compareRevisions('a:9', 'a_b:10') ?? 0) < 0)
  t.true((compareRevisions('a_c:10', 'a_b:9') ?? 0) > 0)
  t.is(compareRevisions('a:9', 'a_b:9'), undefined, 'two writes with one number')
  t.is(compareRevisions('a_b:9', 'c_b:10'), undefined)
})

test('an error of ours is known by its brand, not by its looks', (t) => {
  const error = t.throws(() => createRoleSetsClient({ target: '' }))
  t.true(isRoleSetsError(error))
  for (const other of [undefined, null, 'closed', new Error('x'), { name: 'RoleSetsError', code: 'closed' }]) {
    t.false(isRoleSetsError(other))
  }
})
