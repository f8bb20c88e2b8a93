/** How filters about users, of whom only the id is known, are understood. */

import test from 'ava'
import { Refusal } from '../../../packages/sidecar/src/domain/refusal.ts'
import { membershipQueryOf } from '../../../packages/sidecar/src/http/clerk/membership-filters.ts'
import { includedAndExcluded } from '../../../packages/sidecar/src/http/clerk/signed-values.ts'

test('a value with a minus is excluded; one with a plus, a space or no sign is included', (t) => {
  t.deepEqual(includedAndExcluded(['+a', ' b', 'c', '-d', '--e', '+-f']), {
    include: ['a', 'b', 'c', '-f'],
    exclude: ['d', '-e'],
  })
  t.deepEqual(includedAndExcluded(['-d']), { exclude: ['d'] })
  t.is(includedAndExcluded([]), undefined)
  t.is(includedAndExcluded(undefined), undefined)
})

test('email addresses and user names are looked for among the ids of users, and all lists must hold', (t) => {
  t.deepEqual(membershipQueryOf({ email_address: ['a', 'b'], username: ['b', 'c'] }).userIds, { include: ['b'] })
  t.deepEqual(membershipQueryOf({ user_id: ['-b'], username: ['b', 'c'] }).userIds, {
    include: ['b', 'c'],
    exclude: ['b'],
  })
})

test('lists that have no id in common find nobody, instead of everybody', (t) => {
  t.deepEqual(membershipQueryOf({ user_id: ['a'], username: ['b'] }).userIds, { include: [''] })
})

for (const filters of [
  { phone_number: ['+1555'] },
  { web3_wallet: ['0x1'] },
  { phone_number_query: '555' },
  { name_query: 'Ann' },
  { last_active_at_before: 1 },
  { last_active_at_after: 0 },
]) {
  test(`by ${Object.keys(filters).join()} nobody is found: it isn’t kept`, (t) => {
    t.deepEqual(membershipQueryOf({ user_id: ['a'], ...filters }).userIds, { include: [''] })
  })
}

test('filters that are empty ask for nothing', (t) => {
  const empty = { user_id: [], email_address: [], phone_number: [], role: [], query: '', name_query: '' }
  for (const value of Object.values(membershipQueryOf(empty))) t.is(value, undefined)
})

test('before and after a moment don’t include the moment', (t) => {
  const { createdFrom, createdTo } = membershipQueryOf({ created_at_after: 10, created_at_before: 20 })
  t.deepEqual([createdFrom, createdTo], [11, 19])
})

test('of several texts the longest counts if it contains the others, else the request is refused', (t) => {
  t.is(membershipQueryOf({ query: 'ANN', username_query: 'joann@' }).text, 'joann@')
  const error = t.throws(() => membershipQueryOf({ query: 'ann', email_address_query: 'bob' }), { instanceOf: Refusal })
  t.deepEqual([error.code, error.field], ['invalid_field', 'query'])
})
