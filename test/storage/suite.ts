/** What the parts of the contract suite receive: the test runner, and a factory of places where a store can be. */

import type { TestFn } from 'ava'
import type { StoreEvent, StoreOptions } from '../../packages/sidecar/src/storage/options.ts'
import type { Store } from '../../packages/sidecar/src/storage/store.ts'

export interface Teardown {
  teardown(undo: () => unknown): void
}

/** Where a store can be: empty at first. A caller that opens a store closes it. */
export interface Place {
  open(options?: StoreOptions): Promise<Store>
}

export interface Suite {
  readonly test: TestFn
  /** The name of the engine, which begins each title. */
  readonly name: string
  /** A place of its own for each test, gone after it. */
  readonly createPlace: (t: Teardown) => Promise<Place>
}

/** A fresh store, closed after the test. */
export async function openFresh({ createPlace }: Suite, t: Teardown, options: StoreOptions = {}): Promise<Store> {
  const store = await (await createPlace(t)).open(options)
  t.teardown(() => store.close())
  return store
}

/** A fresh store whose events are noted. */
export async function openWatched(suite: Suite, t: Teardown, options: StoreOptions = {}) {
  const events: StoreEvent[] = []
  const store = await openFresh(suite, t, { ...options, onEvent: (event) => events.push(event) })
  const count = (kind: StoreEvent['kind']) => events.filter((event) => event.kind === kind).length
  return { store, events, count }
}

/** A promise that is settled from outside. */
export function createGate() {
  let open: () => void = () => undefined
  const passed = new Promise<void>((resolve) => (open = resolve))
  return { open, passed }
}
