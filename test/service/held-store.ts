/**
 * A real store whose replies and news are held back until a test lets them go: reads by themselves and in any order, change
 * sets in order and each with the answer of its writer, as the contract wants. So the races that a machine shows once in a
 * while happen every time.
 */

import type { At, KeptChangeSet, Provenance, Reader, Store, Writer } from '../../packages/sidecar/src/storage/store.ts'

export interface HeldStore extends Store {
  /** Lets one finished read go. */
  reply(place: number): void
  /** Lets the news of the next change set go. */
  publish(): void
  /** Settles when the real store has done all that it was asked. */
  idle(): Promise<void>
  /** Lets everything go, now and from now on. */
  releaseAll(): void
}

export function holdStore(store: Store): HeldStore {
  const replies: (() => void)[] = []
  const news: KeptChangeSet[] = []
  const listeners = new Set<(changeSet: KeptChangeSet) => void>()
  const answers = new Set<{ readonly revision: number; readonly go: () => void }>()
  let running = 0
  let isHolding = true
  let published = store.head

  store.subscribe((changeSet) => {
    news.push(changeSet)
    if (!isHolding) publish()
  })

  function publish(): void {
    const changeSet = news.shift()
    if (changeSet === undefined) return
    published = changeSet.revision
    for (const listener of listeners) listener(changeSet)
    for (const answer of answers) if (answer.revision <= published && answers.delete(answer)) answer.go()
  }

  async function counted<T>(work: Promise<T>): Promise<T> {
    running++
    return work.finally(() => running--)
  }

  return {
    get epoch() {
      return store.epoch
    },
    get head() {
      return published
    },
    get lineage() {
      return store.lineage
    },
    async write<T>(provenance: Provenance, work: (writer: Writer) => Promise<T>): Promise<At<T>> {
      const written = await counted(store.write(provenance, work))
      const { revision } = written
      if (revision > published) await new Promise<void>((go) => answers.add({ revision, go }))
      return written
    },
    async read<T>(work: (reader: Reader) => Promise<T>): Promise<At<T>> {
      const found = await counted(store.read(work))
      if (isHolding) await new Promise<void>((resolve) => replies.push(resolve))
      return found
    },
    copy: (options) => store.copy(options),
    append: (changeSet) => store.append(changeSet),
    adopt: (snapshot, epoch) => store.adopt(snapshot, epoch),
    bookmark: (name) => store.bookmark(name),
    changesAfter: (revision, limit) => store.changesAfter(revision, limit),
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    compact: (keep) => store.compact(keep),
    diskUsage: () => store.diskUsage(),
    close: () => store.close(),
    [Symbol.asyncDispose]: () => store.close(),
    reply: (place) => replies.splice(place % Math.max(1, replies.length), 1)[0]?.(),
    publish,
    idle: async () => {
      do await new Promise((resolve) => setImmediate(resolve))
      while (running > 0)
    },
    releaseAll: () => {
      isHolding = false
      while (news.length > 0) publish()
      for (const reply of replies.splice(0)) reply()
    },
  }
}
