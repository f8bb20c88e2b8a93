/** A change set of many steps: the catalogue after each of them, without a copy of the whole at each. */

import test from 'ava'
import fc from 'fast-check'
import {
  applyStepToCatalogue,
  applyToCatalogue,
  put,
  settledCatalogue,
  type Catalogue,
  type Change,
} from '@rolesets/core'
import { edited, layered, settled } from '../../packages/core/src/layered-map.ts'
import { createTiers } from './tiers.ts'

const key = fc.constantFrom(...'abcdefghijklmnop')
const edits = fc.array(fc.tuple(key, fc.option(fc.nat(), { nil: undefined })), { maxLength: 4 })
const start = fc.uniqueArray(key).map((keys) => new Map(keys.map((each, place) => [each, place])))

function seen<Thing>(map: ReadonlyMap<string, Thing>) {
  const each: unknown[] = []
  map.forEach((thing, name) => each.push([name, thing]))
  const asked = [...'abcdefghijklmnop'].map((name) => [map.has(name), map.get(name)])
  return {
    size: map.size,
    all: [...map],
    each,
    entries: [...map.entries()],
    lists: [[...map.keys()], [...map.values()]],
    asked,
  }
}

test('after each step a map is as if it were copied, also in its order, and the maps before stay as they were', (t) => {
  fc.assert(
    fc.property(start, fc.array(edits, { maxLength: 12 }), (first, steps) => {
      const plain: ReadonlyMap<string, number>[] = [first]
      const quick: ReadonlyMap<string, number>[] = [first]
      for (const step of steps) {
        plain.push(edited(plain.at(-1) ?? first, new Map(step)))
        quick.push(layered(quick.at(-1) ?? first, new Map(step)))
      }
      plain.forEach((map, index) => {
        t.deepEqual(seen(quick[index] ?? first), seen(map))
        t.deepEqual(settled(quick[index] ?? first), map)
      })
    }),
  )
})

test('a thousand steps copy the whole map about as often as the square root of their number', (t) => {
  const count = 1_000
  const names = Array.from({ length: count }, (_, number) => String(number))
  let map: ReadonlyMap<string, number> = new Map(names.map((name) => [name, 0]))
  let copies = 0
  for (const name of names) {
    map = layered(map, new Map([[name, 1]]))
    if (map instanceof Map) copies += 1
  }
  t.true(copies > 0 && copies <= 1.5 * Math.sqrt(count), `${copies} copies`)
  t.true([...map.values()].every((value) => value === 1))
})

test('a catalogue after many steps is, once it is settled, the one after the same changes at once', (t) => {
  const { catalogue } = createTiers()
  const sets = [...catalogue.roleSets.values()]
  const changes: Change[] = [1, 2, 3].flatMap((round) =>
    sets.map((before) => put('role_set', { ...before, key: `${before.key}_${round}`, name: `Round ${round}` }, before)),
  )
  let after: Catalogue = catalogue
  for (const change of changes) {
    const next = applyStepToCatalogue(after, [change])
    t.not(next, after)
    after = next
  }
  t.deepEqual(settledCatalogue(after), applyToCatalogue(catalogue, changes))
  t.is(settledCatalogue(catalogue), catalogue)
  for (const { id, key: before } of sets) {
    t.is(after.roleSets.byKey(before), undefined)
    t.is(after.roleSets.byKey(`${before}_3`)?.id, id)
  }
})
