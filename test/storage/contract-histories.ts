/**
 * Random histories on a store and on the naive one: rounds of works that run at the same time, that read while they write,
 * that throw, that are dry runs, that the storage refuses. Both must give the same answers and end in the same state.
 */

import fc from 'fast-check'
import {
  StoreError,
  type At,
  type Foreseen,
  type KeptChangeSet,
  type Provenance,
  type Reader,
  type Writer,
} from '../../packages/sidecar/src/storage/store.ts'
import { catalogueSeenBy, foreseen, reads, spoils, throws, writes, type Step } from './history-steps.ts'
import { NaiveStore } from './naive-store.ts'
import { openFresh, type Suite } from './suite.ts'
import { at, catalogueChanges, provenance } from './things.ts'

interface Work {
  /** For the report of a failure. */
  readonly title: readonly string[]
  readonly steps: readonly Step[]
  readonly dryRun: boolean
  /** Whatever it asks in the end. */
  readonly foreseen: Foreseen
}

interface Writable {
  write<T>(provenance: Provenance, work: (writer: Writer) => Promise<T>): Promise<At<T>>
}

const work: fc.Arbitrary<Work> = fc
  .record({
    named: fc.array(
      fc.oneof(
        { weight: 14, arbitrary: fc.oneof(...writes) },
        { weight: 9, arbitrary: fc.oneof(...reads) },
        { weight: 1, arbitrary: throws },
        { weight: 1, arbitrary: spoils },
      ),
      { minLength: 1, maxLength: 5 },
    ),
    dryRun: fc.integer({ min: 0, max: 4 }).map((n) => n === 0),
    foreseen,
  })
  .map(({ named, ...work }) => ({
    title: named.map((each) => each.title),
    steps: named.map((each) => each.step),
    ...work,
  }))

const rounds = fc.array(fc.array(work, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 8 })

/** What a caller gets: the answer, or the error that it sees. */
async function run(store: Writable, { steps, dryRun, foreseen }: Work, index: number): Promise<unknown> {
  const answer = store.write(provenance({ dryRun, foreseen, at: at + index }), async (writer) => {
    const seen: unknown[] = [writer.revision, writer.nextRevision]
    for (const each of steps) seen.push(await each(writer))
    return seen
  })
  return answer.catch((error: unknown) => (error instanceof StoreError ? error.code : String(error)))
}

async function dump(reader: Reader): Promise<unknown> {
  const organizations = await reader.organizations({ size: 100 })
  const members = organizations.map((each) => reader.memberships(each.id, { size: 100 }))
  const counts = ['free', 'pro', 'new'].flatMap((each) => [
    reader.organizationCount(each),
    reader.ownAssignmentCount(each),
  ])
  const invited = organizations.map((each) => reader.invitations(each.id, { size: 100 }, { now: at }))
  const rows = [organizations, await Promise.all(members), await Promise.all(invited), await reader.accessKeys()]
  return [reader.revision, ...rows, await Promise.all(counts), await catalogueSeenBy(reader)]
}

/** The naive store keeps no seals. */
const withoutSeal = ({ seal, record, ...changeSet }: KeptChangeSet) => {
  if (seal === '' || record === '') throw new Error('A kept change set has a seal and a record.')
  return changeSet
}

export function histories(suite: Suite): void {
  const { test, name } = suite

  test(`${name}: random histories give the same answers as a naive store, and the same state`, async (t) => {
    const runs = fc.asyncProperty(rounds, fc.integer({ min: 1, max: 7 }), async (history, batchMax) => {
      const undo: (() => unknown)[] = []
      const store = await openFresh(suite, { teardown: (step) => undo.unshift(step) }, { batchMax })
      const naive = new NaiveStore()
      const heard: unknown[] = []
      store.subscribe((changeSet) => heard.push(changeSet))
      try {
        for (const each of [store, naive])
          await each.write(provenance(), (writer) => writer.record(catalogueChanges(writer.nextRevision)))
        for (const [index, works] of history.entries()) {
          const answers = Promise.all(works.map((each) => run(store, each, index)))
          const expected: unknown[] = []
          for (const each of works) expected.push(await run(naive, each, index))
          t.deepEqual(await answers, expected, works.map((each) => each.title.join('; ')).join('\n'))
          t.deepEqual((await store.read(dump)).value, (await naive.read(dump)).value)
        }
        t.is(store.head, naive.head)
        const kept = await store.changesAfter(0, 1_000)
        t.deepEqual(heard, kept)
        t.deepEqual(kept.map(withoutSeal), naive.changeSets)
      } finally {
        for (const step of undo) await step()
      }
    })
    await fc.assert(runs, { numRuns: 60 })
  })
}
