/** Ids are unique, and ordered as they were made. */

import test from 'ava'
import { createNewId } from '../../packages/sidecar/src/service/new-id.ts'

const start = Date.UTC(2026, 0, 1)

test('ids are ordered as they were made, within a millisecond and from one to the next', (t) => {
  let now = start
  const newId = createNewId(() => now)
  const ids = Array.from({ length: 5_000 }, (_, place) => {
    now = start + Math.floor(place / 3)
    return newId('org')
  })
  t.deepEqual(ids, [...ids].sort())
  t.is(new Set(ids).size, ids.length)
  t.regex(ids[0] ?? '', /^org_[0-9A-Za-z]{27}$/)
})

test('while the clock goes back, ids go on from the latest moment', (t) => {
  const times = [start, start + 10, start - 5_000, start + 3, start + 11]
  const newId = createNewId(() => times.shift() ?? 0)
  const ids = Array.from({ length: 5 }, () => newId('role'))
  t.deepEqual(ids, [...ids].sort())
})

test('two that make ids at the same moment make different ones', (t) => {
  const [one, other] = [createNewId(() => start), createNewId(() => start)]
  t.not(one('perm'), other('perm'))
})
