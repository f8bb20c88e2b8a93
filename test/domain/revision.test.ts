/** Revisions as text, and writes that say for which state of a thing they were made. */

import test from 'ava'
import { formatRevision } from '@rolesets/core'
import { checkUnchanged } from '../../packages/sidecar/src/domain/precondition.ts'
import { refused } from './refused.ts'
import { parseRevisionField } from '../../packages/sidecar/src/domain/fields.ts'

test('a revision is written as <epoch>:<number> and read back', (t) => {
  t.is(formatRevision({ epoch: 'k3v9x2m1', number: 42 }), 'k3v9x2m1:42')
  t.deepEqual(parseRevisionField('k3v9x2m1:42'), { epoch: 'k3v9x2m1', number: 42 })
  t.deepEqual(parseRevisionField('k3v9x2m1:0'), { epoch: 'k3v9x2m1', number: 0 })
  t.deepEqual(parseRevisionField(`e:${Number.MAX_SAFE_INTEGER}`).number, Number.MAX_SAFE_INTEGER)
})

for (const text of [
  '',
  '42',
  ':42',
  'e:',
  'e:-1',
  'e:1.5',
  'e:01',
  'e:1 ',
  'e:1:2',
  'e:9007199254740992',
  `${'e'.repeat(65)}:1`,
  7,
  null,
])
  test(`${JSON.stringify(text).slice(0, 30)} is no revision`, (t) => {
    refused(t, 'invalid_revision', 'at_least_revision', () => parseRevisionField(text, 'at_least_revision'))
  })

test('a write goes ahead when its thing hasn’t changed since the expected revision', (t) => {
  const thing = { id: 'role_1', revision: 7 }
  for (const expected of [undefined, 7, 8]) t.notThrows(() => checkUnchanged(thing, expected))
})

test('a write is refused when its thing has changed since the expected revision', (t) => {
  const check = () => checkUnchanged({ id: 'role_1', revision: 7 }, 6)
  const { facts } = refused(t, 'revision_conflict', 'expected_revision', check)
  t.deepEqual(facts, { id: 'role_1', revision: '7', expected: '6' })
})

test('a thing that isn’t there is left to the rule', (t) => {
  t.notThrows(() => checkUnchanged(undefined, 6))
})
