/** All writes go through one place, which refuses them where a sidecar is read-only. Nothing in the sources goes around it. */

import test from 'ava'
import { filesBelow, read } from './sources.ts'

const sidecar = 'packages/sidecar/src'
const sources = filesBelow(sidecar).filter((path) => path.endsWith('.ts'))
const naming = (pattern: RegExp) =>
  sources.filter((path) => pattern.test(read(path))).map((path) => path.slice(sidecar.length + 1))

test('only what every operation shares writes to the store, and what fills an empty one', (t) => {
  t.deepEqual(naming(/\bstore\.write\(/), ['service/administration.ts', 'service/operations/operation.ts'])
  t.is(read(`${sidecar}/service/administration.ts`).match(/\bstore\.write\(/g)?.length, 1)
})

test('no border says of a write that the manifest of the sidecar declares it', (t) => {
  const mayName = /^(service\/operations|declared)\//
  t.deepEqual(
    naming(/\bisDeclared\b/).filter((path) => !mayName.test(path)),
    [],
  )
  t.true(naming(/\bisDeclared\b/).length > 0)
})
