/** Access keys: a name, what it opens, and when it was revoked. */

import test from 'ava'
import type { AccessKey } from '@rolesets/core'
import { accessKeyOf, createAccessKey } from '../../packages/sidecar/src/domain/access-keys.ts'
import { refused } from './refused.ts'
import { State } from './state.ts'

function create(state: State, name: string, access?: 'secret' | 'read') {
  return state.run({ operation: 'createAccessKey', input: { name, access } }).value as AccessKey
}

function revoke(state: State, accessKey: string) {
  return state.run({ operation: 'revokeAccessKey', input: { accessKey } })
}

test('a key is made with a name, and opens everything unless it is for reading only', (t) => {
  const state = new State()
  const key = create(state, 'ci@example.com')
  t.like(key, { name: 'ci@example.com', access: 'secret', revokedAt: null })
  t.regex(key.id, /^key_/)
  t.is(create(state, 'console', 'read').access, 'read')
  refused(t, 'invalid_field', 'access', () => create(state, 'x', 'write' as never))
})

test('a name is unique, also among revoked keys, because the audit names them', (t) => {
  const state = new State()
  create(state, 'ci')
  t.deepEqual(refused(t, 'access_key_exists', 'name', () => create(state, 'ci')).facts, { access_key: 'ci' })
  revoke(state, 'ci')
  refused(t, 'access_key_exists', 'name', () => create(state, 'ci'))
})

test('names are compared without case, so that two keys are not taken for one', (t) => {
  const state = new State()
  const { id } = create(state, 'Ci@Example.com')
  for (const name of ['ci@example.com', 'CI@EXAMPLE.COM', 'Ci@example.com'])
    refused(t, 'access_key_exists', 'name', () => create(state, name))
  for (const name of ['Admin', 'ADMIN', 'Read', 'RoleSets', 'ROLESETS'])
    refused(t, 'access_key_exists', 'name', () => create(state, name))
  t.like(revoke(state, 'CI@EXAMPLE.com').value, { id, name: 'Ci@Example.com', revokedAt: state.now })
})

test('a key that is called like the id of another one does not take its place', (t) => {
  const keys = [
    { id: 'key_1', name: 'key_2' },
    { id: 'key_2', name: 'ops' },
    { id: 'key_3', name: 'OPS' },
  ] as unknown as AccessKey[]
  for (const [ref, id] of [
    ['key_2', 'key_2'],
    ['OPS', 'key_3'],
    ['ops', 'key_2'],
    ['Ops', 'key_2'],
    ['KEY_2', 'key_1'],
  ] as const)
    t.is(accessKeyOf(keys, ref)?.id, id, ref)
})

test('the names of the configuration’s keys and of the server itself are not given to others', (t) => {
  for (const name of ['admin', 'read', 'rolesets'])
    refused(t, 'access_key_exists', 'name', () => create(new State(), name))
})

for (const name of ['', 'a b', 'a/b', 'schlüssel', 'a\n'])
  test(`a key can’t be called ${JSON.stringify(name)}`, (t) => {
    refused(t, 'invalid_field', 'name', () => create(new State(), name))
  })

test('a key is revoked by name or id, once; revoking it again changes nothing', (t) => {
  const state = new State()
  const { id } = create(state, 'ci')
  create(state, 'console')
  const { value } = revoke(state, 'ci')
  t.is((value as AccessKey).revokedAt, state.now)
  t.deepEqual(revoke(state, id).changes, [])
  revoke(state, 'console')
  t.deepEqual(refused(t, 'access_key_not_found', 'access_key', () => revoke(state, 'none')).facts, {
    access_key: 'none',
  })
})

test('keys and their names have limits', (t) => {
  const state = new State()
  create(state, 'x'.repeat(64))
  refused(t, 'limit_exceeded', 'name', () => create(state, 'x'.repeat(65)))
  const make = (count: number) =>
    createAccessKey({ name: 'ci' }, { existing: undefined, count, digest: '0'.repeat(64) }, state.context())
  t.is(make(999).value.name, 'ci')
  refused(t, 'limit_exceeded', 'name', () => make(1_000))
})
