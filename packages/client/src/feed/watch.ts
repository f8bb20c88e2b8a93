/** The feed for people and programs that want to see each change. It resumes by itself: no change is missing or repeated. */

import type { RoleSetsErrorCode } from '../errors.ts'
import { closedError } from '../waiting.ts'
import type { ChangeSet } from './changes.ts'
import { Follower, type FollowerOptions } from './follower.ts'

export interface WatchOptions {
  /** Begin after this revision; left out: with the next change. */
  readonly after?: string
  /** Ends the loop. */
  readonly signal?: AbortSignal
}

export type WatchSource = Pick<FollowerOptions, 'transport' | 'clock' | 'random' | 'after'> & {
  /** Ends the iteration without an error. */
  readonly signal: AbortSignal
}

/** A stream that ends with one of these would end with it again, or the next one would leave something out. */
const finalCodes: readonly RoleSetsErrorCode[] = [
  'cursor_compacted',
  'cursor_in_the_future',
  'out_of_range',
  'revision_of_another_epoch',
  'invalid_revision',
  'key_required',
  'unauthenticated',
  'permission_denied',
  'unimplemented',
]

/** @throws RoleSetsError when what comes next can't be had: the history was compacted, or the store restored. */
export async function* watchChangeSets({ signal, ...source }: WatchSource): AsyncGenerator<ChangeSet, void, undefined> {
  const handover = new Handover<ChangeSet>()
  const end = () => handover.end(undefined)
  signal.addEventListener('abort', end, { once: true })
  if (signal.aborted) return
  const follower = new Follower({
    ...source,
    sink: { adopt() {}, apply: (changeSet) => handover.put(changeSet), prove() {} },
    onEvent(event) {
      if (event.type !== 'disconnected' || !finalCodes.includes(event.error.code)) return
      handover.end(event.error)
      void follower.close()
    },
  })
  try {
    for (let next = await handover.take(); next !== undefined; next = await handover.take()) yield next
  } finally {
    end()
    signal.removeEventListener('abort', end)
    void follower.close()
  }
}

/** Gives one value at a time to the consumer; `put` settles when it was taken, so that the feed waits for the consumer. */
class Handover<Value> {
  #value: Value | undefined
  #taken = () => {}
  #wake = () => {}
  #ended: { readonly error: Error | undefined } | undefined

  async put(value: Value): Promise<void> {
    // The follower keeps its cursor before a value that was not taken.
    if (this.#ended !== undefined) throw closedError()
    this.#value = value
    this.#wake()
    await new Promise<void>((resolve) => (this.#taken = resolve))
  }

  /** @returns undefined at the end. */
  async take(): Promise<Value | undefined> {
    while (this.#value === undefined && this.#ended === undefined) {
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
    if (this.#ended?.error !== undefined) throw this.#ended.error
    const value = this.#ended === undefined ? this.#value : undefined
    this.#value = undefined
    this.#taken()
    return value
  }

  end(error: Error | undefined): void {
    this.#ended ??= { error }
    this.#wake()
    this.#taken()
  }
}
