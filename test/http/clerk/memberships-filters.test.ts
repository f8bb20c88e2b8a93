/** Filters by facts of users, of which only the id is known. */

import test from 'ava'
import { Refusal } from '../../../packages/sidecar/src/domain/refusal.ts'
import { membershipQueryOf } from '../../../packages/sidecar/src/http/clerk/membership-filters.ts'
import { includedAndExcluded } from '../../../packages/sidecar/src/http/operation/parameters.ts'

test('a value with a minus is excluded; one with a plus, a space or no sign is included', (t) => {
  t.deepEqual(includedAndExcluded(['+a', ' b', 'c', '-d', '--e', '+-f']), {
    include: ['a', 'b', 'c', '-f'],
    exclude: ['d', '-e'],
  })
  t.deepEqual(includedAndExcluded(['-d']), { exclude: ['d'] })
  t.is(includedAndExcluded([]), undefined)
  t.is(includedAndExcluded(undefined), undefined)
})

test('email addresses and user names are compared with the ids of users, and all lists must match', (t) => {
  t.deepEqual(membershipQueryOf({ emailAddress: ['a', 'b'], username: ['b', 'c'] }).userIds, { include: ['b'] })
  t.deepEqual(membershipQueryOf({ userIds: { exclude: ['b'] }, username: ['b', 'c'] }).userIds, {
    include: ['b', 'c'],
    exclude: ['b'],
  })
})

test('lists that have no id in common match no member, instead of all', (t) => {
  t.deepEqual(membershipQueryOf({ userIds: { include: ['a'] }, username: ['b'] }).userIds, { include: [''] })
})

for (const filters of [
  { phoneNumber: ['+1555'] },
  { web3Wallet: ['0x1'] },
  { phoneNumberQuery: '555' },
  { nameQuery: 'Ann' },
  { lastActiveAtBefore: 1 },
  { lastActiveAtAfter: 0 },
]) {
  test(`by ${Object.keys(filters).join()} no member is found: it isn't stored`, (t) => {
    t.deepEqual(membershipQueryOf({ userIds: { include: ['a'] }, ...filters }).userIds, { include: [''] })
  })
}

test('empty filters have no effect', (t) => {
  const empty = { emailAddress: [], phoneNumber: [], role: [], text: '', nameQuery: '' }
  for (const value of Object.values(membershipQueryOf(empty))) t.is(value, undefined)
})

test("before and after a time don't include that time", (t) => {
  const { createdFrom, createdTo } = membershipQueryOf({ createdAtAfter: 10, createdAtBefore: 20 })
  t.deepEqual([createdFrom, createdTo], [11, 19])
})

test('of several texts the longest is used if it contains the others, else the request is rejected', (t) => {
  t.is(membershipQueryOf({ text: 'ANN', usernameQuery: 'joann@' }).text, 'joann@')
  const error = t.throws(() => membershipQueryOf({ text: 'ann', emailAddressQuery: 'bob' }), { instanceOf: Refusal })
  t.deepEqual([error.code, error.field], ['invalid_field', 'query'])
})
