import { setImmediate as nextTurn } from 'node:timers/promises'
import test from 'ava'
import { Turns } from '../../packages/sidecar/src/feed/turns.ts'

test('one consumer goes at once', (t) => {
  let gone = 0
  new Turns().go(() => gone++)
  t.is(gone, 1)
})

test('of many consumers a few go in each turn of the event loop, in order, until all have gone', async (t) => {
  const turns = new Turns()
  const gone: number[] = []
  for (let consumer = 0; consumer < 100; consumer++) turns.go(() => gone.push(consumer))
  const perTurn = [gone.length]
  while (gone.length < 100) {
    await nextTurn()
    perTurn.push(gone.length - perTurn.reduce((sum, each) => sum + each, 0))
  }
  t.true(
    perTurn.every((each) => each > 0 && each <= 16),
    String(perTurn),
  )
  t.true(perTurn.length > 5)
  t.deepEqual(
    gone,
    Array.from({ length: 100 }, (_, consumer) => consumer),
  )
})

test('a consumer that comes while others wait goes after them', async (t) => {
  const turns = new Turns()
  const gone: string[] = []
  for (let consumer = 0; consumer < 20; consumer++) turns.go(() => gone.push('early'))
  await nextTurn()
  turns.go(() => gone.push('late'))
  while (gone.length < 21) await nextTurn()
  t.is(gone.at(-1), 'late')
})
