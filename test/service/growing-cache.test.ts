/** A cache that grows is, for whoever uses it, the cache that it will have grown to. */

import test from 'ava'
import { GrowingCache } from '../../packages/sidecar/src/service/decisions/growing-cache.ts'

const keys = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => `key ${from + n}`)

function filled(max: number, count: number): GrowingCache<{ key: string }> {
  const cache = new GrowingCache<{ key: string }>(max)
  for (const key of keys(0, count)) cache.set(key, { key })
  return cache
}

test('nothing is forgotten before the most is reached, however often it grew until then', (t) => {
  const cache = filled(70_000, 70_000)
  t.is(cache.size, 70_000)
  t.true(keys(0, 70_000).every((key) => cache.get(key)?.key === key))
})

test('beyond the most, what was used longest ago is forgotten, also across a step of growth', (t) => {
  const cache = new GrowingCache<{ key: string }>(10_000)
  for (const key of keys(0, 8_192)) cache.set(key, { key })
  cache.get('key 0')
  for (const key of keys(8_192, 10_001)) cache.set(key, { key })
  t.is(cache.size, 10_000)
  t.true(cache.has('key 0'))
  t.false(cache.has('key 1'))
  t.true(cache.has('key 2'))
})

test('an entry that is set again takes no more room', (t) => {
  const cache = filled(3, 3)
  cache.set('key 0', { key: 'again' })
  t.deepEqual([cache.size, cache.get('key 0')?.key, cache.has('key 1')], [3, 'again', true])
  cache.clear()
  t.is(cache.size, 0)
})
