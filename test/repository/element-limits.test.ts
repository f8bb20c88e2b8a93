/** The table of element limits in core and the lists and maps of the contract agree, in both directions. */

import { elementLimitOf, namedElementLimits } from '@rolesets/core'
import { loadShapes, type MessageShape } from '@rolesets/proto'
import test from 'ava'

/** `<message>.<field>` of each list and map that a request or a reply can have, at any depth. */
function lists(): Set<string> {
  const [found, seen] = [new Set<string>(), new Set<MessageShape>()]
  const walk = (shape: MessageShape): void => {
    if (seen.has(shape)) return
    seen.add(shape)
    for (const field of shape.fields.values()) {
      if (field.repeats) found.add(`${shape.name}.${field.name}`)
      if (field.message) walk(field.message)
    }
  }
  for (const { request, reply } of loadShapes().values()) {
    walk(request)
    walk(reply)
  }
  return found
}

test('each list and map of the contract has a row in packages/core/src/element-limits.ts, and each row has a list', (t) => {
  const [known, found] = [new Set(namedElementLimits), lists()]
  t.deepEqual(
    [...found].filter((name) => !known.has(name)),
    [],
    'lists without a row',
  )
  t.deepEqual(
    [...known].filter((name) => !found.has(name)),
    [],
    'rows without a list',
  )
  for (const name of namedElementLimits) t.true(elementLimitOf(name).max > 0, name)
})
